"""What a version must hold before anybody is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from base.errors import Refused
from base.words import SEVERITY_RANK, MsgType, PlaceStatus, Severity, Traffic
from contacts import audience

from . import titles_of
from .facets import facets_of
from .kinds import KINDS
from .models import ImpactRow, Version

FARTHEST = timedelta(days=5 * 366)
CLOSING = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED)


class Incomplete(Refused):
    """Something is missing; `field` says where."""


class TitleRefused(Refused):
    """The title says what the rows do not; `facts["code"]` is the rule."""

    field = "title"


class AlreadyOver(Refused):
    message = _("All its times are past. Correct the end, or leave it empty for “until further notice”.")
    field = "ends_at"


def problems(version: Version, *, now: datetime) -> Iterator[Refused]:
    """Everything that keeps `version` from being submitted, the most important first."""
    kind = KINDS[version.notice.kind]
    official = version.texts.filter(language=settings.FAIRWAY_OFFICIAL_LANGUAGE).first()
    rows = list(version.rows.select_related("place"))
    if official is None or not official.title.strip():
        yield Incomplete(_("Give the notice a title in the official language."), field="title")
    if not rows:
        yield Incomplete(_("Say which place is affected, and how."), field="rows")
    if version.starts_at is None:
        yield Incomplete(_("Say when it starts."), field="starts_at")
    closes = any(row.status in CLOSING and not row.system for row in rows)
    about_cargo = any(Traffic.CARGO in row.traffic for row in rows)
    if rows and (closes or kind.needs_cargo_row) and not about_cargo:
        yield Incomplete(
            _("Say what happens to cargo: add a row for it, also if cargo passes as usual."), field="rows"
        )
    refusal = titles_of.refusal(version) if rows else None
    if refusal is not None:
        yield TitleRefused(refusal.message, code=refusal.code)
    if version.reopens_latest and version.reopens_earliest is None:
        yield Incomplete(_("Give the earliest time of reopening as well."), field="reopens_earliest")
    if rows and is_over(version, now=now):
        yield AlreadyOver()
    if version.audience and SEVERITY_RANK[Severity(version.severity)] <= SEVERITY_RANK[Severity.SEVERE]:
        words = _("What is severe goes to everybody: do not narrow it, or lower the severity.")
        yield Incomplete(words, field="aeo_only")
    yield from _unsure_zones(rows)
    yield from _impossible_times(version, rows, now=now)
    yield from _of_its_action(version)
    yield from _of_its_hour(version, now=now)


def _unsure_zones(rows: list[ImpactRow]) -> Iterator[Refused]:
    """Times told in a zone that nobody has looked at may be an hour off."""
    unsure = {row.place_id: row.place for row in rows if row.place and not row.place.zone_is_sure}
    for place in unsure.values():
        words = _("The time zone of %(place)s is not confirmed. Open the notice, look at it, and save.")
        yield Incomplete(words % {"place": place}, field="rows")


def _impossible_times(version: Version, rows: list[ImpactRow], *, now: datetime) -> Iterator[Refused]:
    starts, ends, promised = version.starts_at, version.ends_at, version.next_update_at
    if promised and promised <= now and version.msg_type != MsgType.CANCEL:
        yield Incomplete(_("The next update is promised for a time that is past."), field="next_update_at")
    if starts and version.reopens_earliest and version.reopens_earliest < starts:
        yield Incomplete(_("It cannot reopen before it starts. Check the dates."), field="reopens_earliest")
    if ends and any(row.starts_at >= ends or (row.ends_at and row.ends_at > ends) for row in rows):
        yield Incomplete(_("A row has times of its own after the end of the notice. Move one of them."), field="rows")
    moments = [starts, ends, promised, version.reopens_earliest, version.reopens_latest]
    moments += [moment for row in rows for moment in (row.starts_at, row.ends_at)]
    if any(abs(moment - now) > FARTHEST for moment in moments if moment):
        yield Incomplete(_("A date lies more than five years away. Check the year."), field="starts_at")


def _of_its_action(version: Version) -> Iterator[Refused]:
    """What the button on the version before promised."""
    if version.action == Version.Action.CORRECT and not version.correction_in(settings.FAIRWAY_OFFICIAL_LANGUAGE)[0]:
        yield Incomplete(_("Say what was wrong. Readers see it above the correction."), field="correction")
    if version.action == Version.Action.ALL_CLEAR and version.ends_at is None:
        yield Incomplete(
            _("Say until when the all-clear stays on the list. Then the notice is over by itself."), field="ends_at"
        )
    live = version.notice.versions.filter(state=Version.State.ISSUED).first()
    if version.action == Version.Action.EXTEND and live is not None and not _lasts_longer(version, live):
        yield Incomplete(
            _("Nothing lasts longer yet. Give a later end or a later reopening, or write an update instead."),
            field="ends_at",
        )


def _of_its_hour(version: Version, *, now: datetime) -> Iterator[Refused]:
    """Of the hour at which it is to go out, if not at once."""
    at = version.publish_at
    if at is None:
        return
    if at <= now:
        yield Incomplete(_("The time to go out is past. Choose a later one, or none."), field="publish_at")
    if version.ends_at and at >= version.ends_at:
        yield Incomplete(_("It would be over before it goes out. Choose an earlier time."), field="publish_at")
    if version.next_update_at and at >= version.next_update_at:
        yield Incomplete(_("The next update would be due before this one goes out."), field="publish_at")


def _lasts_longer(version: Version, live: Version) -> bool:
    """A later or an open end, a later reopening, or a later update where neither is known."""
    for name in ("ends_at", "reopens_latest", "next_update_at"):
        before, after = getattr(live, name), getattr(version, name)
        if before and after and after > before:
            return True
    return version.ends_at is None and live.ends_at is not None


def check(version: Version, *, now: datetime) -> None:
    """Raises the first of `problems`."""
    for problem in problems(version, now=now):
        raise problem


class Unreached(Refused):
    message = _("Nobody would be reached. Check the places: at least one person must follow them.")


def check_reach(version: Version) -> None:
    """An empty audience blocks and never widens; whoever waits for a relay or a digest is not nobody.

    An exercise has an audience of its own.
    """
    if version.is_exercise:
        return
    facets = audience.Facets.from_json(facets_of(version))
    if not audience.is_anybody(audience.with_every_follower(audience.with_every_relay(facets))):
        raise Unreached()


def is_over(version: Version, *, now: datetime) -> bool:
    """A closure that is over already is no alert; withdrawing one may come late."""
    if version.msg_type == MsgType.CANCEL:
        return False
    ends = [row.ends_at or version.ends_at for row in version.rows.all()] or [version.ends_at]
    return all(end is not None and end <= now for end in ends)


def check_still_timely(version: Version, *, now: datetime) -> None:
    if is_over(version, now=now):
        raise AlreadyOver()
