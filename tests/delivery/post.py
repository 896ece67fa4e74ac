"""Mails that come back, and what they answer, in one line each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from base.words import Lane
from delivery import addresses, envelope, intake, outbox
from delivery.intake import Taken
from delivery.models import Batch, Delivery
from delivery.sealed import Sealed
from delivery.states import State

NOW = datetime(2027, 2, 13, 9, 0, tzinfo=UTC)
CASES = Path(__file__).parent.parent / "cases" / "mail"
MEMBER = "desk@harbourfreight.example"
_keys = count(1)


def sent(
    to: str = MEMBER, state: str = State.ACCEPTED, *, days: float = 0, code: str = "250", reply: str = ""
) -> Delivery:
    """A notice that was sent to one mailbox so many days after NOW, and what came of it."""
    at = NOW + timedelta(days=days)
    publication = outbox.post(
        key=f"sent-{next(_keys)}", to=to, message=Sealed("en", "Dover", "Closed"), lane=Lane.ROUTINE, now=at
    )
    closed = None if state in (State.PENDING, State.WIRE) else at
    Batch.objects.filter(publication=publication).update(closed_at=closed)
    publication.deliveries.update(state=state, code=code, reply=reply, changed_at=at)
    return publication.deliveries.get()


def case(name: str, delivery: Delivery | None = None) -> bytes:
    """A file of the case list, on its way to the signed address of `delivery`."""
    raw = next(CASES.glob(f"{name}*")).read_bytes()
    to = envelope.return_path(delivery.pk) if delivery else "notices@fairway.example"
    return raw.replace(b"bounce+a1b2c3d4e5-4711@portal.example", to.encode())


def report(
    delivery: Delivery, status: str = "5.1.1", *, action: str = "failed", of: str = MEMBER, words: str = ""
) -> bytes:
    text = case("b-01", delivery).decode()
    text = text.replace("Final-Recipient: rfc822; desk@harbourfreight.example", f"Final-Recipient: rfc822; {of}")
    text = text.replace("550 5.1.1 User unknown", words or f"550 {status} no")
    return text.replace("Status: 5.1.1", f"Status: {status}").replace("Action: failed", f"Action: {action}").encode()


def arrives(raw: bytes, delivery: Delivery | str, *, door: str = "lmtp", days: float = 0, sender: str = "") -> Taken:
    to = delivery if isinstance(delivery, str) else envelope.return_path(delivery.pk)
    return intake.take(raw, to=to, sender=sender, door=door, now=NOW + timedelta(days=days, minutes=1))


def address(value: str = MEMBER) -> addresses.Address:
    return addresses.get_or_create(value)
