"""Text fields of forms: what no reader sees goes, and nothing that is pasted is cut."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from .text import one_line, prose


class LineField(forms.CharField):
    """One line: line breaks and runs of blanks become one blank, control characters go."""

    def to_python(self, value: Any) -> str:
        return super().to_python(one_line(str(value or ""))) or ""


class ProseField(forms.CharField):
    """Several lines. The limit is checked here, never by the browser, which would cut what is pasted."""

    def __init__(self, *, limit: int, **options: Any) -> None:
        self.limit = limit
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        return super().to_python(prose(str(value or ""))) or ""

    def validate(self, value: str) -> None:
        super().validate(value)
        over = len(value) - self.limit
        if over > 0:
            raise ValidationError(
                ngettext(
                    "This is %(over)d character too long: at most %(limit)d fit. Nothing was cut.",
                    "This is %(over)d characters too long: at most %(limit)d fit. Nothing was cut.",
                    over,
                )
                % {"over": over, "limit": self.limit}
            )
