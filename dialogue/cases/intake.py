"""The way in: a question becomes a case, and enters the queue when its address is verified."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from base import audit, ratelimit
from base.errors import Refused
from base.models import IdempotencyKey
from contacts.models import Organisation, Place
from delivery import addresses, outbox
from delivery.models import Publication
from notices.models import Notice

from . import files, kinds, mails
from .kinds import KINDS
from .models import Case

SAME_WITHIN = timedelta(hours=24)  # the same words again in this time are the same question
LINK_AGAIN_AFTER = timedelta(minutes=10)  # sooner, the first mail may still be on its way
MESSAGE_LIMIT = 5_000  # characters
_REFERENCE = re.compile(r"\b[A-Z]{2}-\d{4}-\d{4,6}\b")
_LOCODE = re.compile(r"\b[A-Z]{2} ?[A-Z2-9]{3}\b")
_NEXT = """
INSERT INTO dialogue_caseseries (year, last) VALUES (%s, 1)
ON CONFLICT (year) DO UPDATE SET last = dialogue_caseseries.last + 1 RETURNING last
"""


class TooMany(Refused):
    """A stranger's pace, not a person's: try again later, nothing was kept."""

    message = _("Too many questions came from here in a short time. Wait an hour and send it again.")


@dataclass(frozen=True)
class Question:
    """What the form gives: cleaned text. `about` is a notice number, a place code or a place name."""

    email: str
    subject: str
    message: str
    company: str = ""
    name: str = ""
    about: str = ""
    kind: str = kinds.FIRST
    detail: str = ""
    draft: uuid.UUID | None = None  # the form whose files go with it
    language: str = "en"
    trap_filled: bool = False


def ask(*, question: Question, ip_prefix: str, now: datetime, door: str = "public form") -> Case:
    """The case of this question; asked twice within a day, it is one.

    The one mail that leaves goes to the unverified address and carries no word of the stranger's. Raises
    `BadAddress` or `TooMany`.
    """
    fingerprint = _fingerprint(question)
    with transaction.atomic():
        IdempotencyKey.objects.get_or_create(scope="case.ask", key=fingerprint, defaults={"at": now})
        first = IdempotencyKey.objects.select_for_update().get(scope="case.ask", key=fingerprint)
        if first.result and now - first.at < SAME_WITHIN:
            return _remind(Case.objects.get(reference=first.result), now=now)
        _slow_down(question, ip_prefix=ip_prefix, now=now)
        case = _create(question, now=now)
        files.adopt(question.draft, case)
        IdempotencyKey.objects.filter(pk=first.pk).update(result=case.reference, at=now)
        _send_link(case, now=now)
        audit.record(
            actor=door,
            action="case.ask",
            target=f"case:{case.uid}",
            facts={"reference": case.reference, "marked": case.suspicious},
            now=now,
        )
    return case


def _remind(case: Case, *, now: datetime) -> Case:
    """Sends the link once more if it may be lost: the same limits hold for the mailbox as for a new question."""
    last = Publication.objects.filter(key__startswith=f"case:{case.uid}:verify").latest("created_at")
    rested = now - last.created_at >= LINK_AGAIN_AFTER
    if case.state == Case.State.UNVERIFIED and rested and _may_have_mail(case.address.key, now):
        _send_link(case, now=now)
    return case


def _send_link(case: Case, *, now: datetime) -> None:
    outbox.post(
        key=f"case:{case.uid}:verify:{now:%Y%m%d%H%M%S}",
        to=case.address.value,
        message=mails.please_verify(case),
        now=now,
    )


def verify(case: Case, *, now: datetime) -> Case:
    """Lets the case into the queue and starts its clock; a second time changes nothing."""
    with transaction.atomic():
        entered = Case.objects.filter(pk=case.pk, state=Case.State.UNVERIFIED).update(
            state=Case.State.OPEN, verified_at=now, due_at=now + KINDS[case.kind].answer_within
        )
        case.refresh_from_db()
        if entered:
            outbox.post(
                key=f"case:{case.uid}:received",
                to=case.address.value,
                message=mails.received(case),
                now=now,
            )
            audit.record(actor="public link", action="case.verify", target=f"case:{case.uid}", now=now)
    return case


def _fingerprint(question: Question) -> str:
    """SHA-256 (hex) of who asks what with which files, blanks and letter case aside."""
    said = (question.kind, question.about, question.detail, question.subject, question.message)
    parts = (addresses.key_of(question.email), *said, *files.digests(question.draft))
    return hashlib.sha256("\0".join(" ".join(part.casefold().split()) for part in parts).encode()).hexdigest()


def _slow_down(question: Question, *, ip_prefix: str, now: datetime) -> None:
    """Twenty at once from one network, then ten an hour; six at once to one mailbox, then four an hour."""
    if not ratelimit.take(f"case.net:{ip_prefix}", capacity=20, per_s=10 / 3600, now=now):
        raise TooMany()
    if not _may_have_mail(addresses.key_of(question.email), now):
        raise TooMany(_("Too many questions came from this address in a short time. Wait an hour and send it again."))


def _may_have_mail(address_key: str, now: datetime) -> bool:
    return ratelimit.take(ratelimit.bucket_of("case.box", address_key), capacity=6, per_s=4 / 3600, now=now)


def _create(question: Question, *, now: datetime) -> Case:
    notice, place = what_about(question.about, now=now)
    return Case.objects.create(
        reference=_next_reference(now),
        address=addresses.get_or_create(question.email),
        company=question.company,
        name=question.name,
        subject=question.subject,
        message=question.message,
        kind=question.kind,
        detail=question.detail,
        language=question.language,
        place=place or _place_of(notice),
        notice_reference=(notice.reference or "") if notice else "",
        office=_desk_of(notice, place),
        suspicious=question.trap_filled,
        created_at=now,
    )


def what_about(text: str, *, now: datetime) -> tuple[Notice | None, Place | None]:
    """The published notice and the place that a person means by a number, a code or a name."""
    number = _REFERENCE.search(text.upper())
    notice = Notice.objects.published(now).filter(reference=number[0]).first() if number else None
    if notice is not None or not text.strip():
        return notice, None
    for code in _LOCODE.findall(text.upper()):
        place = Place.objects.answered_for().filter(locode=code.replace(" ", "")).first()
        if place is not None:
            return None, place
    found = Place.objects.meant(text)
    return None, found[0] if len(found) == 1 else None


def _desk_of(notice: Notice | None, place: Place | None) -> Organisation | None:
    """The office that answers; without one the case waits for the liaison officers."""
    if notice is not None:
        return notice.office
    return place.office if place is not None else None


def _place_of(notice: Notice | None) -> Place | None:
    """The first place of its newest version that went out; the times of the case are told there."""
    version = notice.versions.public().order_by("-number").first() if notice is not None else None
    row = version.rows.exclude(place=None).select_related("place").order_by("pk").first() if version else None
    return row.place if row else None


def _next_reference(now: datetime) -> str:
    """The next Q-YYYY-NNNNNN, year in UTC; gaps are allowed, doubles are not."""
    year = now.astimezone(UTC).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [year])
        (number,) = cursor.fetchone()
    return f"Q-{year}-{number:06}"
