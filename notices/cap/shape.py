"""The shape of a CAP 1.2 message: which elements stand where and how often, with which words. Tables, and a walk.

Section numbers are those of "Common Alerting Protocol Version 1.2" (OASIS Standard, 1 July 2010).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from lxml import etree

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_LANGUAGE = re.compile(r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?")  # empty stands for the default, en-US


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, the element it is wrong with and the line it stands in (0: nowhere)."""

    element: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.element}: {self.text}" if self.element else str(self.text)


@dataclass(frozen=True)
class Part:
    """One element of a sequence: how often it may stand, which words or form it takes, or what stands in it."""

    tag: str
    least: int = 0
    most: int = 0  # 0: any number
    words: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None
    parts: tuple[Part, ...] = ()


def _one(tag: str, *words: str, form: re.Pattern[str] | None = None) -> Part:
    return Part(tag, 1, 1, words, form)


def _maybe(tag: str, *, form: re.Pattern[str] | None = None) -> Part:
    return Part(tag, 0, 1, form=form)


_PAIR = (_one("valueName"), _one("value"))
_AREA = (
    _one("areaDesc"), Part("polygon"), Part("circle"), Part("geocode", parts=_PAIR), _maybe("altitude"),
    _maybe("ceiling"),
)  # fmt: skip
_RESOURCE = (
    _one("resourceDesc"), _one("mimeType"), _maybe("size"), _maybe("uri"), _maybe("derefUri"), _maybe("digest"),
)  # fmt: skip
_INFO = (
    _maybe("language", form=_LANGUAGE),
    Part("category", 1, words=("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
                               "Infra", "CBRNE", "Other")),
    _one("event"),
    Part("responseType", words=("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear",
                                "None")),
    _one("urgency", "Immediate", "Expected", "Future", "Past", "Unknown"),
    _one("severity", "Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    _one("certainty", "Observed", "Likely", "Possible", "Unlikely", "Unknown"),
    _maybe("audience"),
    Part("eventCode", parts=_PAIR),
    _maybe("effective", form=_TIME), _maybe("onset", form=_TIME), _maybe("expires", form=_TIME),
    _maybe("senderName"), _maybe("headline"), _maybe("description"), _maybe("instruction"), _maybe("web"),
    _maybe("contact"),
    Part("parameter", parts=_PAIR), Part("resource", parts=_RESOURCE), Part("area", parts=_AREA),
)  # fmt: skip
ALERT = (
    _one("identifier"), _one("sender"), _one("sent", form=_TIME),
    _one("status", "Actual", "Exercise", "System", "Test", "Draft"),
    _one("msgType", "Alert", "Update", "Cancel", "Ack", "Error"),
    _maybe("source"),
    _one("scope", "Public", "Restricted", "Private"),
    _maybe("restriction"), _maybe("addresses"), Part("code"), _maybe("note"), _maybe("references"),
    _maybe("incidents"),
    Part("info", parts=_INFO),
)  # fmt: skip


def _tag(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def faults(parent: etree._Element, parts: tuple[Part, ...] = ALERT) -> Iterator[Fault]:
    """Walks the children beside the sequence; the first one out of order ends the walk, since all later ones are."""
    children = [child for child in parent if isinstance(child.tag, str) and child.tag.startswith(f"{{{CAP}}}")]
    places = {part.tag: place for place, part in enumerate(parts)}
    counted: Counter[str] = Counter()
    last = 0
    for child in children:
        tag = _tag(child)
        if tag not in places:
            said = _("This element has no place in “%(parent)s”.") % {"parent": _tag(parent)}
            yield Fault(tag, child.sourceline or 0, said)
            return
        if places[tag] < last:
            yield Fault(tag, child.sourceline or 0, _("It must stand before “%(tag)s”.") % {"tag": parts[last].tag})
            return
        last = places[tag]
        counted[tag] += 1
        yield from _content(child, parts[last])
    for part in parts:
        if counted[part.tag] < part.least:
            said = _("It is missing in “%(parent)s”.") % {"parent": _tag(parent)}
            yield Fault(part.tag, parent.sourceline or 0, said)
        if part.most and counted[part.tag] > part.most:
            yield Fault(part.tag, parent.sourceline or 0, _("It may stand only once."))


def _content(element: etree._Element, part: Part) -> Iterator[Fault]:
    text = element.text or ""
    if part.parts:
        yield from faults(element, part.parts)
    elif part.words and text not in part.words:
        facts = {"text": text, "words": ", ".join(part.words)}
        yield Fault(part.tag, element.sourceline or 0, _("“%(text)s” is none of: %(words)s.") % facts)
    elif part.form is _TIME and moment(text) is None:
        said = _("“%(text)s” is no time like 2027-02-10T09:00:00-00:00: no Z and no fractions.") % {"text": text}
        yield Fault(part.tag, element.sourceline or 0, said)
    elif part.form and not part.form.fullmatch(text):
        yield Fault(part.tag, element.sourceline or 0, _("“%(text)s” is not in the right form.") % {"text": text})


def moment(text: str) -> datetime | None:
    """3.3.2: whole seconds and an offset in digits; None for any other text."""
    try:
        return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None
