"""Notices for programs, read without a key: the same question as every page and feed asks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import condition
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from base import once
from base.clock import now as clock_now
from base.words import Direction, Language, Mode, PlaceStatus, Severity, Traffic
from contacts.api import MayDraft

from . import handing
from .cards import STATES
from .draft_api import ONCE, DraftState, NewDraft, once_key, state_of
from .filters import NoticeFilter, asked_among, asks_history
from .formats.shape import KEPT
from .kinds import KIND_CHOICES
from .marks import mark, mark_of_all
from .models import Notice, Version
from .paging import ByNewest
from .payload import facts_of
from .querysets import VersionQuerySet
from .render import permanent_url
from .verifying import Finding, verify


class NamedPlace(serializers.Serializer[Any]):
    code = serializers.CharField(allow_null=True, help_text="UN/LOCODE, null for a place without one")
    name = serializers.CharField()


class Impact(serializers.Serializer[Any]):
    """What one row says of one place; empty lists stand for every one."""

    place = NamedPlace()
    modes = serializers.ListField(child=serializers.ChoiceField(Mode.choices))
    directions = serializers.ListField(child=serializers.ChoiceField(Direction.choices))
    traffic = serializers.ListField(child=serializers.ChoiceField(Traffic.choices))
    status = serializers.ChoiceField(PlaceStatus.choices)
    qualifier = serializers.DictField()
    starts = serializers.DateTimeField()
    ends = serializers.CharField(help_text="a time, or “not known” until further notice")
    time_zone = serializers.CharField()


class Words(serializers.Serializer[Any]):
    headline = serializers.CharField()
    title = serializers.CharField()
    truth_line = serializers.CharField()
    body = serializers.CharField(allow_blank=True)
    instruction = serializers.CharField(allow_blank=True)


class NoticeFacts(serializers.Serializer[Any]):
    """One version of a notice. `ends` is when the closure ends; `next_update`, when more will be said, is another."""

    id = serializers.CharField(help_text="urn:uuid of the notice, for ever the same")
    reference = serializers.CharField()
    revision = serializers.IntegerField()
    kind = serializers.ChoiceField(KIND_CHOICES)
    status = serializers.ChoiceField(PlaceStatus.choices)
    state = serializers.ChoiceField([(state, state) for state in STATES])
    severity = serializers.ChoiceField(Severity.choices)
    places = Impact(many=True)
    starts = serializers.DateTimeField(allow_null=True)
    ends = serializers.CharField(help_text="a time, or “not known” until further notice")
    reopens_earliest = serializers.DateTimeField(allow_null=True)
    reopens_latest = serializers.DateTimeField(allow_null=True)
    next_update = serializers.DateTimeField(allow_null=True)
    time_zone = serializers.CharField()
    updated = serializers.DateTimeField()
    url = serializers.URLField()
    replaces = serializers.CharField(allow_null=True)
    exercise = serializers.BooleanField()
    msg_type = serializers.CharField()
    urgency = serializers.CharField()
    certainty = serializers.CharField()
    office = serializers.CharField()
    texts = serializers.DictField(child=Words(), help_text="language → words")


_HISTORY = OpenApiParameter("history", bool, description="true: also what was over more than thirty days ago")
_QUESTIONS = [
    OpenApiParameter("q", str, description="words of a notice, a place, a code, or a number or its beginning"),
    OpenApiParameter("place", str, description="UN/LOCODE; several parted by commas"),
    OpenApiParameter("kind", str, enum=[key for key, _name in KIND_CHOICES]),
    OpenApiParameter("mode", str, enum=Mode.values),
    OpenApiParameter("severity", str, enum=Severity.values),
    OpenApiParameter("state", str, enum=STATES),
    OpenApiParameter("since", date, description="held on or after this day (UTC)"),
    OpenApiParameter("until", date, description="held on or before this day (UTC)"),
    OpenApiParameter("language", str, enum=Language.values, description="that it is written in"),
    _HISTORY,
]


def asked_of(request: Request, now: datetime) -> NoticeFilter:
    """The question of `request`, asked of what every feed tells of."""
    return NoticeFilter(request.GET, asked_among(request.GET, now=now, over_for=KEPT), now=now)


def _misspelt(request: Request) -> dict[str, list[str]]:
    """A program that misspells a parameter would be told of everything and not notice."""
    known = {one.name for one in _QUESTIONS} | {"cursor", "page_size", "format"}
    wrong = {name: [_("There is no such parameter.")] for name in request.GET if name not in known}
    if request.GET.get("history", "false").lower() not in ("true", "false", "1", "0"):
        wrong["history"] = [_("Say true or false.")]
    return wrong


def mark_of_set(request: Request) -> str | None:
    now = clock_now()
    if asks_history(request.GET):
        return mark_of_all(language="", now=now)
    asked = asked_of(request, now)
    return mark(Version.objects.filter(notice__in=asked.qs, state=Version.State.ISSUED), language="", now=now)


def _issued(reference: str, now: datetime) -> VersionQuerySet:
    found: VersionQuerySet = Version.objects.public().filter(notice__reference=reference, issued_at__lte=now)
    return found


def mark_of_notice(request: Request, reference: str) -> str:
    now = clock_now()
    return mark(_issued(reference, now), language="", now=now)


class Notices(viewsets.GenericViewSet[Notice]):
    """Notices in force, planned, and over for at most thirty days; exercises only by their own address."""

    queryset = Notice.objects.none()
    serializer_class = NoticeFacts
    pagination_class = ByNewest
    filter_backends = ()
    lookup_field = "reference"
    lookup_value_regex = "[^/]+"

    def get_permissions(self) -> list[Any]:
        return [MayDraft()] if self.action == "create" else []

    @extend_schema(request=NewDraft, responses={201: DraftState}, parameters=[ONCE])
    def create(self, request: Request) -> Response:
        """Hands in a draft. It is published by people alone, or not at all."""
        sent, now, by = NewDraft(data=request.data), clock_now(), request.auth
        sent.is_valid(raise_exception=True)

        def act() -> dict[str, Any]:
            return state_of(handing.hand_in(sent.wish(), key=by, now=now))  # type: ignore[arg-type]

        key = once_key(request)
        scope = f"api.draft:{by.pk}"
        state = once.once(act, scope=scope, key=key, request=request.data, now=now) if key else act()
        return Response(state, status=201, headers={"Location": state["url"], "Cache-Control": "no-store"})

    @extend_schema(parameters=_QUESTIONS)
    @method_decorator(condition(etag_func=mark_of_set))
    def list(self, request: Request) -> Response:
        now = clock_now()
        asked = asked_of(request, now)
        wrong = {name: [*said] for name, said in asked.errors.items()} | _misspelt(request)
        if wrong:
            raise ValidationError(wrong)
        page = self.paginate_queryset(asked.qs.for_cards())
        found = []
        for notice in page or ():
            version = notice.public_versions[0]
            version.notice = notice
            found.append(facts_of(version, now=now))
        return self.get_paginated_response(found)

    @method_decorator(condition(etag_func=mark_of_notice))
    def retrieve(self, request: Request, reference: str) -> Response:
        """The newest version."""
        return Response(facts_of(self._versions(reference)[0], now=clock_now()))

    @extend_schema(responses=NoticeFacts(many=True), operation_id="notices_versions")
    @action(detail=True, pagination_class=None)
    @method_decorator(condition(etag_func=mark_of_notice))
    def versions(self, request: Request, reference: str) -> Response:
        """Every version that went out, the newest first."""
        now = clock_now()
        return Response([facts_of(version, now=now) for version in self._versions(reference)])

    def _versions(self, reference: str) -> QuerySet[Version]:
        public = _issued(reference, clock_now()).select_related("notice__office")
        found = public.prefetch_related("texts", "rows__place").order_by("-number")
        if not found:
            raise Http404(_("There is no notice with this number."))
        return found


class Verdict(serializers.Serializer[Any]):
    """Whether something is ours. What is not public is answered like what does not exist."""

    finding = serializers.ChoiceField([(str(finding), str(finding)) for finding in Finding])
    ours = serializers.BooleanField()
    exercise = serializers.BooleanField()
    reference = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField(allow_null=True)
    newest = serializers.IntegerField(allow_null=True, help_text="revision that holds now")
    url = serializers.URLField(allow_null=True)


class Verifying(APIView):
    """A number, an address or a fingerprint, in `q`."""

    @extend_schema(parameters=[OpenApiParameter("q", str)], responses=Verdict, operation_id="verify")
    def get(self, request: Request) -> Response:
        answer = verify(request.query_params.get("q", ""), now=clock_now())
        version, newest = answer.version, answer.newest
        return Response(
            {
                "finding": str(answer.finding),
                "ours": answer.ours,
                "exercise": bool(version and version.is_exercise),
                "reference": version and version.notice.reference,
                "revision": version and version.number,
                "newest": newest and newest.number,
                "url": version and permanent_url(version),
            }
        )
