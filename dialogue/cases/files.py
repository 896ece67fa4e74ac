"""Files with a case: kept under random names outside every public folder, read only through a page that asks who.

A file arrives with a form (`draft`) before its case exists, so that nothing is lost while answers are corrected.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import links, purge, ratelimit
from base.text import one_line

from .contents import Unacceptable, recognise
from .models import FOLDER, Case, CaseFile

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 5
DRAFT = "case.files"
DRAFT_KEPT = timedelta(days=1)
NAME_LIMIT = 150
log = logging.getLogger(__name__)


@dataclass
class Parcel:
    """The files of one form: `token` finds them again, `refusals` say which were not taken and why."""

    draft: uuid.UUID
    files: list[CaseFile] = field(default_factory=list)
    refusals: list[Unacceptable] = field(default_factory=list)

    @property
    def token(self) -> str:
        return links.sign(DRAFT, self.draft.hex)


def take_in(
    *, token: str, uploads: Iterable[UploadedFile[bytes]], remove: Iterable[str], ip_prefix: str, now: datetime
) -> Parcel:
    """Keeps what may be kept of the `uploads` beside what the form had, without what is to be removed."""
    parcel = Parcel(_draft_of(token))
    _drop(parcel.draft, set(remove))
    parcel.files = list(CaseFile.objects.filter(draft=parcel.draft))
    for upload in uploads:
        try:
            kept = _keep(upload, parcel, ip_prefix=ip_prefix, now=now)
        except Unacceptable as refusal:
            parcel.refusals.append(refusal)
        else:
            if kept not in parcel.files:
                parcel.files.append(kept)
    return parcel


def _draft_of(token: str) -> uuid.UUID:
    try:
        return uuid.UUID(links.read(DRAFT, token, int(DRAFT_KEPT.total_seconds())))
    except links.BadLink:
        return uuid.uuid4()


def _keep(upload: UploadedFile[bytes], parcel: Parcel, *, ip_prefix: str, now: datetime) -> CaseFile:
    """The row of this content; chosen twice in one form, it is one file."""
    name = _tidy(upload.name or "")
    if (upload.size or 0) > MAX_BYTES:
        raise Unacceptable(_("“%(name)s” is larger than %(mb)s MB.") % {"name": name, "mb": MAX_BYTES // 2**20})
    data = upload.read()
    form = recognise(name, data)
    digest = hashlib.sha256(data).hexdigest()
    for kept in parcel.files:
        if (kept.sha256, kept.name) == (digest, name):
            return kept
    if len(parcel.files) >= MAX_FILES:
        raise Unacceptable(_("At most %(n)s files fit: “%(name)s” is one too many.") % {"n": MAX_FILES, "name": name})
    if not ratelimit.take(f"case.file:{ip_prefix}", capacity=60, per_s=60 / 3600, now=now):
        raise Unacceptable(
            _("Too many files came from here in a short time: “%(name)s” was not kept.") % {"name": name}
        )
    return CaseFile.objects.create(
        draft=parcel.draft,
        name=name,
        mime=form.mime,
        size=len(data),
        sha256=digest,
        content=ContentFile(data, name=name),
        created_at=now,
    )


def _tidy(name: str) -> str:
    """The name as a person reads it: one line, without marks that turn its order round, its ending kept."""
    stem, dot, ending = one_line(name.replace("/", " ").replace("\\", " ")).rpartition(".")
    return f"{stem[: NAME_LIMIT - 20]}{dot}{ending[:10]}"


def _drop(draft: uuid.UUID, wanted: set[str]) -> None:
    """Forgets files of a form; what a case has by now stays with the case."""
    for kept in CaseFile.objects.filter(draft=draft):
        if str(kept.uid) not in wanted:
            continue
        if kept.case_id is None:
            discard([kept])
        else:
            CaseFile.objects.filter(pk=kept.pk).update(draft=uuid.uuid4())


def digests(draft: uuid.UUID | None) -> list[str]:
    """SHA-256 (hex) of each file of the form, whichever case took them."""
    return sorted(CaseFile.objects.filter(draft=draft).values_list("sha256", flat=True)) if draft else []


def adopt(draft: uuid.UUID | None, case: Case) -> None:
    """Gives the files of the form to the case; what another case took before is copied."""
    if draft is None:
        return
    CaseFile.objects.filter(draft=draft, case=None).update(case=case)
    for taken in CaseFile.objects.filter(draft=draft).exclude(case=case):
        data = read(taken)
        CaseFile.objects.create(
            draft=uuid.uuid4(),
            case=case,
            name=taken.name,
            mime=taken.mime,
            size=taken.size,
            sha256=taken.sha256,
            content=ContentFile(data, name=taken.name),
            created_at=taken.created_at,
        )


class Damaged(Exception):
    """What lies on the disk is gone, or not what was taken in."""


def read(kept: CaseFile) -> bytes:
    """The bytes that were taken in; raises `Damaged`."""
    try:
        with kept.content.open("rb") as stream:
            data: bytes = stream.read()
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != kept.sha256:
        log.error("file %s of case %s is gone or changed on the disk", kept.uid, kept.case_id)
        raise Damaged(str(kept.uid))
    return data


def discard(kept: Iterable[CaseFile]) -> int:
    """Deletes rows and, once that is certain, what they point to; returns how many."""
    gone = list(kept)
    CaseFile.objects.filter(pk__in=[one.pk for one in gone]).delete()
    transaction.on_commit(partial(_delete, [str(one.content.name) for one in gone]))
    return len(gone)


def _delete(paths: list[str]) -> None:
    for path in paths:
        default_storage.delete(path)


def sweep(*, now: datetime, busy: Callable[[], bool]) -> int:
    """Forgets forms that nobody sent, and what a crash left on the disk without a row."""
    count = purge.in_steps(CaseFile.objects.filter(case=None, created_at__lt=now - DRAFT_KEPT), discard, busy=busy)
    if busy() or not default_storage.exists(FOLDER):
        return count
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        old = default_storage.get_modified_time(path) < now - DRAFT_KEPT
        if old and not CaseFile.objects.filter(content=path).exists():
            default_storage.delete(path)
            count += 1
    return count
