"""The emergency path: one officer issues alone, in public and on record, and a second person reviews it later."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Conflict, Refused
from base.text import prose
from base.words import SEVERITY_RANK, CapStatus, MsgType, Severity
from contacts.models import User

from . import lifecycle
from .models import LoneIssue, Version
from .policies import has_touched

WAIT = timedelta(minutes=10)  # so long the approvers, who are mailed at once, have to answer
REVIEW_WITHIN = timedelta(hours=72)
LEAST_REASON = 20  # characters
COUNTED = timedelta(days=90)
Finding = LoneIssue.Finding


class NoEmergency(Refused):
    message = _("Only what is severe or worse, or withdraws something, may go out without a second person.")


class StillTime(Refused):
    message = _("It goes out later: there is time for a second person.")


class WaitForApprovers(Refused):
    message = _("The approvers were asked less than ten minutes ago. Wait for their answer, or telephone.")


class SayWhy(Refused):
    message = _("Say in a sentence why nobody else can approve it. It is kept with the notice.")
    field = "reason"


class NotTheReference(Refused):
    message = _("Type the number of the notice as it stands above.")
    field = "reference"


class OwnReview(Refused):
    message = _("Somebody else must review what you wrote or issued.")


class SayWhat(Refused):
    message = _("Say what must be changed, or why it is withdrawn.")
    field = "remark"


def hindrance(version: Version, *, now: datetime) -> Refused | None:
    """Why this version may not go out by one person's word at `now`; None if it may."""
    urgent = SEVERITY_RANK[Severity(version.severity)] <= SEVERITY_RANK[Severity.SEVERE]
    if version.status != CapStatus.ACTUAL or not (urgent or version.msg_type == MsgType.CANCEL):
        return NoEmergency()
    if version.publish_at and version.publish_at > now:
        return StillTime()
    if version.submitted_at is None or now - version.submitted_at < WAIT:
        return WaitForApprovers()
    return None


def issue(
    version: Version, *, by: User, digest: str, reason: str, reference: str, typed: str = "", now: datetime
) -> Version:
    """Issues exactly `digest` on one officer's word; a second click is answered with the first result.

    `reference`: the number of the notice, typed by hand. Raises what `hindrance` returns, `SayWhy`,
    `NotTheReference`, and what `lifecycle.approve` raises.
    """
    demand(by, Can.ISSUE_ALONE, version)
    if LoneIssue.objects.filter(version=version, by=by).exists():
        return version
    if version.state == Version.State.PENDING and (why_not := hindrance(version, now=now)):
        raise why_not
    reason = prose(reason).strip()
    if len(reason) < LEAST_REASON:
        raise SayWhy()
    if reference.strip().upper() != version.notice.reference:
        raise NotTheReference()
    sealed = lifecycle.made_ready(version, digest=digest, typed=typed, now=now)
    due = now + REVIEW_WITHIN
    try:
        with transaction.atomic():
            LoneIssue.objects.create(version=version, by=by, at=now, reason=reason, review_due_at=due)
            facts = {"digest": digest, "reason": reason, "review_due": due.isoformat()}
            _record(by, "issue_alone", version, facts, now)
            decided = {"decided_at": now, "decided_by": by}
            lifecycle.go_out(version, lifecycle.ISSUE, by=by, digest=digest, sealed=sealed, now=now, **decided)
    except IntegrityError:
        raise Conflict() from None
    return version


def review(alone: LoneIssue, *, by: User, finding: str, remark: str, now: datetime) -> None:
    """A second person's finding, once. Raises `OwnReview`, `SayWhat` or `Conflict`."""
    version = alone.version
    demand(by, Can.REVIEW, version)
    if by.pk == alone.by_id or has_touched(by, version):
        raise OwnReview()
    remark = prose(remark).strip()
    if finding not in Finding.values:
        raise Refused(_("Choose what you found."), field="finding")
    if finding == Finding.CHANGED and not remark:
        raise SayWhat()
    with transaction.atomic():
        open_ones = LoneIssue.objects.filter(pk=alone.pk, finding="")
        if not open_ones.update(finding=finding, remark=remark, reviewed_by=by, reviewed_at=now):
            raise Conflict()
        _record(by, "review_alone", version, {"finding": finding, "remark": remark}, now)


def unsettled() -> QuerySet[LoneIssue]:
    """Those that nobody has reviewed, and those found wrong that still stand; the first due first."""
    still_wrong = Q(finding=Finding.CHANGED, version__state=Version.State.ISSUED)
    return (
        LoneIssue.objects.filter(Q(finding="") | still_wrong)
        .select_related("version__notice__office", "by")
        .prefetch_related("version__texts", "version__rows__place")
        .order_by("review_due_at")
    )


def used(version: Version, *, now: datetime) -> int:
    """How often the office has gone this way within `COUNTED`: it is no ordinary way."""
    of_office = LoneIssue.objects.filter(version__notice__office=version.notice.office)
    return of_office.filter(at__gt=now - COUNTED).count()


def _record(by: User, verb: str, version: Version, facts: dict[str, str], now: datetime) -> None:
    audit.record(actor=by, action=f"version.{verb}", target=f"version:{version.uid}", facts=facts, now=now)
