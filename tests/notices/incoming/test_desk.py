"""The inbox on the desk: an officer reads what came, makes a draft of it, and everybody sees where it came from."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from lxml import html

from notices import lifecycle
from notices.cap import rules
from notices.formats import cap as formats
from notices.incoming.words import Form, State, Trouble
from notices.models import Item, Source, Version
from tests import make
from tests.notices.test_cap import BAD, DOVER, case

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Any:
    make.place("ESALG")
    return make.user("officer")


@pytest.fixture
def desk(client: Client, officer: Any) -> Client:
    return make.sign_in(client, officer)


def document(name: str = "cap-01") -> bytes:
    return case(name).replace(b"GBDVR", b"ESALG")


def bring(desk: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("message.xml", content, "text/xml")
    return desk.post(reverse("incoming"), {"file": file}, follow=True)


def words(answer: Any) -> str:
    return " ".join(html.fromstring(answer.content).find(".//main").text_content().split())


def drafted(desk: Client, **wish: str) -> Version:
    bring(desk, document())
    item = Item.objects.get()
    wish = {"kind": "port_downtime"} | wish
    answer = desk.post(reverse("incoming_act", args=[item.uid, "draft"]), wish)
    version: Version = Version.objects.get()
    assert answer.headers["Location"] == reverse("version_edit", args=[version.uid])
    return version


def test_file_brought_by_hand_is_shown_as_the_draft_would_be(desk: Client) -> None:
    answer = bring(desk, document())
    assert answer.status_code == 200
    said = words(answer)
    for part in (
        "Import declarations at Dover unavailable", "Send declarations before 21:30", "Moderate", "Algeciras ESALG",
        "13 Feb 2027, 23:00 CET", "The message is valid until", "notices@customs.example", "Brought as a file by",
    ):  # fmt: skip
        assert part in said
    assert not Version.objects.exists()


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused_beside_its_field_with_the_sentence_of_the_rule(desk: Client, name: str) -> None:
    if name == "cap-31":
        place = make.place("ESALG")
        place.locode, (place.latitude, place.longitude) = "GBDVR", DOVER["GBDVR"]
        place.save()
    answer = bring(desk, case(name))
    assert answer.status_code == 422
    assert BAD[name][1] in html.fromstring(answer.content).get_element_by_id("id_file_error").text_content()
    assert not Item.objects.exists()


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"%PDF-1.7\n%", b"a,b\n1,2"], ids=["picture", "pdf", "table"])
def test_wrong_file_is_refused_beside_its_field(desk: Client, content: bytes) -> None:
    answer = bring(desk, content)
    assert answer.status_code == 422 and "This is not XML" in words(answer)


def test_too_large_and_missing_files_are_refused_beside_the_field(desk: Client) -> None:
    assert "larger than a message can be" in words(bring(desk, b"x" * (rules.MOST + 1)))
    assert "Choose the file" in words(desk.post(reverse("incoming"), {"x": "1"}))


def test_same_file_twice_is_one_item(desk: Client) -> None:
    bring(desk, document())
    assert "This message was here already" in bring(desk, document()).content.decode()
    assert Item.objects.count() == 1


def test_click_makes_a_draft_that_shows_its_source_to_author_and_approver(desk: Client) -> None:
    version = drafted(desk)
    editor = words(desk.get(reverse("version_edit", args=[version.uid])))
    preview = words(desk.get(reverse("version_preview", args=[version.uid])))
    make.member_list(None, "reader@member.invalid")
    lifecycle.submit(version, by=version.author, now=make.now())
    approver = make.sign_in(Client(), make.user("approver"))
    decision = words(approver.get(reverse("version_decide", args=[version.uid])))
    for page in (editor, preview, decision):
        assert "This came from outside: check it" in page
        assert "Customs Notice Office (example)" in page and "notices@customs.example" in page
    item = Item.objects.get()
    assert approver.get(reverse("incoming_item", args=[item.uid])).status_code == 200


def test_tick_makes_the_end_of_the_message_the_end_of_the_notice(desk: Client) -> None:
    assert str(drafted(desk, ends="on").ends_at) == "2027-02-14 04:00:00+00:00"


def test_second_click_leads_back_and_makes_no_second_draft(desk: Client) -> None:
    drafted(desk)
    item = Item.objects.get()
    answer = desk.post(reverse("incoming_act", args=[item.uid, "draft"]), {"kind": "port_downtime"}, follow=True)
    assert "Somebody has dealt with this message already" in answer.content.decode()
    assert Version.objects.count() == 1


def test_item_is_put_aside_and_taken_back(desk: Client) -> None:
    bring(desk, document())
    item = Item.objects.get()
    for verb, state in (("aside", State.ASIDE), ("back", State.WAITING)):
        desk.post(reverse("incoming_act", args=[item.uid, verb]))
        item.refresh_from_db()
        assert item.state == state
    assert desk.post(reverse("incoming_act", args=[item.uid, "publish"])).status_code == 404


def test_desk_shows_the_newest_that_wait_and_how_many(desk: Client) -> None:
    for name in ("cap-01", "cap-04", "cap-05", "cap-06"):
        bring(desk, document(name))
    said = words(desk.get(reverse("desk")))
    assert "From outside 4" in said and "See all 4 in the inbox" in said


def test_public_page_and_cap_message_say_what_a_notice_is_based_on(desk: Client) -> None:
    version = drafted(desk)
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=make.now())
    version = lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=make.now())
    page = html.fromstring(Client().get(reverse("notice", args=[version.notice.reference])).content)
    (link,) = page.xpath("//dl//a[@href='https://portal.example/n/1042']")
    assert link.text == "Customs Notice Office (example)"
    assert "Based on" in page.text_content() and "notices@customs.example" not in page.text_content()
    written = formats.document(version, [])
    assert b"<source>Customs Notice Office (example)</source>" in written and rules.check(written) == []


def test_update_from_the_source_stands_at_the_notice_and_a_click_writes_it(desk: Client) -> None:
    version = drafted(desk)
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=make.now())
    lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=make.now())
    said = words(bring(desk, document("cap-02")))
    assert f"This changes what {version.notice} was made from" in said
    assert "Its source says something new" in words(desk.get(reverse("version_preview", args=[version.uid])))
    news = Item.objects.get(state=State.WAITING)
    answer = desk.post(reverse("incoming_act", args=[news.uid, "revise"]))
    following = Version.objects.get(number=2)
    assert answer.headers["Location"] == reverse("version_edit", args=[following.uid])
    assert "Its source says" not in words(desk.get(reverse("version_edit", args=[following.uid])))


def test_not_usable_item_says_why_and_offers_no_draft(desk: Client, officer: Any) -> None:
    bring(desk, document())
    Item.objects.update(document=document("cap-34"), state=State.UNREADABLE)
    item = Item.objects.get()
    said = words(desk.get(reverse("incoming_item", args=[item.uid])))
    assert "It must refer to the message that it changes" in said and "Make a draft" not in said
    desk.post(reverse("incoming_act", args=[item.uid, "draft"]), {"kind": "port_downtime"})
    assert not Version.objects.exists()


# --- Sources ------------------------------------------------------------------------------------------------------


def test_officer_adds_a_source_and_sees_what_is_wrong_with_it(desk: Client) -> None:
    wish = {"name": "Harbour master", "url": "https://harbour.example/all.atom", "form": "feed"}
    assert "Not looked at yet" in words(desk.post(reverse("source_new"), wish, follow=True))
    Source.objects.update(trouble=Trouble.NOT_XML, detail="11", failures=2, trouble_since=make.now())
    for name in ("sources", "incoming"):
        said = words(desk.get(reverse(name)))
        assert "Not read This is not XML. Stopped at line: 11" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://harbour.example/a", "must begin with https://"), ("https://10.0.0.1/a", "inside a private network"),
     ("nonsense", "must begin with https://"), ("", "Enter an address")],
)  # fmt: skip
def test_bad_address_is_refused_beside_its_field(desk: Client, url: str, said: str) -> None:
    answer = desk.post(reverse("source_new"), {"name": "X", "url": url, "form": "feed"})
    assert answer.status_code == 422
    assert said in html.fromstring(answer.content).get_element_by_id("id_url_error").text_content()


def test_headquarters_adds_a_source_for_any_office(client: Client) -> None:
    office, house = make.office(), make.organisation("administration", code="house")
    make.office("of-other")
    make.sign_in(client, make.user("headquarters", at=house))
    wish = {"name": "Met", "url": "https://met.example/i.atom", "form": "index", "office": str(office.pk)}
    assert client.post(reverse("source_new"), wish).status_code == 302
    source = Source.objects.get()
    assert (source.office, source.form) == (office, Form.INDEX)
    for verb, left in (("pause", 1), ("resume", 1), ("look", 1), ("remove", 0)):
        client.post(reverse("source_act", args=[source.uid, verb]))
        assert Source.objects.count() == left
