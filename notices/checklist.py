"""What the officer sees while writing: the truth line, what is missing, and whom it would reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from base.short import Measure, measure
from base.words import TRAVELLERS, Language, MsgType, PlaceStatus, Traffic
from contacts import audience
from contacts import reach as reaching

from . import render, rules, titles_of, truth_of
from .facets import facets_of, leaves_at
from .models import Crews, Notice, Version
from .titles import Outcome
from .truth import Clause

HOLDING = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED, PlaceStatus.RESTRICTED)
PEOPLE = {Traffic.CREW, *TRAVELLERS}


@dataclass(frozen=True)
class Point:
    """One line of the list before approval. `sign`: "fine", "asked" (may stand) or "missing" (may not).

    `version`: the one to read instead.
    """

    sign: str
    words: str
    version: UUID | None = None


@dataclass(frozen=True)
class Outlook:
    """The version as readers would get it. `reach` is None where no row says whom it concerns."""

    title: str
    clauses: list[Clause]
    short: Measure | None
    points: list[Point]
    reach: reaching.Preview | None

    @property
    def ready(self) -> bool:
        return all(point.sign != "missing" for point in self.points)


def points(version: Version, *, now: datetime) -> list[Point]:
    """First what keeps it back, then what is asked about, then what is well."""
    refused = [Point("missing", str(problem)) for problem in rules.problems(version, now=now)]
    asked = [
        Point("asked", finding.message)
        for several in titles_of.findings(version).values()
        for finding in several
        if finding.outcome == Outcome.ASKED
    ]
    asked = [*_sent_before(version, now=now), *asked]
    return [*refused, *asked, *_promise(version), *_crews(version), *_languages(version), *_cargo(version)]


def _sent_before(version: Version, *, now: datetime) -> Iterable[Point]:
    """A second notice about the same event confuses everybody: the first one should be updated."""
    places = [row.place_id for row in version.rows.all() if row.place_id]
    if version.number > 1 or not places:
        return
    alike = Notice.objects.in_force(now).filter(kind=version.notice.kind, office=version.notice.office)
    live = Version.objects.filter(notice__in=alike.exclude(pk=version.notice_id), state=Version.State.ISSUED)
    for other in live.filter(rows__place__in=places).select_related("notice").distinct()[:2]:
        words = _("%(notice)s about the same place is in force. Is it the same event? Then update that one.")
        yield Point("asked", words % {"notice": other.notice}, other.uid)


def _cargo(version: Version) -> Iterable[Point]:
    if any(Traffic.CARGO in row.traffic for row in version.rows.all()):
        yield Point("fine", _("Cargo is named"))


def _promise(version: Version) -> Iterable[Point]:
    if version.msg_type == MsgType.CANCEL:
        return
    if version.next_update_at:
        yield Point("fine", _("The next update is promised"))
    elif not version.ends_at:
        yield Point("asked", _("No next update is promised. Readers will ask when they hear more."))


def _crews(version: Version) -> Iterable[Point]:
    """Whoever keeps people from passing says how crews go on: pilots were held with no process for them."""
    held = [row for row in version.rows.all() if row.status in HOLDING and not row.system]
    if not any(set(row.traffic) & PEOPLE for row in held):
        return
    if version.crews == Crews.EXISTS:
        yield Point("fine", _("Crews and drivers have a process"))
    elif version.crews == Crews.NONE:
        yield Point("asked", _("Crews and drivers have no process. Agree on one before they are held."))
    elif not version.crews:
        yield Point("asked", _("People are kept from passing. Say whether crews and drivers have a process."))


def _languages(version: Version) -> Iterable[Point]:
    there = {text.language for text in version.texts.all() if text.title}
    for language in Language:
        if language == settings.FAIRWAY_OFFICIAL_LANGUAGE:
            continue
        if language in there:
            yield Point("fine", _("%(language)s is ready") % {"language": language.label})
        else:
            words = _("%(language)s: translation pending. The official text is shown.")
            yield Point("asked", words % {"language": language.label})


def outlook(version: Version, language: str, *, now: datetime) -> Outlook:
    """Everything about `version` at `now`, in `language` where it has a text in it."""
    texts = {text.language: text for text in version.texts.all()}
    rows = list(version.rows.all())
    text = texts.get(language) or texts.get(settings.FAIRWAY_OFFICIAL_LANGUAGE) or next(iter(texts.values()), None)
    spoken = text.language if text else language
    return Outlook(
        title=text.title if text else "",
        clauses=truth_of.clauses(version, spoken) if rows else [],
        short=measure(render.sms(version, spoken)) if rows and text else None,
        points=points(version, now=now),
        reach=reaching.preview(_facets(version, now)) if rows else None,
    )


def _facets(version: Version, now: datetime) -> audience.Facets:
    return audience.Facets.from_json(facets_of(version), at=leaves_at(version, now))
