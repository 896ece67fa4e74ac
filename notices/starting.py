"""What a blank notice may start from: the office's last one of its kind, or a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .forms import NoticeForm, initial_of
from .impact_form import ImpactForm, initial_rows
from .models import Template, Version

LAST = "last"


@dataclass(frozen=True)
class Start:
    key: str
    label: str


def _last(version: Version) -> Version | None:
    """The newest issued version of the same kind and office; a withdrawal is nothing to start from."""
    found: Version | None = (
        Version.objects.public()
        .filter(notice__kind=version.notice.kind, notice__office=version.notice.office, status=version.status)
        .exclude(msg_type="Cancel")
        .exclude(notice=version.notice)
        .order_by("-issued_at")
        .first()
    )
    return found


def starts(version: Version) -> list[Start]:
    """Offered as long as nothing of the version was saved."""
    if version.edit_number > 1 or version.number > 1:
        return []
    last = _last(version)
    found = [Start(LAST, _("Your office’s last one: %(notice)s") % {"notice": last.notice})] if last else []
    return found + [Start(str(one.pk), one.full_name) for one in Template.objects.filter(kind=version.notice.kind)]


def filled(version: Version, key: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The editor's form and rows as `key` would start them; times are never taken over."""
    initial = initial_of(version)
    if key == LAST:
        last = _last(version)
        return (initial, []) if last is None else (initial | _without_times(initial_of(last)), _rows_of(last))
    template = Template.objects.filter(pk=key, kind=version.notice.kind).first() if key.isdigit() else None
    for language, words in template.texts.items() if template else ():
        initial |= {f"{part}_{language}": text for part, text in words.items()}
    return initial, []


def _without_times(initial: dict[str, Any]) -> dict[str, Any]:
    moments = tuple(f"{name}_" for name, _label, _needed in NoticeForm.moment_names)
    return {
        name: value
        for name, value in initial.items()
        if name not in ("edit_number", "kept") and not name.startswith(moments)
    }


def _rows_of(version: Version) -> list[dict[str, Any]]:
    moments = tuple(f"{name}_" for name, _label, _needed in ImpactForm.moment_names)
    return [
        {name: value for name, value in row.items() if name != "kept" and not name.startswith(moments)}
        for row in initial_rows(version)
    ]
