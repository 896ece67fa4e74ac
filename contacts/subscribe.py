"""Following without an account: asked for, confirmed by a button, left by signed link. A GET changes nothing."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from base import audit, links, ratelimit
from base.errors import Refused
from base.words import Language, Severity
from delivery import addresses, outbox, seals
from delivery.inbound import Kind
from delivery.models import Address, Inbound

from . import digests, expansion, letters
from .models import Membership, Refusal, Subscription
from .rhythm import AT_ONCE, Choice, next_due

CONFIRM, MANAGE, LEAVE = "follow.confirm", "follow.manage", "leave"
CONFIRM_MAX_AGE_S = 7 * 24 * 3600
MANAGE_MAX_AGE_S = 7 * 24 * 3600
HEARD = timedelta(days=1)
State = Subscription.State


class TooMany(Refused):
    message = _("Too many requests came from your network in a short time. Wait an hour and try again.")


class Expired(Refused):
    message = _("This link is not valid, or no longer. Ask for a new one.")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to hear of, and when; an empty choice means every one."""

    places: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    least_severity: str = Severity.MINOR
    language: str = Language.ENGLISH
    choice: Choice = AT_ONCE

    def as_fields(self) -> dict[str, Any]:
        return {
            "places": sorted(self.places),
            "countries": sorted(self.countries),
            "modes": list(self.modes),
            "traffic": list(self.traffic),
            "least_severity": self.least_severity,
            "language": self.language,
            **asdict(self.choice),
        }


# --- Asking and confirming ----------------------------------------------------------------------------------------


def ask(*, email: str, wish: Wish, consent_text: str, ip_prefix: str, now: datetime) -> None:
    """Keeps the wish and mails the link that confirms it; known or not, the caller learns nothing.

    Raises `BadAddress` or, for the network and never for the mailbox, `TooMany`.
    """
    if not _may_mail(email, ip_prefix=ip_prefix, now=now):
        return
    with transaction.atomic():
        subscription = Subscription.objects.create(
            address=addresses.get_or_create(email),
            state=State.PENDING,
            created_at=now,
            consent_text=consent_text,
            ip_prefix=ip_prefix,
            **wish.as_fields(),
        )
        link = letters.address_of("follow_confirm", wish.language, links.sign(CONFIRM, subscription.uid.hex))
        outbox.post(
            key=f"follow:{subscription.uid}",
            to=email,
            message=letters.seal("follow_confirm", wish.language, {"link": link}),
            now=now,
        )
        audit.record(actor="public form", action="follow.ask", target=f"subscription:{subscription.uid}", now=now)


def _may_mail(email: str, *, ip_prefix: str, now: datetime) -> bool:
    """False when this mailbox has had enough for now: nobody floods a stranger, and nobody can tell."""
    mailbox = ratelimit.bucket_of("follow.box", addresses.key_of(email))
    if not ratelimit.take(f"follow.net:{ip_prefix}", capacity=30, per_s=20 / 3600, now=now):
        raise TooMany()
    return ratelimit.take(mailbox, capacity=4, per_s=3 / 3600, now=now)


def pending(token: str) -> Subscription:
    """The subscription that a confirmation link is for; raises `Expired`."""
    try:
        uid = uuid.UUID(links.read(CONFIRM, token, max_age_s=CONFIRM_MAX_AGE_S))
        return Subscription.objects.select_related("address").exclude(state=State.LEFT).get(uid=uid)
    except (links.BadLink, Subscription.DoesNotExist, ValueError) as error:
        raise Expired() from error


def confirm(token: str, *, now: datetime) -> Subscription:
    """Confirms by the button on the page; pressed twice, it is one. Raises `Expired`."""
    subscription = pending(token)
    with transaction.atomic():
        confirmed = Subscription.objects.filter(pk=subscription.pk, state=State.PENDING).update(
            state=State.CONFIRMED,
            confirmed_at=now,
            digest_since=now,
            digest_due_at=next_due(subscription.choice, now),
        )
        if confirmed:
            # Who reads our mail and asks for more is neither gone nor unreachable.
            addresses.release(subscription.address_id, reasons=addresses.ENDS_BY_CONFIRMING, now=now)
            audit.record(
                actor="public link", action="follow.confirm", target=f"subscription:{subscription.uid}", now=now
            )
    subscription.refresh_from_db()
    return subscription


# --- Managing -----------------------------------------------------------------------------------------------------


def send_manage_link(*, email: str, language: str, ip_prefix: str, now: datetime) -> None:
    """Mails the link to one's own page to whoever is known; the caller learns nothing."""
    if not _may_mail(email, ip_prefix=ip_prefix, now=now):
        return
    address = Address.objects.filter(channel="email", key=addresses.key_of(email)).first()
    link = manage_url(address.pk if address else 0, language)
    message = letters.seal("follow_manage", language, {"link": link})
    if address and (_subscriptions(address).exists() or _memberships(address).exists()):
        outbox.post(key=f"manage:{address.pk}:{now.isoformat()}", to=email, message=message, now=now)
    else:
        outbox.rehearse(message=message, now=now)


def manage_url(address_id: int, language: str) -> str:
    return letters.address_of("follow_manage", language, links.sign(MANAGE, address_id))


def manager(token: str) -> Address:
    """Whose page a manage link opens; raises `Expired`."""
    try:
        return Address.objects.get(pk=links.read(MANAGE, token, max_age_s=MANAGE_MAX_AGE_S))
    except (links.BadLink, Address.DoesNotExist) as error:
        raise Expired() from error


def _subscriptions(address: Address) -> Any:
    """Its own, and those of the telephone that its reader added."""
    kept = Subscription.objects.filter(Q(address=address) | Q(beside=address), state=State.CONFIRMED)
    return kept.select_related("address").order_by("pk")


def _memberships(address: Address) -> Any:
    return (
        Membership.objects.filter(address=address, state=Membership.State.ACTIVE)
        .select_related("member_list__association")
        .order_by("pk")
    )


def followed(address: Address) -> tuple[list[Subscription], list[Membership]]:
    """What reaches this address: its own subscriptions, and the lists of associations."""
    return list(_subscriptions(address)), list(_memberships(address))


def change(address: Address, *, subscription_id: int, wish: Wish, now: datetime) -> None:
    with transaction.atomic():
        mine = _subscriptions(address).filter(pk=subscription_id)
        before = mine.select_for_update().first()
        if before is not None:
            if before.phone_hint:  # no digest fits into a text message
                wish = replace(wish, choice=AT_ONCE)
            mine.update(**wish.as_fields(), **digests.changed(before, wish.choice, now=now))
            expansion.let_go(before.address_id)
            audit.record(actor="public link", action="follow.change", target=f"address:{address.pk}", now=now)


def leave_subscription(address: Address, *, subscription_id: int, now: datetime) -> None:
    with transaction.atomic():
        mine = _subscriptions(address).filter(pk=subscription_id)
        of = mine.values_list("address_id", flat=True).first()
        if of is not None and mine.update(state=State.LEFT, left_at=now):
            expansion.let_go(of)
            audit.record(actor="public link", action="follow.leave", target=f"address:{address.pk}", now=now)


def leave_list(address: Address, *, list_id: int, now: datetime) -> None:
    """Leaves one member list for good; no import brings the address back to it."""
    with transaction.atomic():
        left = _memberships(address).filter(member_list_id=list_id)
        if left.update(state=Membership.State.LEFT, state_at=now):
            Refusal.objects.get_or_create(
                address=address, member_list_id=list_id, defaults={"at": now, "way": "page"}
            )
            expansion.let_go(address.pk)
            audit.record(actor="public link", action="list.leave", target=f"address:{address.pk}", now=now)


# --- Leaving everything -------------------------------------------------------------------------------------------


def leaver(token: str) -> int | None:
    """The address id that a leave link is for, or None; the caller shows the same page for both."""
    address_id = seals.unseal(LEAVE, token)
    return address_id if address_id and Address.objects.filter(pk=address_id).exists() else None


def heed_complaints(*, now: datetime) -> int:
    """Whoever reported a notice as unwanted has left, so that no import brings them back; returns how many left."""
    known = Refusal.objects.filter(address=OuterRef("delivery__address"), member_list=None)
    told = Inbound.objects.filter(kind=Kind.COMPLAINT, received_at__gt=now - HEARD, delivery__isnull=False)
    fresh = told.exclude(Exists(known.filter(at__gte=OuterRef("received_at"))))
    people = sorted(set(fresh.values_list("delivery__address", flat=True)))
    for address_id in people:
        leave_everything(address_id, way="complaint", now=now)
    return len(people)


def leave_everything(address_id: int, *, way: str, now: datetime) -> None:
    """No notice reaches this address any more, also of what is being sent now; done twice, it is one."""
    with transaction.atomic():
        _refusal, made = Refusal.objects.update_or_create(
            address_id=address_id, member_list=None, defaults={"at": now, "way": way}
        )
        kept = Subscription.objects.filter(Q(address_id=address_id) | Q(beside_id=address_id))
        subscriptions = kept.filter(state__in=[State.PENDING, State.CONFIRMED])
        memberships = Membership.objects.filter(address_id=address_id, state=Membership.State.ACTIVE)
        counts = {
            "subscriptions": subscriptions.update(state=State.LEFT, left_at=now),
            "memberships": memberships.update(state=Membership.State.LEFT, state_at=now),
        }
        addresses.suppress(address_id, reason=addresses.Reason.LEFT, now=now)
        if made or any(counts.values()):
            audit.record(
                actor="public link",
                action="leave",
                target=f"address:{address_id}",
                facts={"way": way, **counts},
                now=now,
            )
