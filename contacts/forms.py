"""Shape of what people type on the pages of the address book; the rules are in `subscribe` and `imports`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from base import encodings, sheets
from base.errors import Refused
from base.words import Language, Mode, Severity, Traffic
from delivery import addresses, numbers

from .headings import FIELDS
from .models import ImportRun, MemberList, Organisation, Place
from .models.places import fold
from .rhythm import AT_ONCE
from .subscribe import Wish
from .when_form import WhenForm

TICKS = forms.CheckboxSelectMultiple


class MailboxField(forms.CharField):
    """An address as people type it, cleaned as the post office does."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(str(value or "").replace("\0", ""))
        try:
            addresses.key_of(text)
        except Refused as refused:
            raise ValidationError(str(refused)) from refused
        return addresses.clean(text)


class PhoneField(forms.CharField):
    """A mobile number as people type it, in E.164; empty stays empty."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(str(value or "").replace("\0", ""))
        try:
            return numbers.key_of(text) if text else ""
        except Refused as refused:
            raise ValidationError(str(refused)) from refused


class WishForm(WhenForm):
    """Places or countries × modes × traffic × least severity × language, and when."""

    places = forms.ModelMultipleChoiceField(
        Place.objects.none(),
        required=False,
        label=_("Places"),
        help_text=_("None chosen: every place."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    countries = forms.MultipleChoiceField(
        required=False, label=_("Countries"), help_text=_("Every place of a country, also new ones."), widget=TICKS
    )
    modes = forms.MultipleChoiceField(
        choices=Mode.choices, required=False, label=_("Modes"), help_text=_("None ticked: all."), widget=TICKS
    )
    traffic = forms.MultipleChoiceField(
        choices=Traffic.choices, required=False, label=_("Traffic"), help_text=_("None ticked: all."), widget=TICKS
    )
    least_severity = forms.ChoiceField(
        choices=Severity.choices, initial=Severity.MINOR, label=_("From this severity on")
    )
    language = forms.ChoiceField(choices=Language.choices, label=_("Language"))
    field_order = ["places", "countries", "modes", "traffic", "least_severity", "language", "rhythm", *WhenForm.later]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        places = self._places()
        self.fields["places"].queryset = places  # type: ignore[attr-defined]
        of_ours = Q(pk__in=places.order_by().values("pk")) | Q(country__in=self._chosen("countries"))
        lands = Place.objects.filter(of_ours).order_by("country").values_list("country", flat=True).distinct()
        names = Locale.parse((get_language() or "en")[:2]).territories
        self.fields["countries"].choices = sorted(  # type: ignore[attr-defined]
            ((land, names.get(land, land)) for land in lands), key=lambda choice: fold(choice[1])
        )
        if not lands:
            del self.fields["countries"]

    def _places(self) -> Any:
        """Those of our offices, and what was chosen before: the whole code list fits on no page."""
        chosen = [pk for pk in self._chosen("places") if str(pk).isdecimal() and len(str(pk)) < 18]
        return Place.objects.filter(Q(office__isnull=False) | Q(pk__in=chosen)).order_by("sort_key")

    def _chosen(self, name: str) -> Any:
        if self.is_bound:
            return self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name)) or ()
        return self.initial.get(name) or ()

    def wish(self) -> Wish:
        return Wish(
            places=tuple(place.pk for place in self.cleaned_data["places"]),
            countries=tuple(self.cleaned_data.get("countries", ())),
            modes=tuple(self.cleaned_data["modes"]),
            traffic=tuple(self.cleaned_data["traffic"]),
            least_severity=self.cleaned_data["least_severity"],
            language=self.cleaned_data["language"],
            choice=self.choice(self.cleaned_data["places"], self.cleaned_data.get("countries", ())),
        )


class FollowForm(WishForm):
    email = MailboxField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("We send a link to confirm it. Nothing else is sent before you do."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter an e-mail address such as name@company.example")},
    )
    phone = PhoneField(
        label=_("Mobile number, for text messages too"),
        required=False,
        help_text=_("With the code of the country. We send a code to confirm it."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    phone_severity = forms.ChoiceField(
        choices=Severity.choices,
        initial=Severity.SEVERE,
        required=False,
        label=_("Text messages from this severity on"),
    )
    field_order = ["email", "phone", "phone_severity", *WishForm.field_order]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not numbers.is_offered():
            del self.fields["phone"], self.fields["phone_severity"]

    def phone_wish(self) -> Wish | None:
        """What the telephone is to hear, if one was given: always at once."""
        if not self.cleaned_data.get("phone"):
            return None
        least = self.cleaned_data.get("phone_severity") or Severity.SEVERE
        return replace(self.wish(), least_severity=least, choice=AT_ONCE)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code from the text message"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Enter the six digits.")},
    )


class ManageLinkForm(forms.Form):
    email = MailboxField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = MemberList
        fields = ("name", "way", "direct_from")
        labels = {"name": _("Name"), "way": _("How notices reach it"), "direct_from": _("Always direct from")}
        help_texts = {
            "way": _("Direct: at once when customs publishes. On relay: when you relay them."),
            "direct_from": _("Notices at least as severe reach the list at once, also on relay."),
        }

    def __init__(self, *args: Any, among: Sequence[Organisation] = (), **kwargs: Any) -> None:
        """`among`: the associations that the person keeps lists of; with several, the form asks for which one."""
        super().__init__(*args, **kwargs)
        if len(among) > 1:
            mine = Organisation.objects.filter(pk__in=[one.pk for one in among])
            self.fields["association"] = forms.ModelChoiceField(mine, label=_("Association"))
            self.order_fields(["association"])

    def clean_association(self) -> Organisation:
        association: Organisation = self.cleaned_data["association"]
        self.instance.association = association
        return association

    def clean_name(self) -> str:
        name: str = " ".join(self.cleaned_data["name"].split())
        same = MemberList.objects.filter(association=self.instance.association, name=name)
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Your association has a list of this name."))
        return name


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Member file"),
        help_text=_("CSV or XLSX, up to 10 MB, headings in the first row."),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm"}),
        error_messages={"empty": _("The file is empty."), "required": _("Choose a file.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > sheets.MAX_BYTES:
            raise ValidationError(_("The file is larger than 10 MB."))
        return file


class AnswerForm(forms.Form):
    """The answer to what the reader asked, or other columns. Unknown values are dropped, never trusted."""

    encoding = forms.ChoiceField(choices=[(name, name) for name in encodings.CHOICES], required=False)
    delimiter = forms.ChoiceField(choices=[(mark, mark) for mark in sheets.DELIMITERS], required=False)
    sheet = forms.CharField(max_length=100, required=False, strip=False)

    def options(self, before: dict[str, Any]) -> dict[str, Any]:
        """The run's options with these answers; columns come as `column-N` (heading) and `field-N`."""
        told = {name: value for name, value in self.cleaned_data.items() if value}
        columns = {}
        for name, heading in self.data.items():
            if name.startswith("column-"):
                field = self.data.get(f"field-{name.removeprefix('column-')}", "")
                columns[str(heading)] = field if field in FIELDS else ""
        return before | told | ({"columns": columns} if columns else {})


class ApplyForm(forms.Form):
    ground = forms.ChoiceField(
        choices=ImportRun.Ground.choices,
        label=_("These members get port notices through us on the ground of"),
        help_text=_("Kept with your name and today's date."),
    )
    agreed = forms.BooleanField(
        label=_("We may write to these members, and they can leave at any time"),
        error_messages={"required": _("Confirm that you may write to these members.")},
    )
    remove_gone = forms.BooleanField(required=False, label=_("Also remove who is no longer in the file"))
    whole = forms.BooleanField(required=False, label=_("Import nothing until all rows are good"))
