"""Who may see and answer questions."""

from __future__ import annotations

from typing import Any

from base.access import Can, has_seat, rule
from base.words import Role

from .models import Case

EVERYWHERE = (Role.LIAISON, Role.HEADQUARTERS)
AT_THE_OFFICE = (Role.OFFICER, Role.APPROVER)


@rule(Can.SEE_CASES)
def see_cases(user: Any, case: Case | None) -> bool:
    """The desk of the case, the liaison officers and headquarters; without a case: whoever may see any."""
    if has_seat(user, *EVERYWHERE):
        return True
    if case is None:
        return has_seat(user, *AT_THE_OFFICE)
    return case.office_id is not None and has_seat(user, *AT_THE_OFFICE, organisation_id=case.office_id)


@rule(Can.ANSWER_CASE)
def answer_case(user: Any, case: Case) -> bool:
    return case.verified_at is not None and see_cases(user, case)
