"""What a form asks of somebody who may act for several organisations: for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Organisation


class ForOneOrganisation(forms.Form):
    def __init__(self, *args: Any, among: Sequence[Organisation], **options: Any) -> None:
        """`among`: for whom the person may act; with several, the form asks for which."""
        super().__init__(*args, **options)
        self.among = among
        if len(among) > 1:
            mine = Organisation.objects.filter(pk__in=[one.pk for one in among])
            self.fields["organisation"] = forms.ModelChoiceField(
                mine, label=_("For"), empty_label=_("Choose an organisation")
            )
            self.order_fields(["organisation"])

    def wanted(self) -> dict[str, Any]:
        """What was entered, as the verb takes it."""
        return {"organisation": self.among[0], **self.cleaned_data}
