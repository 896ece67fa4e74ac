"""What waits for me: drafts, returned, to approve, published by the offices I work for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import Can, may
from base.clock import now
from notices import lone, promises, schedule, under_way
from notices.models import Item, Version
from notices.policies import has_touched

STATE = Version.State
FEW = 3  # of what came from outside; the rest stands in the inbox


def _lists(user: Any) -> dict[str, Any]:
    seen = (
        Version.objects.visible_to(user)
        .select_related("notice__office", "author", "decided_by", "handed_in__key__organisation")
        .prefetch_related("texts", "rows__place", "editors")
        .order_by("-edited_at")
    )
    waiting = list(seen.filter(state=STATE.PENDING)[:200])
    live = seen.filter(state=STATE.ISSUED).exclude(msg_type="Cancel").order_by("-issued_at")[:200]
    returned, drafts = list(seen.filter(state=STATE.RETURNED)[:50]), list(seen.filter(state=STATE.DRAFT)[:50])
    return {
        "returned": returned,
        "to_decide": [v for v in waiting if may(user, Can.APPROVE, v) and not has_touched(user, v)],
        "waiting": [v for v in waiting if not may(user, Can.APPROVE, v) or has_touched(user, v)],
        "scheduled": list(seen.filter(state=STATE.SCHEDULED).order_by("publish_at")[:50]),
        "drafts": drafts,
        "begun": len(returned) + len(drafts),
        "live": [v for v in live if may(user, Can.SEE_DRAFTS, v)][:50],
    }


@require_safe
@login_required
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if not may(user, Can.SEE_DRAFTS, None):
        elsewhere = "api_keys" if may(user, Can.KEEP_API_KEYS) else "home"
        return redirect("association_home" if user.is_association else elsewhere)
    lists = _lists(user)
    moment = now()
    seen = promises.running(moment).filter(pk__in=Version.objects.visible_to(user))
    due = [one for one in promises.due(seen, by=moment + promises.SOON) if may(user, Can.SEE_DRAFTS, one.version)]
    sending = under_way.sendings(Version.objects.visible_to(user))
    alone = [one for one in lone.unsettled() if not one.finding and one.by_id != user.pk]
    reviews = [one for one in alone if may(user, Can.REVIEW, one.version)]
    held = [(version, why) for version in lists["scheduled"] if (why := schedule.hindrance(version, now=moment))]
    incoming = Item.objects.visible_to(user).waiting().select_related("notice")
    return render(
        request,
        "notices/desk.html",
        {
            "lists": lists,
            "held": held,
            "reviews": reviews,
            "incoming": incoming[:FEW],
            "incoming_count": incoming.count(),
            "due": due,
            "late": sum(one.due_at <= moment for one in due),
            "sending": [one for one in sending if may(user, Can.SEE_DRAFTS, one.version)],
            "now": moment,
            "may_write": may(user, Can.WRITE_NOTICE, None),
            "may_keep_keys": may(user, Can.KEEP_API_KEYS),
        },
    )
