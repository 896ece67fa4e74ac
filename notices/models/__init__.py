"""What is said, by whom, in which state; what helps at the desk; what associations answer; crises."""

from .associations import Mark, Relay
from .crisis import Crisis, CrisisChange, PartnerPage
from .desk import LoneIssue, Template, Told, Typed
from .digests import Listed
from .handed import HandedIn
from .search import SearchEntry
from .versions import Approval, Crews, ImpactRow, Notice, Series, Text, Version

__all__ = [
    "Approval",
    "Crews",
    "Crisis",
    "CrisisChange",
    "HandedIn",
    "ImpactRow",
    "Listed",
    "LoneIssue",
    "Mark",
    "Notice",
    "PartnerPage",
    "Relay",
    "SearchEntry",
    "Series",
    "Template",
    "Text",
    "Told",
    "Typed",
    "Version",
]
