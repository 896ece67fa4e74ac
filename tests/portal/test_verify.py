"""The page that says whether a notice is ours: one sentence, what to do when it is not, the same address for all."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db


def answer(client: Client, asked: str, language: str = "en") -> str:
    page: Any = client.get(f"/{language}/verify/", {"q": asked})
    assert page.status_code == 200
    said = re.search(r'role="status">.*?<p>(.*?)</p>', page.content.decode(), re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>|\s+", " ", said[1])).strip() if said else ""


def test_page_says_what_became_of_a_notice(client: Client) -> None:
    version = make.issued(title="Gale", ends_at=make.in_hours(5))
    reference = version.notice.reference
    assert (
        answer(client, reference) == f"Yes: {reference}, version 1, is ours, is the newest version, and is in force."
    )
    make.next_version(version.notice, title="Gale, longer", ends_at=make.in_hours(5))
    assert f"{reference}, version 1, is ours, but version 2 replaced it on" in answer(client, f"{reference}/1")
    with make.clock_at(make.in_hours(6)):
        assert "has been over since" in answer(client, reference) and "UTC" in answer(client, reference)
    make.next_version(version.notice, action="withdraw")
    assert "but the notice was withdrawn on" in answer(client, f"{reference}/2")
    exercise = make.issued(title="Exercise: gale", status="Exercise")
    assert "is an exercise: nothing is closed" in answer(client, exercise.notice.reference)
    assert "bien de nous" in answer(client, reference, "fr") and "es nuestro" in answer(client, reference, "es")


def test_what_is_not_ours_leads_to_what_to_do_and_says_nothing_of_drafts(client: Client) -> None:
    pending = make.pending(title="Secret")
    pages = [
        client.get("/en/verify/", {"q": text}).content.decode() for text in (pending.notice.reference, "PD-1999-0001")
    ]
    assert pages[0].replace(pending.notice.reference, "PD-1999-0001") == pages[1]
    assert "Secret" not in pages[0] and "Do not act on it" in pages[0] and 'href="/en/ask/"' in pages[0]
    assert "No: this address is not ours." in answer(client, f"https://evil.example/n/{pending.notice.reference}")


def test_page_keeps_no_session_and_shows_what_was_asked_as_text(client: Client) -> None:
    page = client.get("/en/verify/", {"q": '"><b>x</b>'})
    assert "<b>x" not in page.content.decode() and not page.cookies and "public" in page["Cache-Control"]


def test_short_address_on_paper_leads_to_the_reader_s_language(client: Client) -> None:
    moved = client.get("/verify?q=PD-2026-0001", headers={"accept-language": "es"})
    assert (moved.status_code, moved["Location"]) == (302, "/es/verify/?q=PD-2026-0001")


def test_notice_leads_to_its_own_check(client: Client) -> None:
    reference = make.issued().notice.reference
    assert f"/en/verify/?q={reference}/1" in client.get(f"/en/n/{reference}/").content.decode()


def test_programs_get_the_same_answer(client: Client) -> None:
    version = make.issued()
    make.next_version(version.notice, title="Longer")
    told = client.get("/api/v1/verify/", {"q": f"{version.notice.reference}/1"}).json()
    assert (told["finding"], told["ours"], told["revision"], told["newest"]) == ("replaced", True, 1, 2)
    assert told["url"].endswith(f"/n/{version.notice.reference}/1") and told["exercise"] is False
    nothing = client.get("/api/v1/verify/", {"q": make.pending(title="Secret").notice.reference}).json()
    assert nothing == client.get("/api/v1/verify/", {"q": "PD-1999-0001"}).json()
    assert (nothing["finding"], nothing["ours"], nothing["reference"]) == ("unknown", False, None)


def test_number_of_a_crisis_page_is_ours_and_leads_there(client: Client) -> None:
    crisis = make.crisis(title="Flood at the gates")
    for asked in (crisis.reference, f"http://localhost:8000/en/crisis/{crisis.reference}/", crisis.reference.lower()):
        assert answer(client, asked) == f"Yes: {crisis.reference} is a crisis page of ours.", asked
    page = client.get("/en/verify/", {"q": crisis.reference}).content.decode()
    assert f'href="/en/crisis/{crisis.reference}/"' in page and "Do not act" not in page
    assert answer(client, "CR-2020-0999").startswith("No: we have published nothing")
    assert "n’est pas la nôtre" in answer(client, f"https://evil.example/{crisis.reference}", "fr")
