"""Text fields of forms: what no reader sees goes, and nothing that is pasted is cut."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import http
from .text import one_line, prose

AS_WRITTEN = {"dir": "auto"}  # Arabic runs from the right, also in a form in English


class LineField(forms.CharField):
    """One line: line breaks and runs of blanks become one blank, control characters go."""

    def to_python(self, value: Any) -> str:
        return super().to_python(one_line(str(value or ""))) or ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """The limit is checked here alone: the browser would cut what is pasted."""
        wanted = super().widget_attrs(widget)
        wanted.pop("maxlength", None)
        return wanted | AS_WRITTEN


class ProseField(forms.CharField):
    """Several lines. The limit is checked here, never by the browser, which would cut what is pasted."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(self, *, limit: int, **options: Any) -> None:
        self.limit = limit
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        return super().to_python(prose(str(value or ""))) or ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | AS_WRITTEN

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


class CallableAddressField(forms.CharField):
    """An address that we may call, judged by `base.http` as it is when it is called."""

    widget = forms.URLInput(attrs={"autocomplete": "off"})

    def __init__(self, *, example: Any, **options: Any) -> None:
        """`example`: what to enter, said where nothing was."""
        super().__init__(
            max_length=http.LONGEST,
            help_text=_("https only, on port 443 or 8443, public on the internet. We follow no redirect."),
            error_messages={"required": example},
            **options,
        )

    def validate(self, value: str) -> None:
        super().validate(value)
        try:
            http.check(value)
        except http.Forbidden as refused:
            raise ValidationError(str(refused)) from refused
