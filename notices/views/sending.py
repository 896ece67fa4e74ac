"""How far it got: progress, pause, stop, and the report in words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import Can, demand, hide, may
from base.clock import now
from contacts.reach import few
from delivery import outbox, reports
from delivery.models import Publication
from delivery.states import State
from notices.models import Version

VERBS = {"hold": outbox.hold, "resume": outbox.resume, "stop": outbox.stop}
WORDS = {
    "sending": gettext_lazy("On the way"),
    "delivered": gettext_lazy("Accepted by the mail server"),
    "temporary": gettext_lazy("Refused for now, we try again"),
    "permanent": gettext_lazy("Refused for good: no such mailbox, or it takes no mail"),
    "technical": gettext_lazy("Failed on our side"),
    "uncertain": gettext_lazy("Not known whether it arrived, sent once more"),
}


def _sent(request: HttpRequest, uid: UUID) -> tuple[Version, Publication]:
    version: Version = get_object_or_404(Version.objects.select_related("notice__office"), uid=uid)
    user: Any = request.user
    hide(user, Can.SEE_REPORT, version)
    if version.publication_id is None:
        raise Http404
    return version, Publication.objects.get(pk=version.publication_id)


def stage(report: reports.Report) -> str:
    """Where it stands, in a sentence. What had all left before it was replaced was not cut short."""
    if report.stopped == State.STOPPED:
        return _("Stopped by hand.")
    if report.stopped and (report.waiting or report.left_out.get(report.stopped) or not report.enlisted):
        return _("Cut short by a newer version.")
    if report.finished:
        return _("Done.") if report.total else _("Done: nobody was to get it by mail.")
    if report.held:
        return _("Paused.")
    return _("Being sent.") if report.enlisted else _("Being prepared and sent.")


@require_safe
@login_required
@never_cache
def sending(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The whole page, or for htmx its changing part alone."""
    version, publication = _sent(request, uid)
    found = reports.report(publication)
    facts = {
        "version": version,
        "report": found,
        "stage": stage(found),
        "words": [(WORDS[word], few(number)) for word, number in found.counts.items()],
        "left_out": [(State(reason).label, few(number)) for reason, number in found.left_out.items()],
        "twice": few(found.twice),
        "may_control": may(request.user, Can.CONTROL_SENDING, version),
    }
    part = getattr(request, "htmx", False)
    return render(request, "notices/_progress.html" if part else "notices/sending.html", facts)


@require_POST
@login_required
def control(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    version, publication = _sent(request, uid)
    demand(request.user, Can.CONTROL_SENDING, version)
    if verb not in VERBS:
        raise Http404
    if not VERBS[verb](publication, by=request.user, now=now()):
        messages.info(request, _("Nothing was changed: all that could leave has left, or it had been done already."))
    return redirect("sending", uid)
