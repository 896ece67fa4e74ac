"""What is said, by whom, in which state; what helps at the desk; what associations answer."""

from .associations import Mark, Relay
from .desk import LoneIssue, Template, Told, Typed
from .digests import Listed
from .handed import HandedIn
from .versions import Approval, Crews, ImpactRow, Notice, Series, Text, Version

__all__ = [
    "Approval",
    "Crews",
    "HandedIn",
    "ImpactRow",
    "Listed",
    "LoneIssue",
    "Mark",
    "Notice",
    "Relay",
    "Series",
    "Template",
    "Text",
    "Told",
    "Typed",
    "Version",
]
