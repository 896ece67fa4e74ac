"""Programs and chat channels of an organisation: what they hear, who keeps them, what their people are told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.models import AuditEntry
from base.words import Lane
from contacts import connections, expansion
from contacts.models import Connection
from delivery import endpoints, postman
from delivery.models import Delivery, Endpoint, Message, Publication
from notices import payload
from notices.models import Version
from tests import make
from tests.base import hostile
from tests.base.hostile import server
from tests.delivery import calls

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _sinks(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS = ["127.0.0.0/8"]


def send(version: Version) -> Publication:
    publication = Publication.objects.get(pk=version.publication_id)
    while not expansion.expand(publication.pk, now=timezone.now()):
        pass
    postman.work(publication.lane, endpoints.CHANNEL)
    return publication


def manager(connection: Connection) -> Client:
    return make.sign_in(Client(), connection.added_by)


def act(connection: Connection, verb: str) -> Any:
    return manager(connection).post(reverse("connection_act", args=[connection.uid, verb]), follow=True)


# --- What they hear -----------------------------------------------------------------------------------------------


def test_connection_hears_a_notice_with_its_public_facts_in_every_language_and_nobodys_name() -> None:
    with server() as one:
        mine = make.connection(url=calls.url(one))
        version = make.issued(severity="Severe")
        send(version)
        said = calls.verified(one.asked[0], mine.endpoint.secret)
    facts = said["data"]
    assert (said["type"], facts["reference"], facts["revision"]) == ("notice.issued", version.notice.reference, 1)
    assert facts["places"][0]["place"] == {"code": "ESALG", "name": "Algeciras"}
    assert facts["ends"] == "not known" and facts["time_zone"] == "Europe/Madrid" and facts["replaces"] is None
    assert facts["url"].endswith(f"/n/{version.notice.reference}/1") and facts["updated"] and facts["starts"]
    assert facts["texts"]["en"]["headline"].startswith("Storm. ") and facts["texts"]["en"]["truth_line"]
    whole = json.dumps(said)
    for person in (version.author, version.decided_by):
        assert person and person.email not in whole and person.name not in whole
    assert "reader@member.invalid" not in whole


def test_update_and_withdrawal_say_what_they_are_and_replace() -> None:
    version = make.issued()
    second = make.next_version(version.notice, title="Storm, worse")
    third = make.next_version(version.notice, action="withdraw")
    types = [payload.event(one, now=make.now())["type"] for one in (version, second, third)]
    assert types == ["notice.issued", "notice.updated", "notice.withdrawn"]
    assert payload.event(second, now=make.now())["data"]["replaces"] == f"{version.notice.reference}/1"


def test_chat_channel_gets_reference_headline_and_address_in_its_language_and_rings_nobody() -> None:
    with server() as one:
        make.connection(url=calls.url(one), preset="chat")
        version = make.issued(title="Storm <!channel> @here & @All")
        send(version)
        body = json.loads(calls.parts(one.asked[0])[1])
    assert set(body) == {"text"}
    first, link = body["text"].split("\n")
    assert first.startswith(f"{version.notice.reference} · Storm &lt;!channel&gt; @\u200bhere &amp; @\u200bAll. ")
    assert "argo" in first and link.endswith(f"/n/{version.notice.reference}/1")


def test_exercise_reaches_only_who_ticked_it() -> None:
    with server() as quiet, server() as ticked:
        make.connection(url=calls.url(quiet))
        make.connection(url=calls.url(ticked), exercises=True)
        send(make.issued(status="Exercise"))
        assert (quiet.connections, ticked.connections) == (0, 1)
        said = json.loads(calls.parts(ticked.asked[0])[1])
    assert said["data"]["exercise"] is True


def test_machine_counts_as_nobody() -> None:
    from contacts import audience
    from contacts.audience import Facets
    from notices.facets import facets_of

    version = make.pending()
    before = audience.count(Facets.from_json(facets_of(version)))
    make.connection()
    facets = Facets.from_json(facets_of(version))
    assert audience.count(facets) == before == sum(audience.by_language(facets).values())


def test_publication_without_words_for_programs_goes_by_mail_alone() -> None:
    make.connection()
    version = make.issued()
    Message.objects.filter(publication_id=version.publication_id).update(bodies={})
    publication = send(version)
    assert set(publication.deliveries.values_list("address__channel", flat=True)) == {"email"}


# --- Who keeps them -----------------------------------------------------------------------------------------------


def test_secret_is_shown_once_after_it_was_made() -> None:
    at = make.association()
    client = make.sign_in(Client(), make.user("association_manager", at=at))
    sent = {"name": "Booking", "url": "https://hooks.partner.example/c", "preset": "standard", "language": "en"}
    first = client.post(reverse("connection_new"), sent, follow=True)
    mine = Connection.objects.get()
    assert mine.endpoint.secret in first.content.decode()
    page = reverse("connection", args=[mine.uid])
    assert mine.endpoint.secret not in client.get(page).content.decode()
    again = client.post(reverse("connection_act", args=[mine.uid, "rotate"]), follow=True).content.decode()
    fresh = Endpoint.objects.get()
    assert fresh.secret in again and fresh.old_secret == mine.endpoint.secret and fresh.old_secret not in again
    assert fresh.secret not in client.get(page).content.decode()
    told = list(AuditEntry.objects.filter(target=f"connection:{mine.uid}").values_list("action", "facts"))
    assert [action for action, _facts in told] == ["connection.add", "connection.rotate"]
    assert "whsec_" not in str(told)


def test_address_inside_a_private_network_is_refused_beside_its_field() -> None:
    client = make.sign_in(Client(), make.user("association_manager", at=make.association()))
    sent = {"name": "Booking", "url": "https://10.1.2.3/hook", "preset": "standard", "language": "en"}
    answer = client.post(reverse("connection_new"), sent)
    assert answer.status_code == 422
    assert "url" in answer.context["form"].errors and "10.1.2.3/hook" in answer.content.decode()
    assert not Connection.objects.exists()


def test_no_more_than_twenty_of_one_organisation() -> None:
    mine = make.connection()
    for _number in range(connections.MOST - 1):
        make.connection(mine.organisation, by=mine.added_by)
    with pytest.raises(connections.TooMany):
        make.connection(mine.organisation, by=mine.added_by)


def test_page_shows_the_last_calls_with_the_answers_code() -> None:
    with server(b"HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nbroken") as one:
        mine = make.connection(url=calls.url(one))
        send(make.issued())
    page = manager(mine).get(reverse("connection", args=[mine.uid])).content.decode()
    assert ">500<" in page and "broken" in page and "No call comes through since" in page


def test_test_event_can_be_sent_from_the_page() -> None:
    with server() as one:
        mine = make.connection(url=calls.url(one))
        assert act(mine, "test").status_code == 200
        postman.work(Lane.PERSONAL, endpoints.CHANNEL)
        assert calls.verified(one.asked[0], mine.endpoint.secret)["type"] == "test"


def test_what_was_missed_while_paused_is_sent_after_the_button_and_exercises_are_not() -> None:
    with server() as one:
        mine = make.connection(url=calls.url(one))
        act(mine, "pause")
        actual, exercise = make.issued(), make.issued(status="Exercise")
        send(actual)
        send(exercise)
        assert one.connections == 0
        assert "1 notice did not come through" in act(mine, "resume").content.decode()
        act(mine, "replay")
        postman.work(Lane.ROUTINE, endpoints.CHANNEL)
        assert [calls.verified(asked, mine.endpoint.secret)["data"]["reference"] for asked in one.asked] == [
            actual.notice.reference
        ]
        assert "did not come through" not in act(mine, "resume").content.decode()


def test_nothing_is_sent_again_to_what_is_paused() -> None:
    with server() as one:
        mine = make.connection(url=calls.url(one))
        act(mine, "pause")
        send(make.issued())
        assert "Resume it first" in act(mine, "replay").content.decode()
        assert "1 notice did not come through" in act(mine, "resume").content.decode()


def test_removed_connection_is_gone_from_the_page_and_hears_nothing() -> None:
    with server() as one:
        mine = make.connection(url=calls.url(one))
        assert mine.name not in act(mine, "remove").content.decode()
        send(make.issued())
        assert one.connections == 0


# --- What their people are told -----------------------------------------------------------------------------------


def test_managers_are_told_once_that_it_paused_itself() -> None:
    with server(hostile.OK.replace(b"200 OK", b"410 Gone")) as one:
        mine = make.connection(url=calls.url(one))
        make.user("member", at=mine.organisation)
        send(make.issued())
    assert connections.tell_paused(now=timezone.now()) == 1
    assert connections.tell_paused(now=timezone.now()) == 0
    letters = Delivery.objects.filter(publication__key__startswith="paused:")
    assert [one.address.key for one in letters] == [mine.added_by.email]
    message = letters.get().message
    assert mine.name in message.subject and "410" in message.subject
    assert reverse("connection", args=[mine.uid]) in message.text
    act(mine, "resume")
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=4), rests_until=timezone.now())
    endpoints.failed(Endpoint.objects.get(), gone=False, now=timezone.now())
    assert connections.tell_paused(now=timezone.now()) == 1


def test_pausing_by_hand_tells_nobody() -> None:
    mine = make.connection()
    act(mine, "pause")
    assert connections.tell_paused(now=timezone.now()) == 0
