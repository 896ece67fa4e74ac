"""The REST API `/api/v1/`: its addresses, its schema and its documentation."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import condition
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from base.clock import now as clock_now
from base.words import PlaceStatus
from contacts.models import Place
from notices.api import Notices, Verifying
from notices.board import COLUMNS, Standing, standings
from notices.draft_api import Drafts
from notices.formats.facts import iso
from notices.marks import mark_of_all
from portal.everybody import for_one, public_page
from portal.problems import nothing_here


class PlaceFacts(serializers.Serializer[Any]):
    """A place now. `columns`: status by cargo import, export and transit, perishables, travellers."""

    code = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField()
    time_zone = serializers.CharField()
    status = serializers.ChoiceField(PlaceStatus.choices)
    columns = serializers.DictField(child=serializers.ChoiceField(PlaceStatus.choices))
    as_of = serializers.DateTimeField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    notice = serializers.CharField(allow_null=True, help_text="reference of the notice that says the worst")
    truth_line = serializers.CharField(allow_blank=True)
    agencies = serializers.DictField(child=serializers.ChoiceField(PlaceStatus.choices))
    next_update = serializers.DateTimeField(allow_null=True)
    reopens_earliest = serializers.DateTimeField(allow_null=True, help_text="an estimate, never a promise")
    reopens_latest = serializers.DateTimeField(allow_null=True)


def facts_of(one: Standing) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "country": one.country,
        "time_zone": one.zone,
        "status": one.status,
        "columns": {column.key: status for column, status in zip(COLUMNS, one.columns, strict=True)},
        "as_of": iso(one.as_of),
        "source": one.source,
        "notice": one.version.notice.reference if one.version else None,
        "truth_line": one.said,
        "agencies": {line.agency: line.status for line in one.agencies},
        "next_update": iso(one.next_update_at),
        "reopens_earliest": iso(one.reopens[0]),
        "reopens_latest": iso(one.reopens[1]),
    }


def mark_of_places(request: Request, **which: str) -> str:
    return mark_of_all(language="", now=clock_now())


class Places(viewsets.GenericViewSet[Place]):
    """Every place of the administration's offices with what it is now."""

    queryset = Place.objects.none()
    serializer_class = PlaceFacts
    pagination_class = None
    filter_backends = ()
    lookup_field = "code"
    lookup_value_regex = "[^/]+"

    @method_decorator(condition(etag_func=mark_of_places))
    def list(self, request: Request) -> Response:
        found = standings(Place.objects.answered_for(), now=clock_now(), language="en")
        return Response([facts_of(one) for one in found if one.code])

    @method_decorator(condition(etag_func=mark_of_places))
    def retrieve(self, request: Request, code: str) -> Response:
        place = Place.objects.filter(locode=code.upper()).first()
        if place is None:
            raise Http404(_("There is no place with this code."))
        found = standings([place], now=clock_now(), language="en")
        return Response(facts_of(next(one for one in found if one.code == place.locode)))


def _schema(request: HttpRequest) -> HttpResponse:
    """In English for everybody: it is a contract, and the snapshot in `docs/openapi.yaml`."""
    with translation.override("en"):
        answer: HttpResponse = SpectacularAPIView.as_view()(request)
    return answer


router = SimpleRouter()
open_to_all = method_decorator(public_page, name="dispatch")  # type: ignore[arg-type]
to_one = method_decorator(for_one, name="dispatch")  # type: ignore[arg-type]
router.register("notices", open_to_all(Notices), basename="api_notices")
router.register("drafts", to_one(Drafts), basename="api_drafts")
router.register("places", open_to_all(Places), basename="api_places")

urlpatterns = [
    path("v1/", include(router.urls)),
    path("v1/verify/", public_page(Verifying.as_view()), name="api_verify"),
    path("v1/schema/", public_page(_schema), name="api_schema"),
    path("v1/docs/", public_page(TemplateView.as_view(template_name="portal/api_docs.html")), name="api_docs"),
    re_path("", nothing_here, name="api_nothing"),  # whatever else it is, line ends too
]
