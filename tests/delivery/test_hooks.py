"""What providers post: signed by Standard Webhooks, each event once, forged ones without effect."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from delivery import envelope, seals, signing
from delivery.models import Delivery, Inbound, TurnedAway
from delivery.states import State

from .post import address, sent

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.FAIRWAY_INBOUND_HOOKS = {"relay": f"{OTHER} {SECRET}"}


def recent() -> Delivery:
    delivery = sent()
    delivery.publication.created_at = timezone.now()
    delivery.publication.save()
    return delivery


def post(
    events: Any, *, secret: str = SECRET, uid: str = "msg_1", ago_s: int = 0, to: str = "relay", **more: str
) -> int:
    body = events if isinstance(events, str) else json.dumps({"events": events})
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    signature = Webhook(secret).sign(uid, at, body)
    headers = {
        "webhook-id": uid,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
        **more,
    }
    answer = Client(enforce_csrf_checks=True).post(
        f"/hooks/inbound/{to}/", body, content_type="application/json", headers=headers
    )
    assert not answer.content or answer.status_code >= 400
    return answer.status_code


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.get(pk=delivery.pk).state


def bounce(delivery: Delivery, **more: Any) -> dict[str, Any]:
    return {
        "id": seals.seal("message", delivery.pk),
        "type": "bounce",
        "status": "5.1.1",
        "reason": "no such user",
        **more,
    }


def test_signed_events_change_their_deliveries_once() -> None:
    one, two, three = recent(), recent(), recent()
    events = [
        bounce(one, reason="550 <desk@x.example> unknown"),
        {"id": envelope.message_id(two.pk), "type": "delivered"},
        {"id": envelope.return_path(three.pk), "type": "delayed", "status": "4.4.1"},
    ]
    assert post(events) == 204
    assert [state_of(each) for each in (one, two, three)] == [State.BOUNCED, State.DELIVERED, State.ACCEPTED]
    assert Delivery.objects.get(pk=one.pk).reply == "550 (…) unknown"
    assert post(events) == 204
    assert Inbound.objects.count() == 3
    assert set(Inbound.objects.values_list("door", flat=True)) == {"hook:relay"}


def test_complaint_ends_the_notices() -> None:
    delivery = recent()
    assert post([{"id": seals.seal("bounce", delivery.pk), "type": "complaint"}]) == 204
    assert address().suppressed_reason == "complaint"


def test_forged_replayed_late_and_unknown_posts_get_the_same_answer_and_change_nothing() -> None:
    delivery = recent()
    wrong = "whsec_" + base64.b64encode(b"w" * 32).decode()
    assert post([bounce(delivery)], secret=wrong) == 204
    assert post([bounce(delivery)], ago_s=301) == 204
    assert post([bounce(delivery)], ago_s=-400) == 204
    assert post([bounce(delivery)], to="nobody") == 204
    assert post([bounce(delivery)], **{"webhook-id": "msg_2"}) == 204
    assert post([bounce(delivery)], **{"webhook-timestamp": "soon"}) == 204
    assert post([bounce(delivery)], **{"webhook-signature": ""}) == 204
    assert post("{", secret=wrong) == 204
    assert Client().post("/hooks/inbound/relay/", "x", content_type="text/plain").status_code == 204
    assert state_of(delivery) == State.ACCEPTED
    assert not Inbound.objects.exists()
    assert TurnedAway.objects.get().count == 9


def test_old_secret_is_good_until_it_is_taken_out() -> None:
    delivery = recent()
    assert post([bounce(delivery)], secret=OTHER) == 204
    assert state_of(delivery) == State.BOUNCED


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"events": 7}', '{"events": [1]}', "[" * 50_000, '"\\ud800"'])
def test_signed_nonsense_is_told_so(body: str) -> None:
    assert post(body) == 400


def test_events_without_a_signed_id_or_of_another_type_are_passed_over() -> None:
    delivery = recent()
    strange = [
        bounce(delivery, id=f"{delivery.pk:x}-" + "0" * 20),
        bounce(delivery, id=None),
        bounce(delivery, type="opened"),
        {},
        bounce(delivery, status="x\0y", reason="a\0" + "b" * 900),
    ]
    assert post(strange) == 204
    assert state_of(delivery) == State.BOUNCED
    assert (Inbound.objects.count(), TurnedAway.objects.get(reason="unknown").count) == (1, 4)


def test_event_with_half_a_letter_holds_up_none_behind_it() -> None:
    one, two = recent(), recent()
    events = [bounce(one, status="\ud83d", reason="5.1.1 gone \ud83d"), bounce(two)]
    assert post(json.dumps({"events": events})) == 204
    assert (state_of(one), state_of(two)) == (State.BOUNCED, State.BOUNCED)


def test_too_much_is_refused() -> None:
    assert post([{}] * 1_001) == 413
    assert post([{"id": "x" * 1_100_000}]) == 413


def test_our_own_signature_is_what_others_check() -> None:
    body, at = b'{"events": []}', int(time.time())
    headers = {
        "webhook-id": "m", "webhook-timestamp": str(at),
        "webhook-signature": signing.sign(SECRET, uid="m", at=at, body=body),
    }  # fmt: skip
    assert Webhook(SECRET).verify(body, headers) == {"events": []}
