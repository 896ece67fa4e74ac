"""An officer closes Algeciras, a second person approves, the member gets the mail: real browser, real SMTP."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.urls import reverse

from contacts import tasks
from delivery import postman
from notices.models import Version
from portal.demo.accounts import code_of
from tests import make

from . import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECRET = "JBSWY3DPEHPK3PXP"


def sign_in(page: Any, url: str, person: Any) -> None:
    """Through the sign-in pages with password and code, as people do."""
    person.set_password(make.PASSWORD)
    person.save()
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": encrypt(SECRET)})
    page.context.clear_cookies()
    page.goto(url + reverse("account_login"))
    page.locator("#id_login").fill(person.email)
    page.locator("#id_password").fill(make.PASSWORD)
    page.locator("main button.f-btn--go").click()
    page.locator("#id_code").fill(code_of(person))
    page.locator("main form.f-sheet button").click()
    page.wait_for_url("**/desk/")


def write(page: Any) -> None:
    """Fills the editor with a closure of Algeciras for cargo, with a time of its start that is none."""
    begin = make.now() - timedelta(hours=1)
    page.locator("#id_title_en").fill("Gale: port gates shut for cargo")
    page.locator("#id_body_en").fill("Winds above 60 knots.")
    page.locator("#id_row-0-place").fill("ESALG")
    page.get_by_role("group", name="For whom").get_by_label("Cargo", exact=True).check()
    page.locator("#id_starts_date").fill(f"{begin:%Y-%m-%d}")
    page.locator("#id_starts_time").fill("noonish")
    page.get_by_role("button", name="Save and look at it").click()


def test_closure_goes_from_the_officer_to_the_member(
    page: Any, live_server: Any, smtp_sink: Any, settings: Any
) -> None:
    settings.FAIRWAY_SITE_URL = live_server.url
    wrong = pages.watch(page, live_server.url)
    make.place("ESALG")
    make.member_list(None, "reader@member.invalid")
    officer, approver = make.user("officer", name="Lucía"), make.user("approver", name="Rachid")

    sign_in(page, live_server.url, officer)
    pages.check(page, "desk-empty")
    page.get_by_role("link", name="Write a notice").click()
    page.get_by_label("Port downtime").check()
    pages.check(page, "notice-new")
    page.get_by_role("button", name="Start writing").click()
    write(page)
    assert page.title().startswith("Error:")  # the time of the start is none, everything else is kept
    pages.check(page, "edit-errors")
    assert page.locator("#id_title_en").input_value() == "Gale: port gates shut for cargo"
    wrong[:] = [line for line in wrong if "422" not in line]  # the browser logs the status of the refused form
    page.locator("#id_starts_time").fill("0030")
    page.get_by_role("button", name="Save and look at it").click()
    pages.check(page, "preview")
    assert "Closed to cargo." in page.locator("main").inner_text()
    page.get_by_role("link", name="Change the text").click()
    page.locator("fieldset details summary").first.click()
    pages.check(page, "edit-own-times")
    page.get_by_role("button", name="Save and look at it").click()
    page.get_by_role("button", name="Send to an approver").click()
    pages.check(page, "desk-officer")

    sign_in(page, live_server.url, approver)
    page.get_by_role("link", name="Read and decide").click()
    pages.check(page, "decide")
    page.get_by_role("button", name="Publish to fewer than 3 people now").click()
    page.wait_for_url("**/sending/")
    pages.check(page, "sending")
    tasks.expand(Version.objects.get().publication_id)
    assert postman.work("critical") == 1
    (_sender, _to, body) = smtp_sink.envelopes[0]
    assert "Closed to cargo." in str(message_from_bytes(body, policy=policy.default)["Subject"])
    assert len(smtp_sink.envelopes) == 1
    page.reload()
    assert "Done." in page.locator("main").inner_text()
    pages.check(page, "sending-done")
    page.get_by_role("link", name="Public page").first.click()

    page.context.clear_cookies()
    page.goto(f"{live_server.url}/en/n/{Version.objects.get().notice.reference}/")
    assert "Closed to cargo." in page.locator("main").inner_text()
    pages.check(page, "notice-public")
    assert wrong == []
