"""Associations come in by asking: a public form, a verified address, and a yes or no by headquarters."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from base import audit, links, ratelimit
from base.access import Can, demand
from base.errors import Conflict, Refused
from base.words import Role
from delivery import addresses, outbox

from . import letters, people
from .models import Application, Organisation, User
from .models.places import fold

VERIFY = "application.verify"
VERIFY_MAX_AGE_S = 7 * 24 * 3600
LINK_AGAIN_AFTER = timedelta(minutes=10)  # sooner, the first mail may still be on its way
ABOUT_LIMIT = 2_000  # characters
State = Application.State


class TooMany(Refused):
    message = _("Too many applications came from your network in a short time. Wait an hour and try again.")


class BadLink(Refused):
    message = _("This link is not valid, or no longer. Apply again.")


class NoReason(Refused):
    message = _("Say why: the association reads it.")
    field = "reason"


@dataclass(frozen=True)
class Wish:
    """What the form gives, cleaned."""

    name: str
    country: str
    sectors: tuple[str, ...]
    contact: str
    email: str
    places: tuple[int, ...] = ()
    modes: tuple[str, ...] = ()
    about: str = ""
    language: str = "en"
    trap_filled: bool = False

    def as_fields(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "country": self.country,
            "sectors": list(self.sectors),
            "places": sorted(self.places),
            "modes": list(self.modes),
            "contact": self.contact,
            "about": self.about,
            "language": self.language,
            "suspicious": self.trap_filled,
        }


# --- Asking -------------------------------------------------------------------------------------------------------


def apply(wish: Wish, *, ip_prefix: str, now: datetime) -> None:
    """Keeps the application and mails the link that confirms it, without a word of the stranger's.

    Asked again for the same name from the same mailbox it is one; what is typed replaces what nobody has confirmed.
    The caller learns nothing about the mailbox. Raises `BadAddress` or, for the network alone, `TooMany`.
    """
    if not ratelimit.take(f"application.net:{ip_prefix}", capacity=10, per_s=5 / 3600, now=now):
        raise TooMany()
    mailbox = ratelimit.bucket_of("application.box", addresses.key_of(wish.email))
    if not ratelimit.take(mailbox, capacity=3, per_s=2 / 3600, now=now):
        return
    with transaction.atomic():
        application, made = Application.objects.select_for_update().get_or_create(
            address=addresses.get_or_create(wish.email),
            name_key=fold(wish.name)[:160],
            state__in=Application.ALIVE,
            defaults={**wish.as_fields(), "state": State.UNVERIFIED, "created_at": now, "mailed_at": now},
        )
        if made:
            _record("public form", "ask", application, now)
        elif application.state == State.UNVERIFIED:
            Application.objects.filter(pk=application.pk).update(**wish.as_fields())
        if made or _again(application, now=now):
            _send_link(application, now=now)


def _again(application: Application, *, now: datetime) -> bool:
    rested = Application.objects.filter(pk=application.pk, mailed_at__lte=now - LINK_AGAIN_AFTER)
    return bool(rested.filter(state=State.UNVERIFIED).update(mailed_at=now))


def _send_link(application: Application, *, now: datetime) -> None:
    token = links.sign(VERIFY, application.uid.hex)
    link = letters.address_of("apply_confirm", application.language, token)
    outbox.post(
        key=f"application:{application.uid}:{now:%Y%m%d%H%M%S}",
        to=application.address.value,
        message=letters.seal("application_verify", application.language, {"link": link}),
        now=now,
    )


def applied(token: str) -> Application:
    """The application that a link is for; raises `BadLink`."""
    try:
        uid = uuid.UUID(links.read(VERIFY, token, max_age_s=VERIFY_MAX_AGE_S))
        return Application.objects.select_related("address").get(uid=uid)
    except (links.BadLink, Application.DoesNotExist, ValueError) as error:
        raise BadLink() from error


def verify(application: Application, *, now: datetime) -> Application:
    """Lets it into the queue; a second time changes nothing."""
    with transaction.atomic():
        unverified = Application.objects.filter(pk=application.pk, state=State.UNVERIFIED)
        if unverified.update(state=State.OPEN, verified_at=now):
            _record("public link", "verify", application, now)
    application.refresh_from_db()
    return application


# --- Deciding -----------------------------------------------------------------------------------------------------


def accept(application: Application, *, by: User, now: datetime) -> Organisation:
    """Makes the association and invites its contact as manager, all or nothing.

    Raises `Conflict` if it was decided meanwhile, or what `people.invite` raises.
    """
    demand(by, Can.DECIDE_APPLICATION)
    with transaction.atomic():
        organisation = _create(application)
        decision = {"state": State.ACCEPTED, "organisation": organisation}
        _decide(application, by=by, now=now, **decision)
        people.invite(
            by=by,
            email=application.address.value,
            name=application.contact,
            language=application.language,
            organisation=organisation,
            role=Role.ASSOCIATION_MANAGER,
            now=now,
        )
        _record(by, "accept", application, now, organisation=organisation.code)
    return organisation


def decline(application: Application, *, by: User, reason: str, now: datetime) -> None:
    """Says no, with a reason that the applicant gets by mail. Raises `NoReason` or `Conflict`."""
    demand(by, Can.DECIDE_APPLICATION)
    if not reason.strip():
        raise NoReason()
    with transaction.atomic():
        _decide(application, by=by, now=now, state=State.DECLINED, reason=reason.strip())
        facts = {
            "name": application.name,
            "reason": reason.strip(),
            "link": letters.address_of("apply", application.language),
        }
        outbox.post(
            key=f"application:{application.uid}:declined",
            to=application.address.value,
            message=letters.seal("application_declined", application.language, facts),
            now=now,
        )
        _record(by, "decline", application, now)


def _decide(application: Application, *, by: User, now: datetime, **decision: Any) -> None:
    still_open = Application.objects.filter(pk=application.pk, state=State.OPEN)
    if not still_open.update(decided_by=by, decided_at=now, **decision):
        raise Conflict()


def _create(application: Application) -> Organisation:
    made: Organisation = Organisation.objects.create(
        kind=Organisation.Kind.ASSOCIATION,
        code=_free_code(application.name),
        names={application.language: application.name},
        email=application.address.value,
        language=application.language,
        sectors=application.sectors,
        modes=application.modes,
    )
    return made


def _free_code(name: str) -> str:
    """as-NAME, with a number if another association has it."""
    stem = f"as-{slugify(fold(name))[:30].strip('-') or 'association'}"
    taken = set(Organisation.objects.filter(code__startswith=stem).values_list("code", flat=True))
    codes = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(code for code in codes if code not in taken)


def namesakes(application: Application) -> list[Organisation]:
    """Associations of the same name: somebody may be applying for one that takes part already."""
    return [
        one
        for one in Organisation.objects.associations()
        if application.name_key in {fold(name) for name in one.names.values()}
    ]


def _record(actor: Any, action: str, application: Application, now: datetime, **facts: str) -> None:
    audit.record(
        actor=actor, action=f"application.{action}", target=f"application:{application.uid}", facts=facts, now=now
    )
