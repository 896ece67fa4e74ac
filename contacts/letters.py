"""Personal mails of the address book: text and HTML from one context, and the addresses of the pages they lead to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from delivery.sealed import Sealed

from .models import Membership, Subscription
from .speaking import INSTEAD


def address_of(name: str, language: str, *arguments: str) -> str:
    """The absolute address of a page in `language`; `arguments` are what its path holds, such as a signed token."""
    with translation.override(language):
        return f"{settings.FAIRWAY_SITE_URL}{reverse(name, args=arguments)}"


def language_of(address_key: str) -> str:
    """What the reader of a mailbox chose, else what a list says, else the official language."""
    chosen = Subscription.objects.filter(address__key=address_key, state=Subscription.State.CONFIRMED)
    kept = Membership.objects.filter(address__key=address_key, state=Membership.State.ACTIVE)
    for found in (chosen, kept):
        if language := found.order_by("pk").values_list("language", flat=True).first():
            return str(INSTEAD.get(language, language))
    return str(settings.FAIRWAY_OFFICIAL_LANGUAGE)


def seal(what: str, language: str, context: dict[str, Any]) -> Sealed:
    whole = {**context, "service_name": settings.FAIRWAY_SERVICE_NAME, "language": language}
    with translation.override(language):
        return Sealed(
            language=language,
            subject=" ".join(render_to_string(f"messages/mail/{what}.subject.txt", whole).split()),
            text=render_to_string(f"messages/mail/{what}.txt", whole),
            html=render_to_string(f"messages/mail/{what}.html", whole),
        )
