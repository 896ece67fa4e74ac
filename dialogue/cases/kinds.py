"""Kinds of cases as data: a new kind is one entry here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

Words = str | Promise


@dataclass(frozen=True)
class Detail:
    """One thing more that a kind asks for; `missing` is said when it must be given and is not."""

    label: Words
    missing: Words = ""


@dataclass(frozen=True)
class Kind:
    """What one kind asks for and promises.

    `words` names what the person writes, `missing` is said when it is empty, `about_missing` when a notice or a
    place must be named and is not. `answer_within` is the house's promise; an office may set its own.
    """

    key: str
    name: Words
    hint: Words
    words: Words
    missing: Words
    answer_within: timedelta
    about_missing: Words = ""
    detail: Detail | None = None


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            key="question",
            name=_("A question"),
            hint=_("About a place, a rule or your goods"),
            words=_("Your question"),
            missing=_("Write your question"),
            answer_within=timedelta(hours=24),
        ),
        Kind(
            key="clarification",
            name=_("Something in a notice is unclear"),
            hint=_("We may correct the notice"),
            words=_("What is unclear"),
            missing=_("Write what is unclear"),
            answer_within=timedelta(hours=8),
            about_missing=_("Say which notice is unclear, for example by its number"),
        ),
        Kind(
            key="rumour_check",
            name=_("A rumour to check"),
            hint=_("Tell us what you heard and where"),
            words=_("What you heard"),
            missing=_("Write what you heard"),
            answer_within=timedelta(hours=4),
            detail=Detail(_("Where did you hear it?"), missing=_("Say where you heard it")),
        ),
        Kind(
            key="early_warning",
            name=_("An early warning"),
            hint=_("Something is about to go wrong"),
            words=_("What is about to happen"),
            missing=_("Write what is about to happen"),
            answer_within=timedelta(hours=12),
            about_missing=_("Say which place it is about"),
            detail=Detail(_("When does it begin, or since when?")),
        ),
        Kind(
            key="recommendation",
            name=_("A recommendation"),
            hint=_("What you learnt and others should know"),
            words=_("What you recommend"),
            missing=_("Write what you recommend"),
            answer_within=timedelta(days=20),
        ),
        Kind(
            key="proposal",
            name=_("A proposal"),
            hint=_("How it could work better"),
            words=_("What you propose"),
            missing=_("Write what you propose"),
            answer_within=timedelta(days=20),
        ),
    )
}

FIRST = "question"
CHOICES = [(kind.key, kind.name) for kind in KINDS.values()]


def spoken(span: timedelta) -> str:
    """ "4 hours", or "20 days" from two days on."""
    hours = round(span.total_seconds() / 3600)
    if hours > 48 and hours % 24 == 0:
        days = hours // 24
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
