"""The field for a cause: a line that offers the known ones and takes any other."""

from __future__ import annotations

from typing import Any

from django import forms

from base.fields import LineField

from .causes import CAUSES, meant, say


class CauseInput(forms.TextInput):
    template_name = "notices/cause_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = "causes"
        return context | {"causes": list(CAUSES.values())}

    def format_value(self, value: Any) -> str:
        return say(str(value or ""))


class CauseField(LineField):
    widget = CauseInput

    def to_python(self, value: Any) -> str:
        return meant(super().to_python(value))
