"""The association's dashboard, through its page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from base.words import Role, Severity
from contacts.models import MemberList, Membership
from delivery import addresses, outbox
from delivery.models import Publication
from notices.models import Relay
from portal.accounts import AccountAdapter
from portal.pages import concerns
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
        assert len(concerns.in_force_for(scene.association, now=timezone.now())) == 4


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
    answer = client.post(target, {"means": "portal", "words": "x" * 601})
    text = answer.content.decode()
    assert answer.status_code == 422 and "1 character too long" in text and "x" * 601 in text
    assert "<title>Error:" in text and not Relay.objects.exists()


def answer(client: Any, scene: Any, version: Any, **sent: str) -> Any:
    client.force_login(scene.manager)
    return client.post(reverse("association_relay", args=[scene.association.code, version.uid]), sent, follow=True)


def test_own_means_are_told_with_time_and_head_count_and_shown_afterwards(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now() - timedelta(hours=2))
    hour_ago = timezone.now() - timedelta(hours=1)
    told = hour_ago.astimezone(ZoneInfo("Europe/London")).replace(second=0, microsecond=0)
    sent = {"told_date": f"{told:%Y-%m-%d}", "told_time": f"{told:%H:%M}", "head_count": "240"}
    text = answer(client, scene, version, means="own_means", **sent).content.decode()
    relay = Relay.objects.get()
    assert (relay.told_at, relay.head_count) == (told, 240)
    assert "Relayed by our own means" in text and "to about 240 members" in text and "Relay to 3 after all" in text


@pytest.mark.parametrize(
    ("means", "sent", "said"),
    [
        ("own_means", {}, "Say about how many members you told."),
        ("own_means", {"told_date": "2026-01-01", "told_time": "10:00", "head_count": "3"}, "between the issue"),
        ("own_means", {"told_date": "2026-01-01", "told_time": "noonish", "head_count": "3"}, "Write the time like"),
        ("not_relevant", {"reason": " "}, "Say in a few words why."),
    ],
)
def test_answer_that_says_too_little_comes_back_with_what_was_typed(
    client: Any, scene: Any, means: str, sent: dict[str, str], said: str
) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    page = answer(client, scene, version, means=means, **sent)
    text = page.content.decode()
    assert page.status_code == 422 and said in text and "<details open>" in text
    assert not sent.get("told_time") or f'value="{sent["told_time"]}"' in text
    assert not Relay.objects.exists()


def test_not_relevant_gives_its_reason_and_can_become_a_relay(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    text = answer(client, scene, version, means="not_relevant", reason="No ferry traffic").content.decode()
    assert "No ferry traffic" in text and "Nothing waits." in text
    text = answer(client, scene, version, means="portal").content.decode()
    assert Relay.objects.get().means == "portal" and "after all" not in text and "No ferry traffic" not in text


def test_answer_of_a_fourth_kind_is_not_found(client: Any, scene: Any) -> None:
    assert answer(client, scene, closures.issued(scene.dover, now=timezone.now()), means="maybe").status_code == 404


def test_clock_says_how_long_a_relay_has_waited_and_what_is_left_of_its_hour(client: Any, scene: Any) -> None:
    closures.issued(scene.dover, now=timezone.now() - timedelta(minutes=92, seconds=5))
    closures.issued(scene.dover, now=timezone.now() - timedelta(minutes=24, seconds=5))
    text = show(client, scene).content.decode()
    assert text.index("1 h 32 min") < text.index("32 min over") < text.index("24 min") < text.index("35 min left")


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


def test_counts_of_a_list_are_for_all_its_people_and_its_addresses_for_managers(client: Any, scene: Any) -> None:
    addresses.suppress(book.address("one@hauliers.example").pk, reason="bounced", now=people.NOW)
    link = f"{reverse('list', args=[scene.waiting.uid])}#problems"
    text = show(client, scene).content.decode()
    assert "1 address to fix" in text and link in text and "one@hauliers.example" not in text
    assert "one@hauliers.example" in client.get(link).content.decode().split('id="members"')[0]
    text = show(client, scene, people.person(Role.MEMBER, scene.association)).content.decode()
    assert "1 address to fix" in text and link not in text
    assert client.get(link).status_code == 403


def test_home_leads_to_the_own_association(client: Any, scene: Any) -> None:
    client.force_login(scene.manager)
    assert client.get(reverse("association_home")).url == reverse("association", args=["hauliers"])
    client.force_login(people.person(Role.OFFICER, people.organisation()))
    assert client.get(reverse("association_home")).status_code == 403


def test_sign_in_leads_an_association_to_its_dashboard(rf: Any, scene: Any) -> None:
    request = rf.get("/")
    request.user = scene.manager
    assert AccountAdapter(request).get_login_redirect_url(request) == reverse("association_home")


def test_mark_all_as_seen_is_a_button(client: Any, scene: Any) -> None:
    version = closures.issued(scene.dover, now=timezone.now())
    text = show(client, scene).content.decode()
    drawn_at = re.search(r'name="until" value="([^"]+)"', text)
    assert "New notice" in text and drawn_at
    later = closures.issued(scene.dover, now=timezone.now())
    target = reverse("association_mark", args=[scene.association.code])
    assert client.get(target).status_code == 405
    text = client.post(target, {"until": drawn_at[1]}, follow=True).content.decode()
    new, _rest = text.split('aria-labelledby="waiting"')
    assert later.notice.reference in new and version.notice.reference not in new
    text = client.post(target, {"until": "nonsense"}, follow=True).content.decode()
    assert "Nothing has changed since" in text and "Mark all as seen" not in text


def test_next_updates_are_told_with_the_longest_overdue_first(client: Any, scene: Any) -> None:
    now = timezone.now()
    closures.issued(scene.dover, now=now, next_update_at=now + timedelta(hours=2, seconds=30))
    closures.issued(scene.dover, now=now - timedelta(hours=3), next_update_at=now - timedelta(minutes=42, seconds=5))
    text = show(client, scene).content.decode().split("Next updates at our places")[1]
    assert text.index("Late by 42 min") < text.index("In 2 h 0 min")
