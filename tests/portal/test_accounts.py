"""Signing in: password and code, nothing told to strangers, limits for each account."""

from __future__ import annotations

import re
import time
from statistics import median

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from base.models import ShortMemory
from contacts.models import User
from delivery.models import Address, Message
from tests import make

pytestmark = pytest.mark.django_db
PASSWORD = "tide tables and lanterns"


def with_password(*roles: str, **more):
    person = make.user(*roles, password=PASSWORD, **more)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def sign_in(client: Client, email: str, password: str = PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def code_for(secret: str, step: int = 0) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2 + step]))


def test_officer_sets_up_the_second_factor_before_anything_else(client: Client):
    officer = with_password("officer")
    sign_in(client, officer.email)
    wanted = f"{reverse('desk')}?state=draft"
    answer = client.get(wanted)
    assert answer.url.startswith(reverse("mfa_activate_totp"))
    assert "state%3Ddraft" in answer.url
    page = client.get(answer.url)
    assert page.status_code == 200, page
    assert "style=" not in page.content.decode()
    secret = page.context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert Authenticator.objects.filter(user=officer, type=Authenticator.Type.TOTP).exists()
    assert client.get(wanted).status_code == 200


def test_password_alone_signs_nobody_in_who_has_a_second_factor(client: Client):
    officer = with_password("officer")
    make.sign_in(Client(), officer)
    answer = sign_in(client, officer.email)
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("desk")).url.startswith(reverse("account_login"))
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert client.get(reverse("desk")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": code_for("A" * 32)})
    assert client.get(reverse("desk")).status_code == 200


@pytest.mark.parametrize("forgotten", [False, True])
def test_code_is_good_once_for_as_long_as_it_is_valid(forgotten: bool):
    """Also when allauth has forgotten it, after one step of the three in which it is accepted."""
    officer = with_password("officer")
    make.sign_in(Client(), officer)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, officer.email)
    code = {"code": code_for("A" * 32, step=1)}
    first.post(reverse("mfa_authenticate"), code)
    if forgotten:
        ShortMemory.objects.get(key__contains="allauth.mfa.totp.used").delete()
    second.post(reverse("mfa_authenticate"), code)
    assert [client.get(reverse("desk")).status_code for client in (first, second)] == [200, 302]


def test_association_needs_no_second_factor(client: Client):
    manager = with_password("association_manager", at=make.association())
    assert sign_in(client, manager.email).url == reverse("association_home")


@pytest.mark.parametrize(
    "page",
    ["", "signup/", "email/", "confirm-email/", "confirm-email/abc/", "password/set/", "login/code/", "sessions/"],
)
def test_pages_that_would_bypass_the_invitation_do_not_exist(client: Client, page: str):
    make.sign_in(client, with_password("officer"))
    path = f"/en/accounts/{page}"
    sent = {"email": "me@wgcs.example", "action_add": "", "password1": PASSWORD, "password2": PASSWORD}
    assert (client.get(path).status_code, client.post(path, sent).status_code) == (404, 404)
    assert not EmailAddress.objects.filter(email="me@wgcs.example").exists()


def plain(page, email: str) -> str:
    """The page without what differs in every answer."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode()).replace(email, "")


# SEC-01
@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_answers_do_not_tell_whether_an_address_has_an_account(name: str):
    known, unknown = with_password("officer").email, "nobody@wgcs.example"
    answers = [
        Client().post(reverse(name), {"login": email, "email": email, "password": "wrong wrong"}, follow=True)
        for email in (known, unknown)
    ]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert plain(answers[0], known) == plain(answers[1], unknown)


@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_time_does_not_tell_whether_an_address_has_an_account(name: str, settings):
    """SEC-01: medians of twenty tries each, in turn; every try is another address, so that no limit answers."""
    settings.ACCOUNT_RATE_LIMITS = False
    hashed, took = make_password(PASSWORD), {True: [], False: []}
    for number in range(20):
        known = make.user("member", at=make.association("as-timed"))
        known.password = hashed
        known.save()
        EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)
        for is_known, email in ((True, known.email), (False, f"nobody{number}@wgcs.example")):
            began = time.perf_counter()
            Client().post(reverse(name), {"login": email, "email": email, "password": "wrong wrong"})
            took[is_known].append(time.perf_counter() - began)
    assert 0.5 < median(took[True]) / median(took[False]) < 2, {who: median(s) for who, s in took.items()}


def test_stranger_who_asks_for_a_password_leaves_nothing_behind(client: Client):
    before = User.objects.count()
    client.post(reverse("account_reset_password"), {"email": "nobody@wgcs.example"})
    assert (User.objects.count(), Message.objects.count(), Address.objects.count()) == (before, 0, 0)


def test_new_password_is_asked_for_by_mail_of_the_post_office(client: Client):
    person = with_password("member", at=make.association())
    client.post(reverse("account_reset_password"), {"email": person.email})
    client.post(reverse("account_reset_password"), {"email": "nobody@wgcs.example"})
    mail = Message.objects.get()
    assert mail.publication.lane == "personal"
    link = re.search(r"https?://[^/]+(/\S+)", mail.text)
    assert link
    assert link[1] in mail.html
    page = client.get(link[1], follow=True)
    new = "ebb and flood and ebb"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    person.refresh_from_db()
    assert person.check_password(new)


@pytest.mark.parametrize("behind_proxy", [False, True])
def test_six_wrong_passwords_of_one_person_lock_nobody_else_out(settings, behind_proxy: bool):
    """SEC-03: everybody comes from one network, or from one proxy."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1 if behind_proxy else 0
    from_proxy = {"HTTP_X_FORWARDED_FOR": "192.0.2.7"} if behind_proxy else {}
    tired, other = (with_password("member", at=make.association()) for _ in range(2))
    for _ in range(6):
        sign_in(Client(), tired.email, "wrong wrong wrong", **from_proxy)
    locked, free = Client(), Client()
    sign_in(locked, tired.email, **from_proxy)
    sign_in(free, other.email, **from_proxy)
    assert ("_auth_user_id" in locked.session, "_auth_user_id" in free.session) == (False, True)


def test_person_switched_off_signs_in_no_more(client: Client):
    person = with_password("member", at=make.association(), is_active=False)
    sign_in(client, person.email)
    assert "_auth_user_id" not in client.session


def test_demo_page_exists_only_in_the_demo(client: Client, settings):
    assert client.get(reverse("demo_accounts")).status_code == 404
    settings.FAIRWAY_DEMO = True
    assert client.get(reverse("demo_accounts")).status_code == 404
    settings.FAIRWAY_EMBEDDED = True
    assert client.get(reverse("demo_accounts")).status_code == 200


def test_argon2_keeps_the_passwords():
    assert with_password("officer").password.startswith("argon2")
