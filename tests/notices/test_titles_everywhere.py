"""Titles as officers type them, in the editor and then wherever they are read (tests/cases/notices/n-10)."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from lxml import etree, html

from base.words import Lane
from contacts import expansion
from delivery import postman
from notices import render, sms
from notices.models import Version
from notices.titles import LONGEST_TITLE
from tests import make
from tests.conftest import Sink

from .test_live import typed

pytestmark = pytest.mark.django_db
FILE = Path(__file__).parent.parent / "cases" / "notices" / "n-10-titles.json"
CASES = {case["name"]: case["title"] for case in json.loads(FILE.read_text(encoding="utf-8"))}
TOO_LONG = "200 characters"
LOOKS = {
    "line break in the title": "Dover closed until 18:00",
    "carriage return and header": "Closed Bcc: everyone@list.example",
    "vertical tab from a word processor": "Gates closed second line",
}  # the others are shown as they were typed
ARABIC = CASES["Arabic"]
SENT = [name for name in CASES if name != TOO_LONG]


def looks(name: str) -> str:
    return LOOKS.get(name, CASES[name])


def editor() -> tuple[Client, str]:
    """An officer at the form of a new notice; somebody follows the place."""
    make.place("ESALG")
    make.member_list(None, "reader@member.invalid")
    client = make.sign_in(Client(), make.user("officer"))
    return client, client.post("/en/desk/new/", {"kind": "port_downtime", "office": make.office().pk})["Location"]


def rows(name: str) -> dict[str, Any]:
    """A form with this title: closed to cargo since yesterday."""
    since = (make.now() - timedelta(days=1)).date()
    return typed(title_en=CASES[name], severity="Minor", starts_date=f"{since}", **{"row-0-traffic": ["cargo"]})


def published(name: str) -> Version:
    """Typed into the editor, submitted, and approved by somebody else."""
    client, edit = editor()
    saved = client.post(edit, rows(name))
    assert saved.status_code == 302, saved.content.decode()
    client.post(f"{saved['Location']}submit/")
    version = Version.objects.get()
    approver = make.sign_in(Client(), make.user("approver"))
    approver.post(f"/en/desk/v/{version.uid}/decide/", {"digest": version.digest, "decision": "approve"})
    version.refresh_from_db()
    assert version.state == Version.State.ISSUED
    return version


def get(path: str) -> bytes:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.content


def headline(name: str) -> str:
    return f"{looks(name).rstrip('.')}. Closed to cargo."


def only_text(tree: Any) -> None:
    """Nothing that was typed became an element or a link that runs."""
    assert not tree.xpath("//body//script | //b | //@onerror")
    assert not [link for link in tree.xpath("//a/@href") if "javascript" in link]


# AUT-29
@pytest.mark.parametrize("name", SENT)
def test_title_reads_on_every_page_in_feeds_and_in_mail_as_it_was_typed(name: str) -> None:
    version = published(name)
    reference = version.notice.reference
    for path in ("/en/", f"/en/n/{reference}/"):
        tree = html.fromstring(get(path).decode())
        (shown,) = tree.find_class("f-truth__place")
        assert (shown.text_content(), len(shown)) == (looks(name), 0)
        only_text(tree)
    title = etree.fromstring(get("/en/feed.atom")).find("{*}entry/{*}title")
    assert title is not None and (title.text, title.get("type")) == (f"{reference} {headline(name)}", None)
    (item,) = json.loads(get("/en/feed.json"))["items"]
    assert item["_fairway"]["headline"] == headline(name)
    sealed = render.mail(version, "en", now=make.now())
    assert sealed.subject == f"[{reference}] {headline(name)}"
    assert looks(name) in sealed.text.split("\n")
    tree = html.fromstring(sealed.html)
    assert [h1.text_content() for h1 in tree.iter("h1")] == [looks(name)]
    only_text(tree)


@pytest.mark.django_db(transaction=True)
def test_titles_arrive_on_the_wire_as_they_were_typed(smtp_sink: Sink) -> None:
    make.member_list(None, "reader@member.invalid")
    titles = [looks(name) for name in SENT]
    for name in SENT:
        version = make.issued(title=CASES[name], severity="Minor")
        expansion.expand(version.publication_id or 0, now=make.now())
    postman.work(Lane.ROUTINE, seconds=30)
    mails = [message_from_bytes(content, policy=policy.default) for _from, _to, content in smtp_sink.envelopes]
    said = {mail["Subject"].split("] ", 1)[1] for mail in mails}
    assert said == {f"{title.rstrip('.')}. Closed to cargo and travellers." for title in titles}
    assert {to for _from, to, _content in smtp_sink.envelopes} == {"reader@member.invalid"}
    assert not [mail for mail in mails if mail["Bcc"]]


def test_sms_with_a_pictogram_counts_as_one_of_few_signs() -> None:
    text = render.sms(published("emoji"), "en")
    assert looks("emoji") in text and sms.measure(text).encoding == sms.Encoding.UCS2


# AUT-30
def test_placeholder_that_nobody_filled_in_is_asked_about_before_anybody_publishes() -> None:
    client, edit = editor()
    preview = client.post(edit, rows("unfilled template"))["Location"]
    asked = "A placeholder is left: “[NAME]”. Fill it in."
    assert asked in client.get(preview).content.decode()
    client.post(f"{preview}submit/")
    version = Version.objects.get()
    page = make.sign_in(Client(), make.user("approver")).get(f"/en/desk/v/{version.uid}/decide/").content.decode()
    assert asked in page


def test_title_up_to_the_limit_is_taken_and_one_above_it_comes_back_whole_with_its_count() -> None:
    client, edit = editor()
    page = client.post(edit, rows(TOO_LONG))
    assert page.status_code == 422
    field = html.fromstring(page.content.decode()).get_element_by_id("id_title_en")
    assert (field.value, field.get("maxlength")) == (CASES[TOO_LONG], None)  # a browser would cut it silently
    count = len(CASES[TOO_LONG])
    assert f"at most {LONGEST_TITLE} characters (it has {count})" in page.content.decode()
    longest = CASES[TOO_LONG][:LONGEST_TITLE].strip()
    assert client.post(edit, rows(TOO_LONG) | {"title_en": longest}).status_code == 302
    assert Version.objects.get().texts.get().title == longest


# TIM-15
def test_arabic_title_runs_from_the_right_on_page_mail_and_desk() -> None:
    version = published("Arabic")
    client = make.sign_in(Client(), version.author)
    desk = (
        client.get(path).content.decode()
        for path in ("/en/desk/", f"/en/desk/v/{version.uid}/", f"/en/desk/v/{version.uid}/mail/en/")
    )
    for page in (*desk, *(get(path).decode() for path in ("/en/", f"/en/n/{version.notice.reference}/"))):
        found = [block for block in html.fromstring(page).iter("h1", "h3", "p") if block.text_content() == ARABIC]
        assert {block.get("dir") for block in found} == {"auto"}
