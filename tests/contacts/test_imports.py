"""Imports into a list: planned, stored once, taken back whole, and never bringing back who left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from base.models import AuditEntry
from base.words import Role
from contacts import imports, memberships, plans, retention, roster
from contacts.imports import NoGround, NotTheLast
from contacts.models import ImportRun, Membership, Refusal
from contacts.plans import NOWHERE
from delivery import addresses

from .book import CASES, NOW, address, member_list, membership, person, place

pytestmark = pytest.mark.django_db
TERMS = ImportRun.Ground.MEMBERSHIP_TERMS


def prepared(on, data, **options):
    return imports.prepare(on, data=data, file_name="members.csv", by=None, now=NOW, options=options)


def applied(on, data, now=NOW, **how):
    return imports.apply(prepared(on, data), by=None, now=now, **{"ground": TERMS, **how})


def case(name):
    return (CASES / name).read_bytes()


def active(on):
    return set(on.memberships.filter(state="active").values_list("address__key", flat=True))


def test_dry_run_stores_nothing():
    on = member_list()
    run = prepared(on, case("ma-01-plain.csv"))
    plan = plans.compare(on, imports.reading(run))
    assert plan.counts()["add"] == 8
    assert not Membership.objects.exists()
    assert not addresses.Address.objects.exists()


def test_import_keeps_who_when_what_and_on_what_ground():
    on = member_list()
    by = person(Role.ASSOCIATION_MANAGER, on.association)
    run = imports.apply(prepared(on, case("ma-01-plain.csv")), by=by, now=NOW, ground=TERMS)
    assert run.content is None
    assert run.counts["add"] == 8
    assert {(m.consent_basis, m.consent_at) for m in on.memberships.all()} == {(TERMS, NOW)}
    entry = AuditEntry.objects.get(action="list.import")
    assert entry.facts["sha256"] == run.sha256
    assert "example" not in str(entry.facts)


def test_import_without_a_ground_is_refused():
    with pytest.raises(NoGround):
        applied(member_list(), case("ma-01-plain.csv"), ground="")
    assert not Membership.objects.exists()


def test_the_same_run_applied_twice_is_one_import():
    on = member_list()
    run = prepared(on, case("ma-01-plain.csv"))
    imports.apply(run, by=None, now=NOW, ground=TERMS)
    imports.apply(run, by=None, now=NOW + timedelta(hours=1), ground=TERMS)
    assert on.memberships.count() == 8
    assert AuditEntry.objects.filter(action="list.import").count() == 1


def test_the_same_file_again_changes_nothing():
    on = member_list()
    for name in (
        "ma-01-plain.csv",
        "ma-02-bom-semicolon.csv",
        "ma-06-duplicates-and-case.csv",
        "ma-08-formula-cells.csv",
    ):
        applied(on, case(name))
        again = applied(on, case(name))
        assert (again.counts["add"], again.counts["change"]) == (0, 0)


def test_second_import_never_brings_back_who_left_or_bounced():
    on = member_list()
    applied(on, case("ma-07a-first-import.csv"))
    left = on.memberships.get(address__key="left@sable.example")
    left.state = "left"
    left.save()
    Refusal.objects.create(address=left.address, member_list=on, at=NOW, way="one_click")
    on.memberships.filter(address__key="bounced@teal.example").update(state="suspended")
    run = applied(on, case("ma-07b-second-import.csv"))
    assert run.counts == {
        "add": 1, "change": 1, "unchanged": 0, "refused": 0, "left": 1, "suspended": 1, "gone": 1,
    }  # fmt: skip
    assert active(on) == {"keep@rowan.example", "new@vermilion.example", "gone@umber.example"}
    assert on.memberships.get(address__key="keep@rowan.example").company == "Rowan International Ltd"


def test_who_left_everything_is_on_no_list_that_comes_later():
    Refusal.objects.create(address=address("keep@rowan.example"), at=NOW, way="page")
    on = member_list()
    run = applied(on, case("ma-07a-first-import.csv"))
    assert run.counts["left"] == 1
    assert "keep@rowan.example" not in active(on)


def test_suppressed_mailbox_is_not_taken_up_again():
    addresses.suppress(address("keep@rowan.example").pk, reason="bounced", now=NOW)
    on = member_list()
    assert applied(on, case("ma-07a-first-import.csv")).counts["suspended"] == 1


def test_who_is_gone_from_the_file_is_removed_only_when_told():
    on = member_list()
    applied(on, case("ma-07a-first-import.csv"))
    applied(on, case("ma-07b-second-import.csv"))
    assert "gone@umber.example" in active(on)
    applied(on, case("ma-07b-second-import.csv"), remove_gone=True)
    assert "gone@umber.example" not in active(on)


def test_import_taken_back_leaves_the_list_as_it_was():
    on = member_list()
    applied(on, case("ma-07a-first-import.csv"))
    before = list(on.memberships.order_by("pk").values())
    run = applied(on, case("ma-07b-second-import.csv"), remove_gone=True)
    imports.take_back(run, by=None, now=NOW)
    assert list(on.memberships.order_by("pk").values()) == before
    assert AuditEntry.objects.filter(action="list.import_taken_back").count() == 1


def test_who_left_since_the_import_stays_out_when_it_is_taken_back():
    on = member_list()
    applied(on, case("ma-07a-first-import.csv"))
    run = applied(on, case("ma-07b-second-import.csv"))
    keep = on.memberships.get(address__key="keep@rowan.example")
    Membership.objects.filter(pk=keep.pk).update(state="left")
    Refusal.objects.create(address=keep.address, member_list=on, at=NOW, way="page")
    imports.take_back(run, by=None, now=NOW)
    assert "keep@rowan.example" not in active(on)


def test_only_the_last_import_can_be_taken_back_and_only_once():
    on = member_list()
    first = applied(on, case("ma-07a-first-import.csv"))
    second = applied(on, case("ma-07b-second-import.csv"), now=NOW + timedelta(days=1))
    with pytest.raises(NotTheLast):
        imports.take_back(first, by=None, now=NOW)
    imports.take_back(second, by=None, now=NOW)
    with pytest.raises(NotTheLast):
        imports.take_back(second, by=None, now=NOW)
    imports.take_back(first, by=None, now=NOW)
    assert not on.memberships.exists()


def test_places_are_found_by_code_and_by_name():
    dover = place("GBDVR")
    dover.set_names({"en": "Dover", "fr": "Douvres"})
    dover.save()
    on = member_list()
    applied(on, b"email,ports\na@b.example,GB DVR\nc@d.example,Douvres\n")
    assert [m.places for m in on.memberships.all()] == [[dover.pk], [dover.pk]]


def test_member_who_names_only_unknown_places_wants_nowhere_rather_than_everywhere():
    on = member_list()
    run = prepared(on, b"email,ports\na@b.example,FIHEL\nc@d.example,\n")
    plan = plans.compare(on, imports.reading(run))
    assert any("FIHEL" in hint.text for hint in plan.hints)
    imports.apply(run, by=None, now=NOW, ground=TERMS)
    assert [m.places for m in on.memberships.order_by("pk")] == [[NOWHERE], []]


def test_column_that_the_file_lacks_changes_nothing():
    on = member_list()
    applied(on, b"email,company,phone\na@b.example,One,+44 1\n")
    run = applied(on, b"email,company\na@b.example,One\n")
    assert run.counts["unchanged"] == 1
    assert on.memberships.get().phone == "+44 1"


def test_shared_mailbox_of_two_companies_is_two_memberships():
    on = member_list()
    applied(on, case("ma-06-duplicates-and-case.csv"))
    assert on.memberships.filter(address__key="office@shared.example").count() == 2
    assert on.memberships.filter(address__key="anna.berg@fjordlast.example").count() == 1


def test_keys_of_the_reader_and_of_the_post_office_are_the_same():
    for name in ("ma-06-duplicates-and-case.csv", "ma-11-idn-domains.csv", "ma-05-invisible-characters.csv"):
        for member in roster.read(case(name)).members:
            assert addresses.key_of(member.email) == member.key


def test_removed_member_in_a_new_file_is_added_again():
    on = member_list()
    membership(on, "a@b.example", company="One", company_key="one", state="removed")
    run = applied(on, b"email,company\na@b.example,One\n")
    assert run.counts["add"] == 1
    assert active(on) == {"a@b.example"}


def test_import_of_thousands_takes_a_handful_of_statements(django_assert_max_num_queries):
    on = member_list()
    rows = [f"m{number}@firm.example,Firm {number}" for number in range(3_000)]
    run = prepared(on, "\n".join(["email,company", *rows]).encode())
    with django_assert_max_num_queries(30):
        imports.apply(run, by=None, now=NOW, ground=TERMS)
    run = prepared(on, "\n".join(["email,company", *(f"{row} Ltd" for row in rows)]).encode())
    with django_assert_max_num_queries(30):
        imports.apply(run, by=None, now=NOW, ground=TERMS)
    assert on.memberships.filter(company__endswith="Ltd").count() == 3_000


def test_who_leaves_while_an_import_is_being_stored_stays_out():
    on = member_list()
    applied(on, b"email,company\na@b.example,One\nc@d.example,Two\n")
    run = prepared(on, b"email,company\na@b.example,Other\n")
    plan = plans.compare(on, imports.reading(run))
    on.memberships.update(state="left")
    memberships.store(plan, run, now=NOW, remove_gone=True)
    assert set(on.memberships.values_list("company", "state")) == {("Other", "left"), ("Two", "left")}


def test_import_that_another_worker_holds_is_left_alone_until_its_lease_ends():
    run = prepared(member_list(), case("ma-01-plain.csv"))
    imports.ask(run, by=None, now=NOW, ground=TERMS)
    ImportRun.objects.update(held_until=NOW + imports.HELD)
    assert imports.sweep(now=NOW) == 0
    assert imports.carry_out(run.pk, now=NOW).state == "asked"
    later = NOW + imports.HELD * 2
    assert imports.sweep(now=later) == 1
    assert imports.carry_out(run.pk, now=later).state == "applied"
    assert imports.sweep(now=later) == 0


def refuse_everything():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_membership ADD CONSTRAINT none CHECK (company = '') NOT VALID")


def test_import_that_fails_is_tried_three_times_and_then_waits_for_a_decision_again(caplog):
    on = member_list()
    run = prepared(on, case("ma-01-plain.csv"))
    refuse_everything()
    imports.ask(run, by=None, now=NOW, ground=TERMS)
    states = [imports.carry_out(run.pk, now=NOW).state for _try in range(4)]
    assert states == ["asked", "asked", "open", "open"]
    run.refresh_from_db()
    assert run.content is not None
    assert not Membership.objects.exists()
    assert "IntegrityError" in caplog.text
    assert "@" not in caplog.text


def test_workers_that_die_again_and_again_give_the_file_back():
    run = prepared(member_list(), case("ma-01-plain.csv"))
    imports.ask(run, by=None, now=NOW, ground=TERMS)
    ImportRun.objects.update(held_until=NOW, tries=imports.TRIES)
    assert imports.sweep(now=NOW + imports.HELD) == 0
    run.refresh_from_db()
    assert run.state == "open"


def test_import_cannot_be_taken_back_once_the_list_as_it_was_is_forgotten():
    on = member_list()
    applied(on, case("ma-07a-first-import.csv"))
    run = applied(on, case("ma-07b-second-import.csv"))
    later = NOW + imports.TAKE_BACK_KEPT + timedelta(days=1)
    retention.forget(now=later)
    run.refresh_from_db()
    assert run.before == []
    with pytest.raises(NotTheLast):
        imports.take_back(run, by=None, now=later)


def test_audit_of_an_import_tells_no_count_below_three():
    applied(member_list(), case("ma-07a-first-import.csv"))
    facts = AuditEntry.objects.get(action="list.import").facts
    assert facts["add"] == 4
    assert {facts[name] for name in ("change", "refused", "left")} == {None}
