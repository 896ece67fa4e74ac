"""Who lost the link to a question gets it again, by mail alone; the page says the same whoever asks."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from base import ratelimit
from base.errors import Refused
from delivery import addresses, outbox

from . import mails
from .models import Case

MOST = 20  # the newest questions of one address


class TooMany(Refused):
    message = _("Too many links were asked for from here in a short time. Wait an hour and try again.")
    field = "email"


def send(*, email: str, language: str, ip_prefix: str, now: datetime) -> None:
    """Mails the links of every confirmed question of this address; the caller learns nothing. Raises `TooMany`.

    Thirty at once from one network, then twenty an hour; three at once to one mailbox, then one an hour.
    """
    key = addresses.key_of(email)
    if not ratelimit.take(f"case.link.net:{ip_prefix}", capacity=30, per_s=20 / 3600, now=now):
        raise TooMany()
    if not ratelimit.take(ratelimit.bucket_of("case.link.box", key), capacity=3, per_s=1 / 3600, now=now):
        return
    known = Case.objects.filter(address__channel="email", address__key=key, verified_at__isnull=False)
    cases = list(known.select_related("address").order_by("-created_at")[:MOST])
    message = mails.links_again(cases or [Case(created_at=now)], language)
    if cases:
        outbox.post(key=f"case.links:{cases[0].uid}:{now.isoformat()}", to=email, message=message, now=now)
    else:
        outbox.rehearse(message=message, now=now)
