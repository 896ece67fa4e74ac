"""Before anybody else reads it: the page, the mail and the SMS as they will be, who hears it, and a test copy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import Can, demand, may
from base.clock import now
from base.errors import Refused
from base.short import Measure, measure
from base.words import Language, MsgType
from contacts import audience
from contacts import reach as reaching
from contacts.models import Organisation
from delivery import outbox
from delivery.sealed import GREETING, LEAVE_URL, WHY
from notices import changes as changing
from notices import lifecycle, schedule, titles_of
from notices import render as rendering
from notices.actions import STEPS
from notices.cards import card
from notices.deed_forms import HourForm
from notices.facets import facets_of, leaves_at
from notices.models import Item, Version
from notices.moment_fields import initial_moments
from notices.policies import has_touched
from notices.views.common import tell, version_for

LANGUAGES = {str(one): one.label for one in Language}


@dataclass(frozen=True)
class Reading:
    """What readers of one language get, made by the sender's own code."""

    code: str
    language: str
    headline: str
    time_line: str
    subject: str
    mail: str
    sms: str
    sms_size: Measure


def languages_of(version: Version) -> list[str]:
    return [text.language for text in version.texts.all()]


def readings_of(version: Version, user: Any) -> list[Reading]:
    """One reading a language, the reader's own first."""
    mine = (get_language() or "en")[:2]
    found = []
    for code in sorted(languages_of(version), key=lambda code: (code != mine, code)):
        shown, mail = card(version, code, now()), rendering.mail(version, code, now=now())
        short = rendering.sms(version, code)
        found.append(
            Reading(
                code=code,
                language=LANGUAGES.get(code, code),
                headline=shown.headline,
                time_line=shown.time_line,
                subject=mail.subject,
                mail=filled(mail.text, user),
                sms=short,
                sms_size=measure(short),
            )
        )
    return found


def filled(text: str, user: Any) -> str:
    """A sealed text as `user` would receive it."""
    personal = {GREETING: _("Hello %(name)s,") % {"name": user}, WHY: "", LEAVE_URL: "https://…"}
    return reduce(lambda said, mark: said.replace(mark, personal[mark]), personal, text)


Lines = list[tuple[str, int | None, int | None]]


def heard(reach: reaching.Preview) -> list[tuple[str, Lines]]:
    """(heading, lines of name, people at once, people on relay): 0 is none, None is not shown."""
    codes = {*reach.by_association, *reach.relay_by_association}
    names = {one.code: str(one) for one in Organisation.objects.filter(code__in=codes)}
    channels = {"email": pgettext("channel", "E-mail")}
    groups: tuple[tuple[str, dict[str, int | None], dict[str, int | None], dict[str, Any]], ...] = (
        (_("Channel"), {"email": reach.people}, {"email": reach.on_relay}, channels),
        (_("Association"), reach.by_association, reach.relay_by_association, names),
        (_("Language"), reach.by_language, reach.relay_by_language, LANGUAGES),
    )
    # Where the total itself is one or two, a line that is missing is hidden and not none.
    at_once, on_relay = (None if number is None else 0 for number in (reach.people, reach.on_relay))
    return [
        (
            heading,
            sorted(
                ((called.get(key, key), now_.get(key, at_once), later.get(key, on_relay)) for key in {*now_, *later}),
                key=lambda line: line[0],
            ),
        )
        for heading, now_, later, called in groups
    ]


def facts_of(request: HttpRequest, version: Version) -> dict[str, Any]:
    """Everything the preview and the approval page show, made by the sender's own code."""
    readings = readings_of(version, request.user)
    before, here = changing.before(version), (get_language() or "en")[:2]
    reach = reaching.preview(audience.Facets.from_json(facets_of(version), at=leaves_at(version, now())))
    return {
        "version": version,
        "now": now(),
        "card": card(version, readings[0].code, now()) if readings else None,
        "before": before,
        "changes": changing.between(before, version, here, languages=Language.values) if before and readings else [],
        "readings": readings,
        "reach": reach,
        "heard": heard(reach),
        "findings": titles_of.findings(version),
        "may_submit": version.state in Version.EDITABLE and may(request.user, Can.SUBMIT, version),
        "may_decide": version.state == Version.State.PENDING and may(request.user, Can.APPROVE, version),
        "may_alone": version.state == Version.State.PENDING and may(request.user, Can.ISSUE_ALONE, version),
        "open_draft": _open_beside(version),
        "steps": STEPS.values(),
        "may_revise": version.state == Version.State.ISSUED
        and version.msg_type != MsgType.CANCEL
        and may(request.user, Can.WRITE_NOTICE, version),
        "zone": rendering.zone_of(version),
        "hour": HourForm(initial=initial_moments({"publish": version.publish_at}, rendering.zone_of(version))),
        **_waiting(version, request.user),
        "own": has_touched(request.user, version),
        "news": Item.objects.news_about(version.notice),
    }


def _open_beside(version: Version) -> Version | None:
    """The next version that somebody has begun: until it is decided there is no other."""
    waiting = (*Version.EDITABLE, Version.State.PENDING, Version.State.SCHEDULED)
    beside: Version | None = version.notice.versions.exclude(pk=version.pk).filter(state__in=waiting).first()
    return beside


def _waiting(version: Version, user: Any) -> dict[str, Any]:
    """What may be done with a version that waits for its hour, and what is in its way."""
    waits = version.state == Version.State.SCHEDULED
    return {
        "later": version.publish_at is not None and version.publish_at > now(),
        "hindrance": schedule.hindrance(version, now=now()) if waits else "",
        "may_cancel": waits and (may(user, Can.WRITE_NOTICE, version) or may(user, Can.RETURN, version)),
        "may_publish": waits and may(user, Can.APPROVE, version) and not has_touched(user, version),
    }


@require_safe
@login_required
@never_cache
def preview(request: HttpRequest, uid: UUID) -> HttpResponse:
    return render(request, "notices/preview.html", facts_of(request, version_for(request, uid)))


@require_safe
@login_required
@never_cache
@csp_replace({"default-src": [NONE], "style-src": [UNSAFE_INLINE]})  # type: ignore[arg-type]
def mail_html(request: HttpRequest, uid: UUID, language: str) -> HttpResponse:
    """The HTML part alone; mail needs its styles inline, and may load nothing."""
    version = version_for(request, uid)
    if language not in languages_of(version):
        raise Http404
    return HttpResponse(filled(rendering.mail(version, language, now=now()).html, request.user))


@require_POST
@login_required
def submit(request: HttpRequest, uid: UUID) -> HttpResponse:
    user: Any = request.user
    version = version_for(request, uid)
    try:
        lifecycle.submit(version, by=user, now=now())
    except Refused as refused:
        tell(request, refused)
        return redirect("version_preview", uid)
    messages.success(request, _("Sent to the approvers of your office."))
    return redirect("desk")


@require_POST
@login_required
def test_copy(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The mail to me alone, marked as a test."""
    user: Any = request.user
    version = version_for(request, uid)
    demand(user, Can.SEE_DRAFTS, version)
    languages = languages_of(version)
    language = user.language if user.language in languages else next(iter(languages), None)
    if language is None:
        messages.error(request, _("Write a title first."))
        return redirect("version_edit", uid)
    moment = now()
    outbox.post(
        key=f"test:{version.uid}:{version.edit_number}:{user.pk}:{moment:%Y%m%d%H%M}",
        to=user.email,
        message=rendering.mail(version, language, now=moment, test=True),
        greeting=_("Hello %(name)s,") % {"name": user},
        now=moment,
    )
    messages.success(request, _("A test copy is on its way to %(address)s.") % {"address": user.email})
    return redirect("version_preview", uid)
