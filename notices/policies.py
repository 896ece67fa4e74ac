"""Who may do what with a notice."""

from __future__ import annotations

from typing import Any

from base.access import Can, has_seat, rule
from base.words import Role
from contacts.models import Organisation

from .models import Item, Version


def offices_written_for(user: Any) -> Any:
    """The offices whose notices `user` may write: the own ones and those an own office publishes for."""
    mine = [seat.organisation_id for seat in user.seats() if seat.role == Role.OFFICER]
    own = Organisation.objects.filter(pk__in=mine)
    helped = Organisation.objects.filter(published_by__in=mine)
    return (own | helped).distinct()


def _works_for(user: Any, version: Version, *roles: Role) -> bool:
    return _works_at(user, version.notice.office, *roles)


def _works_at(user: Any, office: Organisation, *roles: Role) -> bool:
    if has_seat(user, Role.HEADQUARTERS) and has_seat(user, *roles):
        return True  # headquarters helps every office, with the seat that the deed itself needs
    helpers = set(office.published_by.values_list("pk", flat=True))
    return any(
        seat.role in roles and (seat.organisation_id == office.pk or seat.organisation_id in helpers)
        for seat in user.seats()
    )


def agency_of(user: Any, version: Version) -> Organisation:
    """In whose name `user` approves: at the notice's own office if there is a seat, else where the seat is."""
    seats = [seat.organisation for seat in user.seats() if seat.role == Role.APPROVER]
    own: list[Organisation] = [place for place in seats if place.pk == version.notice.office_id]
    return (own or seats)[0]


def has_touched(user: Any, version: Version) -> bool:
    """True for the author and everybody who edited or submitted this version."""
    return (
        user.pk in (version.author_id, version.submitted_by_id)
        or version.editors.filter(pk=user.pk).exists()
    )


@rule(Can.WRITE_NOTICE)
def write_notice(user: Any, version: Version | None) -> bool:
    if version is None:
        return has_seat(user, Role.OFFICER)
    return _works_for(user, version, Role.OFFICER)


@rule(Can.HAND_IN)
def hand_in(user: Any, version: Version) -> bool:
    """Draft by a key, which narrows it further: office people at the office, headquarters, partner agencies."""
    if has_seat(user, Role.HEADQUARTERS) or _works_for(user, version, Role.OFFICER, Role.APPROVER):
        return True
    return any(seat.organisation.kind == Organisation.Kind.AGENCY for seat in user.seats())


@rule(Can.SUBMIT)
def submit(user: Any, version: Version) -> bool:
    return _works_for(user, version, Role.OFFICER)


@rule(Can.APPROVE)
def approve(user: Any, version: Version) -> bool:
    """An approver's seat at the office; whether it is one's own text is `lifecycle`'s refusal, with a reason."""
    return _works_for(user, version, Role.APPROVER)


@rule(Can.ISSUE_ALONE)
def issue_alone(user: Any, version: Version) -> bool:
    """An officer's seat at the office; that it is an emergency is `lone`'s refusal, with a reason."""
    return _works_for(user, version, Role.OFFICER)


@rule(Can.REVIEW)
def review(user: Any, version: Version) -> bool:
    return _works_for(user, version, Role.APPROVER) or has_seat(user, Role.HEADQUARTERS)


@rule(Can.RETURN)
def return_(user: Any, version: Version) -> bool:
    return _works_for(user, version, Role.APPROVER)


@rule(Can.WITHDRAW)
def withdraw(user: Any, version: Version) -> bool:
    return _works_for(user, version, Role.OFFICER)


@rule(Can.SEE_DRAFTS)
def see_drafts(user: Any, version: Version | None) -> bool:
    if has_seat(user, Role.HEADQUARTERS, Role.AUDITOR):
        return True
    if version is None:
        return has_seat(user, Role.OFFICER, Role.APPROVER)
    return _works_for(user, version, Role.OFFICER, Role.APPROVER)


@rule(Can.CONTROL_SENDING)
def control_sending(user: Any, version: Version) -> bool:
    return has_seat(user, Role.HEADQUARTERS) or _works_for(user, version, Role.OFFICER, Role.APPROVER)


@rule(Can.SEE_REPORT)
def see_report(user: Any, version: Version) -> bool:
    if has_seat(user, Role.HEADQUARTERS, Role.AUDITOR, Role.LIAISON):
        return True
    return _works_for(user, version, Role.OFFICER, Role.APPROVER)


@rule(Can.RELAY)
def relay(user: Any, association: Organisation) -> bool:
    return has_seat(user, Role.ASSOCIATION_MANAGER, organisation_id=association.pk)


@rule(Can.KEEP_TEMPLATES)
def keep_templates(user: Any, _obj: Any) -> bool:
    return has_seat(user, Role.HEADQUARTERS)


@rule(Can.KEEP_CRISES)
def keep_crises(user: Any, _obj: Any) -> bool:
    """Headquarters alone, and one person of it: ADR 10."""
    return has_seat(user, Role.HEADQUARTERS)


@rule(Can.KEEP_SOURCES)
def keep_sources(user: Any, office: Organisation | None) -> bool:
    """Headquarters for every office; officers for those they write for."""
    if has_seat(user, Role.HEADQUARTERS):
        return True
    return has_seat(user, Role.OFFICER) if office is None else _works_at(user, office, Role.OFFICER)


@rule(Can.USE_INCOMING)
def use_incoming(user: Any, item: Item | None) -> bool:
    """Whoever writes notices for the office that it came to."""
    return has_seat(user, Role.OFFICER) if item is None else _works_at(user, item.office, Role.OFFICER)
