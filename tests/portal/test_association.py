"""The association's dashboard, through its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from base.words import Role, Severity
from contacts.models import MemberList, Membership
from delivery import addresses, outbox
from delivery.models import Publication
from notices.models import Relay
from portal.accounts import AccountAdapter
from portal.pages import association as page
from tests.contacts import book
from tests.dialogue import people
from tests.notices import closures

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Any:
    class Scene:
        association = book.association("hauliers")
        waiting = book.member_list(association, name="On relay", way=MemberList.Way.ON_RELAY)
        manager = people.person(Role.ASSOCIATION_MANAGER, association)
        dover = people.place("GBDVR", people.organisation())
        algeciras = people.place("ESALG", people.organisation(), zone="Europe/Madrid")

    for name in ("one", "two", "three"):
        book.membership(Scene.waiting, f"{name}@hauliers.example", places=[Scene.dover.pk])
    return Scene


def show(client: Any, scene: Any, user: Any = None) -> Any:
    client.force_login(user or scene.manager)
    return client.get(reverse("association", args=[scene.association.code]))


def test_dashboard_shows_the_places_of_the_members_and_no_other(client: Any, scene: Any) -> None:
    here = closures.issued(scene.dover, now=timezone.now())
    there = closures.issued(scene.algeciras, now=timezone.now())
    text = show(client, scene).content.decode()
    assert here.notice.reference in text and there.notice.reference not in text
    assert "Open to cargo." in text


def test_dashboard_says_the_line_in_the_reader_s_language_before_anybody_translates(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    client.force_login(scene.manager)
    page = client.get(f"/fr/association/{scene.association.code}/").content.decode()
    assert version.text_in("en").title in page and "Ouvert aux marchandises." in page


def test_member_that_wants_every_place_is_not_hidden_by_one_that_names_some(client: Any, scene: Any) -> None:
    Membership.objects.filter(address__key="one@hauliers.example").update(places=[])
    there = closures.issued(scene.algeciras, now=timezone.now())
    text = show(client, scene).content.decode()
    assert there.notice.reference in text and "Relay to 1 now" in text


def test_notice_for_other_modes_than_the_members_is_not_shown(client: Any, scene: Any) -> None:
    Membership.objects.update(modes=["air"])
    version = closures.issued(scene.dover, now=timezone.now())
    assert version.notice.reference not in show(client, scene).content.decode()


def test_only_those_whom_no_direct_list_reaches_wait_for_the_relay(client: Any, scene: Any) -> None:
    direct = book.member_list(scene.association, name="Direct")
    for name in ("one", "four"):
        book.membership(direct, f"{name}@hauliers.example")
    closures.issued(scene.dover, now=timezone.now())
    text = show(client, scene).content.decode()
    assert "Relay to 2 now" in text and "Concerns 4 of your members" in text
    Membership.objects.filter(member_list=scene.waiting).update(places=[scene.algeciras.pk])
    text = show(client, scene).content.decode()
    assert "Relay to" not in text and "Sent to your members directly" in text


def test_dashboard_asks_the_database_no_more_for_more_notices(scene: Any, django_assert_max_num_queries: Any) -> None:
    for _number in range(4):
        closures.issued(scene.dover, now=timezone.now())
    with django_assert_max_num_queries(7):
        assert len(page.in_force_for(scene.association, now=timezone.now())) == 4


def test_one_click_relays_and_the_page_says_so(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    assert "Relay to 3 now" in show(client, scene).content.decode()
    target = reverse("association_relay", args=[scene.association.code, version.uid])
    for _click in range(2):
        text = client.post(target, {"means": "portal"}, follow=True).content.decode()
        assert "Relay to 3 now" not in text and "Relayed by the portal" in text
    assert Relay.objects.count() == 1


def test_relay_of_what_customs_stopped_is_refused_in_words(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    outbox.stop(Publication.objects.get(pk=version.publication_id), by=scene.manager, now=timezone.now())
    client.force_login(scene.manager)
    target = reverse("association_relay", args=[scene.association.code, version.uid])
    text = client.post(target, {"means": "portal"}, follow=True).content.decode()
    assert "Customs has stopped sending this notice." in text and "Relayed by the portal" not in text


def test_relay_by_a_link_changes_nothing(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    client.force_login(scene.manager)
    assert client.get(reverse("association_relay", args=[scene.association.code, version.uid])).status_code == 405
    assert not Relay.objects.exists()


def test_extreme_notice_is_direct_and_waits_for_nobody(client: Any, scene: Any) -> None:
    closures.issued(scene.dover, now=timezone.now(), severity=Severity.EXTREME)
    text = show(client, scene).content.decode()
    assert "Relay to" not in text and "Sent to your members directly" in text


def test_too_long_words_send_nothing(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    client.force_login(scene.manager)
    target = reverse("association_relay", args=[scene.association.code, version.uid])
    text = client.post(target, {"means": "portal", "words": "x" * 601}, follow=True).content.decode()
    assert "Nothing was sent" in text and not Relay.objects.exists()


def test_members_read_and_do_not_relay(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    member = people.person(Role.MEMBER, scene.association)
    page_text = show(client, scene, member).content.decode()
    assert version.notice.reference in page_text and "Relay to 3 now" not in page_text
    target = reverse("association_relay", args=[scene.association.code, version.uid])
    assert client.post(target, {"means": "portal"}).status_code == 403


def test_customs_and_other_associations_never_look_in(client: Any, scene: Any) -> None:
    other = people.person(Role.ASSOCIATION_MANAGER, book.association("others"))
    for user in (other, people.person(Role.HEADQUARTERS, people.organisation())):
        assert show(client, scene, user).status_code == 404


def test_list_health_counts_bounced_and_left(scene: Any) -> None:
    book.membership(scene.waiting, "left@hauliers.example", state=Membership.State.LEFT)
    addresses.suppress(book.address("one@hauliers.example").pk, reason="bounced", now=people.NOW)
    (row,) = page.health_of(scene.association)
    assert (row["members"], row["reachable"], row["bounced"], row["left"], row["percent"]) == (3, 2, 1, 1, 66)


def test_home_leads_to_the_own_association(client: Any, scene: Any) -> None:
    client.force_login(scene.manager)
    assert client.get(reverse("association_home")).url == reverse("association", args=["hauliers"])
    client.force_login(people.person(Role.OFFICER, people.organisation()))
    assert client.get(reverse("association_home")).status_code == 403


def test_sign_in_leads_an_association_to_its_dashboard(rf: Any, scene: Any) -> None:
    request = rf.get("/")
    request.user = scene.manager
    assert AccountAdapter(request).get_login_redirect_url(request) == reverse("association_home")
