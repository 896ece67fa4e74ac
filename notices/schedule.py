"""Versions that are approved and wait for their hour. One that missed it by too much waits for a person."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand, may
from base.errors import Conflict, Refused
from contacts.models import User

from . import issuing, lifecycle, rules
from .digest import digest_of
from .models import Approval, Version
from .policies import has_touched
from .sweeping import each

logger = logging.getLogger(__name__)
State = Version.State
LATEST = timedelta(minutes=30)  # what is later may no longer be true: a person looks first
SYSTEM = "schedule"


class NotWaiting(Conflict):
    message = _("This version does not wait for its hour any more.")


class TooLateToChoose(Conflict):
    message = _("This version is with an approver or gone out. Its hour can no longer be changed.")


def choose(version: Version, *, at: datetime | None, by: User, now: datetime) -> Version:
    """The author's wish when it goes out; None is at once after approval. Approved as part of the whole."""
    demand(by, Can.WRITE_NOTICE, version)
    if at is not None and at <= now:
        raise Refused(_("This time is past. Choose a later one, or leave it empty."), field="publish_date")
    with transaction.atomic():
        rows = Version.objects.filter(pk=version.pk, state__in=Version.EDITABLE)
        if not rows.update(publish_at=at, edited_at=now):
            raise TooLateToChoose()
        version.refresh_from_db()
        version.editors.add(by)
        audit.record(
            actor=by, action="version.choose_hour", target=f"version:{version.uid}", facts={"at": str(at)}, now=now
        )
    return version


def hindrance(version: Version, *, now: datetime) -> str | Promise:
    """Why a version that waits is not issued by itself; empty where nothing is in its way."""
    if version.publish_at is not None and now - version.publish_at > LATEST:
        return _("It missed its hour by more than 30 minutes. Someone must look whether it is still true.")
    for person in (version.author, version.decided_by):
        if person is not None and not person.is_active:
            return _("The account of its author or approver was switched off.")
    if version.decided_by is None or not may(version.decided_by, Can.APPROVE, version):
        return _("Its approver no longer holds the seat.")
    try:
        rules.check_still_timely(version, now=now)
        rules.check_reach(version)
    except Refused as refused:
        return refused.message
    return ""


def missed(*, now: datetime) -> QuerySet[Version]:
    """Those that missed their hour by so much that a person must look."""
    versions: QuerySet[Version] = Version.objects.filter(state=State.SCHEDULED, publish_at__lt=now - LATEST)
    return versions


def sweep(*, now: datetime) -> int:
    """Issues what is due and unhindered; returns how many. Safe to run twice at once: one of them issues."""
    due = Version.objects.filter(state=State.SCHEDULED, publish_at__lte=now, publish_at__gte=now - LATEST)
    waiting = due.select_related("notice__office", "author", "decided_by").order_by("publish_at")
    return each(waiting, partial(_publish_by_itself, now=now))


def _publish_by_itself(version: Version, *, now: datetime) -> bool:
    if hindrance(version, now=now):
        return False
    try:
        _publish(version, by=SYSTEM, now=now)
    except Conflict:
        logger.info("version %s was issued or taken back meanwhile", version.uid)
        return False
    return True


def publish(version: Version, *, by: User, now: datetime) -> Version:
    """A second person lets out what missed its hour, as it was approved."""
    demand(by, Can.APPROVE, version)
    if has_touched(by, version):
        raise lifecycle.OwnApproval()
    if version.state != State.SCHEDULED:
        raise NotWaiting()
    rules.check_still_timely(version, now=now)
    rules.check_reach(version)
    _publish(version, by=by, now=now)
    return version


def _publish(version: Version, *, by: User | str, now: datetime) -> None:
    if digest_of(version) != version.digest:
        raise Conflict()
    sealed = issuing.render_all(version, now=now)
    with transaction.atomic():
        lifecycle.go_out(version, lifecycle.PUBLISH, by=by, digest=version.digest, sealed=sealed, now=now)


def cancel(version: Version, *, by: User, now: datetime, reason: str = "") -> Version:
    """Gives what waits back to its author; sent again, it needs a new yes."""
    if not may(by, Can.WRITE_NOTICE, version):
        demand(by, Can.RETURN, version)
    with transaction.atomic():
        lifecycle.move(version, lifecycle.UNSCHEDULE, reason=reason.strip())
        Approval.objects.filter(version=version).delete()
        audit.record(
            actor=by,
            action="version.unschedule",
            target=f"version:{version.uid}",
            facts={"reason": reason.strip()},
            now=now,
        )
    return version
