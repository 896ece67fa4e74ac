"""An officer comes in: invited, account made, signed in, second factor set up, at the desk."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from contacts.models import User
from delivery.models import Message
from tests import make

from .pages import check, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "tide tables and lanterns"


def code_for(secret: str) -> str:
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counters[len(counters) // 2])))


def test_officer_comes_in_by_invitation_and_sets_up_the_second_factor(page, live_server):
    url, office = live_server.url, make.office()
    administrator = make.user("administrator", at=make.organisation("administration"))
    make.sign_in(Client(), administrator)  # the second factor is set up
    complaints = watch(page, url)
    sign_in(page, url, administrator)
    page.goto(f"{url}/en/people/invite/")
    check(page, "people-invite")
    page.get_by_label("E-mail").fill("new.officer@wgcs.example")
    page.get_by_label("Organisation").select_option(str(office.pk))
    page.get_by_label("Seat").select_option("officer")
    page.get_by_role("button", name="Send the invitation").click()
    check(page, "people")
    page.context.clear_cookies()

    link = re.search(r"(/en/invitation/\S+)", Message.objects.get().text)
    assert link
    page.goto(f"{url}{link[1]}")
    check(page, "invitation")
    page.get_by_label("Name").fill("New Officer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    check(page, "sign-in")
    page.locator("#id_login").fill("new.officer@wgcs.example")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    check(page, "second-factor")
    secret = page.locator("#authenticator_secret").inner_text()
    page.locator("#id_code").fill(code_for(secret))
    page.get_by_role("button", name="Switch it on").click()
    page.wait_for_url("**/recovery-codes/**")
    check(page, "recovery-codes")
    page.goto(f"{url}/en/desk/")
    assert page.get_by_role("heading", level=1).is_visible()
    assert User.objects.get(email="new.officer@wgcs.example").is_customs
    assert complaints == []
