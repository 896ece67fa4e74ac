"""Every task without a line of script: asking, following, closing a port, watching it go out, importing members."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from base.words import Role
from contacts import tasks
from contacts.models import Membership, Subscription
from delivery import postman
from dialogue.cases.models import Case
from notices.models import Version
from tests import make
from tests.contacts import book

from . import pages
from .test_counter_walk import mailed_link
from .test_officer_walk import sign_in, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def still(new_context: Any, live_server: Any, settings: Any) -> Iterator[Any]:
    """A page that runs no script."""
    settings.FAIRWAY_SITE_URL = live_server.url
    page = new_context(java_script_enabled=False).new_page()
    wrong = pages.watch(page, live_server.url)
    yield page
    assert [line for line in wrong if "status of 422" not in line] == []


def main(page: Any) -> str:
    text: str = page.locator("main").inner_text()
    return text


def test_company_asks_without_script(still: Any, live_server: Any, smtp_sink: Any) -> None:
    make.place("ESALG")
    still.goto(live_server.url + reverse("ask"))
    still.get_by_label("Company or organisation").fill("Kestrel Freight")
    still.get_by_label("Notice or place").fill("ESALG")
    still.get_by_label("Subject").fill("Second driver")
    still.get_by_role("button", name="Check your answers").click()
    assert still.title().startswith("Error:")
    assert still.locator(".f-errors a").count() == 2  # the question and the address are missing
    still.get_by_label("Your question").fill("May a second driver travel in the cab?")
    still.get_by_label("E-mail").fill("dispatch@kestrel-freight.example")
    still.get_by_role("button", name="Check your answers").click()
    still.get_by_role("button", name="Send to customs").click()
    assert Case.objects.get().reference in main(still)
    postman.work("personal")
    still.goto(mailed_link(smtp_sink, "/ask/confirm/"))
    still.get_by_role("button", name="Confirm and send to customs").click()
    assert Case.objects.get().state == "open" and Case.objects.get().reference in main(still)


def test_company_follows_without_script(still: Any, live_server: Any, smtp_sink: Any) -> None:
    make.place("ESALG")
    still.goto(live_server.url + reverse("follow"))
    still.get_by_label("E-mail").fill("desk@kestrel.example")
    still.get_by_label("Road").check()
    still.get_by_role("button", name="Send me the link to confirm").click()
    postman.work("personal")
    still.goto(mailed_link(smtp_sink, "/follow/confirm/"))
    still.get_by_role("button", name="Yes, send me notices").click()
    assert Subscription.objects.get().state == "confirmed" and Subscription.objects.get().modes == ["road"]


def test_closure_is_written_approved_and_watched_without_script(still: Any, live_server: Any, smtp_sink: Any) -> None:
    make.place("ESALG")
    make.member_list(None, "reader@member.invalid")
    sign_in(still, live_server.url, make.user("officer"))
    still.get_by_role("link", name="Write a notice").click()
    still.get_by_label("Port downtime").check()
    still.get_by_role("button", name="Start writing").click()
    still.get_by_role("button", name="Add a row").click()
    assert still.locator("#id_row-1-place").count() == 1
    still.get_by_role("button", name="Remove row 2").click()
    write(still)
    assert still.title().startswith("Error:")  # the time of the start is none, everything else is kept
    still.locator("#id_starts_time").fill("0030")
    still.get_by_role("button", name="Save and look at it").click()
    assert "Closed to cargo." in main(still)
    still.get_by_role("button", name="Send to an approver").click()

    sign_in(still, live_server.url, make.user("approver"))
    still.get_by_role("link", name="Read and decide").click()
    still.get_by_role("button", name="Publish to fewer than 3 people now").click()
    assert "Being prepared and sent." in main(still)
    tasks.expand(Version.objects.get().publication_id)
    still.reload()
    assert "Being sent." in main(still)
    postman.work("critical")
    still.reload()
    assert "Done." in main(still) and len(smtp_sink.envelopes) == 1


def test_members_are_imported_without_script_after_a_wrong_file(still: Any, live_server: Any, tmp_path: Path) -> None:
    on = book.member_list(book.association("as-still"), name="Hauliers")
    pages.sign_in(still, live_server.url, book.person(Role.ASSOCIATION_MANAGER, on.association))
    still.goto(live_server.url + reverse("list", args=[on.uid]))
    still.get_by_role("button", name="Try the file").click()
    assert still.title().startswith("Error:") and still.locator(".has-error .f-err").inner_text().strip()

    picture = tmp_path / "members.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    still.get_by_label("Member file").set_input_files(picture)
    still.get_by_role("button", name="Try the file").click()
    assert still.title().startswith("Error:") and "members.csv" in main(still)
    assert "cannot be imported" in still.locator(".f-errors").inner_text()
    assert not Membership.objects.exists()

    still.get_by_role("link", name="Use another file").click()
    right = tmp_path / "right.csv"
    right.write_text("email,company\nfirst@member.invalid,First\nno address,Nobody\n")
    still.get_by_label("Member file").set_input_files(right)
    still.get_by_role("button", name="Try the file").click()
    assert "1 refused row" in main(still)
    still.get_by_role("button", name="Add 1, change 0").click()
    assert still.title().startswith("Error:")  # nobody has said that these members may be written to
    still.get_by_label("We may write to these members").check()
    still.get_by_role("button", name="Add 1, change 0").click()
    assert Membership.objects.get().company == "First"
