"""The form of a template: its words in each language, with the same gaps in all of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from base.fields import LineField, ProseField
from base.words import Language, Mode

from .forms import BLOCK, LINE
from .kinds import KIND_CHOICES
from .models import Template
from .title_words import PLACEHOLDER

PARTS = ("title", "body", "instruction")
LABELS = {"title": _("Title"), "body": _("What happened"), "instruction": _("What to do")}


def gaps(words: dict[str, str]) -> set[str]:
    """The placeholders of one language, as they stand."""
    return {found[0] for text in words.values() for found in PLACEHOLDER.finditer(text)}


class TemplateForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of notice"), choices=KIND_CHOICES)
    mode = forms.ChoiceField(
        label=_("For which mode"), choices=[("", _("Every mode")), *Mode.choices], required=False
    )
    name = LineField(label=_("Name of the template"), max_length=80)

    def __init__(self, *args: Any, template: Template | None = None, **kwargs: Any) -> None:
        self.template = template
        if template is not None:
            kwargs["initial"] = {"kind": template.kind, "mode": template.mode, "name": template.name} | {
                f"{part}_{language}": text
                for language, words in template.texts.items()
                for part, text in words.items()
            }
        super().__init__(*args, **kwargs)
        for language in Language:
            official = language == settings.FAIRWAY_OFFICIAL_LANGUAGE
            for part in PARTS:
                label = LABELS[part]
                self.fields[f"{part}_{language}"] = (
                    LineField(label=label, required=official, max_length=LINE)
                    if part == "title"
                    else ProseField(label=label, required=False, limit=BLOCK)
                )

    def texts(self) -> list[dict[str, Any]]:
        return [{"language": one, "fields": [self[f"{part}_{one}"] for part in PARTS]} for one in Language]

    def words(self) -> dict[str, dict[str, str]]:
        """Language → its texts; languages without a word are left out."""
        found = {
            str(language): {part: self.cleaned_data.get(f"{part}_{language}", "") for part in PARTS}
            for language in Language
        }
        return {language: words for language, words in found.items() if any(words.values())}

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        words = self.words()
        official = gaps(words.get(settings.FAIRWAY_OFFICIAL_LANGUAGE, {}))
        for language, several in words.items():
            missing = official ^ gaps(several)
            if missing:
                message = _("The gaps are not those of the official text: %(gaps)s.")
                self.add_error(f"title_{language}", message % {"gaps": ", ".join(sorted(missing))})
            if not several["title"]:
                self.add_error(f"title_{language}", _("Write a title in this language as well."))
        same = Template.objects.filter(kind=facts.get("kind"), mode=facts.get("mode", ""), name=facts.get("name"))
        if (same.exclude(pk=self.template.pk) if self.template else same).exists():
            self.add_error("name", _("There is a template of this name for this kind and mode."))
        return facts
