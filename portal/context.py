"""What every template may know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "service_name": settings.FAIRWAY_SERVICE_NAME,
        "demo": settings.FAIRWAY_DEMO,
        "languages": settings.LANGUAGES,
    }
