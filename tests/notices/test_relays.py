"""One click of an association: its waiting lists are reached, once, with its own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from base.models import AuditEntry
from base.words import Lane, Role, Severity
from contacts import expansion
from contacts.models import MemberList
from delivery import outbox, postman
from delivery.models import Delivery, Message, Publication
from notices import lifecycle, relays
from notices.models import Relay
from tests.contacts import book
from tests.dialogue import people
from tests.dialogue.people import NOW

from . import closures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene() -> Any:
    """An association with a direct list and one on relay, a manager, and a severe closure of Dover."""
    office = people.organisation()
    dover = people.place("GBDVR", office)
    hauliers = book.association("hauliers")
    direct = book.member_list(hauliers, name="Direct")
    waiting = book.member_list(hauliers, name="Waiting", way=MemberList.Way.ON_RELAY, direct_from=Severity.EXTREME)
    book.membership(direct, "direct@hauliers.example")
    book.membership(direct, "both@hauliers.example")
    book.membership(waiting, "both@hauliers.example")
    book.membership(waiting, "waiting@hauliers.example")

    class Scene:
        association = hauliers
        manager = people.person(Role.ASSOCIATION_MANAGER, hauliers)
        version = closures.issued(dover, now=NOW)

    expand(Scene.version)
    return Scene


def expand(version: Any) -> None:
    while not expansion.expand(version.publication_id, now=NOW):
        pass


def send_all(version: Any) -> None:
    expand(version)
    while postman.work(Lane.CRITICAL, seconds=20):
        pass


def reached(version: Any) -> list[str]:
    rows = Delivery.objects.filter(publication=version.publication_id)
    return sorted(rows.values_list("address__key", flat=True))


def click(scene: Any, **fields: Any) -> Relay:
    return relays.relay(scene.version, association=scene.association, by=scene.manager, **{"now": NOW, **fields})


def test_list_on_relay_waits_for_the_click(scene: Any) -> None:
    assert reached(scene.version) == ["both@hauliers.example", "direct@hauliers.example"]
    click(scene)
    expand(scene.version)
    assert reached(scene.version) == [
        "both@hauliers.example", "direct@hauliers.example", "waiting@hauliers.example",
    ]  # fmt: skip


def test_repeated_click_is_one_relay_and_one_mail_a_person(scene: Any) -> None:
    first = click(scene, words="Use lane 4.")
    expand(scene.version)
    second = click(scene, words="Other words.")
    expand(scene.version)
    assert first == second and Relay.objects.count() == 1 and Relay.objects.get().words == "Use lane 4."
    assert len(reached(scene.version)) == 3
    assert AuditEntry.objects.filter(action="version.relay").count() == 1


def test_own_words_stand_above_the_frozen_text_for_those_who_had_not_had_it(scene: Any) -> None:
    click(scene, words="Use lane <4>. [[fairway:leave]]")
    expand(scene.version)
    message = Delivery.objects.get(address__key="waiting@hauliers.example").message
    frozen = Message.objects.get(publication=scene.version.publication_id, variant="")
    assert "Use lane <4>." in message.text and "Use lane &lt;4&gt;." in message.html
    assert message.text.count("[[fairway:leave]]") == frozen.text.count("[[fairway:leave]]")
    assert message.subject == frozen.subject and "The port is shut." in message.text
    assert Delivery.objects.get(address__key="direct@hauliers.example").message == frozen


def test_own_means_sends_nothing_and_may_become_a_relay_but_not_back(scene: Any) -> None:
    click(scene, means=Relay.Means.OWN, head_count=40)
    expand(scene.version)
    assert len(reached(scene.version)) == 2
    assert click(scene).means == Relay.Means.PORTAL
    expand(scene.version)
    assert len(reached(scene.version)) == 3
    with pytest.raises(relays.RelayedAlready):
        click(scene, means=Relay.Means.NOT_RELEVANT)


def test_own_means_reached_the_members_between_the_issue_and_now(scene: Any) -> None:
    for wrong in (NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)):
        with pytest.raises(relays.NotThen):
            click(scene, means=Relay.Means.OWN, head_count=40, told_at=wrong)
    assert not Relay.objects.exists()
    later = NOW + timedelta(hours=1)
    assert click(scene, means=Relay.Means.OWN, head_count=40, told_at=NOW, now=later).told_at == NOW


def test_own_means_that_became_a_relay_leave_no_head_count_behind(scene: Any) -> None:
    click(scene, means=Relay.Means.OWN, head_count=40)
    relay = click(scene)
    assert (relay.means, relay.head_count, relay.told_at) == (Relay.Means.PORTAL, None, None)


def test_replaced_version_is_not_relayed(scene: Any) -> None:
    author = people.person(Role.OFFICER, scene.version.notice.office)
    update = lifecycle.submit(lifecycle.revise(scene.version.notice, by=author, now=NOW), by=author, now=NOW)
    approver = people.person(Role.APPROVER, scene.version.notice.office)
    lifecycle.approve(update, by=approver, digest=update.digest, now=NOW)
    with pytest.raises(relays.NotInForce):
        click(scene)
    assert not Relay.objects.exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.OFFICER, Role.HEADQUARTERS])
def test_only_the_associations_manager_relays(scene: Any, role: Role) -> None:
    seat = scene.association if role == Role.MEMBER else people.organisation()
    with pytest.raises(PermissionDenied):
        relays.relay(scene.version, association=scene.association, by=people.person(role, seat), now=NOW)
    other = people.person(Role.ASSOCIATION_MANAGER, book.association("others"))
    with pytest.raises(PermissionDenied):
        relays.relay(scene.version, association=scene.association, by=other, now=NOW)


def test_audience_of_the_publication_names_the_association_and_no_person(scene: Any) -> None:
    click(scene)
    audience = Publication.objects.get(pk=scene.version.publication_id).audience
    assert audience["relayed_by"] == [{"association": scene.association.pk, "variant": ""}]
    assert "@" not in str(audience)


def test_relay_days_after_the_issue_has_a_day_of_its_own(scene: Any) -> None:
    days = NOW + timedelta(days=3)
    click(scene, now=days)
    assert Publication.objects.get(pk=scene.version.publication_id).give_up_at == days + timedelta(hours=24)


def test_relay_days_after_the_issue_reaches_its_members(scene: Any, smtp_sink: Any) -> None:
    now = timezone.now()
    scene.version = closures.issued(scene.version.rows.first().place, now=now - timedelta(days=3))
    send_all(scene.version)
    smtp_sink.envelopes.clear()
    click(scene, now=now)
    send_all(scene.version)
    assert [to for _sender, to, _mail in smtp_sink.envelopes] == ["waiting@hauliers.example"]


def test_relay_gives_up_when_the_notice_ends(scene: Any) -> None:
    ends = NOW + timedelta(hours=30)
    scene.version = closures.issued(scene.version.rows.first().place, now=NOW, ends_at=ends)
    click(scene, now=ends - timedelta(hours=2))
    assert Publication.objects.get(pk=scene.version.publication_id).give_up_at == ends
    other = book.association("others")
    late = people.person(Role.ASSOCIATION_MANAGER, other)
    with pytest.raises(relays.Over):
        relays.relay(scene.version, association=other, by=late, now=ends)


def test_sending_that_customs_stopped_is_not_relayed_and_other_means_are_still_written_down(scene: Any) -> None:
    outbox.stop(Publication.objects.get(pk=scene.version.publication_id), by=scene.manager, now=NOW)
    with pytest.raises(relays.SendingStopped):
        click(scene, words="Use lane 4.")
    assert not Relay.objects.exists() and not Message.objects.exclude(variant="").exists()
    assert click(scene, means=Relay.Means.OWN).means == Relay.Means.OWN
    with pytest.raises(relays.SendingStopped):
        click(scene)
    assert Relay.objects.get().means == Relay.Means.OWN
