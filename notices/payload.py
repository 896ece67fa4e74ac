"""What a notice says to programs and chat channels: public facts in every language, never a person or a count."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from base.words import MsgType

from . import render
from .cards import card
from .formats import facts as public
from .models import Version
from .wording import headline, wording

TYPES = {
    MsgType.ALERT: "notice.issued",
    MsgType.UPDATE: "notice.updated",
    MsgType.CANCEL: "notice.withdrawn",
}
_OF_ONE_LANGUAGE = ("language", "headline", "truth_line")
_CALLS_EVERYBODY = re.compile(r"@(?=(?:all|channel|everyone|here)\b)", re.I)
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def event(version: Version, *, now: datetime) -> dict[str, Any]:
    """The payload of a webhook: type, time and facts."""
    facts = facts_of(version, now=now)
    return {"type": TYPES[MsgType(version.msg_type)], "timestamp": public.iso(now), "data": facts}


def facts_of(version: Version, *, now: datetime) -> dict[str, Any]:
    """The facts of the JSON feed with the texts of every language; what webhooks and the API say of a version."""
    facts = public.notice(card(version, settings.FAIRWAY_OFFICIAL_LANGUAGE, now))
    for name in _OF_ONE_LANGUAGE:
        del facts[name]
    return facts | {
        "updated": public.iso(version.issued_at or now),
        "exercise": version.is_exercise,
        "msg_type": version.msg_type,
        "urgency": version.urgency,
        "certainty": version.certainty,
        "office": wording(version, settings.FAIRWAY_OFFICIAL_LANGUAGE).office,
        "texts": {text.language: _text(version, text.language) for text in version.texts.all()},
    }


def _text(version: Version, language: str) -> dict[str, str]:
    text, said = version.text_in(language), wording(version, language)
    return {
        "headline": headline(version, language),
        "title": text.title,
        "truth_line": said.truth_line,
        "body": text.body,
        "instruction": text.instruction,
    }


def chat(version: Version, language: str) -> dict[str, str]:
    """An incoming webhook of Mattermost, Slack and alike: reference, what kind of version, headline, address."""
    with translation.override(language):
        action = "" if version.action == Version.Action.ISSUE else f"{version.get_action_display()} · "
        words = f"{version.notice.reference or ''} · {action}{headline(version, language)}"
    safe = "".join(_ESCAPED.get(sign, sign) for sign in words)
    # A zero-width space after the sign, so that no title rings everybody's telephone.
    return {"text": _CALLS_EVERYBODY.sub("@\u200b", safe) + "\n" + render.permanent_url(version)}


def bodies(version: Version, *, now: datetime) -> dict[str, dict[str, Any]]:
    """Language → what the channels beside e-mail say."""
    told = event(version, now=now)
    return {
        text.language: {
            "webhook": told,
            "chat": chat(version, text.language),
            "sms": render.sms(version, text.language),
        }
        for text in version.texts.all()
    }
