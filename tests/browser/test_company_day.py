"""A company reads, follows, asks with a file, asks again and closes: by keyboard alone, in French, without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from contacts.models import Subscription
from delivery import postman
from dialogue.cases import answers
from dialogue.cases.models import Case
from tests import make

from . import pages
from .hands import Hands
from .test_counter_walk import mailed_link

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CASES = Path(__file__).parent.parent / "cases/intake"
QUESTION = "Un second conducteur peut-il voyager dans la cabine ?"


def fr(words: str) -> str:
    """What the French page says, in one line with plain blanks."""
    with translation.override("fr"):
        said = translation.gettext(words)
    assert said != words, f"not translated: {words}"
    return " ".join(said.split())


class Company:
    """A browser without script, and two hands on its keyboard."""

    def __init__(self, page: Any, url: str, sink: Any, width: int) -> None:
        self.page, self.url, self.sink, self.width = page, url, sink, width
        self.hands, self.wrong = Hands(page), pages.watch(page, url)

    def press(self, words: str, key: str = "Enter") -> None:
        self.hands.press(fr(words), key)

    def look(self, name: str) -> str:
        """The words of the page, which is French and no wider than the screen; axe itself would need script."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width, name
        pages.picture(self.page, f"day-{name}", (self.width,))
        assert self.page.evaluate("document.documentElement.lang") == "fr", name
        return " ".join(self.page.locator("main").inner_text().split())

    def open_mail(self, path: str) -> None:
        postman.work("personal")
        self.page.goto(mailed_link(self.sink, path))

    def attach(self, path: Path) -> None:
        self.hands.attach("#id_attachments", path)


@pytest.fixture(params=[1280, 360])
def company(request: Any, new_context: Any, live_server: Any, smtp_sink: Any, settings: Any) -> Iterator[Company]:
    settings.FAIRWAY_SITE_URL = live_server.url
    context = new_context(
        java_script_enabled=False,
        locale="fr-FR",
        reduced_motion="reduce",
        viewport={"width": request.param, "height": 800},
    )
    one = Company(context.new_page(), live_server.url, smtp_sink, request.param)
    yield one
    assert [line for line in one.wrong if "status of 422" not in line] == []


def test_company_s_day(company: Company) -> None:
    version = make.issued(make.row(make.place("ESALG")), title="Algeciras, gale", next_update_at=make.in_hours(3))
    make.issued(make.row(make.place("GBDVR")), title="Dover, strike")
    company.page.goto(f"{company.url}/fr/")
    for part in (_reads_about_a_place, _follows_by_mail, _asks_with_a_file, _confirms_and_gets_an_answer):
        part(company, version.notice.reference)
    _asks_again_and_closes(company)


def _reads_about_a_place(company: Company, reference: str) -> None:
    board = company.look("board")
    assert "Algeciras, gale" in board and "Dover, strike" in board
    company.hands.write("#q", "ESALG")
    company.hands.press("#q")
    found = company.look("notices-of-a-place")
    assert "Algeciras, gale" in found and "Dover, strike" not in found
    company.hands.press("Algeciras, gale")
    assert reference in company.page.url and reference in company.look("notice")


def _follows_by_mail(company: Company, reference: str) -> None:
    notice = company.page.url
    company.press("Follow by e-mail")
    company.look("follow")
    company.hands.write("#id_email", "dispatch@kestrel-freight.example")
    company.press("Send me the link to confirm")
    company.look("follow-sent")
    company.open_mail("/follow/confirm/")
    company.look("follow-confirm")
    company.press("Yes, send me notices")
    assert Subscription.objects.get().state == "confirmed" and company.look("follow-confirmed")
    company.page.goto(notice)


def _asks_with_a_file(company: Company, reference: str) -> None:
    company.press("Ask about this notice")
    assert company.page.locator("#id_about").input_value() == reference
    company.look("ask")
    company.hands.write("#id_company", "Kestrel Freight")
    company.hands.write("#id_subject", "Second conducteur")
    company.hands.write("#id_message", QUESTION)
    company.attach(CASES / "text-named-pdf.pdf")
    company.hands.write("#id_email", "dispatch@kestrel-freight.example")
    company.press("Check your answers")
    assert company.page.title().startswith("Erreur") and company.page.locator(".f-errors:focus").count() == 1
    assert "text-named-pdf.pdf" in company.page.locator("#id_attachments_error").inner_text()
    assert company.page.locator("#id_message").input_value() == QUESTION
    company.look("ask-wrong-file")
    company.attach(CASES / "one-page.pdf")
    company.press("Check your answers")
    checked = company.look("check")
    assert QUESTION in checked and "one-page.pdf" in checked and reference in checked
    company.press("Send to customs")
    assert Case.objects.get().reference in company.look("sent")


def _confirms_and_gets_an_answer(company: Company, reference: str) -> None:
    company.open_mail("/ask/confirm/")
    company.look("verify")
    company.press("Confirm and send to customs")
    case = Case.objects.get()
    followed = company.look("track")
    assert case.reference in followed and "one-page.pdf" in followed and fr("Customs is working on it") in followed
    customs = make.user("officer", at=case.office)
    answers.answer(case, by=customs, text="Oui, avec un test.", seen=case.said, now=make.now())
    company.open_mail("/ask/track/")
    assert "Oui, avec un test." in company.look("track-answered")


def _asks_again_and_closes(company: Company) -> None:
    company.hands.to(fr("Still unclear? Reply"))
    company.page.keyboard.press("Enter")
    company.hands.write("#id_text", "Et la nuit ?")
    company.attach(CASES / "one-page.pdf")
    company.press("Send it to customs")
    again = company.look("track-again")
    assert "Et la nuit ?" in again and fr("Customs is working on it") in again
    case = Case.objects.get()
    answers.answer(case, by=case.assignee, text="La nuit aussi.", seen=case.said, now=make.now())
    company.open_mail("/ask/track/")
    assert "La nuit aussi." in company.look("track-answered-again")
    company.press("That helped, close it")
    assert fr("Closed by you") in company.look("track-closed")
    assert Case.objects.get().state == Case.State.CLOSED
