"""Atom (RFC 4287), RSS (0.9 to 2.0) and JSON Feed (1.0, 1.1) as `Found`, and the CAP messages that an index names."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from base import http
from base.markup import from_html
from base.text import one_line, prose
from notices.cap import rules

from .found import Found, in_utc
from .words import Trouble

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
CAP_TYPE = "application/cap+xml"
LINE, LINK, LONG = 300, 500, 20_000
MOST = 2_000  # entries of one document; feeds begin with the newest


class Unread(Exception):
    """The whole document cannot be read: `trouble`, and where or with what."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(trouble, detail)
        self.trouble, self.detail = trouble, detail


@dataclass(frozen=True)
class Entry:
    """`message`: the address of the CAP message that the entry leads to, as the index gives it."""

    found: Found
    message: str = ""


def entries(document: bytes, address: str) -> list[Entry]:
    """The entries of an Atom or RSS document that came from `address`; raises `Unread`."""
    try:
        root = rules.parse(document)
    except etree.XMLSyntaxError as error:
        raise Unread(Trouble.NOT_XML, str(error.lineno or "")) from error
    name = _local(root)
    if name not in ("feed", "rss", "RDF"):
        raise Unread(Trouble.OTHER_FORM, f"<{name}>")
    language = root.get(XML_LANG) or next((_words(one) for one in root.iter() if _local(one) == "language"), "")
    who = next((_words(one) for one in _children(root, "author")), "")
    read = _atom if name == "feed" else _rss
    every = (one for one in root.iter() if _local(one) in ("entry", "item"))
    return _told_apart([read(one, address, language, who) for one in islice(every, MOST)])


def json_entries(document: bytes, address: str) -> list[Entry]:
    """The items of a JSON Feed that came from `address`; raises `Unread`."""
    try:
        feed = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise Unread(Trouble.NOT_JSON) from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise Unread(Trouble.OTHER_FORM)
    return _told_apart([_json(one, feed, address) for one in feed["items"][:MOST] if isinstance(one, dict)])


def has_same_ids(found: list[Entry]) -> bool:
    """Whether the publisher gave two entries one identifier."""
    return max(Counter(one.found.identifier for one in found).values(), default=0) > 1


def _told_apart(found: list[Entry]) -> list[Entry]:
    """Entries of one identifier are told apart by where they lead, so that none is lost."""
    often = Counter(one.found.identity for one in found)
    apart = [
        replace(one, found=replace(one.found, identity=f"{one.found.identity}|{one.found.link}|{one.found.title}"))
        if often[one.found.identity] > 1
        else one
        for one in found
    ]
    return list({one.found.identity: one for one in reversed(apart)}.values())[::-1]


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _children(parent: etree._Element, *tags: str) -> Iterator[etree._Element]:
    for tag in tags:
        yield from (child for child in parent if _local(child) == tag)


def _words(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()[:LONG]


def _first(parent: etree._Element, *tags: str) -> str:
    """The text of the first of `tags` that says anything."""
    return next((said for child in _children(parent, *tags) if (said := _words(child))), "")


def _entry(
    *, key: str, title: str, body: str, link: str, at: datetime | None, who: str, language: str, message: str = ""
) -> Entry:
    """`key`: the identifier as given; where there is none, the link or the words themselves identify."""
    first = next((line for line in body.splitlines() if line.strip()), "")
    title = one_line(title)[:LINE] or one_line(first)[:LINE]
    identifier, link, language = (one_line(said)[:LINK] for said in (key, link, language))
    found = Found(
        identity=identifier or link or title,
        title=title,
        texts={language or "": {"title": title, "body": prose(body)[:LONG], "instruction": ""}},
        identifier=identifier,
        sender_name=one_line(who)[:LINE],
        sent_at=in_utc(at),
        link=link if http.is_link(link) else "",
    )
    return Entry(found, message)


def _href(link: etree._Element | None) -> str:
    return str(link.get("href", "")) if link is not None else ""


def _plain(element: etree._Element | None) -> str:
    """Atom's three kinds of text (RFC 4287, 3.1) without marks."""
    if element is None:
        return ""
    return from_html(_words(element)) if element.get("type") in ("html", "text/html") else _words(element)


def _atom(entry: etree._Element, address: str, language: str, who: str) -> Entry:
    links = list(_children(entry, "link"))
    page = next((one for one in links if one.get("rel", "alternate") == "alternate"), None)
    message = next((one for one in links if one.get("type") == CAP_TYPE), page)
    title, body = next(_children(entry, "title"), None), next(_children(entry, "content", "summary"), None)
    author = next(_children(entry, "author"), None)
    return _entry(
        key=_first(entry, "id"),
        title=_plain(title),
        body=_plain(body) or _plain(next(_children(entry, "summary"), None)),
        link=_joined(address, _href(page)),
        at=_time(_first(entry, "updated", "published")),
        who=(_first(author, "name") if author is not None else "") or who,
        language=entry.get(XML_LANG) or language,
        message=_joined(address, _href(message)),
    )


def _rss(item: etree._Element, address: str, language: str, who: str) -> Entry:
    guid = next(_children(item, "guid"), None)
    link = _joined(address, _first(item, "link") or (_words(guid) if guid is not None else ""))
    enclosed = (one.get("url", "") for one in _children(item, "enclosure") if one.get("type") == CAP_TYPE)
    return _entry(
        key=_first(item, "guid"),
        title=from_html(_first(item, "title")),
        body=from_html(_first(item, "encoded", "description")),
        link=link,
        at=_time(_first(item, "pubDate", "date", "updated")),
        who=_first(item, "author", "creator") or who,
        language=language,
        message=_joined(address, next(enclosed, link)),
    )


def _json(item: dict[str, Any], feed: dict[str, Any], address: str) -> Entry:
    def said(name: str, of: dict[str, Any] = item) -> str:
        value = of.get(name)
        return value[:LONG] if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""

    authors = [one for one in _list(item, "authors") or _list(feed, "authors") if isinstance(one, dict)]
    return _entry(
        key=said("id"),
        title=said("title"),
        body=said("content_text") or from_html(said("content_html")) or said("summary"),
        link=_joined(address, said("url")),
        at=_time(said("date_modified") or said("date_published")),
        who=said("name", authors[0]) if authors else "",
        language=said("language") or said("language", feed),
    )


def _list(of: dict[str, Any], name: str) -> list[Any]:
    value = of.get(name)
    return value if isinstance(value, list) else []


def _joined(address: str, href: str) -> str:
    """Empty for what is no address."""
    try:
        return urljoin(address, href.strip()) if href.strip() else ""
    except ValueError:
        return ""


def _time(text: str) -> datetime | None:
    """RFC 3339 or RFC 822; None for any other text."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
