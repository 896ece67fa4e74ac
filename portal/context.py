"""What every template may know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from base.access import Can, may
from delivery import guard
from portal.banner import banner
from portal.everybody import reads_no_session


def site(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    kept_apart = {"messages": ()} if match and reads_no_session(match.func) else {}
    return {
        **kept_apart,
        "service_name": settings.FAIRWAY_SERVICE_NAME,
        "demo": settings.FAIRWAY_DEMO,
        "languages": settings.LANGUAGES,
        "open_crises": SimpleLazyObject(lambda: banner(request)),
        # Lazy: public pages must not open a session.
        "may_headquarters": SimpleLazyObject(lambda: may(request.user, Can.SEE_HEADQUARTERS)),
        "may_desk": SimpleLazyObject(lambda: may(request.user, Can.SEE_DRAFTS)),
        "may_queue": SimpleLazyObject(lambda: may(request.user, Can.SEE_CASES)),
        "may_release": SimpleLazyObject(lambda: may(request.user, Can.RELEASE_OUTBOUND)),
        "outbound_held": SimpleLazyObject(lambda: bool(getattr(request.user, "is_customs", False)) and guard.held()),
        "may_connect": SimpleLazyObject(lambda: may(request.user, Can.KEEP_CONNECTIONS)),
        "may_people": SimpleLazyObject(lambda: may(request.user, Can.SEE_PEOPLE)),
    }
