"""Who may see an association's and the headquarters' pages, and who keeps member lists."""

from __future__ import annotations

from typing import Any

from base.access import Can, has_seat, rule
from base.words import Role

from .models import MemberList, Organisation, Seat
from .people import SECOND


@rule(Can.SEE_ASSOCIATION)
def see_association(user: Any, association: Organisation) -> bool:
    """Its own people alone: customs never looks into an association."""
    return has_seat(user, Role.ASSOCIATION_MANAGER, Role.MEMBER, organisation_id=association.pk)


@rule(Can.SEE_HEADQUARTERS)
def see_headquarters(user: Any, obj: object = None) -> bool:
    return has_seat(user, Role.HEADQUARTERS, Role.LIAISON, Role.AUDITOR)


@rule(Can.KEEP_LISTS)
def keep_lists(user: Any, member_list: MemberList | None) -> bool:
    """Managers of the association alone; customs never sees an address, whatever the seat."""
    if member_list is None:
        return has_seat(user, Role.ASSOCIATION_MANAGER)
    return has_seat(user, Role.ASSOCIATION_MANAGER, organisation_id=member_list.association_id)


@rule(Can.SEE_LISTS)
def see_lists(user: Any, member_list: MemberList | None) -> bool:
    """Names and counts, for everybody with a seat at the association."""
    roles = (Role.ASSOCIATION_MANAGER, Role.MEMBER)
    if member_list is None:
        return has_seat(user, *roles)
    return has_seat(user, *roles, organisation_id=member_list.association_id)


@rule(Can.KEEP_CONNECTIONS)
def keep_connections(user: Any, organisation: Organisation | None) -> bool:
    """Managers for their association, administrators for the administration's own; neither sees the other's."""
    where = organisation.pk if organisation else None
    return has_seat(user, Role.ASSOCIATION_MANAGER, Role.ADMINISTRATOR, organisation_id=where)


@rule(Can.KEEP_API_KEYS)
def keep_api_keys(user: Any, organisation: Organisation | None) -> bool:
    """Who writes or decides at an office, a partner agency's own people, and headquarters for each of both."""
    if organisation is None:
        return has_seat(user, Role.HEADQUARTERS) or any(keeps_by(seat, seat.organisation) for seat in user.seats())
    return any(keeps_by(seat, organisation) for seat in user.seats())


def keeps_by(seat: Seat, organisation: Organisation) -> bool:
    """Whether this seat lets its holder answer for a key of `organisation`."""
    own = seat.organisation_id == organisation.pk
    match organisation.kind:
        case Organisation.Kind.OFFICE:
            return seat.role == Role.HEADQUARTERS or (own and seat.role in (Role.OFFICER, Role.APPROVER))
        case Organisation.Kind.AGENCY:
            return seat.role == Role.HEADQUARTERS or own
    return False


@rule(Can.INVITE)
def invite(user: Any, organisation: Organisation | None) -> bool:
    """The administrator everywhere; a manager at the own association."""
    if has_seat(user, Role.ADMINISTRATOR):
        return True
    return has_seat(user, Role.ASSOCIATION_MANAGER, organisation_id=organisation.pk if organisation else None)


@rule(Can.SEE_PEOPLE)
def see_people(user: Any, organisation: Organisation | None) -> bool:
    """Whoever invites there, and headquarters and the auditor, who change nothing."""
    return has_seat(user, Role.HEADQUARTERS, Role.AUDITOR) or invite(user, organisation)


@rule(Can.DECIDE_APPLICATION)
def decide_application(user: Any, obj: object = None) -> bool:
    """Who lets an association in: headquarters, and the administrator."""
    return has_seat(user, Role.HEADQUARTERS, Role.ADMINISTRATOR)


@rule(Can.KEEP_OFFICES)
def keep_offices(user: Any, obj: object = None) -> bool:
    return has_seat(user, Role.ADMINISTRATOR)


@rule(Can.CHANGE_KEYS)
def change_keys(user: Any, obj: object = None) -> bool:
    """Asks for a reset of somebody's second factor or e-mail; a second person confirms it."""
    return has_seat(user, Role.ADMINISTRATOR)


@rule(Can.CONFIRM_KEY_CHANGE)
def confirm_key_change(user: Any, obj: object = None) -> bool:
    """That it is not the own wish is `two_person`'s refusal, with a reason."""
    return has_seat(user, *SECOND)


@rule(Can.SEE_KEY_CHANGES)
def see_key_changes(user: Any, obj: object = None) -> bool:
    return has_seat(user, *SECOND, Role.AUDITOR)


@rule(Can.RELEASE_OUTBOUND)
def release_outbound(user: Any, obj: object = None) -> bool:
    """Who lets mails out again after a restore: the administrator, and headquarters."""
    return has_seat(user, Role.ADMINISTRATOR, Role.HEADQUARTERS)


@rule(Can.SEE_AUDIT)
def see_audit(user: Any, obj: object = None) -> bool:
    return has_seat(user, Role.AUDITOR, Role.ADMINISTRATOR)
