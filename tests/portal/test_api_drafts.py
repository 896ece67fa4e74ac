"""Drafts from programs: what a key opens, what becomes of a draft, and that nothing of it is published by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from base.models import AuditEntry
from contacts import api_keys
from contacts.models import ApiKey
from notices import lifecycle, reminders
from notices.models import HandedIn, Version
from tests import make

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
CALM = {"traffic": ["cargo"], "status": "open"}


def said(**changed: Any) -> dict[str, Any]:
    """A whole draft; None takes a field out."""
    body = {
        "kind": "port_downtime",
        "texts": {"en": {"title": "Crane down", "body": "Quay crane 4 stands.", "instruction": "Use gate B."}},
        "starts": make.now().isoformat(),
        "next_update": make.in_hours(6).isoformat(),
        "places": [{"place": {"code": "ESALG"}, "status": "closed", "traffic": ["cargo"]}],
        **changed,
    }
    return {name: value for name, value in body.items() if value is not None}


def send(key: str, body: Any, **headers: str) -> Any:
    shown = {"authorization": f"Bearer {key}"} if key else {}
    return Client().post("/api/v1/notices/", body, content_type="application/json", headers={**shown, **headers})


def look(key: str, path: str = "drafts/") -> Any:
    return Client().get(f"/api/v1/{path}", headers={"authorization": f"Bearer {key}"})


@pytest.fixture
def key() -> str:
    make.place()
    return make.api_key()[1]


def test_program_hands_in_a_draft_that_an_officer_finds_with_its_source(key: str) -> None:
    answer = send(key, said())
    state = answer.json()
    assert (answer.status_code, state["state"], state["reference"], state["notice"]) == (201, "draft", None, None)
    assert state["missing"] == [] and answer["Cache-Control"] == "no-store"
    version = Version.objects.get()
    assert (version.state, version.notice.office.code) == ("draft", "of-alg")
    assert version.text_in("en").title == "Crane down"
    officer = make.sign_in(Client(), make.user("officer"))
    source = f"key “{ApiKey.objects.get()}” of Of Alg"
    assert source in officer.get(reverse("version_edit", args=[version.uid])).content.decode()
    assert source in officer.get(reverse("version_preview", args=[version.uid])).content.decode()
    assert "by a program, Of Alg" in officer.get(reverse("desk")).content.decode()


def test_draft_is_never_published_by_its_key_and_its_owner_cannot_approve_it(key: str) -> None:
    send(key, said())
    assert Client().get("/api/v1/notices/").json()["results"] == []
    version = Version.objects.get()
    make.member_list(None, "reader@member.invalid")
    lifecycle.submit(version, by=make.user("officer"), now=make.now())
    owner = ApiKey.objects.get().owner
    make.seat(owner, "approver")
    with pytest.raises(lifecycle.OwnApproval):
        lifecycle.approve(version, by=type(owner).objects.get(pk=owner.pk), digest=version.digest, now=make.now())


def test_program_sees_what_became_of_its_draft(key: str) -> None:
    where = send(key, said()).json()["url"].split("/api/v1/")[1]
    version = Version.objects.get()
    make.member_list(None, "reader@member.invalid")
    lifecycle.submit(version, by=make.user("officer"), now=make.now())
    assert look(key, where).json()["state"] == "pending"
    lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=make.now())
    state = look(key, where).json()
    assert state["state"] == "issued" and state["notice"].endswith(f"/n/{state['reference']}/1")
    assert look(key, f"drafts/{state['reference']}/").json() == state
    public = Client().get(f"/api/v1/notices/{state['reference']}/").json()
    assert public["id"] == state["id"] and public["texts"]["en"]["title"] == "Crane down"
    make.next_version(version.notice, title="Longer")
    assert look(key, where).json()["state"] == "superseded"


def test_who_handed_it_in_stands_in_the_audit_trail_and_in_no_public_answer(key: str) -> None:
    send(key, said())
    entry = AuditEntry.objects.get(action="version.hand_in")
    made = ApiKey.objects.get()
    assert entry.facts == {"key": made.prefix, "organisation": "of-alg"} and entry.actor == str(made.owner.pk)


def test_another_organisation_sees_nothing_of_it(key: str) -> None:
    where = send(key, said()).json()["url"].split("/api/v1/")[1]
    _made, other = make.api_key(make.office("of-other"))
    assert look(other).json()["results"] == []
    assert look(other, where).status_code == 404
    assert [one["office"] for one in look(key).json()["results"]] == ["of-alg"]


def test_draft_may_be_incomplete_and_says_what_is_missing(key: str) -> None:
    travellers = {"place": {"code": "ESALG"}, "status": "closed", "traffic": ["other_travellers"]}
    answer = send(key, said(starts=None, places=[travellers]))
    assert answer.status_code == 201
    assert [one["field"] for one in answer.json()["missing"]] [:2] == ["starts_at", "rows"]


# --- Who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["notices/", "drafts/", "places/"])
def test_without_a_key_reading_is_open_and_drafts_ask_for_one(path: str) -> None:
    answer = Client().get(f"/api/v1/{path}")
    assert answer.status_code == (401 if path == "drafts/" else 200)
    if path == "drafts/":
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"' and answer["Content-Type"] == PROBLEM


def test_no_key_a_wrong_one_and_an_ended_one_are_401_and_kept_by_no_cache(key: str) -> None:
    api_keys.revoke(ApiKey.objects.get(), by=ApiKey.objects.get().owner, now=make.now())
    for shown in ("", "fw_" + "x" * 43, key):
        answer = send(shown, said())
        assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
        assert answer["WWW-Authenticate"].startswith("Bearer") and answer["Cache-Control"] == "no-store"
    assert look("fw_nonsense", "notices/").status_code == 401
    answer = Client().get("/api/v1/notices/", headers={"authorization": "Basic YTpi"})
    assert answer.status_code == 401 and not Version.objects.exists()


def test_key_that_came_over_http_to_a_site_of_https_is_refused(key: str, settings: Any) -> None:
    settings.HTTPS = True
    answer = send(key, said())
    assert answer.status_code == 401 and "revoke it" in answer.json()["detail"]


def test_key_without_the_scope_reads_and_drafts_nothing() -> None:
    make.place()
    _made, key = make.api_key(scopes=[])
    assert look(key, "notices/").status_code == 200
    for answer in (send(key, said()), look(key)):
        assert (answer.status_code, answer["Content-Type"]) == (403, PROBLEM)
        assert answer.json()["detail"] == "This key has no scope notices:draft."


def test_port_community_system_drafts_for_the_office_of_the_place_in_its_own_name() -> None:
    make.place("GBDVR", at=make.office("of-dover"))
    agency = make.organisation("agency", code="pcs")
    _made, key = make.api_key(agency)
    answer = send(key, said(places=[{"place": {"code": "GBDVR"}, **CALM}]))
    assert (answer.status_code, answer.json()["office"]) == (201, "of-dover")
    version = Version.objects.get()
    assert version.rows.get().agency == agency
    officer = make.user("officer", at=make.office("of-dover"))
    make.member_list(None, "reader@member.invalid")
    assert lifecycle.submit(version, by=officer, now=make.now()).state == "pending"


def test_whoever_took_a_programs_draft_further_hears_that_it_came_back(key: str) -> None:
    make.organisation("agency", code="pcs")
    _made, theirs = make.api_key(make.organisation("agency", code="pcs"))
    send(theirs, said())
    version, officer = Version.objects.get(), make.user("officer")
    make.member_list(None, "reader@member.invalid")
    lifecycle.submit(version, by=officer, now=make.now())
    lifecycle.return_(
        version, by=make.user("approver"), digest=version.digest, reason="Which crane?", now=make.now()
    )
    assert [*reminders.author(Version.objects.get())] == [officer]
    assert "Which crane?" not in look(theirs).content.decode()


def test_person_of_the_port_community_system_sees_no_draft_at_the_desk() -> None:
    make.place()
    made, key = make.api_key(make.organisation("agency"))
    send(key, said())
    browser = make.sign_in(Client(), made.owner)
    for name in ("version_edit", "version_preview"):
        assert browser.get(reverse(name, args=[Version.objects.get().uid])).status_code == 404


def test_place_without_a_code_needs_the_office_of_an_agencys_draft() -> None:
    make.office()
    _made, key = make.api_key(make.organisation("agency"))
    gate = said(places=[{"place": {"name": "Gate 4"}, **CALM}])
    answer = send(key, gate)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/office")
    assert send(key, gate | {"office": "of-alg"}).status_code == 201


def test_key_of_an_office_writes_for_it_and_for_those_it_publishes_for() -> None:
    make.place()
    small, other = make.office("of-small"), make.office("of-other")
    make.office().publishes_for.add(small)
    _made, key = make.api_key()
    assert send(key, said(office=small.code)).json()["office"] == "of-small"
    refused = send(key, said(office=other.code))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/office")
    assert HandedIn.objects.count() == 1


# --- What is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"kind": "nonsense"}, "/kind"), ({"kind": None}, "/kind"), ({"publish": True}, "/publish"),
        ({"texts": {"fr": {"title": "Grue"}}}, "/texts/en"), ({"texts": {"de": {"title": "Kran"}}}, "/texts/de"),
        ({"texts": {"en": {"title": "x" * 200}}}, "/texts/en/title"),
        ({"texts": {"en": {"title": "\0"}}}, "/texts/en/title"),
        ({"texts": {"en": {"title": "a", "headline": "b"}}}, "/texts/en/headline"),
        ({"starts": "2026-11-27T08:00:00"}, "/starts"), ({"starts": "0001-01-01T00:00:00+14:00"}, "/starts"),
        ({"starts": "9999-12-31T23:59:59-12:00"}, "/starts"), ({"starts": "tomorrow"}, "/starts"),
        ({"ends": "2020-01-01T00:00:00Z"}, "/ends"),
        ({"reopens_latest": "2030-01-01T00:00:00Z"}, "/reopens_earliest"),
        ({"places": []}, "/places"), ({"places": [{"place": {}, **CALM}]}, "/places/0/place"),
        ({"places": [{"place": {"code": "ZZZZZ"}, **CALM}]}, "/places/0/place/code"),
        ({"places": [{"place": {"code": "ESALG", "name": "Gate"}, **CALM}]}, "/places/0/place"),
        ({"places": [{"place": {"code": "ESALG"}, "traffic": ["cargo"]}]}, "/places/0/status"),
        ({"places": [{"place": {"code": "ESALG"}, "status": "shut", "traffic": ["cargo"]}]}, "/places/0/status"),
        ({"places": [{"place": {"code": "ESALG"}, "ends": "2020-01-01T00:00:00Z", **CALM}]}, "/places/0/ends"),
        ({"places": [{"place": {"code": "ESALG"}, "qualifier": {"hours": "06:00-06:00"}, **CALM}]},
         "/places/0/qualifier/hours"),
        ({"places": "ESALG"}, "/places"), ({"severity": "Terrible"}, "/severity"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_named_by_a_pointer(key: str, changed: dict[str, Any], pointer: str) -> None:
    answer = send(key, said(**changed))
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM), answer.content
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert not Version.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [("{", "application/json", 400), ("[]", "application/json", 422), ("null", "application/json", 422),
     ("kind=x", "application/x-www-form-urlencoded", 415), ("\xff", "application/json", 400),
     ("[" * 100_000, "application/json", 400), ('"' + "x" * 6_000_000 + '"', "application/json", 413)],
)  # fmt: skip
def test_what_is_no_draft_at_all_is_a_problem_document(key: str, body: str, kind: str, status: int) -> None:
    raw = body.encode("latin-1")
    answer = Client().post("/api/v1/notices/", raw, content_type=kind, headers={"authorization": f"Bearer {key}"})
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)


def test_everything_that_a_row_may_say_is_kept(key: str) -> None:
    row = {
        "place": {"code": "ESALG"}, "status": "restricted", "traffic": ["cargo", "cargo"], "modes": ["maritime"],
        "directions": ["export"], "starts": "2030-01-01T06:00:00+01:00", "ends": "2030-01-02T06:00:00+01:00",
        "qualifier": {"limit": "paper", "value": {"wait_h": 3}, "hours": "06:00-18:00", "days": "mon-fri"},
    }  # fmt: skip
    system = {"place": {"system": "NCTS"}, "status": "closed", "traffic": ["cargo"]}
    answer = send(key, said(starts="2030-01-01T00:00:00Z", cause="Storm", contact="Desk", places=[row, system]))
    assert answer.status_code == 201, answer.content
    first, second = Version.objects.get().rows.order_by("position")
    assert (first.modes, first.directions, first.traffic) == (["maritime"], ["export"], ["cargo"])
    assert first.qualifier == {"limit": "paper", "value": {"wait_h": 3}, "hours": "06:00-18:00", "days": "mon-fri"}
    assert (first.starts_local, first.time_zone) == ("2030-01-01T06:00", "Europe/Madrid")
    assert second.system == "NCTS" and len(second.traffic) == 7
