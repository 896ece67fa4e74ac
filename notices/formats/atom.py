"""Atom (RFC 4287): one lasting id a notice; `updated` moves with a new version and when it is over."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from lxml import etree

from notices.cards import Card
from notices.render import permanent_url

from . import xml
from .shape import Edition, Feed

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"


def document(edition: Edition, title: str, link: Callable[[Card], tuple[str, str]]) -> bytes:
    """Valid also when nothing was ever issued (`updated` is then midnight, so that it stays).

    `link` gives the address and the media type of what an entry leads to.
    """
    root = xml.root(ATOM, "feed")
    root.set(xml.XML_LANG, edition.language)
    updated = edition.updated or edition.now.replace(hour=0, minute=0, second=0, microsecond=0)
    xml.add(root, "id", edition.id)
    xml.add(root, "title", edition.about(title))
    xml.add(root, "updated", updated.isoformat(timespec="seconds"))
    xml.add(root, "link", rel="self", href=edition.self_url, type=MEDIA_TYPE)
    xml.add(root, "link", rel="alternate", href=edition.page_url, type="text/html")
    if edition.next_url:
        xml.add(root, "link", rel="next", href=edition.next_url, type=MEDIA_TYPE)
    xml.add(xml.add(root, "author"), "name", edition.publisher)
    for card in edition.cards:
        _entry(root, card, *link(card))
    return xml.written(root)


def _page(card: Card) -> tuple[str, str]:
    return permanent_url(card.version), "text/html"


def _entry(root: etree._Element, card: Card, href: str, media_type: str) -> None:
    entry = xml.add(root, "entry")
    entry.set(xml.XML_LANG, card.language)
    head = f"[{card.state_word}] " if card.past else ""
    xml.add(entry, "id", f"urn:uuid:{card.notice.uid}")
    xml.add(entry, "title", f"{head}{card.reference} {card.headline}")
    for tag, moment in (("updated", card.moved_at), ("published", card.published_at)):
        if moment:
            xml.add(entry, tag, moment.isoformat(timespec="seconds"))
    xml.add(xml.add(entry, "author"), "name", card.wording.office)
    xml.add(entry, "link", rel="alternate", href=href, type=media_type)
    xml.add(entry, "category", term=card.state, label=card.state_word)
    xml.add(entry, "category", term=card.status)
    xml.add(entry, "summary", f"{card.truth_line} {card.time_line}".strip())
    xml.add(entry, "content", f"{card.text.body}\n\n{card.text.instruction}".strip(), type="text")


def write(edition: Edition) -> bytes:
    return document(edition, _("Customs notices in force"), _page)


FEED = Feed("feed_atom", "feed.atom", MEDIA_TYPE, gettext_lazy("Atom feed"), write)
