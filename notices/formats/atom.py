"""Atom (RFC 4287): one lasting id a notice; `updated` moves with a new version and when it is over."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from lxml import etree

from notices.cards import Card
from notices.render import permanent_url

from .shape import Edition, Feed

ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MEDIA_TYPE = "application/atom+xml"


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{tag}", attrib=attributes)
    if text:
        # XML 1.0 has no place for most control characters, also not in old records.
        element.text = "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)
    return element


def write(edition: Edition) -> bytes:
    """The feed document; valid also when nothing was ever issued (`updated` is then midnight, so that it stays)."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    root.set(XML_LANG, edition.language)
    updated = edition.updated or edition.now.replace(hour=0, minute=0, second=0, microsecond=0)
    _add(root, "id", edition.page_url)
    _add(root, "title", _("Customs notices in force"))
    _add(root, "updated", updated.isoformat(timespec="seconds"))
    _add(root, "link", rel="self", href=edition.self_url, type=MEDIA_TYPE)
    _add(root, "link", rel="alternate", href=edition.page_url, type="text/html")
    _add(_add(root, "author"), "name", edition.publisher)
    for card in edition.cards:
        _entry(root, card)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return document


def _entry(root: etree._Element, card: Card) -> None:
    entry = _add(root, "entry")
    entry.set(XML_LANG, card.language)
    head = f"[{card.state_word}] " if card.past else ""
    _add(entry, "id", f"urn:uuid:{card.notice.uid}")
    _add(entry, "title", f"{head}{card.reference} {card.headline}")
    for tag, moment in (("updated", card.moved_at), ("published", card.published_at)):
        if moment:
            _add(entry, tag, moment.isoformat(timespec="seconds"))
    _add(_add(entry, "author"), "name", card.wording.office)
    _add(entry, "link", rel="alternate", href=permanent_url(card.version), type="text/html")
    _add(entry, "category", term=card.state, label=card.state_word)
    _add(entry, "category", term=card.status)
    _add(entry, "summary", f"{card.truth_line} {card.time_line}".strip())
    _add(entry, "content", f"{card.text.body}\n\n{card.text.instruction}".strip(), type="text")


FEED = Feed("feed_atom", "feed.atom", MEDIA_TYPE, gettext_lazy("Atom feed"), write, over_for=timedelta(days=30))
