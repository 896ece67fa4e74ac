"""What a refusal means: whose fault it is, whether it counts against the mailbox, in words for people (RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Fault(StrEnum):
    GONE = "gone"  # no such mailbox
    FULL = "full"  # cannot take mail at present
    OURS = "ours"  # refuses what we are or send


@dataclass(frozen=True)
class Verdict:
    """`reason` and `advice` are for whoever keeps the list that the mailbox is on."""

    fault: Fault
    reason: Any
    advice: Any


_ASK_NEW = _("Ask the member for a new address and import it.")
_ASK_SPACE = _("Ask the member to make room in the mailbox.")
_ASK_SERVER = _("Ask the member whether mail from others arrives; their mail server did not take ours for days.")
_ASK_ALLOW = _("Ask the member to have our mails allowed by whoever runs their mail. The address is not at fault.")

NO_MAILBOX = Verdict(Fault.GONE, _("There is no such mailbox"), _ASK_NEW)
NO_HOST = Verdict(Fault.GONE, _("The domain after the @ sign takes no mail"), _ASK_NEW)
MOVED = Verdict(Fault.GONE, _("The mailbox has moved"), _ASK_NEW)
DISABLED = Verdict(Fault.GONE, _("The mailbox is switched off"), _ASK_NEW)
FULL = Verdict(Fault.FULL, _("The mailbox is full"), _ASK_SPACE)
AWAY = Verdict(Fault.FULL, _("The mail server of the mailbox does not take mail"), _ASK_SERVER)
TOO_BIG = Verdict(Fault.OURS, _("The mail was too big or of a kind that is not taken there"), _ASK_ALLOW)
REFUSED = Verdict(Fault.OURS, _("Their mail server does not let our mails in"), _ASK_ALLOW)

# Enhanced status codes without their first digit; a subject alone ("7") stands for all of its details.
STATUS: dict[str, Verdict] = {
    "1": NO_MAILBOX,
    "1.2": NO_HOST,
    "1.6": MOVED,
    "1.7": REFUSED,  # 1.7 and 1.8 speak of the sender's address
    "1.8": REFUSED,
    "1.10": NO_HOST,  # null MX (RFC 7505)
    "2": AWAY,
    "2.1": DISABLED,
    "2.2": FULL,
    "2.3": TOO_BIG,
    "3": AWAY,
    "3.4": TOO_BIG,
    "4": AWAY,
    "4.4": NO_HOST,
    "5": AWAY,
    "6": TOO_BIG,
    "7": REFUSED,
}
# Reply codes of servers that give no enhanced status; what 550 means only its words tell.
REPLY = {"551": MOVED, "552": FULL, "553": NO_MAILBOX, "554": REFUSED, "556": NO_HOST}
_WORDS = (
    (
        re.compile(
            r"spam|block(ed|list)|black ?list|reputation|policy|dmarc|\bspf\b|not allowed|denied|sender (address )?re"
            r"|relay(ing)? not",
            re.I,
        ),
        REFUSED,
    ),
    (re.compile(r"quota|mailbox (is )?full|over ?quota|insufficient (disk )?(space|storage)", re.I), FULL),
    (re.compile(r"disabled|deactivated|suspended|inactive", re.I), DISABLED),
    (
        re.compile(
            r"(unknown|no such|invalid|nonexist\w*|not a valid|no) (user|recipient|mailbox|account|address)"
            r"|(user|recipient|mailbox|account|address)( is| was)? (unknown|not found|invalid|unavailable|rejected)"
            r"|does(n't| not) exist|not our customer",
            re.I,
        ),
        NO_MAILBOX,
    ),
    (re.compile(r"host (or domain name )?not found|no mx|unrouteable|no such domain", re.I), NO_HOST),
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_REPLY = re.compile(r"(?<![\d.])[45]\d\d(?![\d.])")


def status_in(*texts: str) -> str:
    """The most telling enhanced status code in `texts`, or "": "5.0.0" gives way to a better one."""
    found = [match[0] for text in texts for match in _STATUS.finditer(text)]
    return next((status for status in found if not status.endswith(".0.0")), found[0] if found else "")


def verdict(code: str, reply: str) -> Verdict:
    """What a refusal with this code – enhanced or of SMTP – and these words says about the mailbox."""
    status = status_in(code, reply)
    first, _dot, detail = status.partition(".")
    subject = detail.partition(".")[0]
    if detail and subject != "0":
        if first == "4" and detail not in ("2.2", "7.1"):
            return AWAY  # not for good: whatever it was, it lasted too long
        return STATUS.get(detail) or STATUS.get(subject) or AWAY
    for words, meant in _WORDS:
        if words.search(reply):
            return meant
    number = _REPLY.search(f"{code} {reply}")
    return REPLY.get(number[0], AWAY) if number else AWAY
