"""Reads what the public reads, and demands of each severe notice there that somebody was told of it.

Knows nothing of tasks, lanes and heartbeats: a notice that was issued and never sent is found by what everybody sees.
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

import psycopg2
from lxml import etree

PATIENCE_S = 30
MOST = 20 * 1024 * 1024
BACK = timedelta(hours=48)
FRESH = timedelta(minutes=10)  # an older answer is a cache's memory of a site that is away
CRITICAL = ("Severe", "Extreme")
ATOM = "{http://www.w3.org/2005/Atom}"
_PERMANENT = re.compile(r"/n/([^/]+)/(\d+)/?$")

_KNOWN = """
SELECT v.severity, v.status, p.lane, p.id, v.issued_at
FROM notices_version v JOIN notices_notice n ON n.id = v.notice_id
LEFT JOIN delivery_publication p ON p.id = v.publication_id
WHERE n.reference = %s AND v.number = %s
"""
# A batch that is open writes what was accepted when it closes; until then its cursor tells.
_ACCEPTED = """
SELECT EXISTS (
    SELECT 1 FROM delivery_delivery d
    JOIN delivery_batch b ON b.publication_id = d.publication_id AND b.number = d.batch_number
    WHERE d.publication_id = %s AND (b.channel = 'email') = %s
      AND ((d.state IN ('accepted', 'delivered', 'bounced') AND d.changed_at >= %s)
           OR (d.state = 'pending' AND b.closed_at IS NULL AND d.position <= b.done_to)))
"""
_BY_MAIL = """
SELECT EXISTS (
    SELECT 1 FROM delivery_delivery d
    JOIN delivery_batch b ON b.publication_id = d.publication_id AND b.number = d.batch_number
    WHERE d.publication_id = %s AND b.channel = 'email' AND d.state <> 'suppressed')
"""


class CannotCheck(Exception):
    """The feed or the database does not answer, or not in a way that says anything."""


@dataclass(frozen=True)
class Told:
    """One notice as the feed tells it; an Atom entry says nothing of its severity."""

    reference: str
    number: int
    at: datetime
    severity: str = ""

    def __str__(self) -> str:
        return f"{self.reference}/{self.number}"


def read(url: str, *, now: datetime) -> list[Told]:
    """What `feed.json` or the Atom feed at `url` tells. Raises `CannotCheck`."""
    # A question that was never asked before: caches show what they keep while the site is away.
    fresh = f"{url}{'&' if '?' in url else '?'}asked={int(now.timestamp())}"
    try:
        with urllib.request.urlopen(fresh, timeout=PATIENCE_S) as answer:  # noqa: S310 - given by who runs the check
            headers, content = answer.headers, answer.read(MOST + 1)
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise CannotCheck(f"{url} does not answer: {error}") from error
    if len(content) > MOST:
        raise CannotCheck(f"{url} is too long")
    try:
        _demand_fresh(headers, now)
        is_json = headers.get_content_type() == "application/feed+json"
        return list(_from_json(content, now) if is_json else _from_atom(content))
    except (ValueError, KeyError, TypeError, AttributeError, etree.XMLSyntaxError) as error:
        raise CannotCheck(f"{url} is no feed of Fairway: {error}") from error


def _demand_fresh(headers: Message, now: datetime) -> None:
    """Caches that pass over what is asked say at least how old their answer is (RFC 9111)."""
    dated = headers["Date"]
    since = now - parsedate_to_datetime(dated) if dated else timedelta(0)
    if max(since, timedelta(seconds=int(headers["Age"] or 0))) > FRESH:
        raise CannotCheck(f"the answer is a cache's, of {dated}")


def _from_json(content: bytes, now: datetime) -> Iterator[Told]:
    document = json.loads(content)
    if abs(now - datetime.fromisoformat(document["_fairway"]["as_of"])) > FRESH:
        raise CannotCheck(f"the feed is of {document['_fairway']['as_of']}")
    for one in (item["_fairway"] for item in document["items"]):
        at = datetime.fromisoformat(one["updated"])
        yield Told(one["reference"], int(one["revision"]), at, one["severity"])


def _from_atom(content: bytes) -> Iterator[Told]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(content, parser)
    if root.tag != f"{ATOM}feed":
        raise ValueError("it is no Atom")
    for entry in root.findall(f"{ATOM}entry"):
        link = next(one.get("href") for one in entry.findall(f"{ATOM}link") if one.get("rel") == "alternate")
        found = _PERMANENT.search(link)
        if found is None:
            raise ValueError(f"{link} is no permanent address")
        yield Told(found[1], int(found[2]), datetime.fromisoformat(entry.findtext(f"{ATOM}updated")))


def missing(told: list[Told], *, database: dict[str, Any], grace: timedelta, now: datetime) -> list[str]:
    """One line for each severe notice of 48 hours of which nobody was told; over a connection of its own.

    `grace`: what is newer may still be on its way.
    """
    try:
        link = psycopg2.connect(**database)
    except psycopg2.Error as error:
        raise CannotCheck("the database does not answer") from error
    try:
        link.set_session(readonly=True, autocommit=True)
        with link.cursor() as cursor:
            cursor.execute("SET statement_timeout = '30s'")
            recent = [one for one in told if now - BACK <= one.at <= now - grace]
            return [line for one in recent if (line := _wrong(cursor, one))]
    except psycopg2.Error as error:
        raise CannotCheck(f"the database cannot be read: {error}") from error
    finally:
        link.close()


def _wrong(cursor: Any, one: Told) -> str:
    """Why this notice is not as it should be, "" if it is."""
    cursor.execute(_KNOWN, [one.reference, one.number])
    row = cursor.fetchone()
    if row is None:
        return f"{one}: the public reads it, the database does not know it"
    severity, status, lane, publication, issued_at = row
    if status != "Actual" or not (one.severity in CRITICAL or severity in CRITICAL or lane == "critical"):
        return ""
    if lane is None:
        return f"{one}: issued, and never given to the post office"
    return "" if _reached(cursor, publication, issued_at) else f"{one}: nobody's mail server has accepted it"


def _reached(cursor: Any, publication: int, issued_at: datetime) -> bool:
    """By mail, or, where it goes to no mailbox at all, by any other way."""

    def holds(question: str, *about: Any) -> bool:
        cursor.execute(question, [publication, *about])
        return bool(cursor.fetchone()[0])

    return holds(_ACCEPTED, True, issued_at) or (not holds(_BY_MAIL) and holds(_ACCEPTED, False, issued_at))
