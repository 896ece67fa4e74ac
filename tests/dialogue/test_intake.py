"""The nine posts of the shared cases, the link that verifies, and the limits."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from base import links
from base.clients import ip_prefix
from base.models import AuditEntry
from delivery.models import Address, Delivery, Message, Publication
from dialogue.cases import intake, mails
from dialogue.cases.kinds import KINDS
from dialogue.cases.models import Case
from tests import make

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db

POSTS = {
    post["name"]: post["fields"]
    for post in json.loads((Path(__file__).parent.parent / "cases/intake/i-01-form-posts.json").read_text())
}


def send(client: Any, fields: dict[str, str], **more: str) -> Any:
    return client.post("/en/ask/", {**fields, "step": "send", **more}, follow=True)


def mails_for(reference: str) -> list[Message]:
    return list(Message.objects.filter(subject__contains=reference).order_by("id"))


def test_every_post_of_the_file_has_a_test() -> None:
    assert set(POSTS) == {
        "ordinary", "same again within ten seconds", "NUL in text", "line break in subject",
        "browser filled the trap field", "HTML in the name", "20,000 characters", "only blanks",
        "address with blank at the end",
    }  # fmt: skip


def test_ordinary_question_shows_and_mails_its_reference(client: Any) -> None:
    page = send(client, POSTS["ordinary"])
    case = Case.objects.get()
    assert re.fullmatch(r"Q-\d{4}-\d{6}", case.reference)
    assert case.reference in page.content.decode()
    (mail,) = mails_for(case.reference)
    assert case.reference in mail.text and case.reference in mail.html
    assert Delivery.objects.get(message=mail).address.key == "imports@tidewater.example"


def test_same_question_twice_is_one_question_with_one_reference_and_one_mail(client: Any) -> None:
    first, second = (send(client, POSTS["ordinary"]) for _ in range(2))
    case = Case.objects.get()
    assert case.reference in first.content.decode() and case.reference in second.content.decode()
    assert len(mails_for(case.reference)) == 1


def test_link_that_got_lost_is_sent_again_and_never_faster_than_every_ten_minutes() -> None:
    case = people.case(verified=False)
    for minutes, mailed in ((9, 1), (10, 2), (19, 2), (20, 3)):
        again = intake.ask(question=people.question(), ip_prefix="", now=NOW + timedelta(minutes=minutes))
        assert again == case and len(mails_for(case.reference)) == mailed
    assert set(Delivery.objects.values_list("address__key", flat=True)) == {"dispatch@kestrel-freight.example"}
    first, *later = mails_for(case.reference)
    assert all(mail.subject == first.subject for mail in later)


def test_confirmed_question_that_is_sent_again_gets_no_link() -> None:
    case = people.case()
    intake.ask(question=people.question(), ip_prefix="", now=NOW + timedelta(hours=1))
    assert Publication.objects.filter(key__contains=f"{case.uid}:verify").count() == 1


def test_link_is_not_sent_again_to_a_mailbox_that_has_had_enough() -> None:
    for number in range(6):
        intake.ask(question=people.question(subject=f"No {number}"), ip_prefix="", now=NOW)
    later = NOW + timedelta(minutes=10)
    for number in range(6):
        intake.ask(question=people.question(subject=f"No {number}"), ip_prefix="", now=later)
    assert Publication.objects.count() == 6


def test_nul_is_removed(client: Any) -> None:
    assert send(client, POSTS["NUL in text"]).status_code == 200
    case = Case.objects.get()
    assert (case.company, case.message) == ("Nul Ltd", "yz")


def test_line_break_in_the_subject_becomes_one_line_and_one_recipient(client: Any) -> None:
    send(client, POSTS["line break in subject"])
    case = Case.objects.get()
    assert case.subject == "Hello Bcc: x@y.example"
    people.intake.verify(case, now=NOW)
    assert all("\n" not in mail.subject and "\r" not in mail.subject for mail in Message.objects.all())
    assert set(Address.objects.values_list("key", flat=True)) == {"a@b.example"}


def test_filled_trap_is_an_error_that_the_person_can_act_on(client: Any) -> None:
    fields = POSTS["browser filled the trap field"]
    page = send(client, fields)
    assert page.status_code == 422 and not Case.objects.exists()
    text = page.content.decode()
    assert "must stay empty" in text and "Real Co" in text and "https://real.example" not in text
    again = send(client, {**fields, "website": ""}, marked="on")
    case = Case.objects.get()
    assert case.reference in again.content.decode() and case.suspicious


def test_acknowledgement_carries_no_text_of_a_stranger(client: Any) -> None:
    fields = POSTS["HTML in the name"]
    send(client, fields, subject="Buy this", message="Win at http://203.0.113.5")
    (mail,) = Message.objects.all()
    for part in (mail.subject, mail.text, mail.html):
        assert "203.0.113.5" not in part and "win" not in part.lower().replace("window", "") and "Buy" not in part


def test_too_long_a_text_states_the_limit_and_is_not_lost(client: Any) -> None:
    fields = {**POSTS["20,000 characters"], "message": "x" * 20_000}
    page = send(client, fields)
    text = page.content.decode()
    assert page.status_code == 422
    assert "15000 characters too long" in text and "5000" in text and "x" * 20_000 in text
    assert "maxlength" not in text[text.index("<textarea") : text.index("</textarea")][:300]


def test_only_blanks_gives_an_error_at_each_field_and_at_the_top(client: Any) -> None:
    page = send(client, POSTS["only blanks"])
    text = page.content.decode()
    summary = text[text.index('class="f-errors"') : text.index("</ul></div>")]
    for name in ("company", "subject", "message", "email"):
        assert f'href="#id_{name}"' in summary
        assert f'id="id_{name}_error"' in text
        assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', text)
    assert page.status_code == 422 and not Case.objects.exists()


def test_blank_after_the_address_is_no_error(client: Any) -> None:
    send(client, POSTS["address with blank at the end"])
    assert Case.objects.get().address.value == "a@b.example"


def test_check_page_shows_the_answers_and_keeps_nothing(client: Any) -> None:
    page = client.post("/en/ask/", {**POSTS["ordinary"], "step": "check"})
    assert "Check your answers" in page.content.decode() and "Which form do we use?" in page.content.decode()
    assert not Case.objects.exists()
    changed = client.post("/en/ask/", {**POSTS["ordinary"], "step": "change"})
    assert 'value="Tidewater Imports"' in changed.content.decode()


def test_opening_the_link_changes_nothing_and_pressing_the_button_verifies(client: Any) -> None:
    case = people.case(verified=False)
    address = reverse("case_verify", args=[links.sign(mails.VERIFY, case.uid.hex)])
    assert client.get(address).status_code == 200
    case.refresh_from_db()
    assert case.state == Case.State.UNVERIFIED and not Case.objects.queue().exists()
    tracking = client.post(address, follow=True)
    case.refresh_from_db()
    assert case.state == Case.State.OPEN and case.reference in tracking.content.decode()
    assert list(Case.objects.queue()) == [case]


def test_mail_says_until_when_in_the_time_of_the_place_and_in_utc() -> None:
    people.place("ESALG", zone="Europe/Madrid")
    people.case(about="ESALG")
    mail = Message.objects.get(publication__key__endswith=":received")
    for part in (mail.text, mail.html):
        assert "You get an answer by Tue 2 Mar 2027, 10:00 CET (09:00 UTC)." in part


def test_verifying_twice_starts_one_clock_and_one_mail() -> None:
    case = people.case()
    again = intake.verify(case, now=NOW + timedelta(hours=3))
    assert again.verified_at == NOW and again.due_at == NOW + KINDS[again.kind].answer_within
    assert Message.objects.filter(publication__key__endswith=":received").count() == 1


def test_link_for_one_purpose_opens_no_other_page(client: Any) -> None:
    case = people.case(verified=False)
    sent = links.sign(mails.SENT, case.uid.hex)
    assert client.get(reverse("case_sent", args=[sent])).status_code == 200
    for page in ("case_verify", "case_track"):
        assert client.get(reverse(page, args=[sent])).status_code == 404
    assert client.get(reverse("case_track", args=["nonsense"])).status_code == 404


def test_same_words_after_a_day_are_a_new_question() -> None:
    first = people.case()
    later = intake.ask(question=people.question(), ip_prefix="", now=NOW + timedelta(hours=25))
    assert later.reference != first.reference


def test_question_about_a_place_goes_to_its_office() -> None:
    office = people.organisation()
    people.place("GBDVR", office)
    assert people.case(about="Dover").office == office
    assert people.case(about="GB DVR", subject="Other").office == office
    assert people.case(about="Nowhere", subject="Third").office is None


def test_times_of_a_question_about_a_notice_are_told_at_its_place() -> None:
    version = make.issued(make.row(make.place("ESALG")))
    case = people.case(about=version.notice.reference)
    assert (case.notice_reference, case.office) == (version.notice.reference, version.notice.office)
    assert case.place.locode == "ESALG" and case.zone == "Europe/Madrid"


def test_one_mailbox_is_not_flooded_whoever_asks() -> None:
    for number in range(6):
        intake.ask(question=people.question(subject=f"No {number}"), ip_prefix=f"192.0.{number}.0/24", now=NOW)
    with pytest.raises(intake.TooMany):
        intake.ask(question=people.question(subject="No 7"), ip_prefix="198.51.100.0/24", now=NOW)
    assert intake.ask(question=people.question(subject="No 0"), ip_prefix="198.51.100.0/24", now=NOW)
    assert intake.ask(question=people.question(subject="Later"), ip_prefix="", now=NOW + timedelta(hours=1))


def test_one_network_is_slowed_down_with_the_text_kept(client: Any) -> None:
    for number in range(20):
        send(client, {**POSTS["ordinary"], "email": f"person{number}@tidewater.example"})
    page = send(client, {**POSTS["ordinary"], "email": "one.more@tidewater.example"})
    assert page.status_code == 429 and "Which form do we use?" in page.content.decode()
    assert Case.objects.count() == 20


def test_network_is_the_proxys_last_hop_and_coarse(rf: Any, settings: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="8.8.8.8, 198.51.100.77")
    assert ip_prefix(request) == "10.0.0.0/24"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert ip_prefix(request) == "198.51.100.0/24"
    assert ip_prefix(rf.get("/", REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="2001:db8:1:2:3::4")) == "2001:db8:1:2::/64"


def test_each_step_is_written_down_without_an_address() -> None:
    people.case()
    entries = AuditEntry.objects.filter(action__startswith="case.")
    assert [entry.action for entry in entries] == ["case.ask", "case.verify"]
    assert not any("kestrel" in json.dumps(entry.facts) for entry in entries)


def test_mail_speaks_the_language_of_the_page(client: Any) -> None:
    client.post("/fr/ask/", {**POSTS["ordinary"], "step": "send"})
    assert Case.objects.get().language == "fr" and Message.objects.get().language == "fr"
    assert "/fr/ask/confirm/" in Message.objects.get().text
