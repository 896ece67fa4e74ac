"""One statement answers count and sending, and agrees with a slow matcher that reads the rules one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.words import SEVERITY_RANK, Lane, MsgType, Severity
from contacts import audience
from contacts.audience import Facets, Row
from contacts.models import Membership, Refusal, Subscription
from delivery import outbox
from delivery.models import Address, Batch, Delivery, Publication
from delivery.sealed import Sealed
from delivery.states import State

from .book import NOW, address, association, member_list, membership, place

pytestmark = pytest.mark.django_db
CARGO, SEA, ROAD = ("cargo",), ("maritime",), ("road",)


def subscription(email, **fields):
    return Subscription.objects.create(
        address=address(email), **{"state": "confirmed", "created_at": NOW, "confirmed_at": NOW, **fields}
    )


def sent(facets, limit=10_000):
    """What sending would yield: {key: (language, greeting, variant)}."""
    sql, parameters = audience.people(facets)(0, limit)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.key, p.language, p.greeting, p.variant FROM ({sql}) p"
            " JOIN delivery_address a ON a.id = address_id",
            parameters,
        )
        rows = cursor.fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {key: tuple(rest) for key, *rest in rows}


def reasons(facets):
    """What each would be told of why it is sent: {key: sentence}."""
    sql, parameters = audience.people(facets)(0, 10_000)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT a.key, p.why FROM ({sql}) p JOIN delivery_address a ON a.id = address_id", parameters)
        return dict(cursor.fetchall())


def facets(*rows, severity=Severity.SEVERE, **more):
    return Facets(rows=rows, severity=severity, **more)


def publication(facet_json, **fields):
    return Publication.objects.create(
        key=f"p{Publication.objects.count()}", lane=Lane.CRITICAL, audience=facet_json,
        give_up_at=NOW + timedelta(hours=1), created_at=NOW, **fields,
    )  # fmt: skip


def test_rows_are_matched_one_by_one_and_never_as_separate_sets():
    port, crossing = place("ESALG"), place("ESLJU")
    on = member_list()
    membership(on, "both@x.example", places=[crossing.pk], modes=["maritime"])
    membership(on, "road@x.example", places=[crossing.pk], modes=["road"])
    found = sent(facets(Row(port.pk, SEA, CARGO), Row(crossing.pk, ROAD, CARGO)))
    assert set(found) == {"road@x.example"}


def test_list_on_relay_waits_for_the_click_unless_severe_enough():
    port = place("ESALG")
    on = member_list(way="on_relay", direct_from="Extreme")
    membership(on, "a@x.example")
    row = Row(port.pk, SEA, CARGO)
    assert not sent(facets(row))
    assert set(sent(facets(row, severity=Severity.EXTREME))) == {"a@x.example"}
    relayed = sent(facets(row, relayed_by=((on.association_id, "words"),)))
    assert relayed["a@x.example"][2] == "words"


def test_person_with_several_reasons_is_one():
    port = place("ESALG")
    for _ in range(2):
        membership(member_list(), "a@x.example", contact="Ana Ruiz", language="es")
    subscription("a@x.example", language="fr")
    all_facets = facets(Row(port.pk, SEA, CARGO))
    assert sent(all_facets) == {"a@x.example": ("fr", "Bonjour,", "")}
    assert audience.count(all_facets) == 1


def test_reader_is_told_each_reason_once():
    """DEL-07: for which lists, and whether by the reader's own choice."""
    port = place("ESALG")
    one = member_list(association("as-haul", names={"en": "Hauliers", "fr": "Routiers"}), name="Members <A>")
    two = member_list(association("as-ship", names={"en": "Shippers"}), name="Reefers")
    for company in ("", "second company"):
        membership(one, "both@x.example", company_key=company)
    membership(two, "both@x.example")
    membership(one, "one@x.example", language="fr")
    subscription("own@x.example", language="es")
    membership(two, "mixed@x.example")
    subscription("mixed@x.example")
    told = reasons(facets(Row(port.pk, SEA, CARGO)))
    assert told == {
        "both@x.example": "Why: member list Members <A> (Hauliers); member list Reefers (Shippers)",
        "one@x.example": "Pourquoi : liste de membres Members <A> (Routiers)",
        "own@x.example": "Por qué: su propia elección",
        "mixed@x.example": "Why: your own choice; member list Reefers (Shippers)",
    }


# AUT-30
def test_greeting_without_a_name_is_neutral_and_arabic_readers_are_written_to_in_french():
    port, on = place("ESALG"), member_list()
    membership(on, "a@x.example", contact="Ana\n Ruiz", language="es")
    membership(on, "b@x.example", language="ar")
    membership(on, "c@x.example", contact="", language="en")
    assert sent(facets(Row(port.pk, SEA, CARGO))) == {
        "a@x.example": ("es", "Hola, Ana Ruiz:", ""),
        "b@x.example": ("fr", "Bonjour,", ""),
        "c@x.example": ("en", "Hello,", ""),
    }


def test_who_left_or_is_suppressed_hears_nothing():
    port, on = place("ESALG"), member_list()
    for name in ("left", "everything", "suppressed", "stays"):
        membership(on, f"{name}@x.example")
    subscription("everything@x.example", confirmed_at=NOW)
    Refusal.objects.create(address=address("left@x.example"), member_list=on, at=NOW, way="page")
    Refusal.objects.create(address=address("everything@x.example"), at=NOW + timedelta(days=1), way="page")
    address("suppressed@x.example").__class__.objects.filter(key="suppressed@x.example").update(suppressed_at=NOW)
    assert set(sent(facets(Row(port.pk, SEA, CARGO)))) == {"stays@x.example"}


def test_new_subscription_after_leaving_everything_counts_again():
    port = place("ESALG")
    Refusal.objects.create(address=address("a@x.example"), at=NOW, way="page")
    subscription("a@x.example", confirmed_at=NOW + timedelta(days=1))
    membership(member_list(), "b@x.example")
    assert set(sent(facets(Row(port.pk, SEA, CARGO)))) == {"a@x.example", "b@x.example"}


def test_subscription_counts_places_countries_traffic_and_least_severity():
    port = place("ESALG")
    subscription("place@x.example", places=[port.pk])
    subscription("land@x.example", countries=["ES"])
    subscription("other@x.example", countries=["FR"])
    subscription("travel@x.example", traffic=["other_travellers"])
    subscription("extreme@x.example", least_severity="Extreme")
    subscription("pending@x.example", state="pending")
    assert set(sent(facets(Row(port.pk, SEA, CARGO, "ES")))) == {"place@x.example", "land@x.example"}


def test_update_reaches_everybody_who_had_an_earlier_version():
    port, on = place("ESALG"), member_list()
    first = publication({})
    outbox.add_messages(first, messages=[Sealed("fr", "s", "t")])
    message = first.messages.get()
    # Of an open batch with the cursors at 1: its first row is on the wire, or was accepted, and still says "pending".
    Batch.objects.create(publication=first, number=1, lane="routine", size=9, due_at=NOW, wire_to=1)
    states = {"pending": 1, "uncertain": 1, "accepted": 1, "delivered": 1, "failed": 0, "superseded": 0}
    Delivery.objects.create(
        publication=first, address=address("waiting@x.example"), message=message, batch_number=1, position=8
    )
    for position, state in enumerate(states, start=1):
        Delivery.objects.create(
            publication=first, address=address(f"{state}@x.example"), message=message, batch_number=1,
            position=position, state=State(state), greeting="Bonjour Zoé,",
        )  # fmt: skip
    Delivery.objects.create(
        publication=first, address=address("doubt@x.example"), message=message, batch_number=1,
        position=9, state=State.SUPERSEDED, twice=True,
    )  # fmt: skip
    membership(on, "new@x.example")
    update = facets(Row(port.pk, SEA, CARGO), msg_type=MsgType.UPDATE, earlier=(first.pk,))
    found = sent(update)
    reached = {f"{state}@x.example" for state, hears in states.items() if hears}
    assert set(found) == {"new@x.example", "doubt@x.example"} | reached
    assert found["pending@x.example"] == ("fr", "Bonjour Zoé,", "")
    Refusal.objects.create(address=address("pending@x.example"), at=NOW + timedelta(hours=1), way="page")
    assert "pending@x.example" not in sent(update)


# AUT-10
def test_exercise_reaches_nobody_on_a_live_list():
    port, on = place("ESALG"), member_list()
    membership(on, "a@x.example")
    membership(on, "a@drill.invalid")
    assert set(sent(facets(Row(port.pk, SEA, CARGO), drill=True))) == {"a@drill.invalid"}


def test_no_row_reaches_nobody():
    membership(member_list(), "a@x.example")
    assert audience.count(facets()) == 0


def test_chunks_follow_each_other_without_gap_or_double():
    port, on = place("ESALG"), member_list()
    for number in range(7):
        membership(on, f"a{number}@x.example")
    chunk = audience.people(facets(Row(port.pk, SEA, CARGO)))
    seen = []
    last = max(Address.objects.values_list("pk", flat=True))
    for after in range(0, last, 3):
        with connection.cursor() as cursor:
            cursor.execute(*chunk(after, after + 3))
            seen += [row[0] for row in cursor.fetchall()]
    assert seen == sorted(set(seen))
    assert len(seen) == 7


def test_association_sees_how_many_of_its_members_are_concerned():
    port = place("ESALG")
    on = member_list(way="on_relay")
    membership(on, "a@x.example", places=[port.pk])
    membership(on, "b@x.example", places=[port.pk + 1])
    membership(member_list(), "c@x.example")
    here, elsewhere = facets(Row(port.pk, SEA, CARGO)), facets(Row(port.pk + 2, SEA, CARGO))
    severe = replace(here, severity=Severity.EXTREME)
    assert audience.concerned([elsewhere, here, facets(), severe], on.association_id) == [
        audience.Concern(), audience.Concern(1, 1), audience.Concern(), audience.Concern(1, 0),
    ]  # fmt: skip


# --- Who chose digests ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [{"rhythm": "hourly"}, {"quiet_from": 9, "quiet_to": 10}])
def test_what_is_urgent_waits_for_no_digest_and_no_morning(later):
    port = place("ESALG")
    subscription("later@x.example", **later)
    subscription("now@x.example")
    mild = facets(Row(port.pk, SEA, CARGO), severity=Severity.MODERATE, urgent=False, at=NOW)
    assert set(sent(mild)) == {"now@x.example"}
    assert set(sent(replace(mild, urgent=True))) == {"now@x.example", "later@x.example"}
    assert audience.count(audience.with_every_follower(mild)) == 2


def test_quiet_hours_are_those_of_the_moment_it_left():
    port = place("ESALG")
    subscription("me@x.example", time_zone="Asia/Tokyo", quiet_from=18, quiet_to=7)
    mild = facets(Row(port.pk, SEA, CARGO), urgent=False, at=NOW)
    assert not sent(mild), "18:00 in Tokyo"
    assert sent(replace(mild, at=NOW - timedelta(minutes=1)))


def test_mild_update_of_what_a_digest_reader_had_by_itself_waits_for_the_digest():
    port, other = place("ESALG"), place("ESVLC")
    first = publication({})
    message = first.messages.create(language="en", subject="s", text="t")
    for email, rhythm in (("digest@x.example", "daily"), ("each@x.example", "at_once")):
        subscription(email, places=[port.pk], rhythm=rhythm)
        Delivery.objects.create(
            publication=first, address=address(email), message=message, batch_number=1, position=1,
            state=State.ACCEPTED,
        )  # fmt: skip
    elsewhere = facets(Row(other.pk, SEA, CARGO), msg_type=MsgType.UPDATE, earlier=(first.pk,), urgent=False, at=NOW)
    assert set(sent(elsewhere)) == {"each@x.example"}
    assert set(sent(replace(elsewhere, urgent=True))) == {"digest@x.example", "each@x.example"}


# --- The slow matcher ---------------------------------------------------------------------------------------------

PLACES = st.lists(st.sampled_from([1, 2, 3]), max_size=2, unique=True)
MODES = st.lists(st.sampled_from(["maritime", "road", "rail"]), max_size=2, unique=True)
TRAFFIC = st.lists(st.sampled_from(["cargo", "crew"]), max_size=2, unique=True)
LANDS = {1: "ES", 2: "ES", 3: "FR"}
WHO = st.integers(0, 5)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 1, 2, 3]),
        st.lists(st.sampled_from(["maritime", "road", "rail"]), min_size=1, max_size=3, unique=True),
        st.lists(st.sampled_from(["cargo", "crew"]), min_size=1, max_size=2, unique=True),
    ),
    max_size=3,
)
MEMBERS = st.lists(
    st.tuples(st.integers(0, 2), WHO, PLACES, MODES, st.sampled_from(["active", "active", "left", "suspended"])),
    max_size=8,
)
SUBSCRIBERS = st.lists(
    st.tuples(WHO, PLACES, st.lists(st.sampled_from(["ES", "FR"]), max_size=1), MODES, TRAFFIC,
              st.sampled_from(list(Severity)), st.booleans(), st.booleans(), st.sampled_from(list(EARS := {
                  "at once": {}, "daily": {"rhythm": "daily"},
                  "asleep": {"quiet_from": 9, "quiet_to": 10}, "awake": {"quiet_from": 10, "quiet_to": 9},
                  "in Tokyo": {"quiet_from": 9, "quiet_to": 10, "time_zone": "Asia/Tokyo"},
              }))), max_size=5,
)  # fmt: skip
REFUSALS = st.sets(st.tuples(WHO, st.sampled_from([None, 0, 1, 2])), max_size=3)
WAYS = st.lists(
    st.tuples(st.sampled_from(["direct", "on_relay"]), st.sampled_from(list(Severity))), min_size=3, max_size=3
)


def overlaps(chosen, offered):
    return not chosen or any(one in offered for one in chosen)


def slowly(rows, severity, ways, members, subscribers, refusals, relayed, suppressed, urgent=True):
    found = set()
    for on, who, places, modes, state in members:
        way, direct_from = ways[on]
        reached = way == "direct" or SEVERITY_RANK[severity] <= SEVERITY_RANK[direct_from] or on in relayed
        fits = any(overlaps(places, [place]) and overlaps(modes, row_modes) for place, row_modes, _traffic in rows)
        if state == "active" and reached and fits and (who, None) not in refusals and (who, on) not in refusals:
            found.add(who)
    for who, places, lands, modes, traffic, least, confirmed, after_refusal, ear in subscribers:
        if not urgent and ear in ("daily", "asleep"):
            continue
        for at, row_modes, row_traffic in rows:
            anywhere = not places and not lands
            here = at is not None and (at in places or LANDS[at] in lands)
            if (
                confirmed
                and (anywhere or here)
                and overlaps(modes, row_modes)
                and overlaps(traffic, row_traffic)
                and SEVERITY_RANK[severity] <= SEVERITY_RANK[least]
                and ((who, None) not in refusals or after_refusal)
            ):
                found.add(who)
    return found - suppressed


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS, severity=st.sampled_from(list(Severity)), ways=WAYS, members=MEMBERS, subscribers=SUBSCRIBERS,
    refusals=REFUSALS, relayed=st.sets(st.integers(0, 2), max_size=2), suppressed=st.sets(WHO, max_size=2),
    urgent=st.booleans(),
)  # fmt: skip
def test_sending_and_count_equal_a_slow_reference_matcher(
    rows, severity, ways, members, subscribers, refusals, relayed, suppressed, urgent
):
    with transaction.atomic():
        people = [address(f"{who}@x.example", suppressed_at=NOW if who in suppressed else None) for who in range(6)]
        lists = [
            member_list(association(f"as-p{n}"), way=way, direct_from=least) for n, (way, least) in enumerate(ways)
        ]
        for number, (on, who, places, modes, state) in enumerate(members):
            Membership.objects.create(
                member_list=lists[on],
                address=people[who],
                company_key=str(number),
                places=places,
                modes=modes,
                state=state,
            )
        for who, places, lands, modes, traffic, least, confirmed, after_refusal, ear in subscribers:
            Subscription.objects.create(
                address=people[who], places=places, countries=lands, modes=modes, traffic=traffic,
                least_severity=least, state="confirmed" if confirmed else "pending", created_at=NOW,
                confirmed_at=NOW + timedelta(days=1) if after_refusal else NOW - timedelta(days=1), **EARS[ear],
            )  # fmt: skip
        for who, on in refusals:
            Refusal.objects.create(
                address=people[who], member_list=None if on is None else lists[on], at=NOW, way="page"
            )
        wanted = facets(
            *(Row(at, tuple(modes), tuple(traffic), LANDS.get(at)) for at, modes, traffic in rows),
            severity=severity,
            relayed_by=tuple((lists[n].association_id, "") for n in relayed),
            urgent=urgent,
            at=NOW,
        )
        expected = slowly(rows, severity, ways, members, subscribers, refusals, relayed, suppressed, urgent)
        assert {key[0] for key in sent(wanted)} == {str(who) for who in expected}
        assert audience.count(wanted) == len(expected)
        for on, kept in enumerate(lists):
            own = [one for one in members if one[0] == on]
            direct, asked = (
                slowly(rows, severity, ways, own, [], refusals, clicked, suppressed) for clicked in (set(), {on})
            )
            (concern,) = audience.concerned([wanted], kept.association_id)
            assert concern == audience.Concern(len(asked), len(asked - direct))
        transaction.set_rollback(True)
