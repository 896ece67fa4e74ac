"""Where a delivery can be, and which step leads where; everything that changes a state reads this table."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    PENDING = "pending", _("Waiting")
    WIRE = "wire", _("On the wire")
    UNCERTAIN = "uncertain", _("Uncertain")
    DEFERRED = "deferred", _("To be tried again")
    ACCEPTED = "accepted", _("Accepted by the next mail server")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Returned")
    FAILED = "failed", _("Refused for good")
    TOO_LATE = "too_late", _("Too late")
    SUPPRESSED = "suppressed", _("Left or suspended")
    SUPERSEDED = "superseded", _("Replaced by a newer version")
    STOPPED = "stopped", _("Stopped by hand")
    PARKED = "parked", _("Set aside after repeated crashes")


WAITING = (State.PENDING, State.DEFERRED, State.UNCERTAIN)
LEFT_OUT = (State.TOO_LATE, State.SUPPRESSED, State.SUPERSEDED, State.STOPPED, State.PARKED)

# state → what may follow it. A state that leads nowhere is terminal.
FOLLOWS: dict[str, frozenset[str]] = {
    State.PENDING: frozenset({State.WIRE, *LEFT_OUT}),
    State.DEFERRED: frozenset({State.WIRE, *LEFT_OUT}),
    State.UNCERTAIN: frozenset({State.WIRE, State.ACCEPTED, State.DELIVERED, State.BOUNCED, *LEFT_OUT}),
    State.WIRE: frozenset(
        {State.ACCEPTED, State.DEFERRED, State.FAILED, State.UNCERTAIN, State.PARKED, State.STOPPED}
    ),
    State.ACCEPTED: frozenset({State.DELIVERED, State.BOUNCED}),
    State.DELIVERED: frozenset({State.BOUNCED}),
    **{state: frozenset() for state in (State.BOUNCED, State.FAILED, *LEFT_OUT)},
}


def may_follow(before: str, after: str) -> bool:
    return after in FOLLOWS[before]
