"""Following by text message: the number proves itself by a code, hears of severe things, and leaves by STOP."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base import links
from base.words import Lane
from contacts import audience, by_phone, expansion, reach, subscribe
from contacts.audience import Facets
from contacts.models import Subscription
from delivery import postman, signing
from delivery.models import Address, Delivery, Publication, TurnedAway
from delivery.states import State
from notices.facets import facets_of
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
MOBILE, MAIL = "+34612345678", "reader@company.invalid"
SECRET = "gateway-secret"


@pytest.fixture(autouse=True)
def texts(settings: Any, tmp_path: Path) -> Path:
    file = tmp_path / "texts.jsonl"
    file.touch()
    settings.FAIRWAY_SMS_URL, settings.FAIRWAY_SMS_COUNTRIES = f"file://{file}", ["ES"]
    settings.FAIRWAY_SMS_HOOK_SECRET = SECRET
    postman._kept.clear()
    return file


def sent(file: Path) -> list[dict[str, str]]:
    for lane in (Lane.PERSONAL, Lane.CRITICAL, Lane.ROUTINE):
        postman.work(lane, "sms")
    return [json.loads(line) for line in file.read_text().splitlines()]


def fill(**more: str) -> Any:
    told = {"email": MAIL, "phone": "+34 612 345 678", "phone_severity": "Severe", "least_severity": "Minor"}
    return Client().post(reverse("follow"), told | {"language": "en"} | more)


def followed(file: Path) -> Subscription:
    """A telephone that follows everything severe."""
    page = fill()["Location"]
    code = re.findall(r"\d{6}", sent(file)[-1]["text"])[0]
    assert Client().post(page, {"code": code}).status_code == 200
    return Subscription.objects.get(address__channel="sms", state="confirmed")


def stop(text: str = "STOP", number: str = MOBILE, *, secret: str = SECRET, **more: Any) -> Any:
    body = json.dumps({"from": number, "text": text} | more).encode()
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return Client().post(
        reverse("stop_hook"), body, content_type="application/json", headers={"X-Signature": signature}
    )


def expand(publication_id: int) -> None:
    while not expansion.expand(publication_id, now=timezone.now()):
        pass


# --- Confirming ---------------------------------------------------------------------------------------------------


def test_code_of_a_text_message_confirms_the_number_and_the_mail_is_confirmed_by_itself(texts: Path) -> None:
    one = followed(texts)
    assert (one.address.key, one.least_severity, one.beside.key) == (MOBILE, "Severe", MAIL)
    assert Subscription.objects.get(address__channel="email").state == "pending"
    (text,) = sent(texts)
    assert text["to"] == MOBILE and "STOP" in text["text"]


def test_wrong_code_is_said_so_and_five_tries_are_all(texts: Path) -> None:
    page = fill()["Location"]
    right = re.findall(r"\d{6}", sent(texts)[-1]["text"])[0]
    wrong = f"{(int(right) + 1) % 10**6:06}"
    answers = [Client().post(page, {"code": wrong}).status_code for _number in range(6)]
    assert answers == [422] * 5 + [404]
    assert Client().post(page, {"code": right}).status_code == 404
    assert not Subscription.objects.filter(state="confirmed").exists()


@pytest.mark.parametrize("typed", ["{} ", "{0:.3}-{1}", "code {}"])
def test_code_is_taken_however_it_is_typed(texts: Path, typed: str) -> None:
    page = fill()["Location"]
    code = re.findall(r"\d{6}", sent(texts)[-1]["text"])[0]
    written = f"{code[:3]}-{code[3:]}" if "-" in typed else typed.format(code)
    assert Client().post(page, {"code": written}).status_code == 200
    assert Subscription.objects.filter(state="confirmed").count() == 1


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_stop_is_promised_only_where_it_is_heard(texts: Path, settings: Any, language: str) -> None:
    settings.FAIRWAY_SMS_HOOK_SECRET = ""
    page = fill(language=language)["Location"]
    (text,) = sent(texts)
    assert not re.search("STOP|BAJA", text["text"])
    code = re.findall(r"\d{6}", text["text"])[0]
    assert "STOP" not in Client().post(page, {"code": code}).content.decode()


def test_code_does_not_come_when_its_page_has_ended() -> None:
    fill()
    one = Publication.objects.get(deliveries__address__channel="sms")
    assert (one.give_up_at - one.created_at).total_seconds() == by_phone.CODE_MAX_AGE_S


def test_page_with_the_code_ends_after_fifteen_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    page = fill()["Location"]
    monkeypatch.setattr("time.time", lambda: timezone.now().timestamp() + by_phone.CODE_MAX_AGE_S + 5)
    assert Client().get(page).status_code == 404


def test_get_confirms_nothing() -> None:
    assert Client().get(fill()["Location"]).status_code == 200
    assert not Subscription.objects.filter(state="confirmed").exists()


def test_strangers_number_gets_three_codes_a_day_and_the_page_does_not_tell(texts: Path) -> None:
    pages = [fill(email=f"a{number}@company.invalid")["Location"] for number in range(5)]
    assert len(sent(texts)) == 3
    shown = {page: Client().get(page).content.decode().replace(page.split("/")[-2], "") for page in pages}
    assert len({text.split("csrfmiddlewaretoken")[0] for text in shown.values()}) == 1
    assert Client().post(pages[-1], {"code": "123456"}).status_code == 422


def test_network_that_asks_for_many_numbers_is_refused() -> None:
    answers = [fill(phone=f"+346123456{number:02}").status_code for number in range(10)]
    assert answers[:6] == [302] * 6 and answers[-1] == 429


@pytest.mark.parametrize("typed", ["612", "+44 7400 123456"])
def test_number_that_cannot_be_written_to_is_refused_beside_its_field(typed: str) -> None:
    answer = fill(phone=typed)
    assert answer.status_code == 422 and "phone" in answer.context["form"].errors
    assert not Address.objects.filter(channel="sms").exists()


def test_field_is_not_offered_without_a_gateway(settings: Any) -> None:
    settings.FAIRWAY_SMS_URL = ""
    assert 'name="phone"' not in Client().get(reverse("follow")).content.decode()
    assert fill()["Location"] == reverse("follow_sent")
    assert not Address.objects.filter(channel="sms").exists()


# --- Hearing ------------------------------------------------------------------------------------------------------


def test_severe_notice_arrives_as_its_short_text_and_a_milder_one_does_not(texts: Path) -> None:
    followed(texts)
    severe, mild = make.issued(severity="Severe"), make.issued(severity="Minor")
    for version in (severe, mild):
        expand(version.publication_id)
    told = sent(texts)[1:]
    assert [text["to"] for text in told] == [MOBILE]
    assert told[0]["text"].startswith(severe.notice.reference) and "argo" in told[0]["text"]


def test_exercise_reaches_no_telephone(texts: Path) -> None:
    followed(texts)
    expand(make.issued(severity="Severe", status="Exercise").publication_id)
    assert len(sent(texts)) == 1


def test_telephones_are_counted_apart_and_coarsely(texts: Path) -> None:
    version = make.pending(severity="Severe")
    facets = Facets.from_json(facets_of(version))
    before = audience.count(facets)
    followed(texts)
    assert (audience.count(facets), audience.count_by_text(facets)) == (before, 1)
    assert reach.preview(facets).by_text is None


# --- Leaving ------------------------------------------------------------------------------------------------------


STOPS = [
    "STOP", "stop", " Stopp! ", "ARRÊT", "arret svp", "Baja", "Stop, please.", "Please stop", "END", "Fin, gracias",
    "STOP sending me these messages now",
]  # fmt: skip
NO_STOPS = [
    "", "Yes", "Please do not stop the trains at noon", "Nonstop", "1234", "End of closure?", "Fin de la huelga?",
    "Alto riesgo?", "Cancel my question", "Stop of cargo at gate 3?",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_stop_in_any_of_our_languages_ends_it_at_once(texts: Path, text: str) -> None:
    one = followed(texts)
    version = make.issued(severity="Severe")
    expand(version.publication_id)
    answer = stop(text)
    assert (answer.status_code, answer.content) == (204, b"")
    one.refresh_from_db()
    assert one.state == "left" and one.address.suppressed_at
    assert len(sent(texts)) == 1, "also of what is being sent; and nothing is answered"
    assert Delivery.objects.get(publication=version.publication_id, address=one.address).state == State.SUPPRESSED


@pytest.mark.parametrize("text", NO_STOPS)
def test_what_is_no_stop_ends_nothing(texts: Path, text: str) -> None:
    one = followed(texts)
    assert stop(text).status_code == 204
    one.refresh_from_db()
    assert one.state == "confirmed"


@pytest.mark.parametrize("write", [lambda n: n, lambda n: n[1:], lambda n: f"00{n[1:]}", lambda n: n[3:]])
def test_stop_is_known_however_the_gateway_writes_the_number(texts: Path, write: Any) -> None:
    one = followed(texts)
    assert stop(number=write(MOBILE)).status_code == 204
    one.refresh_from_db()
    assert one.state == "left"


WRITE = [
    lambda at: at.isoformat(), lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}", lambda at: at.timestamp(),
    lambda at: int(at.timestamp()),
]  # fmt: skip


@pytest.mark.parametrize("write", WRITE)
def test_stop_that_is_brought_again_ends_nothing_for_who_came_back(texts: Path, settings: Any, write: Any) -> None:
    settings.FAIRWAY_SMS_HOOK_FIELDS = {"from": "from", "text": "text", "at": "sent"}
    one, now = followed(texts), timezone.now()
    assert stop(sent=write(now - timedelta(hours=1))).status_code == 204
    one.refresh_from_db()
    assert one.state == "confirmed" and not TurnedAway.objects.exists()
    stop(sent=write(now))
    one.refresh_from_db()
    assert one.state == "left"


ODD = ["", "yesterday", "2027-02-13T09:00:00", "2027-02-31T09:00:00Z", "9" * 400, None, [1]]


@pytest.mark.parametrize("said", ODD)
def test_stop_of_a_moment_that_is_not_understood_is_obeyed(texts: Path, settings: Any, said: Any) -> None:
    settings.FAIRWAY_SMS_HOOK_FIELDS = {"from": "from", "text": "text", "at": "sent"}
    one = followed(texts)
    stop(sent=said)
    one.refresh_from_db()
    assert one.state == "left"


def test_stop_of_a_number_that_nobody_knows_is_counted(texts: Path) -> None:
    one = followed(texts)
    for number in ("+34699999999", "699999999", "", "x"):
        assert stop(number=number).status_code == 204
    one.refresh_from_db()
    assert (one.state, TurnedAway.objects.get(door="sms").count) == ("confirmed", 4)


def test_forged_stop_gets_the_same_answer_and_changes_nothing(texts: Path, settings: Any) -> None:
    one = followed(texts)
    assert stop(secret="guess").status_code == 204
    settings.FAIRWAY_SMS_HOOK_SECRET = ""
    assert stop(secret="").status_code == 204
    one.refresh_from_db()
    assert one.state == "confirmed"
    assert TurnedAway.objects.get(door="sms").count == 2


def test_gateway_may_sign_by_standard_webhooks_and_name_the_number_without_a_plus(texts: Path, settings: Any) -> None:
    one = followed(texts)
    settings.FAIRWAY_SMS_HOOK_SECRET = "whsec_" + "Z2F0ZXdheS1zZWNyZXQ="
    body, at = b"from=34612345678&text=Stop", int(timezone.now().timestamp())
    signature = signing.sign(settings.FAIRWAY_SMS_HOOK_SECRET, uid="m1", at=at, body=body)
    headers = {"webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": signature}
    kind = "application/x-www-form-urlencoded"
    Client().post(reverse("stop_hook"), body, content_type=kind, headers=headers)
    one.refresh_from_db()
    assert one.state == "left"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[1]", b"{", b"[" * 10_000, b'{"from": {}, "text": ["STOP"]}'])
def test_nonsense_from_the_gateway_breaks_nothing(body: bytes) -> None:
    signature = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    answer = Client().post(
        reverse("stop_hook"), body, content_type="application/json", headers={"X-Signature": signature}
    )
    assert answer.status_code == 204


def test_number_is_left_on_the_page_of_the_mailbox_and_comes_back_by_a_new_code(texts: Path) -> None:
    one = followed(texts)
    page = reverse("follow_manage", args=[links.sign(subscribe.MANAGE, one.beside_id)])
    shown = Client().get(page).content.decode()
    assert "+34 … 78" in shown and MOBILE not in shown
    Client().post(page, {"what": "subscription", "id": str(one.pk)})
    one.refresh_from_db()
    assert one.state == "left"
    stop()
    assert followed(texts).address.suppressed_at is None


def test_who_leaves_everything_leaves_by_telephone_too(texts: Path) -> None:
    one = followed(texts)
    subscribe.leave_everything(one.beside_id, way="page", now=timezone.now())
    one.refresh_from_db()
    assert one.state == "left"


def test_digest_is_never_chosen_for_a_telephone(texts: Path) -> None:
    one = followed(texts)
    page = reverse("follow_manage", args=[links.sign(subscribe.MANAGE, one.beside_id)])
    prefix = f"s{one.pk}"
    Client().post(page, {
        "what": "change", "id": str(one.pk), f"{prefix}-least_severity": "Extreme", f"{prefix}-language": "fr",
        f"{prefix}-rhythm": "daily",
    })  # fmt: skip
    one.refresh_from_db()
    assert (one.least_severity, one.language, one.rhythm, one.digest_due_at) == ("Extreme", "fr", "at_once", None)


def test_code_that_nobody_typed_is_forgotten(texts: Path) -> None:
    from contacts import retention

    fill()
    retention.forget(now=timezone.now() + timedelta(days=8))
    assert not Subscription.objects.filter(address__channel="sms").exists()
    assert Publication.objects.filter(key__startswith="phone:").exists()
