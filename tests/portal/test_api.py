"""The API: read without a key, the set of pages and feeds, problems as RFC 9457, pages that skip nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from notices.formats import FEEDS
from tests import make

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "cases" / "api"
PROBLEM = "application/problem+json"


def get(client: Client, path: str, **headers: str) -> Any:
    answer = client.get(f"/api/v1/{path}", headers=headers)
    assert answer.status_code == 200, (path, answer.content)
    return answer.json()


def references(document: Any) -> set[str]:
    return {one["reference"] for one in document["results"]}


def test_api_shows_the_set_of_the_feeds(client: Client) -> None:
    make.issued(title="Gale")
    make.issued(make.row(make.place("GBDVR")), title="Strike", severity="Moderate")
    make.issued(title="Exercise: Drill", status="Exercise")
    make.pending(title="Secret draft")
    for query in ("", "?q=Dover", "?place=ESALG", "?severity=Moderate", "?q=nowhere"):
        feed = client.get(f"/en/{FEEDS[0].file}{query}").content.decode()
        assert references(get(client, f"notices/{query}")) == set(re.findall(r"PD-\d{4}-\d{4}", feed)), query


# API-01
def test_pages_neither_repeat_nor_skip_while_notices_are_added(client: Client) -> None:
    first = {make.issued(title=f"Gale {number}").notice.reference for number in range(5)}
    page = get(client, "notices/?page_size=2")
    seen = [one["reference"] for one in page["results"]]
    while page["next"]:
        make.issued(title="Meanwhile")
        page = client.get(page["next"]).json()
        seen += [one["reference"] for one in page["results"]]
    assert len(seen) == len(set(seen)) and set(seen) == first


# API-03
def test_public_answers_hold_what_they_must_and_no_person(client: Client) -> None:
    version = make.issued(title="Gale")
    make.pending(title="Secret draft")
    must = json.loads((CASES / "p-01-public-notice-fields.json").read_text())
    own = f"notices/{version.notice.reference}/"
    paths = [
        "notices/", own, f"{own}versions/", "places/", "places/ESALG/",
        "notices/PD-1999-0001/", "notices/?kind=zzz", "nothing/here/",
    ]  # fmt: skip
    for path in paths:
        text = client.get(f"/api/v1/{path}").content.decode()
        for secret in (version.author.email, version.author.name, "Secret draft"):
            assert secret not in text, path
    (one,) = get(client, "notices/")["results"]
    assert len(must["must_appear"]) == 11
    for name in ("id", "revision", "status", "kind", "places", "starts", "ends", "time_zone", "updated", "url"):
        assert one[name], name
    assert one["places"][0]["place"] == {"code": "ESALG", "name": "Algeciras"} and "replaces" in one


# API-07
def test_end_of_the_closure_and_the_next_word_are_two_fields(client: Client) -> None:
    due = make.in_hours(6)
    version = make.issued(next_update_at=due)
    one = get(client, f"notices/{version.notice.reference}/")
    assert (one["ends"], one["next_update"]) == ("not known", due.isoformat())


def test_versions_are_all_there_the_newest_first(client: Client) -> None:
    first = make.issued(title="Gale")
    make.next_version(first.notice, title="Longer")
    found = get(client, f"notices/{first.notice.reference}/versions/")
    assert [one["revision"] for one in found] == [2, 1]
    assert found[0]["replaces"] == f"{first.notice.reference}/1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "notices/PD-1999-0001/", 404), ("get", "nothing/", 404), ("get", "places/XXXXX/", 404),
        ("get", "notices/?severity=bogus", 422), ("get", "notices/?cursor=x", 404), ("post", "notices/", 401),
        ("get", "notices/?cursor=cD1hYmM%3D", 404), ("put", "notices/", 405),
        ("delete", "places/", 405),
    ],
)  # fmt: skip
def test_every_error_is_a_problem_document(client: Client, method: str, path: str, status: int) -> None:
    answer = getattr(client, method)(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    document = answer.json()
    assert document["status"] == status and document["title"]


def test_asking_for_another_form_is_406(client: Client) -> None:
    answer = client.get("/api/v1/notices/", headers={"accept": "application/xml"})
    assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)


def test_last_day_there_is_bounds_nothing(client: Client) -> None:
    reference = make.issued(starts_at=make.now()).notice.reference
    assert references(get(client, "notices/?since=0001-01-01&until=9999-12-31")) == {reference}


def test_wrong_parameter_is_named(client: Client) -> None:
    (wrong,) = client.get("/api/v1/notices/?severity=bogus").json()["errors"]
    assert wrong["pointer"] == "/severity"


@pytest.mark.parametrize("query", ["plac=ESALG", "history=yes", "place=ESALG&place=GBDVR", "kind=x&mode=y"])
def test_question_that_would_be_answered_otherwise_than_meant_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/api/v1/notices/?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    asked = {part.split("=")[0] for part in query.split("&")}
    assert {one["pointer"][1:] for one in answer.json()["errors"]} <= asked


def test_feed_of_two_places_is_refused_and_what_a_reader_adds_is_not(client: Client) -> None:
    assert client.get("/en/feed.atom?place=ESALG&place=GBDVR").status_code == 400
    assert client.get("/en/?place=ESALG&place=GBDVR").status_code == 400
    assert client.get("/en/feed.atom?place=ESALG&place=ESALG&utm_source=reader").status_code == 200


def test_place_is_found_however_its_code_is_typed(client: Client) -> None:
    make.issued()
    assert get(client, "places/esalg/") == get(client, "places/ESALG/")


def test_place_says_what_it_is_to_whom_and_by_whose_word(client: Client) -> None:
    version = make.issued(make.row(traffic=["other_travellers"]), make.row(traffic=["cargo"], status="open"))
    one = get(client, "places/ESALG/")
    assert (one["status"], one["columns"]["travellers"], one["columns"]["cargo_import"]) == (
        "partly_closed", "closed", "open",
    )  # fmt: skip
    assert one["notice"] == version.notice.reference and one["as_of"] == version.sent_at.isoformat()


def test_answers_may_be_kept_as_briefly_as_pages(client: Client) -> None:
    make.issued()
    for path in ("notices/", "places/"):
        answer = client.get(f"/api/v1/{path}")
        assert "s-maxage=1" in answer["Cache-Control"] and not answer.cookies
