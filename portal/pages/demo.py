"""The page with the demo's accounts and codes: exists only with FAIRWAY_DEMO=1 on embedded servers."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.demo.accounts import demo_accounts


@require_safe
@never_cache
def accounts(request: HttpRequest) -> HttpResponse:
    if not (settings.FAIRWAY_DEMO and settings.FAIRWAY_EMBEDDED):
        raise Http404
    return render(request, "portal/demo.html", {"accounts": demo_accounts()})
