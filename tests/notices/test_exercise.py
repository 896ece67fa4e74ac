"""An exercise is an exercise at first sight wherever it goes, and never where real notices are (AUT-10)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notices import render
from notices.formats import FEEDS
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
SAYS = "EXERCISE: this is not a real event. Nothing is closed because of it."


def exercise() -> Any:
    return make.issued(title="Exercise: gale", status="Exercise")


@pytest.mark.parametrize(("language", "mark"), [("en", "EXERCISE"), ("fr", "EXERCICE"), ("es", "SIMULACRO")])
def test_mail_and_sms_of_an_exercise_start_with_the_word(language: str, mark: str) -> None:
    version = make.pending(title="Exercise: gale", status="Exercise")
    version.texts.all().update(language=language)
    version = Version.objects.get(pk=version.pk)
    sealed = render.mail(version, language, now=make.now())
    assert sealed.subject.startswith(f"[{mark}] [EX-")
    assert sealed.text.startswith(mark) and sealed.html.index(mark) < sealed.html.index("<h1")
    assert mark in render.sms(version, language)


def test_page_of_an_exercise_says_so_first_and_is_not_indexed(client: Client) -> None:
    page = client.get(f"/en/n/{exercise().notice.reference}/").content.decode()
    assert page.index(SAYS) < page.index("<header") and "<title>EXERCISE EX-" in page and "noindex" in page
    real = client.get(f"/en/n/{make.issued().notice.reference}/").content.decode()
    assert "EXERCISE" not in real and "noindex" not in real


def test_no_public_list_feed_or_search_holds_an_exercise(client: Client) -> None:
    reference = exercise().notice.reference
    for query in ("", f"?q={reference}", "?place=ESALG", "?q=gale"):
        for path in ("", *(feed.file for feed in FEEDS)):
            answer = client.get(f"/en/{path}{query}").content.decode()
            assert f"{reference}</span>" not in answer and "Exercise: gale" not in answer, (path, query)


def test_exercise_that_was_called_off_is_no_news_either(client: Client) -> None:
    notice = exercise().notice
    make.next_version(notice, action="withdraw")
    for path in ("", *(feed.file for feed in FEEDS)):
        assert notice.reference not in client.get(f"/en/{path}").content.decode(), path
    for path in ("", "1/", "2/"):
        page = client.get(f"/en/n/{notice.reference}/{path}").content.decode()
        assert SAYS in page and 'name="robots" content="noindex"' in page, path


def test_dashboards_leave_exercises_out_and_the_desk_marks_them(client: Client) -> None:
    version = exercise()
    make.sign_in(client, make.user("headquarters", at=make.organisation("administration")))
    assert version.notice.reference not in client.get("/en/headquarters/").content.decode()
    make.sign_in(client, version.author)
    desk = client.get("/en/desk/").content.decode()
    assert "EXERCISE" in desk[: desk.index("Exercise: gale")]
    assert SAYS in client.get(f"/en/desk/v/{version.uid}/").content.decode()


def test_draft_without_a_reference_is_called_a_draft() -> None:
    mail = render.mail(make.written(), "en", now=make.now())
    assert "\nDraft, version 1, by " in mail.text and "Draft, version 1, by " in mail.html
    assert "· </p>" not in mail.html
