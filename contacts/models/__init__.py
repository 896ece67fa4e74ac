"""Who is who: people and seats, places, member lists, subscriptions."""

from .api_keys import ApiKey, Scope
from .applications import Application
from .connections import Connection
from .lists import ImportRun, MemberList, Membership, Refusal
from .people import Invitation, Organisation, Seat, User
from .places import Place
from .subscriptions import Subscription
from .two_person import TwoPersonChange

__all__ = [
    "ApiKey",
    "Application",
    "Connection",
    "ImportRun",
    "Invitation",
    "MemberList",
    "Membership",
    "Organisation",
    "Place",
    "Refusal",
    "Scope",
    "Seat",
    "Subscription",
    "TwoPersonChange",
    "User",
]
