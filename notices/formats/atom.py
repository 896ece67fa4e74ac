"""Atom (RFC 4287): one lasting id a notice; `updated` moves only with a new version; withdrawn entries say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from notices.cards import Card, state_words
from notices.render import permanent_url

ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MEDIA_TYPE = "application/atom+xml"


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{tag}", attrib=attributes)
    if text:
        # XML 1.0 has no place for most control characters, also not in old records.
        element.text = "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)
    return element


def feed(cards: Sequence[Card], *, title: str, self_url: str, page_url: str, language: str, now: datetime) -> bytes:
    """The feed document; valid also when empty (its `updated` is then midnight, so that it stays the same)."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    root.set(XML_LANG, language)
    moved = [card.version.issued_at for card in cards if card.version.issued_at]
    newest = max(moved) if moved else now.replace(hour=0, minute=0, second=0, microsecond=0)
    _add(root, "id", page_url)
    _add(root, "title", title)
    _add(root, "updated", newest.isoformat(timespec="seconds"))
    _add(root, "link", rel="self", href=self_url, type=MEDIA_TYPE)
    _add(root, "link", rel="alternate", href=page_url, type="text/html")
    _add(_add(root, "author"), "name", title)
    for card in cards:
        _entry(root, card)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return document


def _entry(root: etree._Element, card: Card) -> None:
    entry = _add(root, "entry")
    entry.set(XML_LANG, card.language)
    issued = card.version.issued_at
    head = f"[{state_words(card.state)}] " if card.state in ("over", "withdrawn") else ""
    _add(entry, "id", f"urn:uuid:{card.notice.uid}")
    _add(entry, "title", f"{head}{card.reference} {card.headline}")
    if issued:
        _add(entry, "updated", issued.isoformat(timespec="seconds"))
    _add(entry, "published", card.notice.created_at.isoformat(timespec="seconds"))
    _add(entry, "link", rel="alternate", href=permanent_url(card.version), type="text/html")
    _add(entry, "category", term=card.state, label=state_words(card.state))
    _add(entry, "category", term=card.status)
    _add(entry, "summary", f"{card.truth_line} {card.time_line}".strip())
    _add(entry, "content", f"{card.text.body}\n\n{card.text.instruction}".strip(), type="text")
