"""An association imports its members, a reader follows and leaves: every page in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from base.words import Role
from contacts.models import Membership, Subscription
from delivery import postman, seals
from tests.contacts import book

from . import pages
from .test_counter_walk import mailed_link

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_members_are_imported_after_a_dry_run(page: Any, live_server: Any, tmp_path: Any) -> None:
    wrong = pages.watch(page, live_server.url)
    on = book.member_list(book.association("as-walk"), name="Hauliers")
    pages.sign_in(page, live_server.url, book.person(Role.ASSOCIATION_MANAGER, on.association))
    page.goto(live_server.url + reverse("lists"))
    pages.check(page, "lists")
    page.get_by_role("link", name="Add a list").click()
    pages.check(page, "list-new")
    page.goto(live_server.url + reverse("list", args=[on.uid]))
    pages.check(page, "list-empty")
    odd = tmp_path / "members.csv"
    odd.write_bytes("email,company\nzoll@lodz.example,Łódź Spedycja\nno address,Nobody\n".encode("cp1250"))
    page.get_by_label("Member file").set_input_files(odd)
    page.get_by_role("button", name="Try the file").click()
    pages.check(page, "import-question")
    page.get_by_label("Łódź").check()
    page.get_by_role("button", name="Read the file this way").click()
    pages.check(page, "import-dry-run")
    assert not Membership.objects.exists()
    page.get_by_label("We may write to these members").check()
    page.get_by_role("button", name="Add 1, change 0").click()
    pages.check(page, "imported")
    assert Membership.objects.get().company == "Łódź Spedycja"
    page.get_by_role("link", name="To the list").click()
    pages.check(page, "list")
    page.get_by_role("button", name="Take this import back").click()
    assert not Membership.objects.exists()
    assert wrong == []


def test_reader_follows_changes_and_leaves(page: Any, live_server: Any, smtp_sink: Any, settings: Any) -> None:
    settings.FAIRWAY_SITE_URL = live_server.url
    wrong = pages.watch(page, live_server.url)
    book.place("ESALG")
    page.goto(live_server.url + "/en/follow/")
    pages.check(page, "follow")
    page.get_by_label("E-mail").fill("desk@kestrel.example")
    page.get_by_label("Road").check()
    page.get_by_role("button", name="Send me the link to confirm").click()
    pages.check(page, "follow-sent")
    postman.work("personal")
    page.goto(mailed_link(smtp_sink, "/follow/confirm/"))
    pages.check(page, "follow-confirm")
    assert Subscription.objects.get().state == "pending"
    page.get_by_role("button", name="Yes, send me notices").click()
    pages.check(page, "follow-confirmed")
    assert Subscription.objects.get().state == "confirmed"
    page.get_by_role("link", name="Change what you get, or leave").click()
    pages.check(page, "manage")
    page.get_by_label("Sea").check()
    page.get_by_role("button", name="Store my choice").click()
    assert set(Subscription.objects.get().modes) == {"road", "maritime"}
    page.goto(f"{live_server.url}/leave/{seals.seal('leave', Subscription.objects.get().address_id)}")
    pages.check(page, "leave")
    page.get_by_role("button", name="Stop all notices").click()
    pages.check(page, "left")
    assert Subscription.objects.get().state == "left"
    page.goto(live_server.url + reverse("follow_manage_link"))
    pages.check(page, "manage-link")
    assert wrong == []
