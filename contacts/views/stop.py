"""What telephones answer, as the gateway posts it: STOP is obeyed, and nothing at all is answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from contacts import by_phone
from delivery import intake, signing
from delivery.intake import Taken

MOST = 16 * 1024


@never_cache
@csrf_exempt  # a server posts; the signature is the permission
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """204 for whoever posts; who cannot sign changes nothing."""
    now, done = timezone.now(), HttpResponse(status=204)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST or not _is_signed(request, now):
        intake.turn_away(Taken.FORGED, door="sms", now=now)
        return done
    names = settings.FAIRWAY_SMS_HOOK_FIELDS
    told = _fields(request)
    if by_phone.is_stop(str(told.get(names.get("text", "text"), ""))):
        at = by_phone.when(str(told.get(names.get("at", ""), "")))
        known = by_phone.stop(str(told.get(names.get("from", "from"), "")), now=now, at=at)
        if not known:
            intake.turn_away(Taken.UNKNOWN, door="sms", now=now)
    return done


def _is_signed(request: HttpRequest, now: Any) -> bool:
    secret, headers = settings.FAIRWAY_SMS_HOOK_SECRET, request.headers
    if secret.startswith(signing.PREFIX):
        return signing.is_signed(
            [secret],
            uid=headers.get("webhook-id", "")[:200],
            at=headers.get("webhook-timestamp", ""),
            signatures=headers.get("webhook-signature", ""),
            body=request.body,
            now=now,
        )
    said = headers.get(settings.FAIRWAY_SMS_HOOK_HEADER, "").removeprefix("sha256=").lower()
    right = hmac.digest(secret.encode(), request.body, hashlib.sha256).hex()
    return bool(secret) and hmac.compare_digest(right.encode(), said.encode("utf-8", "replace"))


def _fields(request: HttpRequest) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            told = json.loads(request.body)
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}
    return request.POST.dict()
