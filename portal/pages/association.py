"""The association's dashboard: what is in force at its places, what waits for its click, how its lists are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import Can, demand, hide, may
from base.errors import Refused
from base.text import labelled
from base.words import SEVERITY_RANK, STATUS_RANK, PlaceStatus, Severity
from contacts import audience
from contacts.models import MemberList, Membership, Organisation
from delivery.models import Publication
from notices import relays, wording
from notices.models import Notice, Relay, Version


@dataclass(frozen=True)
class Line:
    """One version in force. `waiting`: members whom only a relay reaches, as long as nobody has decided."""

    version: Version
    headline: str
    status: PlaceStatus
    places: list[str]
    zone: str
    late: bool
    relay: Relay | None
    members: int
    waiting: int


class RelayForm(forms.Form):
    means = forms.ChoiceField(choices=Relay.Means)
    words = forms.CharField(required=False, max_length=relays.WORDS_LIMIT)


def in_force_for(association: Organisation, *, now: datetime) -> list[Line]:
    """Versions in force that concern a member of the association, the worst first."""
    versions = list(
        Version.objects.filter(notice__in=Notice.objects.in_force(now), state=Version.State.ISSUED)
        .exclude(publication_id=None)
        .select_related("notice__office")
        .prefetch_related("texts", "rows__place")
    )
    publications = Publication.objects.in_bulk([version.publication_id for version in versions])
    facets = [audience.Facets.from_json(publications[version.publication_id].audience) for version in versions]
    decided = {row.version_id: row for row in Relay.objects.filter(association=association).select_related("by")}
    lines = [
        _line(version, decided.get(version.pk), concern, now=now)
        for version, concern in zip(versions, audience.concerned(facets, association.pk), strict=True)
        if concern.members
    ]
    return sorted(
        lines, key=lambda line: (SEVERITY_RANK[Severity(line.version.severity)], -_issued(line.version).timestamp())
    )


def _issued(version: Version) -> datetime:
    return version.issued_at or version.created_at


def _line(version: Version, relay: Relay | None, concern: audience.Concern, *, now: datetime) -> Line:
    language = translation.get_language() or "en"
    rows = list(version.rows.all())
    return Line(
        version=version,
        headline=wording.headline(version, language),
        status=min(
            (PlaceStatus(row.status) for row in rows), key=STATUS_RANK.__getitem__, default=PlaceStatus.UNKNOWN
        ),
        places=list(dict.fromkeys(row.place.name_in(language) if row.place else row.place_name for row in rows)),
        zone=version.time_zone or "UTC",
        late=version.next_update_at is not None and version.next_update_at < now,
        relay=relay,
        members=concern.members,
        waiting=concern.waiting if relay is None else 0,
    )


def health_of(association: Organisation) -> list[dict[str, Any]]:
    """Per list, counted in mailboxes: members, how many of them can be reached, how many bounced or left."""
    active = Q(memberships__state=Membership.State.ACTIVE)
    blocked = Q(memberships__address__suppressed_at__isnull=False)

    def of(found: Q) -> Count:
        return Count("memberships__address", filter=found, distinct=True)

    counted: Any = MemberList.objects.filter(association=association).annotate(
        members=of(active), bounced=of(active & blocked), left=of(Q(memberships__state=Membership.State.LEFT))
    )
    return [
        {
            "list": one,
            "members": one.members,
            "reachable": one.members - one.bounced,
            "bounced": one.bounced,
            "left": one.left,
            "percent": 100 * (one.members - one.bounced) // one.members if one.members else 0,
        }
        for one in counted
    ]


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the dashboard of the first association that the person works for."""
    user: Any = request.user
    for seat in user.seats():
        if seat.organisation.kind == Organisation.Kind.ASSOCIATION:
            return redirect("association", seat.organisation.code)
    return render(request, "portal/association_none.html", status=403)


@login_required
@never_cache
@require_safe
def dashboard(request: HttpRequest, code: str) -> HttpResponse:
    association = get_object_or_404(Organisation.objects.associations(), code=code)
    hide(request.user, Can.SEE_ASSOCIATION, association)
    lines = in_force_for(association, now=timezone.now())
    context = {
        "association": association,
        "waiting": [line for line in lines if line.waiting],
        "lines": lines,
        "lists": health_of(association),
        "may_relay": may(request.user, Can.RELAY, association),
        "now": timezone.now(),
    }
    return render(request, "portal/association.html", context)


@login_required
@require_POST
def relay(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """One click; a second one, or a reload, changes nothing."""
    association = get_object_or_404(Organisation.objects.associations(), code=code)
    hide(request.user, Can.SEE_ASSOCIATION, association)
    version = get_object_or_404(Version.objects.public(), uid=uid)
    user: Any = request.user
    form = RelayForm(request.POST)
    if not form.is_valid():
        demand(user, Can.RELAY, association)
        messages.error(request, _("At most 600 characters of your own words. Nothing was sent."))
        return redirect("association", code)
    try:
        row = relays.relay(
            version,
            association=association,
            by=user,
            words=form.cleaned_data["words"],
            means=form.cleaned_data["means"],
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, labelled(version.notice.reference, row.get_means_display()))
    return redirect("association", code)
