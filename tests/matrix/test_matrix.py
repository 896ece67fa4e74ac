"""The authorisation matrix, asked of the real site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve, reverse

from contacts.models import MemberList, Seat, User
from portal.everybody import reads_no_session
from tests import make

from . import world as worlds
from .matrix import IDENTITIES, ROWS, Row
from .world import LINKS, World

pytestmark = pytest.mark.django_db
# Who keeps the list, and who opens the page of the own address.
KEEPERS = ("association_manager", "link_holder")
ON_A_LIST = (b"first@member.invalid", b"reader@member.invalid", b"gone@member.invalid")
UNKNOWN = UUID(int=0)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def url_patterns(patterns: Any = None) -> Iterator[URLPattern]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from url_patterns(pattern.url_patterns)


def test_every_url_name_has_a_row_and_every_row_a_url() -> None:
    rows = {name for row in ROWS for name in row.names.split()}
    names = {pattern.name or f"(no name) {pattern.pattern}" for pattern in url_patterns()}
    assert sorted(names - rows) == [], "URL names without a row"
    assert sorted(rows - names) == [], "rows without a URL"


def clients(world: World) -> dict[str, Client]:
    made = {}
    for identity in IDENTITIES:
        client = Client(raise_request_exception=False)
        person: User | None = world.people.get(identity)
        made[identity] = make.sign_in(client, person) if person else client
    return made


def code(response: Any) -> str:
    """The answer as a cell of the matrix."""
    if response.status_code not in (301, 302):
        return str(response.status_code)
    name = resolve(urlsplit(response.headers["Location"]).path).view_name
    return "in" if name == "account_login" else f">{name}"


def ask(client: Client, world: World, row: Row, name: str, identity: str) -> Any:
    """A real request whose changes are taken back, so that every cell finds the same world."""
    path = reverse(name, kwargs=worlds.arguments(world, name, row.of, identity))
    send = {key: attrgetter(value[1:])(world) if value[0] == "@" else value for key, value in row.send.items()}
    with transaction.atomic():
        answer = client.post(path, send) if row.method == "POST" else client.get(path)
        transaction.set_rollback(True)
    return answer


def test_everybody_gets_what_the_matrix_says_and_nothing_else() -> None:
    world = worlds.build()
    browsers = clients(world)
    wrong = []
    for row in ROWS:
        expected = row.expected()
        for name in row.names.split():
            for identity, browser in browsers.items():
                if identity in ("link_holder", "others_link") and name not in LINKS:
                    assert expected[identity] == expected["anonymous"]  # no link: the very request of anonymous
                    continue
                answer = ask(browser, world, row, name, identity)
                if identity not in KEEPERS and any(address in answer.content for address in ON_A_LIST):
                    wrong.append(f"{row.method} {name} of {row.of or '-'}, {identity}: reads an address of a list")
                got = code(answer)
                if got != expected[identity]:
                    wrong.append(f"{row.method} {name} of {row.of or '-'}, {identity}: {expected[identity]} -> {got}")
    assert not wrong, "\n".join(wrong)


def test_what_is_not_yours_answers_as_what_does_not_exist() -> None:
    """Of a thing that one may not see, not even its number is confirmed: the two pages are the same page."""
    world = worlds.build()
    stranger = make.sign_in(Client(raise_request_exception=False), world.people["other_association"])
    pairs = [
        ("case_detail", {"reference": world.case.reference}, {"reference": "Q-2026-9999"}),
        ("association", {"code": world.association.code}, {"code": "nobody"}),
        ("list", {"uid": world.member_list.uid}, {"uid": UNKNOWN}),
        ("import", {"uid": world.dry_run.uid}, {"uid": UNKNOWN}),
        ("version_preview", {"uid": world.draft.uid}, {"uid": UNKNOWN}),
        ("sending", {"uid": world.issued.uid}, {"uid": UNKNOWN}),
    ]
    for name, real, unreal in pairs:
        pages = [stranger.get(reverse(name, kwargs=given)) for given in (real, unreal)]
        texts = [TOKEN.sub("", page.content.decode()).replace(page.request["PATH_INFO"][3:], "") for page in pages]
        assert ([page.status_code for page in pages], texts[0]) == ([404, 404], texts[1]), name


def test_customs_staff_without_a_second_factor_get_no_further_than_setting_one_up() -> None:
    world = worlds.build()
    browser = Client(raise_request_exception=False)
    browser.force_login(world.people["approver"])
    open_to_them = ("account_", "mfa_", "demo_", "set_language")
    public = {pattern.name for pattern in url_patterns() if reads_no_session(pattern.callback)}
    for row in ROWS:
        for name in row.names.split():
            if name not in public and not name.startswith(open_to_them):
                assert code(ask(browser, world, row, name, "approver")) == ">mfa_activate_totp", name


@pytest.mark.parametrize("uid", ["-" * 36, "0" * 36])
def test_a_list_address_that_is_no_uuid_is_not_found(uid: str) -> None:
    manager = make.user("association_manager", at=make.association())
    browser = make.sign_in(Client(raise_request_exception=False), manager)
    assert browser.get(f"/en/lists/{uid}/export.csv").status_code == 404


def test_a_member_who_manages_another_association_adds_lists_there_alone() -> None:
    first, second = make.association("as-first"), make.association("as-second")
    person = make.user("member", at=first)
    Seat.objects.create(user=person, organisation=second, role="association_manager", started_at=make.now())
    browser = make.sign_in(Client(), person)
    browser.post(reverse("list_new"), {"name": "Fresh", "way": "direct", "direct_from": "Extreme"})
    assert MemberList.objects.get(name="Fresh").association == second
