"""iCalendar (RFC 5545, 7986): an event for each notice, whose UID lasts and whose SEQUENCE is its version."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from icalendar import Calendar, Event

from base import clock
from base.text import labelled, prose
from notices.cards import Card
from notices.render import permanent_url

from .shape import Edition, Feed

REFRESH = timedelta(minutes=15)


def _utc(moment: datetime) -> datetime:
    """Never a floating time, and no zone that a reader would have to know."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _times(card: Card, now: datetime) -> tuple[date | datetime, date | datetime | None, str]:
    """Begin, end and what is to be said of them: whole days as days, an unknown end as the next word that is due.

    Where that is late, or none was promised, it stands on each day until somebody says more.
    """
    version = card.version
    begins = version.starts_at or version.sent_at
    if version.ends_at:
        days = clock.whole_days(begins, version.ends_at, card.zone)
        if days:
            return days[0], days[1] + timedelta(days=1), ""
        return _utc(begins), _utc(version.ends_at), ""
    due = max((at for at in (version.next_update_at, version.reopens_latest) if at), default=None)
    if card.past or (due and due > max(begins, now)):
        said = _("The end is not known yet. In this calendar it stands until the next word is due.")
        return _utc(begins), _utc(due) if due and due > begins else None, "" if card.past else said
    today = max(begins, now).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    said = _("The end is not known. In this calendar it stands until tomorrow, and longer if nothing else is said.")
    return _utc(begins), today + timedelta(days=2), said  # many calendars ask once a day


def _event(card: Card, now: datetime) -> Event:
    version = card.version
    begins, ends, said_of_times = _times(card, now)
    sent_at = _utc(version.sent_at)
    event = Event()
    event.add("uid", f"{card.notice.uid}@{settings.FAIRWAY_MAIL_DOMAIN}")
    event.add("sequence", version.number - 1)
    event.add("dtstamp", sent_at)
    event.add("last-modified", _utc(card.moved_at or sent_at))
    if card.published_at:
        event.add("created", _utc(card.published_at))
    event.add("dtstart", begins)
    if ends is not None:
        event.add("dtend", ends)
    head = f"{card.state_word.upper()}: " if card.past else ""
    event.add("summary", prose(f"{head}{card.reference} {card.headline}"))
    told = (card.truth_line, card.time_line, said_of_times, card.text.body, card.text.instruction)
    event.add("description", prose("\n\n".join(part for part in (*told, permanent_url(version)) if part)))
    event.add("location", prose(", ".join(str(place) for place in card.wording.places)))
    event.add("url", permanent_url(version))
    event.add("categories", [card.kind, card.state_word])
    event.add("status", "CANCELLED" if card.state == "withdrawn" else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # nobody's free time is taken by it
    return event


def calendar(cards: list[Card] | tuple[Card, ...], *, name: str, url: str, now: datetime) -> bytes:
    """One calendar of these notices; folded at 75 octets between characters, CRLF."""
    made = Calendar()
    made.add("prodid", "-//Fairway//Customs notices//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("source", url)
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    made.add("x-published-ttl", "PT15M")
    for card in cards:
        made.add_component(_event(card, now))
    document: bytes = made.to_ical()
    return document


def write(edition: Edition) -> bytes:
    name = labelled(edition.publisher, edition.about(_("Customs notices")))
    return calendar(tuple(edition.cards), name=name, url=edition.self_url, now=edition.now)


FEED = Feed("feed_calendar", "notices.ics", "text/calendar", gettext_lazy("Calendar"), write, daily=True)
