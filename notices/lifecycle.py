"""The life of a version: draft → pending → issued, with return, reject, update and withdrawal.

Every verb is keyword-only, gets the clock, checks the policy, changes state where it checks it, and writes the
audit entry in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Conflict, Refused
from base.text import prose
from base.words import CapStatus, MsgType
from contacts.models import Organisation, User

from . import guard, issuing, numbering, rules
from .actions import STEPS
from .digest import digest_of
from .drafting import Draft, content_of, copy_of, write_content
from .kinds import KINDS
from .models import Approval, Notice, Version
from .policies import agency_of, has_touched

State = Version.State

SUBMIT, RETURN, REJECT, ISSUE, SCHEDULE, UNSCHEDULE, PUBLISH, SUPERSEDE, WITHDRAW = (
    "submit", "return", "reject", "issue", "schedule", "unschedule", "publish", "supersede", "withdraw",
)  # fmt: skip
TRANSITIONS: dict[tuple[str, str], str] = {
    (State.DRAFT, SUBMIT): State.PENDING,
    (State.RETURNED, SUBMIT): State.PENDING,
    (State.PENDING, RETURN): State.RETURNED,
    (State.PENDING, REJECT): State.REJECTED,
    (State.PENDING, ISSUE): State.ISSUED,
    (State.PENDING, SCHEDULE): State.SCHEDULED,
    (State.SCHEDULED, UNSCHEDULE): State.RETURNED,
    (State.SCHEDULED, PUBLISH): State.ISSUED,
    (State.ISSUED, SUPERSEDE): State.SUPERSEDED,
    (State.ISSUED, WITHDRAW): State.WITHDRAWN,
}


class OwnApproval(Refused):
    message = _("Someone else must approve what you wrote.")


class StaleEdit(Conflict):
    message = _("This notice was changed after you opened it. The newer text is shown beside yours.")


class NeedsReason(Refused):
    message = _("Say why, so that the author knows what to change.")
    field = "reason"


def move(version: Version, step: str, *, seen: str | None = None, **changes: Any) -> None:
    """One conditional UPDATE along `TRANSITIONS`; `seen` is the digest it must have.

    Raises `Conflict` if the row is elsewhere by now.
    """
    rows = Version.objects.filter(
        pk=version.pk, state__in=[state for state, wanted in TRANSITIONS if wanted == step]
    )
    if seen is not None:
        rows = rows.filter(digest=seen)
    target = next(target for (_state, wanted), target in TRANSITIONS.items() if wanted == step)
    if not rows.update(state=target, **changes):
        raise Conflict()
    version.refresh_from_db()


def start(
    *, kind: str, office: Organisation, by: User, now: datetime, status: str = CapStatus.ACTUAL,
    can: Can = Can.WRITE_NOTICE,
) -> Version:  # fmt: skip
    """A new notice with an empty first draft. `can`: what `by` must be allowed."""
    if kind not in KINDS:
        raise Refused(_("Choose what kind of notice this is."), field="kind")
    with transaction.atomic():
        notice = Notice.objects.create(kind=kind, office=office, created_at=now)
        version = Version.objects.create(
            notice=notice,
            number=1,
            status=status,
            severity=KINDS[kind].severity,
            urgency=KINDS[kind].urgency,
            author=by,
            created_at=now,
            edited_at=now,
        )
        demand(by, can, version)
        audit.record(actor=by, action="notice.start", target=f"version:{version.uid}", now=now)
    return version


def edit(
    version: Version, *, by: User, edit_number: int, draft: Draft, now: datetime, can: Can = Can.WRITE_NOTICE
) -> Version:
    """Saves what the officer typed, unless somebody saved after `edit_number`: then `StaleEdit`, nothing lost."""
    demand(by, can, version)
    with transaction.atomic():
        took = Version.objects.filter(
            pk=version.pk, state__in=Version.EDITABLE, edit_number=edit_number
        ).update(edit_number=edit_number + 1, edited_at=now, **draft.fields)
        if not took:
            raise StaleEdit()
        version.refresh_from_db()
        write_content(version, draft)
        version.editors.add(by)
        audit.record(
            actor=by,
            action="version.edit",
            target=f"version:{version.uid}",
            facts={"edit": edit_number + 1},
            now=now,
        )
    return version


def submit(version: Version, *, by: User, now: datetime) -> Version:
    """Sends the version to an approver; gives the notice its reference at the first time."""
    demand(by, Can.SUBMIT, version)
    if version.state == State.PENDING and version.submitted_by_id == by.pk:
        return version  # the second click of the same person
    rules.check(version, now=now)
    with transaction.atomic():
        notice = Notice.objects.select_for_update().get(pk=version.notice_id)
        if notice.reference is None:
            notice.reference = numbering.next_reference(
                KINDS[notice.kind].series, exercise=version.is_exercise, now=now
            )
            notice.save(update_fields=["reference"])
        version.notice = notice
        move(version, SUBMIT, submitted_at=now, submitted_by=by, reason="", digest=digest_of(version))
        audit.record(
            actor=by,
            action="version.submit",
            target=f"version:{version.uid}",
            facts={"digest": version.digest, "reference": notice.reference},
            now=now,
        )
    return version


def return_(version: Version, *, by: User, digest: str, reason: str, now: datetime) -> Version:
    """Gives what was read as `digest` back to the author with a reason."""
    return _decide_against(version, RETURN, by=by, digest=digest, reason=reason, now=now)


def reject(version: Version, *, by: User, digest: str, reason: str, now: datetime) -> Version:
    """Ends the version that was read as `digest`, with a reason."""
    return _decide_against(version, REJECT, by=by, digest=digest, reason=reason, now=now)


def _decide_against(
    version: Version, step: str, *, by: User, digest: str, reason: str, now: datetime
) -> Version:
    demand(by, Can.RETURN, version)
    if not reason.strip():
        raise NeedsReason()
    with transaction.atomic():
        move(version, step, seen=digest, reason=reason.strip(), decided_at=now, decided_by=by)
        Approval.objects.filter(version=version).delete()  # the same text, sent again, is asked about again
        audit.record(
            actor=by,
            action=f"version.{step}",
            target=f"version:{version.uid}",
            facts={"reason": reason.strip(), "digest": version.digest},
            now=now,
        )
    return version


def approve(version: Version, *, by: User, digest: str, now: datetime, typed: str = "") -> Version:
    """One person's yes to exactly `digest`; the last one needed issues the version, or lets it wait for its hour.

    The same yes by the same person is answered with the first result. `typed`: the number of people, where the
    guard asks for it. Raises `OwnApproval`, `Conflict`, `NotTyped`, `PermissionDenied`, or `Refused` when nobody
    would be reached.
    """
    demand(by, Can.APPROVE, version)
    if Approval.objects.filter(version=version, digest=digest, person=by).exists():
        version.refresh_from_db()  # what the page was read from may be older than that yes
        return version
    if has_touched(by, version):
        raise OwnApproval()
    sealed = made_ready(version, digest=digest, typed=typed, now=now)
    try:
        with transaction.atomic():
            Approval.objects.create(
                version=version, digest=digest, person=by, agency=agency_of(by, version), at=now
            )
            audit.record(
                actor=by,
                action="version.approve",
                target=f"version:{version.uid}",
                facts={"digest": digest},
                now=now,
            )
            if Approval.objects.filter(version=version, digest=digest).count() >= issuing.approvals_needed():
                if version.publish_at and version.publish_at > now:
                    _let_wait(version, by=by, digest=digest, now=now)
                else:
                    decided = {"decided_at": now, "decided_by": by}
                    go_out(version, ISSUE, by=by, digest=digest, sealed=sealed, now=now, **decided)
    except IntegrityError:
        # The unique approval row: the same click arrived twice at once, and the first one has the answer.
        version.refresh_from_db()
        if Approval.objects.filter(version=version, digest=digest, person=by).exists():
            return version
        raise Conflict() from None
    return version


def made_ready(version: Version, *, digest: str, typed: str, now: datetime) -> issuing.Rendering:
    """Everything that must hold before `digest` goes out, and its rendering; raises as `approve` does."""
    if version.state != State.PENDING or version.digest != digest or digest_of(version) != digest:
        raise Conflict()
    rules.check_still_timely(version, now=now)
    rules.check_reach(version)
    guard.check(version, typed=typed, now=now)
    return issuing.render_all(version, now=now)


def _let_wait(version: Version, *, by: User, digest: str, now: datetime) -> None:
    """Inside approve's transaction: approved, and issued by `schedule` when its hour comes."""
    move(version, SCHEDULE, seen=digest, decided_at=now, decided_by=by)
    audit.record(
        actor=by,
        action="version.schedule",
        target=f"version:{version.uid}",
        facts={"digest": digest, "at": str(version.publish_at)},
        now=now,
    )


def go_out(
    version: Version,
    step: str,
    *,
    by: User | str,
    digest: str,
    sealed: issuing.Rendering,
    now: datetime,
    **changes: Any,
) -> None:
    """Inside the caller's transaction: freeze, replace the version before, open the publication, write it down."""
    issuing.keep_wording(version, sealed)
    earlier = version.notice.versions.filter(state=State.ISSUED).first()
    if earlier is not None:
        ending = WITHDRAW if version.msg_type == MsgType.CANCEL else SUPERSEDE
        move(earlier, ending, replaced_at=now)
    move(version, step, seen=digest, issued_at=now, **changes)
    publication = issuing.open_publication(version, sealed, now=now)
    Version.objects.filter(pk=version.pk).update(publication_id=publication.pk)
    version.publication_id = publication.pk
    audit.record(
        actor=by,
        action="version.issue",
        target=f"version:{version.uid}",
        facts={"digest": digest, "reference": version.notice.reference, "number": version.number},
        now=now,
    )


def revise(
    notice: Notice,
    *,
    by: User,
    now: datetime,
    action: str = Version.Action.UPDATE,
    note: dict[str, str] | None = None,
) -> Version:
    """A new draft that starts from the version in force, filled in as `action` has it.

    `note`: language → what a correction says was wrong.
    """
    live = notice.versions.filter(state=State.ISSUED).first()
    if live is None or live.msg_type == MsgType.CANCEL:
        raise Refused(_("This notice was withdrawn or never published. Write a new one."))
    step = STEPS[action]
    demand(by, Can.WITHDRAW if step.msg_type == MsgType.CANCEL else Can.WRITE_NOTICE, live)
    draft = step.prefill(content_of(live), now)
    try:
        with transaction.atomic():
            version = copy_of(live, draft, action=action, msg_type=step.msg_type, by=by, now=now)
            if note is not None:
                explain(version, by=by, note=note, now=now)
            audit.record(
                actor=by,
                action="notice.revise",
                target=f"version:{version.uid}",
                facts={"action": action, "msg_type": str(step.msg_type)},
                now=now,
            )
    except IntegrityError:
        raise Conflict(_("Somebody is already changing this notice. Open that draft instead.")) from None
    return version


def explain(version: Version, *, by: User, note: dict[str, str], now: datetime) -> Version:
    """Writes down what a correction corrects, for readers: language → words."""
    demand(by, Can.WRITE_NOTICE, version)
    said = {language: prose(words) for language, words in note.items() if words.strip()}
    with transaction.atomic():
        rows = Version.objects.filter(pk=version.pk, state__in=Version.EDITABLE, action=Version.Action.CORRECT)
        if not rows.update(correction=said, edited_at=now):
            raise Conflict()
        version.refresh_from_db()
        version.editors.add(by)
        audit.record(actor=by, action="version.explain", target=f"version:{version.uid}", now=now)
    return version
