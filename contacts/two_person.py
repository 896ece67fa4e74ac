"""What one person alone may not do: give a seat that lets notices out, or change somebody's keys.

An administrator asks, another administrator or headquarters confirms; the database refuses one person as both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, may
from base.errors import Conflict, Refused
from delivery import addresses, outbox

from . import letters, people
from .models import Invitation, Organisation, TwoPersonChange, User

GOOD_FOR = timedelta(days=7)
Kind, State = TwoPersonChange.Kind, TwoPersonChange.State


class AlreadyAsked(Refused):
    message = _("This has been asked for already and waits for a second person.")


class NoFactor(Refused):
    message = _("This person has no second factor to reset.")


class EmailTaken(Refused):
    message = _("Another account has this address.")
    field = "email"


class SecondPersonNeeded(Refused):
    message = _("Somebody else must confirm this: neither who asked for it nor whom it is about.")


class NobodyElse(Refused):
    message = _(
        "Nobody else here may confirm this. Whoever runs the server makes a second administrator: "
        "./run manage createadmin"
    )


class AskerGone(Refused):
    message = _("Who asked for this may no longer do so. Refuse it, and ask anew.")


# --- Asking -------------------------------------------------------------------------------------------------------


def invite(
    *, by: User, email: str, name: str, language: str, organisation: Organisation, role: str, now: datetime
) -> Invitation | TwoPersonChange:
    """Invites at once, or asks for a second person first if the seat is one that two give."""
    wanted: dict[str, Any] = {
        "email": email,
        "name": name,
        "language": language,
        "organisation": organisation,
        "role": role,
    }
    if role not in people.TWO_GIVE:
        return people.invite(by=by, now=now, **wanted)
    wanted["email"] = people.demand_possible(by=by, email=email, organisation=organisation, role=role)
    return _ask(Kind.SEAT, by=by, now=now, **wanted)


def ask_factor_reset(person: User, *, by: User, now: datetime) -> TwoPersonChange:
    if person.pk == by.pk:
        raise people.OwnSeat()
    if not Authenticator.objects.filter(user=person).exists():
        raise NoFactor()
    return _ask(Kind.FACTOR, by=by, now=now, person=person)


def ask_email_change(person: User, *, by: User, email: str, now: datetime) -> TwoPersonChange:
    """Raises `BadAddress`, `EmailTaken`, `OwnSeat` or `AlreadyAsked`."""
    if person.pk == by.pk:
        raise people.OwnSeat()
    return _ask(Kind.EMAIL, by=by, now=now, person=person, email=_free(addresses.key_of(email)))


def _free(email: str) -> str:
    if User.objects.filter(email__iexact=email).exists() or EmailAddress.objects.filter(email__iexact=email).exists():
        raise EmailTaken()
    return email


def _ask(kind: str, *, by: User, now: datetime, person: User | None = None, **wanted: Any) -> TwoPersonChange:
    same = (
        Q(person=person)
        if person
        else Q(email=wanted["email"], organisation=wanted["organisation"], role=wanted["role"])
    )
    others = _others(by, (person.email if person else wanted["email"]).lower())
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # two clicks of one person ask once
        if TwoPersonChange.objects.waiting(now).filter(same, kind=kind).exists():
            raise AlreadyAsked()
        change: TwoPersonChange = TwoPersonChange.objects.create(
            kind=kind, person=person, asked_by=by, asked_at=now, expires_at=now + GOOD_FOR, **wanted
        )
        _record(by, "ask", change, now)
        _call(others, change, now)
    return change


def _others(by: User, *concerned: str) -> list[User]:
    """Who may confirm what `by` asks for; raises `NobodyElse`."""
    others = [one for one in people.seconds(by) if one.email.lower() not in concerned]
    if not others:
        raise NobodyElse()
    return others


# --- Deciding -----------------------------------------------------------------------------------------------------


def confirm(change: TwoPersonChange, *, by: User, now: datetime) -> None:
    """Carries it out. Raises `SecondPersonNeeded`, `AskerGone`, `Conflict`, or why it is possible no longer."""
    concerned = {change.asked_by.email.lower(), (change.person.email if change.person else change.email).lower()}
    if by.email.lower() in concerned:
        raise SecondPersonNeeded()
    asker = User.objects.get(pk=change.asked_by_id)  # as they are now
    needed = Can.INVITE if change.kind == Kind.SEAT else Can.CHANGE_KEYS
    if not may(asker, needed, change.organisation):
        raise AskerGone()
    with transaction.atomic():
        _decide(change, State.CONFIRMED, by=by, now=now)
        CARRY_OUT[change.kind](change, by, now)
        _record(by, "confirm", change, now)
        _answer(change, asker, by, now)


def refuse(change: TwoPersonChange, *, by: User, now: datetime) -> None:
    """Also for who asked, and for whom it is about: nothing happens."""
    with transaction.atomic():
        _decide(change, State.REFUSED, by=by, now=now)
        _record(by, "refuse", change, now)
        if by.pk != change.asked_by_id:
            _answer(change, change.asked_by, by, now)


def _decide(change: TwoPersonChange, state: str, *, by: User, now: datetime) -> None:
    waiting = TwoPersonChange.objects.waiting(now).filter(pk=change.pk)
    if not waiting.update(state=state, decided_by=by, decided_at=now):
        raise Conflict()


def _give_seat(change: TwoPersonChange, by: User, now: datetime) -> None:
    people.invite(
        by=change.asked_by,
        second=by,
        email=change.email,
        name=change.name,
        language=change.language,
        organisation=change.where,
        role=change.role,
        now=now,
    )


def _reset_factor(change: TwoPersonChange, by: User, now: datetime) -> None:
    person = change.owner
    Authenticator.objects.filter(user=person).delete()
    _end_sessions(person, now)
    _tell(change, person.email, now)


def _change_email(change: TwoPersonChange, by: User, now: datetime) -> None:
    person = change.owner
    before, after = person.email, _free(change.email)
    User.objects.filter(pk=person.pk).update(email=after)
    EmailAddress.objects.filter(user=person).delete()
    EmailAddress.objects.create(user=person, email=after, verified=True, primary=True)
    _end_sessions(person, now)
    for email in (before, after):
        _tell(change, email, now)


CARRY_OUT: dict[str, Callable[[TwoPersonChange, User, datetime], None]] = {
    Kind.SEAT: _give_seat,
    Kind.FACTOR: _reset_factor,
    Kind.EMAIL: _change_email,
}


def _end_sessions(person: User, now: datetime) -> None:
    """Sessions say whose they are inside alone; this is rare enough to look into every one."""
    for session in Session.objects.filter(expire_date__gt=now).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


def _tell(change: TwoPersonChange, email: str, now: datetime) -> None:
    """So that nobody's keys are changed behind the own back."""
    language = change.owner.language
    facts = {"change": change, "link": letters.address_of("account_login", language)}
    mail = letters.seal("keys_changed", language, facts)
    outbox.post(key=f"two-person:{change.uid}:{email}"[:200], to=email, message=mail, now=now)


def _answer(change: TwoPersonChange, asker: User, by: User, now: datetime) -> None:
    """Tells who asked what the second person said."""
    change.refresh_from_db()
    facts = {"change": change, "who": by.name, "link": letters.address_of("people", asker.language)}
    mail = letters.seal("second_person_said", asker.language, facts)
    outbox.post(key=f"two-person:{change.uid}:answer", to=asker.email, message=mail, now=now)


def _call(others: list[User], change: TwoPersonChange, now: datetime) -> None:
    """Tells who may confirm that something waits for them."""
    for other in others:
        link = letters.address_of("people", other.language)
        facts = {"change": change, "asker": change.asked_by.name, "link": link}
        mail = letters.seal("second_person", other.language, facts)
        outbox.post(key=f"two-person:{change.uid}:call:{other.pk}", to=other.email, message=mail, now=now)


def _record(actor: User, verb: str, change: TwoPersonChange, now: datetime) -> None:
    facts = {"kind": change.kind}
    if change.organisation:
        facts |= {"role": change.role, "organisation": change.organisation.code}
    target = f"user:{change.person_id}" if change.person_id else f"change:{change.uid}"
    audit.record(actor=actor, action=f"two_person.{verb}", target=target, facts=facts, now=now)
