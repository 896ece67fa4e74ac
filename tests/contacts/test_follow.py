"""Following without an account: a GET changes nothing, a link from a stranger tells nothing."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base import links
from base.models import AuditEntry
from contacts import audience, imports, subscribe
from contacts.audience import Facets, Row
from contacts.models import Membership, Refusal, Subscription
from delivery import addresses, seals
from delivery.models import Address, Message

from .book import NOW, address, association, member_list, membership, place

pytestmark = pytest.mark.django_db
WISH = {"email": "me@x.example", "least_severity": "Minor", "language": "en"}


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=False)


@pytest.fixture
def stranger():
    """A mail program or gateway: no cookie, no token, no Referer."""
    return Client(enforce_csrf_checks=True)


def asked(visitor, **more):
    response = visitor.post(reverse("follow"), {**WISH, **more})
    assert response.status_code == 302
    return Subscription.objects.order_by("pk").last()


def link_in(name):
    """The path of the last mailed link to the page `name`."""
    text = Message.objects.order_by("pk").last().text
    found = re.search(r"https?://[^/\s]+(/\S+)", text)[1]
    assert reverse(name, args=["x"]).removesuffix("x/") in found
    return found


def test_form_asks_and_only_the_button_behind_the_mailed_link_confirms(visitor, stranger):
    """DEL-13"""
    subscription = asked(visitor)
    link = link_in("follow_confirm")
    for _ in range(3):
        assert stranger.get(link).status_code == 200
        assert stranger.head(link).status_code == 200
    subscription.refresh_from_db()
    assert subscription.state == "pending"
    assert visitor.post(link).status_code == 200
    subscription.refresh_from_db()
    assert subscription.state == "confirmed"
    assert "one click" in subscription.consent_text
    assert visitor.post(link).status_code == 200
    assert AuditEntry.objects.filter(action="follow.confirm").count() == 1


def test_choice_is_stored_as_made(visitor):
    port = place("ESALG")
    subscription = asked(
        visitor,
        places=[port.pk],
        countries=["ES"],
        modes=["road"],
        traffic=["cargo"],
        least_severity="Severe",
        language="fr",
    )
    assert (subscription.places, subscription.countries) == ([port.pk], ["ES"])
    assert (subscription.modes, subscription.traffic) == (["road"], ["cargo"])
    assert (subscription.least_severity, subscription.language) == ("Severe", "fr")
    assert Message.objects.get().language == "fr"


@pytest.mark.parametrize(
    "email", ["", "nobody", "a b@x.example", "a@x.example\r\nBcc: b@x.example", "a\0@x", "a" * 300]
)
def test_wrong_address_is_told_at_the_field_and_nothing_kept(visitor, email):
    response = visitor.post(reverse("follow"), {**WISH, "email": email})
    assert response.status_code == 422
    assert b"id_email_error" in response.content
    assert not Subscription.objects.exists()


# SEC-01
def test_known_and_unknown_addresses_get_the_same_answer(visitor):
    membership(member_list(), "known@x.example")
    known, unknown = (
        visitor.post(reverse("follow_manage_link"), {"email": email})
        for email in ("known@x.example", "new@x.example")
    )
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert Message.objects.count() == 1
    assert not Address.objects.filter(key="new@x.example").exists()


def test_nobody_floods_a_stranger_with_confirmations(visitor):
    for _ in range(8):
        assert visitor.post(reverse("follow"), WISH).status_code == 302
    assert Message.objects.count() == 4


def test_one_network_is_slowed_down(visitor):
    for number in range(30):
        visitor.post(reverse("follow"), {**WISH, "email": f"a{number}@x.example"})
    assert visitor.post(reverse("follow"), {**WISH, "email": "more@x.example"}).status_code == 429


def test_link_for_one_thing_opens_no_other(visitor):
    subscription = asked(visitor)
    manage = links.sign(subscribe.MANAGE, subscription.address_id)
    assert visitor.post(reverse("follow_confirm", args=[manage])).status_code == 404
    assert (
        visitor.get(reverse("follow_manage", args=[links.sign("other", subscription.address_id)])).status_code == 404
    )
    assert visitor.get(reverse("follow_confirm", args=["rubbish"])).status_code == 404


def test_gateway_that_follows_the_leave_link_removes_nobody(stranger):
    """DEL-10"""
    kept = membership(member_list(), "a@x.example")
    link = reverse("leave", args=[seals.seal("leave", kept.address_id)])
    for _ in range(3):
        assert stranger.get(link).status_code == 200
        assert stranger.head(link).status_code == 200
    kept.refresh_from_db()
    assert kept.state == "active"
    assert not Refusal.objects.exists()


def test_one_click_leaves_without_cookie_token_or_redirect_and_may_repeat(stranger):
    """DEL-11"""
    on = member_list()
    kept = membership(on, "a@x.example")
    link = reverse("leave", args=[seals.seal("leave", kept.address_id)])
    for _ in range(2):
        response = stranger.post(link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 200
    kept.refresh_from_db()
    assert kept.state == "left"
    assert Refusal.objects.get().way == "one_click"
    assert Address.objects.get().suppressed_reason == "left"
    facets = Facets(rows=(Row(place("ESALG").pk, ("maritime",), ("cargo",)),), severity="Extreme")
    assert audience.count(facets) == 0


def test_wrong_leave_link_answers_like_a_right_one(stranger):
    """DEL-11"""
    kept = membership(member_list(), "a@x.example")
    right = reverse("leave", args=[seals.seal("leave", kept.address_id)])
    wrong = [
        reverse("leave", args=[token]) for token in ("rubbish", seals.seal("leave", 10**9), seals.seal("bounce", 1))
    ]
    for method in ("get", "post"):
        answers = {(r.status_code, r.content) for r in (getattr(stranger, method)(link) for link in (right, *wrong))}
        assert len(answers) == 1
    assert Refusal.objects.count() == 1


def test_confirming_again_after_leaving_brings_own_notices_back_but_no_list(visitor):
    on = member_list()
    kept = membership(on, "me@x.example")
    subscribe.leave_everything(kept.address_id, way="page", now=timezone.now())
    asked(visitor)
    visitor.post(link_in("follow_confirm"))
    assert Address.objects.get().suppressed_at is None
    facets = Facets(rows=(Row(place("ESALG").pk, ("maritime",), ("cargo",)),), severity="Extreme")
    assert audience.count(facets) == 1
    assert Membership.objects.get().state == "left"


def test_own_page_changes_and_leaves_one_by_one(visitor):
    on, other = member_list(), member_list()
    for one in (on, other):
        membership(one, "me@x.example")
    subscription = asked(visitor)
    visitor.post(link_in("follow_confirm"))
    page = reverse("follow_manage", args=[links.sign(subscribe.MANAGE, subscription.address_id)])
    assert on.association.names["en"] in visitor.get(page).content.decode()
    prefix = f"s{subscription.pk}-"
    visitor.post(page, {"what": "change", "id": subscription.pk, f"{prefix}least_severity": "Severe",
                        f"{prefix}language": "es", f"{prefix}modes": ["rail"]})  # fmt: skip
    subscription.refresh_from_db()
    assert (subscription.least_severity, subscription.language, subscription.modes) == ("Severe", "es", ["rail"])
    visitor.post(page, {"what": "list", "id": on.pk})
    assert set(Membership.objects.values_list("member_list_id", "state")) == {(on.pk, "left"), (other.pk, "active")}
    visitor.post(page, {"what": "subscription", "id": subscription.pk})
    subscription.refresh_from_db()
    assert subscription.state == "left"
    visitor.post(page, {"what": "everything"})
    assert not Membership.objects.filter(state="active").exists()


def test_own_page_touches_nobody_elses_choice(visitor):
    theirs = Subscription.objects.create(address=address("they@x.example"), state="confirmed", created_at=NOW)
    page = reverse("follow_manage", args=[links.sign(subscribe.MANAGE, address("me@x.example").pk)])
    visitor.post(page, {"what": "subscription", "id": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.state == "confirmed"


def test_who_is_suspended_after_bounces_and_confirms_is_reachable_again(visitor):
    addresses.suppress(address("me@x.example").pk, reason="bounced", now=NOW)
    asked(visitor)
    visitor.post(link_in("follow_confirm"))
    assert Address.objects.get().suppressed_at is None


def aged(purpose, value, *, days):
    """A link of ours that was made `days` ago."""

    class Then(signing.TimestampSigner):
        def timestamp(self):
            return signing.b62_encode(int(time.time()) - int(days * 86_400))

    return Then(salt=f"fairway.link.{purpose}").sign_object(value)


def test_confirmation_link_is_good_for_seven_days(visitor):
    subscription = asked(visitor)
    for days, code, state in ((7.01, 404, "pending"), (6.99, 200, "confirmed")):
        link = reverse("follow_confirm", args=[aged(subscribe.CONFIRM, subscription.uid.hex, days=days)])
        assert visitor.get(link).status_code == code
        assert visitor.post(link).status_code == code
        subscription.refresh_from_db()
        assert subscription.state == state


def test_link_to_the_own_page_is_good_for_seven_days(visitor):
    kept = membership(member_list(), "me@x.example")
    for days, code in ((7.01, 404), (6.99, 200)):
        page = reverse("follow_manage", args=[aged(subscribe.MANAGE, kept.address_id, days=days)])
        assert visitor.get(page).status_code == code
    page = reverse("follow_manage", args=[aged(subscribe.MANAGE, kept.address_id, days=7.01)])
    assert visitor.post(page, {"what": "everything"}).status_code == 404
    assert not Refusal.objects.exists()


def test_forwarded_confirmation_leads_nobody_to_the_own_page_of_the_reader(visitor, stranger):
    on = member_list()
    membership(on, "me@x.example")
    asked(visitor)
    link = link_in("follow_confirm")
    own_page = re.compile(r"/follow/manage/[^/\"]+/")
    assert own_page.search(visitor.post(link).content.decode())
    for again in (stranger.get(link), visitor.post(link)):
        page = again.content.decode()
        assert reverse("follow_manage_link") in page
        assert not own_page.search(page)
        assert "me@x.example" not in page
        assert on.association.names["en"] not in page


def test_forwarded_notice_tells_nothing_about_whom_it_came_to(stranger):
    on = member_list()
    kept = membership(on, "me@x.example")
    page = stranger.get(reverse("leave", args=[seals.seal("leave", kept.address_id)])).content.decode()
    assert "me@x.example" not in page
    assert on.association.names["en"] not in page


def test_gateway_that_follows_the_link_to_the_own_page_changes_nothing(stranger):
    kept = membership(member_list(), "me@x.example")
    page = reverse("follow_manage", args=[links.sign(subscribe.MANAGE, kept.address_id)])
    for what in ("everything", "list"):
        assert stranger.get(page, {"what": what, "id": kept.member_list_id}).status_code == 200
        assert stranger.head(page).status_code == 200
    kept.refresh_from_db()
    assert kept.state == "active"
    assert not Refusal.objects.exists()


def test_old_confirmation_link_does_not_undo_leaving(visitor):
    subscription = asked(visitor)
    link = link_in("follow_confirm")
    visitor.post(link)
    subscribe.leave_everything(subscription.address_id, way="page", now=timezone.now())
    assert visitor.post(link).status_code == 404
    subscription.refresh_from_db()
    assert subscription.state == "left"
    assert Address.objects.get().suppressed_reason == "left"


def test_one_click_may_come_as_form_data(stranger):
    """RFC 8058 section 3.1 allows multipart/form-data as well."""
    kept = membership(member_list(), "a@x.example")
    link = reverse("leave", args=[seals.seal("leave", kept.address_id)])
    assert stranger.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Refusal.objects.get().way == "one_click"


def test_who_leaves_one_list_is_remembered_for_that_list_alone_and_by_no_more_than_that(visitor):
    on, other = member_list(), member_list()
    kept = membership(on, "me@x.example", company="Kestrel", contact="Ann")
    membership(other, "me@x.example")
    page = reverse("follow_manage", args=[links.sign(subscribe.MANAGE, kept.address_id)])
    visitor.post(page, {"what": "list", "id": on.pk})
    refusal = Refusal.objects.get()
    assert (refusal.address_id, refusal.member_list_id, refusal.way) == (kept.address_id, on.pk, "page")
    for one, count in ((on, 0), (other, 1)):
        file = b"email,company\nme@x.example,Kestrel\n"
        run = imports.prepare(one, data=file, file_name="m.csv", by=None, now=timezone.now())
        imports.apply(run, by=None, now=timezone.now(), ground="consent")
        assert one.memberships.filter(state="active").count() == count


def test_who_left_is_remembered_even_when_the_membership_is_taken_back():
    on = member_list()
    run = imports.prepare(on, data=b"email\nme@x.example\n", file_name="m.csv", by=None, now=NOW)
    imports.apply(run, by=None, now=NOW, ground="consent")
    subscribe.leave_list(Address.objects.get(), list_id=on.pk, now=NOW)
    imports.take_back(run, by=None, now=NOW)
    assert not on.memberships.exists()
    run = imports.prepare(on, data=b"email\nme@x.example\n", file_name="m.csv", by=None, now=NOW)
    assert imports.apply(run, by=None, now=NOW, ground="consent").counts["left"] == 1
    assert not on.memberships.exists()


# --- When --------------------------------------------------------------------------------------------------------


def test_who_chooses_nothing_hears_at_once_by_the_clock_of_the_first_place(visitor):
    port = place("ESALG", time_zone="Europe/Madrid", office=association())
    visitor.post(reverse("follow"), {**WISH, "places": [port.pk]})
    one = subscribe.confirm(links.sign(subscribe.CONFIRM, Subscription.objects.get().uid.hex), now=NOW)
    assert (one.rhythm, one.time_zone, one.digest_due_at) == ("at_once", "Europe/Madrid", None)


@pytest.mark.parametrize(
    ("chosen", "zone"),
    [({"time_zone": "Asia/Tokyo"}, "Asia/Tokyo"), ({"countries": ["MA"]}, "Africa/Casablanca"), ({}, "Europe/Paris")],
)
def test_digest_goes_by_the_chosen_clock_else_the_countrys_else_the_sites(visitor, settings, chosen, zone):
    settings.FAIRWAY_TIME_ZONE = "Europe/Paris"
    place("MAPTM", office=association())
    visitor.post(reverse("follow"), {**WISH, "rhythm": "daily", "hour": "7", **chosen})
    one = subscribe.confirm(links.sign(subscribe.CONFIRM, Subscription.objects.get().uid.hex), now=NOW)
    assert one.time_zone == zone and one.digest_since == NOW
    due = one.digest_due_at.astimezone(ZoneInfo(zone))
    assert due.hour == 7 and NOW < due <= NOW + timedelta(days=1)


@pytest.mark.parametrize("quiet", [{"quiet_from": "22"}, {"quiet_to": "7"}, {"quiet_from": "7", "quiet_to": "7"}])
def test_quiet_hours_have_a_beginning_and_another_end(visitor, quiet):
    answer = visitor.post(reverse("follow"), {**WISH, **quiet})
    assert answer.status_code == 422 and b"quiet" in answer.content
    assert not Subscription.objects.exists()


def test_form_says_what_comes_at_once_whatever_is_chosen(visitor):
    page = visitor.get(reverse("follow")).content.decode()
    assert "always comes at once, also in quiet hours. When there is nothing new, nothing comes." in page
    assert "Japan (Tokyo)" in page and "<details" in page and "<details open" not in page


def test_manage_page_shows_what_was_chosen_and_keeps_a_faulty_answer(visitor):
    visitor.post(reverse("follow"), {**WISH, "rhythm": "weekly", "weekday": "4", "hour": "18"})
    one = subscribe.confirm(links.sign(subscribe.CONFIRM, Subscription.objects.get().uid.hex), now=NOW)
    url = subscribe.manage_url(one.address_id, "en")
    page = visitor.get(url).content.decode()
    assert '<option value="4" selected>Friday' in page and '<option value="18" selected>18:00' in page
    prefix = f"s{one.pk}-"
    answers = {"what": "change", "id": one.pk, **{prefix + name: value for name, value in WISH.items()}}
    faulty = visitor.post(url, {**answers, prefix + "quiet_from": "22"})
    assert faulty.status_code == 422 and b'<option value="22" selected>' in faulty.content
    assert visitor.post(url, {**answers, prefix + "rhythm": "daily", prefix + "hour": "0"}).status_code == 302
    one.refresh_from_db()
    assert (one.rhythm, one.hour) == ("daily", 0) and one.digest_due_at is not None
