"""Member files into lists: tried first, asked for once, stored in one transaction, taken back as a whole.

A file waits, open, for a decision. Who decides asks for the import; a worker, or the request itself when the file is
small, claims it and carries it out. Killed in between, it is swept up; asked for or carried out twice, it is one.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import audit
from base.errors import Conflict, Refused
from base.sheets import Question
from delivery.tasks import ring

from . import memberships, plans, roster
from .models import ImportRun, MemberList, User
from .reach import FEWEST
from .roster import Roster

log = logging.getLogger(__name__)
State = ImportRun.State
HELD = timedelta(minutes=1)
TRIES = 3
AT_ONCE_ROWS = 2_000
LANE = "digest"
TAKE_BACK_KEPT = timedelta(days=30)


class NoGround(Refused):
    message = gettext_lazy("Say on what ground these members get notices through you.")
    field = "ground"


class NotAllGood(Refused):
    message = gettext_lazy("Some rows are refused, so nothing was imported. Correct them and use the file again.")


class NothingGood(Refused):
    message = gettext_lazy("No row of this file can be imported, so nobody was removed either.")


class NotTheLast(Refused):
    message = gettext_lazy("Only the last import of a list can be taken back, once and within 30 days.")


def prepare(
    member_list: MemberList,
    *,
    data: bytes,
    file_name: str,
    by: User | None,
    now: datetime,
    options: dict[str, Any] | None = None,
) -> ImportRun:
    """Keeps the file for the dry run; nothing is imported before somebody asks."""
    return ImportRun.objects.create(
        member_list=member_list,
        by=by,
        file_name=file_name[:200],
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        options=as_last_time(member_list) | (options or {}),
        created_at=now,
    )


def as_last_time(member_list: MemberList) -> dict[str, Any]:
    """How the columns of a list were mapped before, for a file with the same headings."""
    return {"columns": member_list.columns} if member_list.columns else {}


def reading(run: ImportRun) -> Roster | Question:
    """The file of a run, read with what has been answered so far; raises `Unreadable`."""
    if run.content is None:
        raise Conflict(_("This file is no longer kept. Upload it again."))
    return roster.read(bytes(run.content), **run.options)


def answer(run: ImportRun, *, options: dict[str, Any]) -> None:
    """Keeps what a person answered about the file, as long as nothing is decided."""
    ImportRun.objects.filter(pk=run.pk, state=State.OPEN).update(options=options)


# --- Storing ------------------------------------------------------------------------------------------------------


def ask(
    run: ImportRun,
    *,
    by: User | None,
    now: datetime,
    ground: str = "",
    remove_gone: bool = False,
    whole: bool = False,
) -> bool:
    """Decides that the file is imported, once; True if it is small enough to be stored at once.

    `whole`: all rows or nothing. Raises `NoGround`, `NotAllGood`, `NothingGood`, `Unreadable`, `Conflict`.
    """
    read = reading(run)
    if isinstance(read, Question):
        raise Conflict(str(read.text))
    if not ground and any(not member.consent_basis for member in read.members):
        raise NoGround()
    if whole and read.refused:
        raise NotAllGood()
    if remove_gone and not read.members:
        raise NothingGood()
    rows = len(read.sheet.records)
    ImportRun.objects.filter(pk=run.pk, state=State.OPEN).update(
        state=State.ASKED, by=by, ground=ground, remove_gone=remove_gone, counts={"rows": rows}, tries=0, asked_at=now
    )
    return rows <= AT_ONCE_ROWS


def start(run: ImportRun, *, by: User | None, now: datetime, **how: Any) -> ImportRun:
    """Asks for an import; a small file is stored at once, a large one by a worker."""
    if ask(run, by=by, now=now, **how):
        return carry_out(run.pk, now=now)
    ring_for(run.pk)
    return ImportRun.objects.get(pk=run.pk)


def apply(run: ImportRun, *, by: User | None, now: datetime, **how: Any) -> ImportRun:
    """Asks for an import and stores it at once, however large: for who waits at a terminal."""
    if run.state == State.OPEN:
        ask(run, by=by, now=now, **how)
    done = carry_out(run.pk, now=now)
    if done.state == State.ASKED:
        raise Refused(_("The import could not be stored. It is tried again in a moment."))
    return done


def carry_out(run_id: int, *, now: datetime) -> ImportRun:
    """Stores what was asked for, unless somebody else is at it; what fails is tried again by the sweep."""
    mine = ImportRun.objects.filter(Q(held_until=None) | Q(held_until__lt=now), pk=run_id, state=State.ASKED)
    if mine.update(held_until=now + HELD, tries=F("tries") + 1):
        try:
            _store(ImportRun.objects.get(pk=run_id), now=now)
        except Exception as error:
            # The words of an error may hold addresses: the log gets its name and the lines of code alone.
            lines = "".join(traceback.format_tb(error.__traceback__))
            log.error("import %s not stored: %s\n%s", run_id, type(error).__name__, lines)
            _let_go(run_id)
    return ImportRun.objects.get(pk=run_id)


def _store(run: ImportRun, *, now: datetime) -> None:
    read = reading(run)
    if isinstance(read, Question):
        raise Conflict(str(read.text))
    with transaction.atomic():
        member_list = MemberList.objects.select_for_update().select_related("association").get(pk=run.member_list_id)
        done = {"state": State.APPLIED, "applied_at": now, "content": None, "held_until": None}
        if not ImportRun.objects.filter(pk=run.pk, state=State.ASKED).update(**done):
            return
        made = plans.compare(member_list, read)
        memberships.store(made, run, now=now, remove_gone=run.remove_gone)
        counts = made.counts()
        ImportRun.objects.filter(pk=run.pk).update(counts=counts)
        MemberList.objects.filter(pk=member_list.pk).update(columns=member_list.columns | read.columns)
        audit.record(
            actor=run.by or "import_members",
            action="list.import",
            target=f"list:{member_list.uid}",
            facts={"run": str(run.uid), "sha256": run.sha256, "ground": run.ground, **_told(counts)},
            now=now,
        )
    memberships.refresh_statistics()


def _let_go(run_id: int) -> None:
    """Frees the claim for the next try; after the last one the file waits again for a decision."""
    mine = ImportRun.objects.filter(pk=run_id, state=State.ASKED)
    if not mine.filter(tries__gte=TRIES).update(state=State.OPEN, held_until=None):
        mine.update(held_until=None)


def ring_for(run_id: int) -> None:
    ring("contacts.tasks.carry_out", LANE, run_id=run_id)


def sweep(*, now: datetime) -> int:
    """Rings for imports that were asked for and that nobody is at; how many."""
    free = ImportRun.objects.filter(Q(held_until=None) | Q(held_until__lt=now), state=State.ASKED)
    dead = free.filter(tries__gte=TRIES)
    dead.update(state=State.OPEN, held_until=None)
    waiting = list(free.order_by("pk").values_list("pk", flat=True))
    for run_id in waiting:
        ring_for(run_id)
    return len(waiting)


def _told(counts: dict[str, int]) -> dict[str, int | None]:
    """Counts as customs may read them in the audit: None is "fewer than 3"."""
    return {name: number if number >= FEWEST else None for name, number in counts.items()}


# --- Taking back --------------------------------------------------------------------------------------------------


def last_of(member_list: MemberList, *, now: datetime) -> ImportRun | None:
    """The import that can be taken back, if any: the last one, as long as we keep how the list was before."""
    last: ImportRun | None = member_list.runs.filter(state=State.APPLIED).order_by("-applied_at", "-pk").first()
    return last if last and last.applied_at and last.applied_at > now - TAKE_BACK_KEPT else None


def take_back(run: ImportRun, *, by: User | None, now: datetime) -> ImportRun:
    """Makes the list as it was before its last import; who left meanwhile stays out. Raises `NotTheLast`."""
    with transaction.atomic():
        member_list = MemberList.objects.select_for_update().get(pk=run.member_list_id)
        last = last_of(member_list, now=now)
        if last is None or last.pk != run.pk:
            raise NotTheLast()
        counts = memberships.restore(last, now=now)
        last.state, last.taken_back_at, last.before = State.TAKEN_BACK, now, []
        last.save(update_fields=["state", "taken_back_at", "before"])
        audit.record(
            actor=by or "import_members",
            action="list.import_taken_back",
            target=f"list:{member_list.uid}",
            facts={"run": str(last.uid), **_told(counts)},
            now=now,
        )
    return last
