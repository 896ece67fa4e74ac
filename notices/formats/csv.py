"""CSV (RFC 4180) for spreadsheets: a line for each row of impact, so that each can be sorted and filtered."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.sheets import cell_text, moment, write_csv
from base.text import prose
from base.words import Direction, Mode, PlaceStatus, Severity, Traffic
from notices.cards import Card
from notices.render import permanent_url

from .shape import Edition, Feed


def headings() -> list[str]:
    return [
        _("Number"), _("Version"), _("State"), _("Kind"), _("Severity"), _("Code"), _("Place"), _("Modes"),
        _("Directions"), _("Traffic"), _("Status"), _("Begins (local)"), _("Ends (local)"), _("Time zone"),
        _("Begins (UTC)"), _("Ends (UTC)"), _("Reopens, earliest (UTC)"),
        _("Reopens, latest (UTC)"), _("Next update (UTC)"), _("Headline"), _("Address"),
    ]  # fmt: skip


def _said(words: type[Mode] | type[Direction] | type[Traffic], keys: list[str]) -> str:
    return ", ".join(str(words(key).label) for key in keys)


def _lines(card: Card) -> Iterator[list[object]]:
    version = card.version
    for row, place in zip(version.rows.all(), card.wording.rows, strict=True):
        ends_at = row.ends_at or version.ends_at
        yield [
            card.reference, version.number, card.state_word, card.kind, Severity(version.severity).label,
            place.code, place.name, _said(Mode, row.modes), _said(Direction, row.directions),
            _said(Traffic, row.traffic), PlaceStatus(row.status).label, moment(row.starts_at, row.time_zone),
            moment(ends_at, row.time_zone), row.time_zone, moment(row.starts_at), moment(ends_at),
            moment(version.reopens_earliest), moment(version.reopens_latest), moment(version.next_update_at),
            card.headline, permanent_url(version),
        ]  # fmt: skip


def write(edition: Edition) -> bytes:
    """With a heading also when nothing is in force."""
    lines = (line for card in edition.cards for line in _lines(card))
    return write_csv(headings(), ([prose(cell_text(said)) for said in line] for line in lines))


FEED = Feed("feed_csv", "notices.csv", "text/csv", gettext_lazy("Table (CSV)"), write)
