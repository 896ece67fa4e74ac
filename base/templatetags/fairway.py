"""Small marks that every page uses: icons, statuses, moments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm, BaseFormSet
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_bidi, gettext

from base import clock
from base import markup as base_markup
from base.text import labelled
from base.words import Mode, PlaceStatus

register = template.Library()
_NUMBER = re.compile(r"\+?[\d() ./-]{4,30}")
_MAILBOX = re.compile(r"[^\s@<>]+@[^\s@<>]+")
# Within other words a number is one only with its plus: a date and opening hours are none.
_WITHIN = re.compile(r"(?<![\w+])\+\d[\d() ./-]{5,28}\d|[^\s@<>,;:()?&%]+@[\w-]+(?:\.[\w-]+)+")

# status → class and icon of the component sheet
LOOKS = {
    "closed": ("s-closed", "closed"),
    "partly_closed": ("s-partly", "partly"),
    "restricted": ("s-restricted", "restricted"),
    "congested": ("s-congested", "congested"),
    "unknown": ("s-unknown", "unknown"),
    "open": ("s-open", "open"),
}

QUARTER_S = 900
MODE_ICONS = {
    "maritime": "ship", "inland_waterway": "ship", "air": "plane", "road": "truck", "rail": "train", "post": "send",
}  # fmt: skip


# A board shows a thousand icons, statuses and moments of a few dozen kinds: each kind is written once.


@lru_cache(maxsize=8)
def _sprite(backend: str, root: str) -> str:
    """The address of the icons. It is a question of the storage, which only tests change while they run."""
    return static("icons.svg")


def sprite() -> str:
    return _sprite(settings.STORAGES["staticfiles"]["BACKEND"], str(settings.STATIC_ROOT))  # type: ignore[index]


@lru_cache(maxsize=512)
def _icon(name: str, sprite: str) -> SafeString:
    return format_html('<svg class="f-i" aria-hidden="true"><use href="{}#i-{}"/></svg>', sprite, name)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of static/icons.svg; the word beside it carries the meaning."""
    return _icon(name, sprite())


@register.simple_tag
def bootstrap(part: str) -> SafeString:
    """A style sheet of the Bootstrap wheel, for the way the page's language is written."""
    way = ".rtl" if get_language_bidi() else ""
    return format_html('<link rel="stylesheet" href="{}">', static(f"bootstrap/css/{part}{way}.min.css"))


@register.filter
def status_class(status: str) -> str:
    return LOOKS.get(status, LOOKS["unknown"])[0]


@register.simple_tag
def status(value: str, extra: str = "", of: str = "") -> SafeString:
    """Shape, word and colour of a place status; `of` says of how many or of whom."""
    return _status(str(value), extra, str(of), sprite(), get_language())


@lru_cache(maxsize=1024)
def _status(value: str, extra: str, of: str, sprite: str, language: str | None) -> SafeString:
    look, sign = LOOKS.get(value, LOOKS["unknown"])
    said = f"{of}: {status_word(value).lower()}" if of else status_word(value)
    classes = " ".join(name for name in ("f-status", extra, look) if name)
    return format_html('<span class="{}">{} {}</span>', classes, _icon(sign, sprite), said)


@register.simple_tag
def modes(values: Iterable[str]) -> SafeString:
    """Ways of transport, each with its icon and word."""
    pairs = ((icon(MODE_ICONS[value]), Mode(value).label) for value in values if value in MODE_ICONS)
    return format_html_join(" ", '<span class="f-mode">{} {}</span>', pairs)


@register.filter
def status_word(value: str) -> str:
    return str(PlaceStatus(value).label) if value in PlaceStatus.values else value


@register.simple_tag
def map_icon(value: str, at: tuple[float, float], size: int = 20) -> SafeString:
    """The shape of a status within a drawing; `at` is its upper left corner."""
    sign = LOOKS.get(value, LOOKS["unknown"])[1]
    place = format_html('x="{}" y="{}" width="{}" height="{}"', *at, size, size)
    return format_html('<use href="{}#i-{}" {}/>', sprite(), sign, place)


@register.simple_tag
def clause(value: Any) -> SafeString:
    """One clause of a truth line with its own shape; `value` has status and its words as `spoken`."""
    look, sign = LOOKS.get(value.status, LOOKS["unknown"])
    return format_html('<span class="{}">{}<bdi>{}</bdi></span>', look, icon(sign), value.spoken)


@register.filter
def markup(text: str) -> SafeString:
    """An officer's text as HTML: paragraphs, lists, bold, italics, links; whatever else was typed stays text."""
    return mark_safe(base_markup.to_html(text))  # noqa: S308 - cleaned by nh3 against a list of allowed tags


@register.filter
def plain(text: str) -> str:
    """The same text for readers without HTML."""
    return base_markup.to_text(text)


@register.simple_tag
def short_moment(at: datetime | None, zone: str = "UTC") -> SafeString:
    """The same for tables of what is near: without the year, and of today the hour alone."""
    return moment(at, zone, near=clock.now())


@register.filter
def beside(values: Iterable[Any], others: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Pairs of two lists of one length: `{% for heading, value in values|beside:headings %}`."""
    return list(zip(others, values, strict=True))


@register.simple_tag
def moment(at: datetime | None, zone: str = "UTC", *, near: datetime | None = None) -> SafeString:
    """Local time of the place, UTC beside it."""
    if at is None:
        return SafeString("")
    quarter = None if near is None else int(near.timestamp() // QUARTER_S)
    return _moment(int(at.timestamp() // 60), zone or "UTC", (get_language() or "en")[:2], quarter)


@lru_cache(maxsize=4096)
def _moment(minute: int, zone: str, language: str, quarter: int | None) -> SafeString:
    """Nothing of a moment that people read is finer than a minute; days begin at a quarter of an hour everywhere."""
    near = None if quarter is None else datetime.fromtimestamp(quarter * QUARTER_S, UTC)
    shown = clock.shown(datetime.fromtimestamp(minute * 60, UTC), zone, language, near=near)
    if str(shown) == shown.local:
        return format_html('<time datetime="{}">{}</time>', shown.machine, shown.local)
    return format_html(
        '<time datetime="{}">{} <span class="f-utc">({})</span></time>', shown.machine, shown.local, shown.utc
    )


@register.filter
def reach(how: str) -> SafeString:
    """Telephone numbers and mailboxes as links; anything else as it was typed."""
    if _NUMBER.fullmatch(how) or _MAILBOX.fullmatch(how):
        return _link(how)
    found = list(_WITHIN.finditer(how))
    ends = [0, *(one.end() for one in found)]
    pairs = ((how[end : one.start()], _link(one[0])) for end, one in zip(ends, found, strict=False))
    return format_html('<span dir="auto">{}{}</span>', format_html_join("", "{}{}", pairs), how[ends[-1] :])


def _link(how: str) -> SafeString:
    address = f"mailto:{how}" if "@" in how else "tel:" + re.sub(r"[^\d+]", "", how)
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, how)


@register.filter
def between(start: datetime, end: datetime) -> str:
    """The span from `start` to `end` in few signs: {{ due|between:now }} late."""
    return clock.brief(end - start)


@register.filter
def span(value: timedelta) -> str:
    """A length of time in few signs, whichever way it runs."""
    return clock.brief(value)


@register.simple_tag(takes_context=True)
def in_language(context: dict[str, Any], code: str) -> str:
    """This page's address in another language."""
    path: str = context["request"].get_full_path()
    parts = path.split("/", 2)
    known = {language for language, _name in context["languages"]}
    return f"/{code}/{parts[2]}" if len(parts) > 2 and parts[1] in known else f"/{code}/"


@register.inclusion_tag("partials/errors.html")
def errors(*forms: Any) -> dict[str, Any]:
    """What to correct, on top of the page, each leading to its control. Takes forms, formsets, empty values."""
    found: list[tuple[str, str]] = []
    for form in forms:
        if isinstance(form, BaseFormSet):
            found += [("", str(error)) for error in form.non_form_errors()]
            for number, row in enumerate(form, start=1):
                said = gettext("Row %(number)d, %(error)s")
                found += [(control, said % {"number": number, "error": text}) for control, text in _errors_of(row)]
        elif form:
            found += _errors_of(form)
    return {"entries": found}


def _errors_of(form: BaseForm) -> list[tuple[str, str]]:
    """Pairs of control and error; a set of boxes or dots is reached at its first one."""
    found = [("", str(error)) for error in form.non_field_errors()]
    for field in form.hidden_fields():
        found += [("", str(error)) for error in field.errors]
    for field in form.visible_fields():
        control = f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label
        found += [(control, labelled(field.label, error)) for error in field.errors]
    return found
