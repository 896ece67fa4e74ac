"""What is said, by whom, in which state; what helps at the desk; relays; crises; what comes from outside."""

from .associations import Mark, Relay
from .crisis import Crisis, CrisisChange, PartnerPage
from .desk import LoneIssue, Template, Told, Typed
from .digests import Listed
from .handed import HandedIn
from .incoming import Item, Source
from .search import SearchEntry
from .versions import Approval, Crews, ImpactRow, Notice, Series, Text, Version

__all__ = [
    "Approval",
    "Crews",
    "Crisis",
    "CrisisChange",
    "HandedIn",
    "ImpactRow",
    "Item",
    "Listed",
    "LoneIssue",
    "Mark",
    "Notice",
    "PartnerPage",
    "Relay",
    "SearchEntry",
    "Series",
    "Source",
    "Template",
    "Text",
    "Told",
    "Typed",
    "Version",
]
