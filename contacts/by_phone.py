"""Following by text message: a number is confirmed by a code, heard of severe things alone, left by STOP."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import audit, links, ratelimit
from base.errors import Refused
from base.words import Lane
from delivery import addresses, numbers, outbox, tasks
from delivery.models import Address
from delivery.sealed import Sealed

from .models import Subscription
from .subscribe import Expired, TooMany, Wish, leave_everything

CODE = "follow.phone"
CODE_MAX_AGE_S = 900
LIFE = timedelta(seconds=CODE_MAX_AGE_S)  # nobody can type a code that comes when its page has ended
CLOCKS_S = 60  # as far apart may the clock of the gateway be from ours
TRIES = 5
# The first asks whatever follows, the others may as well begin a question ("End of closure?"): they stand alone.
STOPS = frozenset({"stop", "stopp", "stopall", "arret", "arreter", "baja", "desabonner", "unsubscribe"})
STOPS_ALONE = frozenset({"alto", "parar", "end", "cancel", "quit", "leave", "fin", "cancelar"})
COURTESY = frozenset({"please", "pls", "thanks", "svp", "merci", "por", "favor", "gracias", "sms", "all"})
State = Subscription.State


class WrongCode(Refused):
    message = gettext_lazy("This is not the code that we sent. Look at the newest text message.")
    field = "code"


def ask(
    *, phone: str, email: str, wish: Wish, consent_text: str, ip_prefix: str, now: datetime
) -> str:
    """Keeps the wish and sends the code; the token of the page that asks for it. Raises `TooMany` for a network.

    A number that has had enough codes gets none, and the page is the same: nobody floods a stranger's telephone.
    """
    if not ratelimit.take(f"phone.net:{ip_prefix}", capacity=6, per_s=4 / 3600, now=now):
        raise TooMany()
    if not ratelimit.take(ratelimit.bucket_of("phone.box", phone), capacity=3, per_s=3 / 86_400, now=now):
        return links.sign(CODE, uuid.uuid4().hex)
    with transaction.atomic():
        subscription = Subscription.objects.create(
            address=numbers.get_or_create(phone), beside=addresses.get_or_create(email), state=State.PENDING,
            created_at=now, consent_text=consent_text, ip_prefix=ip_prefix, **wish.as_fields(),
        )  # fmt: skip
        with translation.override(wish.language):
            words = _words() % {"code": _code(subscription.uid), "service": settings.FAIRWAY_SERVICE_NAME}
        message = Sealed(wish.language, "Code", "", bodies={numbers.CHANNEL: words})
        outbox.post(key=f"phone:{subscription.uid}", to=subscription.address, message=message, now=now, life=LIFE)
        audit.record(actor="public form", action="follow.ask", target=f"subscription:{subscription.uid}", now=now)
    transaction.on_commit(lambda: tasks.wake(Lane.PERSONAL, numbers.CHANNEL))
    return links.sign(CODE, subscription.uid.hex)


def hears_stop() -> bool:
    """Whether the gateway tells us what telephones answer: nobody is promised that STOP helps where it does not."""
    return bool(settings.FAIRWAY_SMS_HOOK_SECRET)


def _words() -> str:
    if hears_stop():
        return _("%(code)s is your code for customs notices of %(service)s. Later, STOP ends them.")
    return _("%(code)s is your code for customs notices of %(service)s.")


def _code(uid: uuid.UUID) -> str:
    """Six digits that follow from the subscription and our key alone: nothing to keep, nothing to steal."""
    mac = hmac.digest(f"fairway.code.{settings.SECRET_KEY}".encode(), uid.bytes, hashlib.sha256)
    return f"{int.from_bytes(mac[:8], 'big') % 1_000_000:06}"


def _uid(token: str) -> uuid.UUID:
    try:
        return uuid.UUID(links.read(CODE, token, max_age_s=CODE_MAX_AGE_S))
    except (links.BadLink, ValueError, TypeError, AttributeError) as error:
        raise Expired() from error


def pending(token: str) -> Subscription | None:
    """The subscription that waits for its code; None where no code was sent. Raises `Expired`."""
    found: Subscription | None = Subscription.objects.filter(uid=_uid(token)).first()
    return found


def confirm(token: str, *, code: str, now: datetime) -> Subscription:
    """Confirms by the code, in five tries; raises `Expired` or `WrongCode`."""
    uid = _uid(token)
    if not ratelimit.take(f"phone.code:{uid.hex}", capacity=TRIES, per_s=0, now=now):
        raise Expired()
    typed = "".join(sign for sign in unicodedata.normalize("NFKC", code) if sign.isdigit())
    found = Subscription.objects.filter(uid=uid).exclude(state=State.LEFT).first()
    if found is None or not hmac.compare_digest(typed.encode(), _code(uid).encode()):
        raise WrongCode()
    with transaction.atomic():
        waiting = Subscription.objects.filter(pk=found.pk, state=State.PENDING)
        if waiting.update(state=State.CONFIRMED, confirmed_at=now):
            # Who reads our text there and asks for more has come back.
            addresses.release(found.address_id, reasons=addresses.ENDS_BY_CONFIRMING, now=now)
            audit.record(actor="public form", action="follow.confirm", target=f"subscription:{uid}", now=now)
    found.refresh_from_db()
    return found


# --- Leaving ------------------------------------------------------------------------------------------------------


def is_stop(text: str) -> bool:
    """Whether a text asks to leave, without accents, letter case, signs and words of courtesy; no question does."""
    plain = unicodedata.normalize("NFKD", text[:200]).casefold()
    signs = "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    words = [word for word in signs.split() if word not in COURTESY]
    if len(words) == 1:
        return words[0] in STOPS | STOPS_ALONE
    return bool(words) and words[0] in STOPS and "?" not in text


def when(told: str) -> datetime | None:
    """The moment that a gateway names, by ISO 8601 with its zone or in seconds since 1970; None if it is neither."""
    try:
        moment = datetime.fromtimestamp(float(told), UTC) if told[:10].isdecimal() else parse_datetime(told)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def stop(number: str, *, now: datetime, at: datetime | None = None) -> bool:
    """Nothing more goes to this number, which some gateways write as at home; False if nobody's, or several's.

    `at`: when it was sent. A gateway may bring one again, and whoever has confirmed the number since has come back.
    """
    readings = numbers.readings(number)
    found = {one.key: one for one in Address.objects.filter(channel=numbers.CHANNEL, key__in=readings)}
    meant = found.get(readings[0]) or (next(iter(found.values())) if len(found) == 1 else None)
    if meant is not None and not _came_back(meant, at):
        leave_everything(meant.pk, way="sms", now=now)
    return meant is not None


def _came_back(address: Address, since: datetime | None) -> bool:
    if since is None:
        return False
    later = since + timedelta(seconds=CLOCKS_S)
    return Subscription.objects.filter(address=address, state=State.CONFIRMED, confirmed_at__gt=later).exists()
