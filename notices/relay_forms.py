"""Shape of an association's three answers to a version; the rules are in `relays`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from base.fields import LineField, ProseField

from .models import Relay, Version
from .moment_fields import MomentsForm, initial_moments
from .relays import WORDS_LIMIT


class ByPortal(forms.Form):
    words = ProseField(
        limit=WORDS_LIMIT,
        required=False,
        label=_("Your words above the notice"),
        help_text=_("Up to 600 characters, under your association’s name. The notice itself stays as it is."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    use_required_attribute = False

    def facts(self, zone: str) -> dict[str, Any]:
        return {"words": self.cleaned_data["words"]}


class ByOwnMeans(MomentsForm):
    moment_names = (("told", _("When did you tell them?"), True),)
    head_count = forms.IntegerField(
        label=_("About how many members"),
        min_value=1,
        max_value=9_999_999,
        widget=forms.NumberInput(attrs={"class": "f-in--s", "inputmode": "numeric"}),
        error_messages={
            "required": _("Say about how many members you told."),
            "max_value": _("This is more than there can be. Say about how many members you told."),
        },
    )
    use_required_attribute = False

    def facts(self, zone: str) -> dict[str, Any]:
        """With errors added, if there is no such time in `zone`."""
        return {"told_at": self.moment("told", zone), "head_count": self.cleaned_data.get("head_count")}


class NotRelevant(forms.Form):
    reason = LineField(
        label=_("Why does it not concern your members?"),
        max_length=200,
        error_messages={"required": _("Say in a few words why.")},
    )
    use_required_attribute = False

    def facts(self, zone: str) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}


FORMS: dict[str, type[ByPortal | ByOwnMeans | NotRelevant]] = {
    Relay.Means.PORTAL: ByPortal,
    Relay.Means.OWN: ByOwnMeans,
    Relay.Means.NOT_RELEVANT: NotRelevant,
}


def form_for(means: str, version: Version, *, zone: str, now: datetime, data: Any = None) -> Any:
    """The form of one answer; several stand on one page, so that ids name the version."""
    form = FORMS[means]
    initial = initial_moments({"told": now}, zone) if means == Relay.Means.OWN else {}
    return form(data, initial=initial, auto_id=f"{means}-{version.uid}-%s")
