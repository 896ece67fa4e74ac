"""Audiences become deliveries once a person, whatever is lost, doubled or added later."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from base.words import Lane, Severity
from contacts import expansion
from contacts.tasks import sweep
from delivery import outbox, tasks
from delivery.models import Batch, Delivery, Publication
from delivery.sealed import Sealed

from .book import NOW, member_list, membership, place

pytestmark = pytest.mark.django_db


def opened(port, key="v1", **more):
    facets = {
        "rows": [{"place": port.pk, "country": "ES", "modes": ["maritime"], "directions": [], "traffic": ["cargo"]}],
        "severity": str(Severity.SEVERE), "msg_type": "Alert", "earlier": [], "relayed_by": [], "drill": False,
        "lists": None, **more,
    }  # fmt: skip
    messages = [Sealed("en", "Closed", "text"), Sealed("fr", "Fermé", "texte")]
    return outbox.open(
        key=key, lane=Lane.CRITICAL, messages=messages, audience=facets, give_up_at=NOW + timedelta(hours=9), now=NOW
    )


def written_to(publication):
    return set(publication.deliveries.values_list("address__key", flat=True))


def test_expansion_gives_each_person_one_delivery_in_the_right_language():
    port, on = place("ESALG"), member_list()
    membership(on, "a@x.example", language="fr")
    membership(on, "a@x.example", language="fr", company_key="two")
    membership(on, "b@x.example", language="ar")
    membership(on, "c@x.example", language="es")
    publication = opened(port)
    assert expansion.expand(publication.pk, now=NOW)
    assert expansion.expand(publication.pk, now=NOW)
    languages = dict(publication.deliveries.values_list("address__key", "message__language"))
    assert languages == {"a@x.example": "fr", "b@x.example": "fr", "c@x.example": "en"}


def test_first_chunk_is_small_and_the_rest_follows():
    port, on = place("ESALG"), member_list()
    for number in range(expansion.FIRST_CHUNK + 30):
        membership(on, f"m{number}@x.example")
    publication = opened(port)
    while not expansion.expand(publication.pk, now=NOW):
        pass
    assert Delivery.objects.count() == expansion.FIRST_CHUNK + 30
    assert list(Batch.objects.order_by("number").values_list("size", flat=True)) == [expansion.FIRST_CHUNK, 30]
    assert Publication.objects.get().enlisted_at is not None


def test_whoever_is_concerned_is_found_beyond_the_many_who_are_not(monkeypatch):
    """A large address book, a port that few follow: between them, and after the last, lie longer ways than a leap."""
    monkeypatch.setattr(outbox, "LEAPS", (10, 40))
    monkeypatch.setattr(expansion, "FIRST_CHUNK", 3)
    port, on, others = place("ESALG"), member_list(), member_list()
    elsewhere = place("ESBCN").pk
    wanted = {f"m{number}@x.example" for number in (0, 1, 57, 58, 99, 160)}
    for number in range(280):
        to = f"m{number}@x.example"
        membership(on if to in wanted else others, to, places=[port.pk if to in wanted else elsewhere])
    publication = opened(port)
    while not expansion.expand(publication.pk, now=NOW):
        pass
    assert written_to(publication) == wanted


def test_webhook_that_is_named_in_every_range_makes_nobody_be_passed_over(monkeypatch):
    monkeypatch.setattr(outbox, "LEAPS", (10,))
    on = member_list()
    ids = [membership(on, f"m{number}@x.example").address_id for number in range(30)]
    publication = opened(place("ESALG"))

    def people(after, upto):
        return f"SELECT {ids[-1]} AS address_id", []

    assert outbox._before_next(publication, ids[0], people, ["email"]) == ids[10]


def test_relay_between_two_chunks_of_a_running_expansion_reaches_its_members(monkeypatch):
    port = place("ESALG")
    direct, waiting = member_list(), member_list(way="on_relay")
    membership(direct, "direct@x.example")
    membership(waiting, "waiting@x.example")
    publication, enlist, relayed = opened(port), outbox.enlist, []

    def interrupted(*given, **named):
        made = enlist(*given, **named)
        if not relayed:
            relayed.append(expansion.relay(publication.pk, association_id=waiting.association_id, give_up_at=NOW))
        return made

    monkeypatch.setattr(outbox, "enlist", interrupted)
    while not expansion.expand(publication.pk, now=NOW):
        pass
    assert relayed == [True]
    assert written_to(publication) == {"direct@x.example", "waiting@x.example"}


def test_worker_of_the_critical_lane_is_soon_free_to_send(monkeypatch):
    port, on = place("ESALG"), member_list()
    for number in range(30):
        membership(on, f"m{number}@x.example")
    monkeypatch.setattr(expansion, "FIRST_CHUNK", 10)
    monkeypatch.setattr(expansion, "WIDEST_CRITICAL", 10)
    publication = opened(port)
    found = [(expansion.expand(publication.pk, now=NOW), Delivery.objects.count()) for _bell in range(4)]
    assert found == [(False, 10), (False, 20), (False, 30), (True, 30)]


def test_relay_adds_only_those_who_have_not_had_the_version():
    port = place("ESALG")
    direct, waiting = member_list(), member_list(way="on_relay")
    membership(direct, "both@x.example")
    membership(waiting, "both@x.example")
    membership(waiting, "new@x.example")
    publication = opened(port)
    expansion.expand(publication.pk, now=NOW)
    assert written_to(publication) == {"both@x.example"}
    outbox.add_messages(publication, messages=[Sealed("en", "Closed", "our words", variant="ours")])
    expansion.relay(publication.pk, association_id=waiting.association_id, variant="ours", give_up_at=NOW)
    expansion.expand(publication.pk, now=NOW)
    variants = dict(publication.deliveries.values_list("address__key", "message__variant"))
    assert variants == {"both@x.example": "", "new@x.example": "ours"}


def test_update_is_expanded_again_when_the_earlier_publication_has_come_to_rest():
    port, on = place("ESALG"), member_list()
    reached = membership(on, "a@x.example")
    first = opened(port)
    expansion.expand(first.pk, now=NOW)
    reached.delete()
    second = opened(port, key="v2", earlier=[first.pk])
    expansion.expand(second.pk, now=NOW)
    assert written_to(second) == set()
    first.deliveries.update(state="accepted")
    expansion.sweep(now=NOW)
    expansion.expand(second.pk, now=NOW)
    assert written_to(second) == set(), "the earlier batch is still open"
    Batch.objects.update(closed_at=NOW)
    expansion.sweep(now=NOW)
    expansion.expand(second.pk, now=NOW)
    assert written_to(second) == {"a@x.example"}
    assert expansion.sweep(now=NOW) == 0


def test_sweep_finds_what_a_lost_task_left_unfinished():
    membership(member_list(), "a@x.example")
    opened(place("ESALG"))
    assert expansion.sweep(now=NOW) == 1
    assert sweep.name == "contacts.tasks.sweep"


def test_sweep_rings_again_beside_what_waits_and_never_piles_bells_up(settings):
    broker = redis.Redis.from_url(settings.REDIS_URL)
    queue = f"fairway:{Lane.CRITICAL}"
    broker.delete(queue)
    opened(place("ESALG"))
    for _mail in range(tasks.ENOUGH):
        tasks.wake(Lane.CRITICAL)
    expansion.sweep(now=NOW)
    assert broker.llen(queue) == tasks.ENOUGH + 1, "mails that wait to be sent do not keep it from ringing"
    for _time in range(30):
        expansion.sweep(now=NOW)
    assert broker.llen(queue) == 2 * tasks.ENOUGH
    broker.delete(queue)
    expansion.sweep(now=NOW)
    assert broker.llen(queue) == 1
    broker.delete(queue)


def test_what_is_over_or_never_sent_anything_is_not_expanded_again():
    port, on = place("ESALG"), member_list()
    membership(on, "a@x.example")
    first = opened(port)
    Publication.objects.update(enlisted_at=NOW)
    second = opened(port, key="v2", earlier=[first.pk])
    Publication.objects.update(enlisted_at=NOW)
    assert expansion.sweep(now=NOW) == 0
    assert written_to(second) == set()
