"""People by invitation alone: asked in by mail, accepted once, seats ended, accounts switched off."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from base import audit, links
from base.errors import Conflict, Refused
from base.words import Role
from delivery import addresses, outbox

from . import letters
from .models import Invitation, Organisation, Seat, User

PURPOSE = "invitation"
GOOD_FOR = timedelta(days=7)
Kind = Organisation.Kind
AT_THE_ADMINISTRATION = (Role.HEADQUARTERS, Role.LIAISON, Role.AUDITOR, Role.ADMINISTRATOR)
AT_AN_OFFICE = (Role.OFFICER, Role.APPROVER, Role.LIAISON)
# Which seats an organisation has; a company needs no account.
SEATS_OF: dict[str, tuple[Role, ...]] = {
    Kind.ADMINISTRATION: AT_THE_ADMINISTRATION,
    Kind.OFFICE: AT_AN_OFFICE,
    Kind.AGENCY: (Role.MEMBER,),
    Kind.ASSOCIATION: (Role.ASSOCIATION_MANAGER, Role.MEMBER),
    Kind.COMPANY: (),
}

# Whoever holds one of these lets notices out, or confirms such a change: one person alone never gives it.
TWO_GIVE = (Role.APPROVER, Role.HEADQUARTERS, Role.ADMINISTRATOR)
SECOND = (Role.ADMINISTRATOR, Role.HEADQUARTERS)  # who may be the second person


class WrongSeat(Refused):
    message = _("This organisation has no such seat.")
    field = "role"


class OwnSeat(Refused):
    message = _("Someone else must change your own seats.")


class HasSeat(Refused):
    message = _("This person holds that seat already.")
    field = "email"


class NeedsTwo(Refused):
    message = _("A second person must confirm this seat.")
    field = "role"


class BadInvitation(Refused):
    message = _("This invitation is not valid, or no longer. Ask for a new one.")


class NotYou(Refused):
    message = _("Sign in with the account that was invited.")


# --- Asking in ----------------------------------------------------------------------------------------------------


def demand_possible(*, by: User, email: str, organisation: Organisation, role: str) -> str:
    """The address, clean; raises `BadAddress`, `WrongSeat`, `OwnSeat` or `HasSeat`."""
    email = addresses.key_of(email)
    if role not in SEATS_OF[organisation.kind]:
        raise WrongSeat()
    if email == by.email.lower():
        raise OwnSeat(field="email")
    if Seat.objects.filter(user__email__iexact=email, organisation=organisation, role=role, ended_at=None).exists():
        raise HasSeat()
    return email


def invite(
    *, by: User, email: str, name: str, language: str, organisation: Organisation, role: str, now: datetime,
    second: User | None = None,
) -> Invitation:
    """Mails a link that is good for seven days and once; an earlier one for the same seat ends.

    Raises what `demand_possible` raises, and `NeedsTwo` if the seat is one that needs a `second` person.
    """  # fmt: skip
    email = demand_possible(by=by, email=email, organisation=organisation, role=role)
    if role in TWO_GIVE and (second is None or second.pk == by.pk):
        raise NeedsTwo()
    same_seat = Invitation.objects.filter(email__iexact=email, organisation=organisation, role=role)
    with transaction.atomic():
        same_seat.filter(accepted_at=None, expires_at__gt=now).update(expires_at=now)
        invitation = Invitation.objects.create(
            email=email,
            name=name,
            language=language,
            organisation=organisation,
            role=role,
            invited_by=by,
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
        letter = letters.seal("invitation", language, {"invitation": invitation, "link": link_of(invitation)})
        outbox.post(key=f"invitation:{invitation.uid}", to=email, message=letter, now=now)
        _record(by, "person.invite", invitation, now)
    return invitation


def link_of(invitation: Invitation) -> str:
    return letters.address_of("invitation", invitation.language, links.sign(PURPOSE, invitation.uid.hex))


def _record(actor: Any, action: str, invitation: Invitation, now: datetime) -> None:
    facts = {"role": invitation.role, "organisation": invitation.organisation.code}
    audit.record(actor=actor, action=action, target=f"invitation:{invitation.uid}", facts=facts, now=now)


# --- Coming in ----------------------------------------------------------------------------------------------------


def invited(token: str, *, now: datetime) -> Invitation:
    """The open invitation behind a link; raises `BadInvitation`."""
    try:
        uid = uuid.UUID(links.read(PURPOSE, token))
        invitation = Invitation.objects.select_related("organisation", "invited_by").get(uid=uid)
    except (links.BadLink, Invitation.DoesNotExist, ValueError) as error:
        raise BadInvitation() from error
    if not invitation.open_at(now):
        raise BadInvitation()
    return invitation


def account_of(invitation: Invitation) -> User | None:
    """The account that the invited address has already, if any."""
    return User.objects.filter(email__iexact=invitation.email).first()


def accept(invitation: Invitation, *, name: str, password: str, now: datetime) -> User:
    """Makes the account with its seat. Raises `BadInvitation` if the invitation was used meanwhile."""
    hashed = make_password(password)  # slow by design: before the transaction
    with transaction.atomic():
        _use(invitation, now=now)
        user = User.objects.create(email=invitation.email, name=name, language=invitation.language, password=hashed)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        _sit(user, invitation, now=now)
    return user


def accept_as(user: User, invitation: Invitation, *, now: datetime) -> None:
    """Gives the seat to an account that exists. Raises `NotYou` for any other account, `BadInvitation`."""
    if user.email.lower() != invitation.email.lower():
        raise NotYou()
    with transaction.atomic():
        _use(invitation, now=now)
        _sit(user, invitation, now=now)


def _use(invitation: Invitation, *, now: datetime) -> None:
    unused = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now)
    if not unused.update(accepted_at=now):
        raise BadInvitation()


def _sit(user: User, invitation: Invitation, *, now: datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    Seat.objects.get_or_create(
        user=user,
        organisation=invitation.organisation,
        role=invitation.role,
        ended_at=None,
        defaults={"started_at": now},
    )
    _record(user, "person.accept", invitation, now)


# --- Going out ----------------------------------------------------------------------------------------------------


def seconds(by: User) -> list[User]:
    """Who beside `by` may be the second person."""
    seats = Seat.objects.filter(role__in=SECOND, ended_at=None, user__is_active=True).select_related("user")
    return list({seat.user_id: seat.user for seat in seats if seat.user_id != by.pk}.values())


def end_seat(seat: Seat, *, by: User, now: datetime) -> None:
    """Ends at once, also in open sessions: permissions are read with every request.

    One person does it, since it cannot wait; of a seat that two give, those who may give it are told, and its holder.
    """
    if seat.user_id == by.pk:
        raise OwnSeat()
    with transaction.atomic():
        if not Seat.objects.filter(pk=seat.pk, ended_at=None).update(ended_at=now):
            raise Conflict()
        facts = {"role": seat.role, "organisation": seat.organisation.code}
        audit.record(actor=by, action="seat.end", target=f"user:{seat.user_id}", facts=facts, now=now)
        if seat.role in TWO_GIVE:
            _tell_of_end(seat.user, str(seat), key=f"seat-end:{seat.pk}", by=by, now=now)


def switch_off(user: User, *, by: User, now: datetime) -> None:
    """No sign-in and no open session any more; the seats stay to be read in the audit."""
    if user.pk == by.pk:
        raise OwnSeat()
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            audit.record(actor=by, action="user.switch_off", target=f"user:{user.pk}", now=now)
            held = [str(seat) for seat in user.seats() if seat.role in TWO_GIVE]
            if held:
                _tell_of_end(user, "; ".join(held), key=f"switch-off:{user.pk}:{now:%Y%m%d%H%M}", by=by, now=now)


def _tell_of_end(user: User, seats: str, *, key: str, by: User, now: datetime) -> None:
    for reader in [user, *seconds(by)]:
        facts = {"name": user.name, "seats": seats, "who": by.name}
        facts["link"] = letters.address_of("account_login", reader.language)
        mail = letters.seal("seat_ended", reader.language, facts)
        outbox.post(key=f"{key}:{reader.pk}"[:200], to=reader.email, message=mail, now=now)
