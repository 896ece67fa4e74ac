"""Which of the waiting questions an officer looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models.functions import Greatest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Organisation, User

from . import kinds
from .models import Case, CaseQuerySet

# key → what the queue is called under it
VIEWS: dict[str, str | Promise] = {
    "all": _("All"),
    "mine": _("Mine"),
    "nobody": _("Nobody’s"),
    "late": _("Late"),
}
NO_OFFICE = "none"


@dataclass(frozen=True)
class View:
    key: str
    name: str | Promise
    count: int
    query: str
    chosen: bool


class FilterForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    office = forms.ChoiceField(label=_("Office"), required=False)

    def __init__(self, data: Any, *, offices: list[Organisation]) -> None:
        super().__init__(data, use_required_attribute=False)
        self.fields["kind"].choices = [("", _("Every kind")), *kinds.CHOICES]  # type: ignore[attr-defined]
        every = [("", _("Every office")), (NO_OFFICE, _("None yet"))]
        self.fields["office"].choices = every + [(one.code, str(one)) for one in offices]  # type: ignore[attr-defined]
        if len(offices) < 2:
            del self.fields["office"]


class Filter:
    """The queue as the address asks for it; a value that means nothing leaves nothing out."""

    def __init__(self, data: Any, cases: CaseQuerySet, *, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        offices = list(Organisation.objects.filter(pk__in=cases.values("office")))
        self.form = FilterForm(data, offices=offices)
        self.form.is_valid()
        self.view = data.get("view", "") if data.get("view", "") in VIEWS else "all"
        self._wanted = {name: value for name, value in self.form.cleaned_data.items() if value}
        self._base = self._narrowed(cases)

    def _narrowed(self, cases: CaseQuerySet) -> CaseQuerySet:
        if kind := self._wanted.get("kind"):
            cases = cases.filter(kind=kind)
        if office := self._wanted.get("office"):
            cases = cases.filter(office=None) if office == NO_OFFICE else cases.filter(office__code=office)
        return cases

    def _seen(self, view: str) -> CaseQuerySet:
        waiting = self._base.queue()
        return {
            "all": waiting,
            "mine": waiting.filter(assignee=self.user),
            "nobody": waiting.filter(assignee=None),
            "late": waiting.late(self.now),
        }[view]

    @property
    def waiting(self) -> CaseQuerySet:
        return self._seen(self.view)

    @property
    def done(self) -> CaseQuerySet:
        """Answered or closed lately, by kind and office; nothing where only some of the waiting are asked for."""
        over = self._base.exclude(state=Case.State.OPEN).annotate(over_at=Greatest("answered_at", "closed_at"))
        done = over.order_by("-over_at")
        return done if self.view == "all" else done.none()

    @property
    def narrows(self) -> bool:
        return bool(self._wanted) or self.view != "all"

    def views(self) -> list[View]:
        """Each view with how many wait there, and the address that shows it."""
        return [
            View(key, name, self._seen(key).count(), self._query(key), key == self.view)
            for key, name in VIEWS.items()
        ]

    @property
    def query(self) -> str:
        return self._query(self.view)

    def _query(self, view: str) -> str:
        return urlencode({"view": view, **self._wanted})
