"""JSON Feed 1.1 (jsonfeed.org/version/1.1): a post for people, and under `_fairway` the same notice as data."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notices.cards import Card

from . import facts
from .shape import Edition, Feed

MEDIA_TYPE = "application/feed+json"


def _item(card: Card) -> dict[str, Any]:
    told = facts.notice(card)
    head = f"[{card.state_word}] " if card.past else ""
    return {
        "id": told["id"],
        "url": told["url"],
        "title": f"{head}{card.reference} {card.headline}",
        "summary": f"{card.truth_line} {card.time_line}".strip(),
        "content_text": f"{card.text.body}\n\n{card.text.instruction}".strip() or card.headline,
        "date_published": facts.iso(card.published_at),
        "date_modified": facts.iso(card.moved_at),
        "authors": [{"name": card.wording.office}],
        "tags": [card.state, card.status],
        "language": card.language,
        "_fairway": told,
    }


def write(edition: Edition) -> bytes:
    """Valid also when nothing is in force; `_fairway.as_of` is when this was written."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": edition.about(_("Customs notices in force")),
        "home_page_url": edition.page_url,
        "feed_url": edition.self_url,
        "language": edition.language,
        "authors": [{"name": edition.publisher}],
        "_fairway": {"as_of": facts.iso(edition.now), "updated": facts.iso(edition.updated)},
        "items": [_item(card) for card in edition.cards],
    }
    if edition.next_url:
        document["next_url"] = edition.next_url
    return json.dumps(document, ensure_ascii=False).encode()


FEED = Feed("feed_json", "feed.json", MEDIA_TYPE, gettext_lazy("JSON feed"), write)
