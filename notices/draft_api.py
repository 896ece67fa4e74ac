"""Drafts for programs: what one says to hand one in, and how it learns what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from base.clock import now as clock_now
from base.text import one_line
from base.words import Direction, Language, Mode, PlaceStatus, Severity, Traffic
from contacts.api import MayDraft
from contacts.models import Place

from . import rules
from .formats.facts import iso
from .forms import BLOCK, LINE
from .handing import Wish
from .impact_form import DAYS, ROWS
from .kinds import KIND_CHOICES
from .models import HandedIn, Version
from .paging import FewByNewest
from .render import permanent_url
from .titles import LONGEST_TITLE
from .truth.words import ENGLISH

HOURS = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"
# What is stored as it is said, and under which name.
PLAIN = {
    "starts": "starts_at", "ends": "ends_at", "next_update": "next_update_at",
    **{name: name for name in ("severity", "reopens_earliest", "reopens_latest", "cause", "contact")},
}  # fmt: skip
LONGEST_KEY = 255
YEARS = (2000, 2199)  # far enough, and within what every zone can tell


class Strict(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelt field is a draft that says less than was meant."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class Line(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        line = one_line(super().to_internal_value(data))
        if not line and not self.allow_blank:
            self.fail("blank")
        return line


class Moment(serializers.DateTimeField):
    """A time with its offset: what a program means without one, nobody knows."""

    default_error_messages = {
        "offset": gettext_lazy("Give the offset too, such as 2026-03-01T18:00:00+01:00."),
        "year": gettext_lazy("The year lies too far away."),
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("offset")
        if not YEARS[0] < value.year < YEARS[1]:
            self.fail("year")
        return value.astimezone(UTC)


class Somewhere(Strict):
    """One of the three."""

    code = serializers.RegexField(r"^[A-Z]{2}[A-Z0-9]{3}$", required=False, help_text="UN/LOCODE")
    name = Line(max_length=120, required=False, help_text="of a place without a code")
    system = Line(max_length=120, required=False, help_text="of a system of customs or the port")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len([name for name in attrs.values() if name]) != 1:
            raise serializers.ValidationError(_("Say one of code, name and system."))
        if "code" in attrs:
            attrs["found"] = Place.objects.select_related("office").filter(locode=attrs["code"]).first()
            if attrs["found"] is None:
                raise serializers.ValidationError({"code": [_("No place here has this code.")]})
        return attrs


class Value(Strict):
    """How much."""

    wait_h = serializers.IntegerField(min_value=1, max_value=999, help_text="wait in hours")


class Qualifier(Strict):
    """Within what limits it is open."""

    limit = serializers.ChoiceField([*ENGLISH.limits], required=False)
    value = Value(required=False)
    hours = serializers.RegexField(HOURS, required=False, help_text="only at certain hours: 06:00-18:00")
    days = serializers.ChoiceField([day for day, _name in DAYS], required=False)

    def validate_hours(self, value: str) -> str:
        if len(set(value.split("-"))) == 1:
            raise serializers.ValidationError(_("From and until are the same. Give two times, such as 06:00-18:00."))
        return value


class DraftRow(Strict):
    """What one place is to whom. `modes` and `directions` left out: every one."""

    place = Somewhere()
    status = serializers.ChoiceField(PlaceStatus.choices)
    traffic = serializers.ListField(
        child=serializers.ChoiceField(Traffic.choices), min_length=1, max_length=len(Traffic)
    )
    modes = serializers.ListField(child=serializers.ChoiceField(Mode.choices), required=False, max_length=len(Mode))
    directions = serializers.ListField(
        child=serializers.ChoiceField(Direction.choices), required=False, max_length=len(Direction)
    )
    qualifier = Qualifier(required=False)
    starts = Moment(required=False, help_text="where it is not that of the notice")
    ends = Moment(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _in_order(attrs, "starts", "ends")
        return attrs


class DraftWords(Strict):
    """What readers see in one language; the truth line is added from the rows."""

    title = Line(max_length=LONGEST_TITLE)
    body = serializers.CharField(max_length=BLOCK, required=False, allow_blank=True)
    instruction = serializers.CharField(max_length=BLOCK, required=False, allow_blank=True)


class DraftTexts(Strict):
    """Language → words; the official language is needed."""

    def get_fields(self) -> dict[str, Any]:
        official = settings.FAIRWAY_OFFICIAL_LANGUAGE
        return {str(one): DraftWords(required=str(one) == official) for one in Language}


class NewDraft(Strict):
    """A draft of a notice. It waits at its office until an officer takes it further."""

    kind = serializers.ChoiceField(KIND_CHOICES)
    office = serializers.SlugField(
        max_length=40, required=False,
        help_text="its code; left out: the key’s own, or the one that answers for the first place",
    )  # fmt: skip
    severity = serializers.ChoiceField(Severity.choices, required=False)
    texts = DraftTexts()
    places = serializers.ListField(child=DraftRow(), min_length=1, max_length=ROWS)
    starts = Moment(required=False)
    ends = Moment(required=False, help_text="only if it is sure; left out: until further notice")
    reopens_earliest = Moment(required=False)
    reopens_latest = Moment(required=False)
    next_update = Moment(required=False)
    cause = Line(max_length=LINE, required=False, allow_blank=True)
    contact = Line(max_length=LINE, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _in_order(attrs, "starts", "ends")
        if attrs.get("reopens_latest") and not attrs.get("reopens_earliest"):
            raise serializers.ValidationError(
                {"reopens_earliest": [_("Give the earliest time of reopening as well.")]}
            )
        _in_order(attrs, "reopens_earliest", "reopens_latest", or_same=True)
        for number, row in enumerate(attrs["places"]):
            starts = row.get("starts") or attrs.get("starts") or clock_now()
            if row.get("ends") and row["ends"] <= starts:
                wrong = {"ends": [_("The end must be after the start.")]}
                raise serializers.ValidationError({"places": {str(number): wrong}})
        return attrs

    def wish(self) -> Wish:
        said: dict[str, Any] = self.validated_data
        return Wish(
            kind=said["kind"],
            office=said.get("office", ""),
            fields={kept: said[name] for name, kept in PLAIN.items() if name in said},
            texts={language: dict(words) for language, words in said["texts"].items()},
            rows=[_row(row) for row in said["places"]],
        )


def _in_order(attrs: dict[str, Any], first: str, last: str, *, or_same: bool = False) -> None:
    begins, ends = attrs.get(first), attrs.get(last)
    if begins and ends and (ends < begins or (ends == begins and not or_same)):
        raise serializers.ValidationError({last: [_("The end must be after the start.")]})


def _row(said: dict[str, Any]) -> dict[str, Any]:
    place, qualifier = said["place"], said.get("qualifier", {})
    return {
        "place": place.get("found"),
        "place_name": place.get("name", ""),
        "system": place.get("system", ""),
        "status": said["status"],
        "traffic": list(Traffic.values) if place.get("system") else list(dict.fromkeys(said["traffic"])),
        "modes": list(dict.fromkeys(said.get("modes", ()))),
        "directions": list(dict.fromkeys(said.get("directions", ()))),
        "wait_h": qualifier.get("value", {}).get("wait_h"),
        **{name: qualifier.get(name) for name in ("limit", "hours", "days")},
        "starts_at": said.get("starts"),
        "ends_at": said.get("ends"),
    }


class Missing(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class DraftState(serializers.Serializer[Any]):
    """What became of a draft. `state`: as it was handed in, whatever later versions the notice has."""

    id = serializers.CharField(help_text="urn:uuid of the notice, the same when it is published")
    reference = serializers.CharField(allow_null=True, help_text="given when an officer submits it")
    kind = serializers.ChoiceField(KIND_CHOICES)
    office = serializers.CharField(help_text="the code of the office that reads it")
    state = serializers.ChoiceField(Version.State.choices)
    received = serializers.DateTimeField()
    changed = serializers.DateTimeField()
    missing = Missing(many=True, help_text="what an officer must still settle before it can be submitted")
    url = serializers.URLField(help_text="of this answer")
    notice = serializers.URLField(allow_null=True, help_text="the public page, once it is published")


def state_of(handed: HandedIn) -> dict[str, Any]:
    version, notice = handed.version, handed.version.notice
    still = rules.problems(version, now=clock_now()) if version.state in Version.EDITABLE else ()
    return {
        "id": f"urn:uuid:{notice.uid}",
        "reference": notice.reference,
        "kind": notice.kind,
        "office": notice.office.code,
        "state": version.state,
        "received": iso(handed.at),
        "changed": iso(version.state_since),
        "missing": [{"field": one.field or "", "detail": str(one)} for one in still],
        "url": settings.FAIRWAY_SITE_URL + reverse("api_drafts-detail", args=[notice.uid]),
        "notice": permanent_url(version) if version.is_public else None,
    }


ONCE = OpenApiParameter(
    "Idempotency-Key", str, "header",
    description="Up to 255 signs of your choice. With the same body again within a week it gets the first answer.",
)  # fmt: skip


def once_key(request: Request) -> str:
    """The header as it was sent, empty if it was not; raises if it cannot be one."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if len(key) > LONGEST_KEY:
        raise serializers.ValidationError({"Idempotency-Key": [_("At most 255 signs.")]})
    return key


_WHICH = OpenApiParameter("id", str, "path", description="uuid of the notice, or its reference once it has one")


class Drafts(viewsets.GenericViewSet[HandedIn]):
    """Drafts that this organisation’s programs handed in, the newest first."""

    queryset = HandedIn.objects.none()
    serializer_class = DraftState
    pagination_class = FewByNewest
    permission_classes = (MayDraft,)
    filter_backends = ()
    lookup_field = "id"
    lookup_value_regex = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z]{2}-\d{4}-\d{4,}"

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(HandedIn.objects.of(request.auth.organisation))  # type: ignore[union-attr]
        return self.get_paginated_response([state_of(one) for one in page or ()])

    @extend_schema(parameters=[_WHICH])
    def retrieve(self, request: Request, id: str) -> Response:
        mine = HandedIn.objects.of(request.auth.organisation)  # type: ignore[union-attr]
        name = "uid" if id[8:9] == "-" else "reference"
        handed = mine.filter(**{f"version__notice__{name}": id}).first()
        if handed is None:
            raise Http404(_("Your programs handed in no such draft."))
        return Response(state_of(handed))
