"""Who may do what: one register of rules, asked by views, API and tasks alike. Knows a user only by `seats()`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices
from django.http import Http404


class Can(StrEnum):
    """Everything that needs a permission; each room writes the rules of its own in `policies.py`."""

    WRITE_NOTICE = "write_notice"
    HAND_IN = "hand_in"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    ISSUE_ALONE = "issue_alone"
    REVIEW = "review"
    WITHDRAW = "withdraw"
    SEE_DRAFTS = "see_drafts"
    CONTROL_SENDING = "control_sending"
    KEEP_TEMPLATES = "keep_templates"
    KEEP_CRISES = "keep_crises"
    KEEP_SOURCES = "keep_sources"
    USE_INCOMING = "use_incoming"
    SEE_REPORT = "see_report"
    KEEP_LISTS = "keep_lists"
    SEE_LISTS = "see_lists"
    RELAY = "relay"
    KEEP_CONNECTIONS = "keep_connections"
    KEEP_API_KEYS = "keep_api_keys"
    SEE_ASSOCIATION = "see_association"
    ANSWER_CASE = "answer_case"
    SEE_CASES = "see_cases"
    INVITE = "invite"
    SEE_PEOPLE = "see_people"
    DECIDE_APPLICATION = "decide_application"
    KEEP_OFFICES = "keep_offices"
    CHANGE_KEYS = "change_keys"
    SEE_KEY_CHANGES = "see_key_changes"
    CONFIRM_KEY_CHANGE = "confirm_key_change"
    SEE_AUDIT = "see_audit"
    SEE_HEADQUARTERS = "see_headquarters"
    RELEASE_OUTBOUND = "release_outbound"


Rule = Callable[[Any, Any], bool]
RULES: dict[Can, Rule] = {}


def rule(can: Can) -> Callable[[Rule], Rule]:
    """Registers the one function that decides `can`; a second one is our own mistake."""

    def register(function: Rule) -> Rule:
        if can in RULES:
            raise RuntimeError(f"{can} has a rule already: {RULES[can].__module__}")
        RULES[can] = function
        return function

    return register


def may(user: Any, can: Can, obj: Any = None) -> bool:
    """True if `user` may; nobody who is signed out or switched off ever may, whatever the rule says."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return RULES[can](user, obj)


def demand(user: Any, can: Can, obj: Any = None) -> None:
    """Raises `PermissionDenied` unless `user` may."""
    if not may(user, can, obj):
        raise PermissionDenied(str(can.value))


def hide(user: Any, can: Can, obj: Any) -> None:
    """Raises `Http404` unless `user` may: who has no business with a thing does not learn that it exists."""
    if not may(user, can, obj):
        raise Http404


def has_seat(user: Any, *roles: TextChoices, organisation_id: int | None = None) -> bool:
    """True if the user sits in one of `roles`, at the one organisation if it is given."""
    return any(
        seat.role in roles and organisation_id in (None, seat.organisation_id) for seat in user.seats()
    )
