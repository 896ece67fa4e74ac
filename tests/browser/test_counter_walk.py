"""A company asks, customs answers: every page of the counter in a real browser, the mails over real SMTP."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from base.words import Role
from contacts.models import MemberList
from delivery import postman
from dialogue.cases import answers
from dialogue.cases.models import Case
from notices.models import Relay
from tests.contacts import book
from tests.dialogue import people
from tests.notices import closures

from . import pages

HOUR = timedelta(hours=1)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def mailed_link(sink: Any, path: str) -> str:
    """The newest link with `path` among the mails that arrived."""
    text = "\n".join(
        message_from_bytes(body, policy=policy.default).get_body(("plain",)).get_content()
        for _sender, _to, body in sink.envelopes
    )
    return re.findall(rf"https?://\S+{path}\S+", text)[-1]


def test_question_gets_its_answer(page: Any, live_server: Any, smtp_sink: Any, settings: Any) -> None:
    settings.FAIRWAY_SITE_URL = live_server.url
    wrong = pages.watch(page, live_server.url)
    office = people.organisation()
    people.place("GBDVR", office)
    page.goto(f"{live_server.url}/en/ask/")
    pages.check(page, "ask")
    page.get_by_role("button", name="Check your answers").click()
    assert page.title().startswith("Error:")
    pages.check(page, "ask-errors")
    wrong[:] = [line for line in wrong if "422" not in line]  # the browser logs the status of the refused form
    page.get_by_role("link", name="Write your question").click()
    assert page.evaluate("document.activeElement.id") == "id_message"
    page.get_by_label("Company or organisation").fill("Kestrel Freight")
    page.get_by_label("Notice or place, if you know it").fill("Dover")
    page.get_by_label("Subject").fill("Second driver")
    page.get_by_label("Your question").fill("May a second driver travel in the cab?\nBoth carry a test.")
    page.get_by_label("E-mail").fill("dispatch@kestrel-freight.example")
    page.get_by_role("button", name="Check your answers").click()
    pages.check(page, "check")
    page.get_by_role("button", name="Send to customs").click()
    case = Case.objects.get()
    assert case.reference in page.content() and case.office == office
    pages.check(page, "sent")
    postman.work("personal")
    page.goto(mailed_link(smtp_sink, "/ask/confirm/"))
    pages.check(page, "verify")
    page.get_by_role("button", name="Confirm and send to customs").click()
    pages.check(page, "track-open")
    officer = people.person(Role.OFFICER, office)
    pages.sign_in(page, live_server.url, officer)
    page.goto(live_server.url + reverse("case_queue"))
    pages.check(page, "queue")
    page.get_by_role("link", name="Second driver").click()
    page.get_by_role("button", name="Take it").click()
    page.get_by_text("Pass it to another office").click()
    pages.check(page, "case-taken")
    page.get_by_label("A note for colleagues").fill("The port says so too.")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_label("Your answer").fill("Yes, if both carry a test under 72 hours old.")
    pages.check(page, "case")
    page.get_by_role("button", name="Answer by e-mail now").click()
    pages.check(page, "case-answered")
    postman.work("personal")
    assert {to for _sender, to, _body in smtp_sink.envelopes} == {"dispatch@kestrel-freight.example"}
    page.context.clear_cookies()
    page.goto(mailed_link(smtp_sink, "/ask/track/"))
    assert "Yes, if both carry a test under 72 hours old." in page.content()
    pages.check(page, "track-answered")
    page.get_by_role("button", name="That helped, close it").click()
    assert "Closed by you" in page.content()
    assert wrong == []


def test_person_asks_again_and_the_officer_loses_no_typing(
    page: Any, live_server: Any, smtp_sink: Any, settings: Any
) -> None:
    settings.FAIRWAY_SITE_URL = live_server.url
    wrong = pages.watch(page, live_server.url)
    office = people.organisation()
    people.place("GBDVR", office)
    case, officer = people.case(about="GBDVR"), people.person(Role.OFFICER, office)
    answers.answer(case, by=officer, text="Yes, by day.", seen=case.said, now=timezone.now())
    postman.work("personal")
    page.goto(mailed_link(smtp_sink, "/ask/track/"))
    page.get_by_text("Still unclear? Reply").click()
    pages.check(page, "track-reply")
    page.get_by_label("Your message to customs").fill("Also at night?")
    page.get_by_role("button", name="Send it to customs").click()
    assert "Customs is working on it" in page.content()
    pages.sign_in(page, live_server.url, officer)
    page.goto(live_server.url + reverse("case_detail", args=[case.reference]))
    with page.expect_response("**/keep/"):
        page.get_by_label("Your answer").fill("At night too.")
    page.goto(live_server.url + reverse("case_detail", args=[case.reference]))
    assert page.get_by_label("Your answer").input_value() == "At night too."
    pages.check(page, "case-unfinished")
    page.get_by_role("button", name="Answer by e-mail now").click()
    pages.check(page, "case-answered-twice")
    postman.work("personal")
    page.context.clear_cookies()
    page.goto(mailed_link(smtp_sink, "/ask/track/"))
    assert "At night too." in page.content()
    assert wrong == []


def test_association_relays_with_one_click(page: Any, live_server: Any) -> None:
    wrong = pages.watch(page, live_server.url)
    now = timezone.now()
    dover = people.place("GBDVR", people.organisation())
    hauliers = book.association("hauliers")
    waiting = book.member_list(hauliers, name="On relay", way=MemberList.Way.ON_RELAY)
    for number in range(12):
        book.membership(waiting, f"member{number}@hauliers.example", places=[dover.pk])
    version = closures.issued(dover, now=now - HOUR, next_update_at=now)
    pages.sign_in(page, live_server.url, people.person(Role.ASSOCIATION_MANAGER, hauliers))
    page.goto(live_server.url + reverse("association_home"))
    page.get_by_text("Add our own words").click()
    page.get_by_label("Your words above the notice").fill("Our help desk is open all night.")
    pages.check(page, "association")
    page.get_by_role("button", name="Relay to 12 with these words").click()
    assert Relay.objects.get(version=version).words == "Our help desk is open all night."
    pages.check(page, "association-relayed")
    assert wrong == []


def test_headquarters_sees_late_promises(page: Any, live_server: Any) -> None:
    wrong = pages.watch(page, live_server.url)
    now = timezone.now()
    office = people.organisation()
    closures.issued(people.place("GBDVR", office), now=now - HOUR, next_update_at=now)
    people.case(about="GBDVR")
    pages.sign_in(page, live_server.url, people.person(Role.HEADQUARTERS, people.organisation("administration")))
    page.goto(live_server.url + reverse("headquarters"))
    assert "Late promises" in page.content()
    pages.check(page, "headquarters")
    assert wrong == []
