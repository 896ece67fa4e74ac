"""The mail of a real notice, from the officer's form to a real mail server, by the case list of deliveries."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from base.models import AuditEntry
from base.short import measure
from contacts import expansion, imports
from contacts.models import ImportRun, MemberList, Membership, Refusal, Subscription
from delivery import postman
from delivery.models import Address, Delivery
from notices import render
from notices.models import Version
from notices.titles import LONGEST_TITLE
from tests import make
from tests.conftest import Sink

from .test_live import typed

pytestmark = pytest.mark.django_db(transaction=True)
CASES = Path(__file__).parent.parent / "cases"
SUBJECTS = json.loads((CASES / "mail" / "t-01-subjects.json").read_text("utf-8"))
ONE_CLICK: Any = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}
READER = "reader@member.invalid"


def mails(sink: Sink, version: Version) -> dict[str, EmailMessage]:
    """Recipient of the envelope → the mail, once the version has gone out; nobody has two."""
    assert version.publication_id is not None
    while not expansion.expand(version.publication_id, now=make.now()):
        pass
    while any(postman.work(lane, seconds=30) for lane in ("critical", "routine")):
        pass
    made: dict[str, Any] = {to: message_from_bytes(raw, policy=policy.default) for _by, to, raw in sink.envelopes}
    assert len(made) == len(sink.envelopes)
    return made


def text_of(mail: EmailMessage, form: str = "plain") -> str:
    part = mail.get_body((form,))
    assert part is not None
    return str(part.get_content())


def links_of(mail: EmailMessage) -> set[str]:
    """The path of each address of ours that stands in a header or a body."""
    every = "\n".join([*map(str, mail.values()), text_of(mail), text_of(mail, "html")])
    found = re.findall(r"https?://[^\s<>\"']+", every)
    return {urlsplit(link).path for link in found}


def everything() -> dict[str, Any]:
    """What a visitor could change: who is on which list and how, and what was noted of it."""
    models = (Membership, Subscription, Refusal, AuditEntry, Address, Delivery)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_member_of_two_lists_gets_one_mail_that_says_why_and_for_which_lists(smtp_sink: Sink) -> None:
    """DEL-07"""
    port = make.member_list(None, READER)
    other = make.member_list(None, READER, "second@member.invalid")
    MemberList.objects.filter(pk=other.pk).update(name="Reefers & <fruit>")
    other.refresh_from_db()
    got = mails(smtp_sink, make.issued())
    assert set(got) == {READER, "second@member.invalid"}
    for form in ("plain", "html"):
        told = text_of(got[READER], form).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
        assert f"Why: member list {port.name} ({port.association}); member list Reefers & <fruit> (" in told
        assert port.name not in text_of(got["second@member.invalid"], form)
    assert "Reefers & <fruit>" not in text_of(got[READER], "html")


def test_update_tells_who_is_on_no_list_any_more_that_they_had_the_earlier_version(smtp_sink: Sink) -> None:
    on = make.member_list(None, READER)
    first = make.issued()
    mails(smtp_sink, first)
    on.memberships.update(state=Membership.State.REMOVED)
    smtp_sink.envelopes.clear()
    got = mails(smtp_sink, make.next_version(first.notice, title="Storm, worse"))
    assert "Why: you had an earlier version" in text_of(got[READER])


def test_gateway_that_follows_every_link_of_the_mail_changes_nothing(smtp_sink: Sink) -> None:
    """DEL-10"""
    make.member_list(None, READER)
    links = links_of(mails(smtp_sink, make.issued())[READER])
    assert any("/leave/" in link for link in links) and any("/n/" in link for link in links)
    before = everything()
    for _time in range(3):
        for link in sorted(links):
            gateway = Client(enforce_csrf_checks=True)
            assert gateway.get(link, follow=True).status_code == 200, link
            assert gateway.head(link, follow=True).status_code == 200, link
    assert everything() == before
    button = next(link for link in links if "/leave/" in link)
    assert Client(enforce_csrf_checks=True).post(button).status_code == 200
    assert Membership.objects.get().state == Membership.State.LEFT


def test_one_click_of_the_real_mail_needs_no_cookie_and_no_referer_and_may_repeat(smtp_sink: Sink) -> None:
    """DEL-11"""
    make.member_list(None, READER)
    mail = mails(smtp_sink, make.issued())[READER]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(mail["List-Unsubscribe"].strip("<>")).path
    answers = [Client(enforce_csrf_checks=True).post(link, **ONE_CLICK) for _time in range(3)]
    assert Membership.objects.get().state == Membership.State.LEFT
    unknown = Client(enforce_csrf_checks=True).post(link[:-3] + "000", **ONE_CLICK)
    assert {(answer.status_code, answer.content) for answer in [*answers, unknown]} == {(200, answers[0].content)}
    assert not any(answer.cookies for answer in answers)


def test_sixteen_members_have_sixteen_envelopes_and_none_sees_another(smtp_sink: Sink) -> None:
    """DEL-27"""
    members = {f"member{number}@company{number}.invalid" for number in range(16)}
    make.member_list(None, *members)
    got = mails(smtp_sink, make.issued())
    assert set(got) == members
    for to, mail in got.items():
        assert mail["To"] == to and not mail["Cc"] and not mail["Bcc"]
        whole = mail.as_string()
        assert not [other for other in members - {to} if other in whole]


@pytest.mark.parametrize(
    "title",
    [*(case["title"] for case in SUBJECTS), "Closed until 18:00\r\nBcc: everyone@list.example", "Wind " * 60],
    ids=lambda title: title[:20].strip(),
)
def test_title_is_cleaned_where_it_is_typed_and_makes_no_second_header(title: str, smtp_sink: Sink) -> None:
    """DEL-28: typed into the form, approved, read back from the mail server; if too long, it comes back."""
    make.place("ESALG")
    make.member_list(None, READER)
    officer = make.sign_in(Client(), make.user("officer"))
    edit = officer.post("/en/desk/new/", {"kind": "port_downtime", "office": make.office().pk})["Location"]
    saved = officer.post(edit, typed(title_en=title, severity="Minor", **{"row-0-traffic": ["cargo"]}))
    if len(title) > LONGEST_TITLE:
        assert saved.status_code == 422 and "Error" in saved.content.decode()
        return
    assert saved.status_code == 302, saved.content.decode()
    officer.post(f"{saved['Location']}submit/")
    version = Version.objects.get()
    decide = {"digest": version.digest, "decision": "approve"}
    make.sign_in(Client(), make.user("approver")).post(f"/en/desk/v/{version.uid}/decide/", decide)
    version.refresh_from_db()
    assert "\n" not in version.text_in("en").title and "\r" not in version.text_in("en").title
    ((_by, to, raw),) = [] if not mails(smtp_sink, version) else smtp_sink.envelopes
    head = raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    assert to == READER and head.isascii() and max(map(len, head.split(b"\n"))) <= 998
    assert not re.search(rb"(?mi)^(bcc|cc):", head)
    shown = " ".join(title.split()).rstrip(".")
    assert f"{shown}. Closed to cargo." in message_from_bytes(raw, policy=policy.default)["Subject"]


def test_mailbox_under_a_domain_in_other_letters_is_written_to_by_its_ascii_form(smtp_sink: Sink) -> None:
    """DEL-30: `ma-11` imported, sent, and shown again as it was typed."""
    on = make.member_list(None)
    data = (CASES / "members" / "ma-11-idn-domains.csv").read_bytes()
    run = imports.prepare(on, data=data, file_name="members.csv", by=None, now=make.now(), options={})
    imports.apply(run, by=None, now=make.now(), ground=ImportRun.Ground.MEMBERSHIP_TERMS)
    assert on.memberships.count() == 4
    on.memberships.update(places=[])
    got = mails(smtp_sink, make.issued())
    assert set(got) == {
        "post@xn--bcher-fracht-dlb.example", "info@xn--d-cargo-k0a42esr.example",
        "desk@xn--ixaih3a8b.example", "desk@plain-ascii.example",
    }  # fmt: skip
    assert all(mail["To"] == to for to, mail in got.items())
    shown = set(on.memberships.values_list("address__value", flat=True))
    assert "post@bücher-fracht.example" in shown and "desk@δέλτα.example" in shown


def test_officer_sees_how_many_text_messages_it_takes_before_it_goes_out() -> None:
    """DEL-38: one and more of them, counted over the very text that is sent."""
    for title, least in (("Storm", 1), ("Wind over the bay and the passes behind it " * 3, 2)):
        version = make.pending(title=title[:LONGEST_TITLE])
        page = make.sign_in(Client(), version.author).get(f"/en/desk/v/{version.uid}/").content.decode()
        parts = measure(render.sms(version, "en")).parts
        assert parts >= least
        said = "Sent as 1 text message." if parts == 1 else f"Sent as {parts} text messages joined into one."
        assert said in page
