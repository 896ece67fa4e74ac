"""What others publish is read as far as it goes, whatever form it has, and harms nobody."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import http, markup
from notices.cap import rules
from notices.incoming import cap, feeds
from notices.incoming.found import Area, Found
from notices.incoming.words import Trouble

CASES = Path(__file__).parent.parent.parent / "cases"
FROM = "https://harbour.example/feeds/all.atom"


def case(name: str, folder: str = "cap") -> bytes:
    return next((CASES / folder).glob(f"{name}-*")).read_bytes()


# --- CAP ----------------------------------------------------------------------------------------------------------


def test_cap_message_is_read_with_texts_levels_times_and_places() -> None:
    found = cap.read(case("cap-01"), "")
    assert found.identity == "cap,notices@customs.example,CN-2027-001042-1,2027-02-10T09:00:00-00:00"
    assert (found.severity, found.urgency, found.certainty) == ("Moderate", "Future", "Observed")
    assert found.onset == datetime(2027, 2, 13, 22, tzinfo=UTC)
    assert found.expires == datetime(2027, 2, 14, 4, tzinfo=UTC)
    assert found.areas == (Area("Dover, Eastern Docks", ("GBDVR",)),)
    assert found.texts["en"]["title"] == "Import declarations at Dover unavailable Saturday night"
    assert found.texts["en"]["instruction"].startswith("Send declarations before 21:30")
    assert found.link == "https://portal.example/n/1042"


def test_every_language_and_every_area_of_a_message_is_read() -> None:
    assert len(cap.read(case("cap-04"), "").texts) == 2
    assert [area.codes for area in cap.read(case("cap-05"), "").areas][:2] == [("USPOA",), ("USHOU",)]


def test_cancel_says_which_messages_it_ends() -> None:
    found = cap.read(case("cap-03"), "")
    assert found.msg_type == "Cancel"
    assert found.refers == (
        ("notices@customs.example", "CN-2027-001042-1"), ("notices@customs.example", "CN-2027-001042-2"),
    )  # fmt: skip


def test_message_of_an_old_version_still_says_what_it_is_about() -> None:
    assert rules.check(case("cap-24"))
    found = cap.read(case("cap-24"), "where it came from")
    assert "Dover" in found.title


def test_what_was_read_is_kept_and_comes_back_unchanged() -> None:
    for name in ("cap-01", "cap-03", "cap-05"):
        found = cap.read(case(name), "")
        assert Found.from_json(json.loads(json.dumps(found.to_json()))) == found


# --- Feeds --------------------------------------------------------------------------------------------------------


def test_good_feed_gives_its_entries() -> None:
    """f-01"""
    over, closed = (entry.found for entry in feeds.entries(case("f-01", "feeds"), FROM))
    assert over.identity == "tag:portal.example,2027:notice/1042"
    assert over.title == "OVER: Dover: import system down"
    assert over.link == "https://portal.example/n/1042"
    assert over.sent_at == datetime(2027, 2, 14, 5, 10, tzinfo=UTC)
    assert over.sender_name == "Customs notice office"
    assert closed.texts[""]["body"] == "Both directions. End not known."


def test_feed_whose_entries_share_an_identifier_loses_none_of_them() -> None:
    """f-02: the publisher's fault is told, and a link into somebody's own machine leads nobody there."""
    found = feeds.entries(case("f-02", "feeds"), FROM)
    assert [entry.found.title for entry in found] == [
        "Dover: import system down", "Dorohusk closed", "Calais open again",
    ]  # fmt: skip
    assert len({entry.found.identity for entry in found}) == 3
    assert feeds.has_same_ids(found)
    assert found[0].found.link == ""


def test_of_a_document_of_countless_entries_the_first_are_read() -> None:
    entries = "".join(f"<entry><id>{number}</id></entry>" for number in range(feeds.MOST + 500))
    assert len(feeds.entries(f"<feed>{entries}</feed>".encode(), "https://a.example/")) == feeds.MOST


def test_feed_that_is_no_xml_is_named_with_its_line() -> None:
    """f-03"""
    with pytest.raises(feeds.Unread) as unread:
        feeds.entries(case("f-03", "feeds"), FROM)
    assert (unread.value.trouble, unread.value.detail) == (Trouble.NOT_XML, "11")


def test_empty_feed_is_no_fault() -> None:
    """f-04"""
    assert feeds.entries(case("f-04", "feeds"), FROM) == []


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Port</title>
<language>fr-FR</language>
<item><title>Quai 4 &amp;amp; 5 fermés</title><link>/news/7</link><guid isPermaLink="false">7</guid>
<description>&lt;p&gt;Tempête.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;
&lt;ul&gt;&lt;li&gt;Grues arrêtées&lt;/ul&gt;</description>
<pubDate>Wed, 10 Feb 2027 09:00:00 +0100</pubDate><dc:creator>Capitainerie</dc:creator></item>
<item><description>Sans titre, sans numéro</description><link>https://port.example/8</link></item></channel></rss>"""


def test_rss_is_read_with_its_html_as_plain_words() -> None:
    one, other = (entry.found for entry in feeds.entries(RSS.encode(), "https://port.example/rss"))
    assert (one.title, one.link) == ("Quai 4 & 5 fermés", "https://port.example/news/7")
    assert one.texts["fr-FR"]["body"] == "Tempête.\n- Grues arrêtées"
    assert one.sent_at == datetime(2027, 2, 10, 8, tzinfo=UTC)
    assert one.sender_name == "Capitainerie"
    assert (other.title, other.identity) == ("Sans titre, sans numéro", "https://port.example/8")


def test_json_feed_is_read() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "Port", "language": "es",
        "authors": [{"name": "Autoridad Portuaria"}],
        "items": [
            {"id": 9, "title": "Puerta 3 cerrada", "content_html": "<p>Obras.<br>Use la 2.</p>",
             "url": "/9", "date_published": "2027-02-10T09:00:00Z"},
            "no item",
        ],
    }  # fmt: skip
    (entry,) = feeds.json_entries(json.dumps(feed).encode(), "https://port.example/feed.json")
    assert (entry.found.identity, entry.found.title) == ("9", "Puerta 3 cerrada")
    assert entry.found.texts["es"]["body"] == "Obras.\nUse la 2."
    assert (entry.found.link, entry.found.sender_name) == ("https://port.example/9", "Autoridad Portuaria")


@pytest.mark.parametrize(
    ("document", "trouble"),
    [(b"<html>", Trouble.NOT_JSON), (b"[]", Trouble.OTHER_FORM), (b"[" * 100_000, Trouble.NOT_JSON),
     (b'{"items": 3}', Trouble.OTHER_FORM)],
    ids=["html", "list", "deep", "no items"],
)  # fmt: skip
def test_json_that_is_no_feed_is_named(document: bytes, trouble: Trouble) -> None:
    with pytest.raises(feeds.Unread) as unread:
        feeds.json_entries(document, FROM)
    assert unread.value.trouble == trouble


def test_page_for_people_is_named_as_another_form() -> None:
    with pytest.raises(feeds.Unread) as unread:
        feeds.entries(b"<html><body/></html>", FROM)
    assert (unread.value.trouble, unread.value.detail) == (Trouble.OTHER_FORM, "<html>")


def test_index_names_the_address_of_each_message() -> None:
    index = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>Storm</title>
    <link href="/n/1"/><link type="application/cap+xml" href="cap/1.xml"/></entry></feed>"""
    (entry,) = feeds.entries(index.encode(), "https://met.example/index.atom")
    assert entry.message == "https://met.example/cap/1.xml"


# --- Nobody's text harms us ---------------------------------------------------------------------------------------

BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


def _with(entities: str, used: str) -> bytes:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>x {used}</title></entry></feed>'
    return f"<!DOCTYPE feed [{entities}]>{body}".encode()


def test_file_of_this_machine_is_never_read_into_a_text() -> None:
    (entry,) = feeds.entries(_with('<!ENTITY f SYSTEM "file:///etc/passwd">', "&f;"), FROM)
    assert "root" not in entry.found.title and entry.found.title.startswith("x")


def test_text_that_doubles_itself_a_billion_times_is_refused_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(feeds.Unread):
        feeds.entries(_with(f'<!ENTITY e0 "lol">{BOMB}', "&e11;"), FROM)
    assert time.monotonic() - begun < 2


BAD_LINKS = ["javascript:alert(1)", "http://127.0.0.1/n/1", "http://intranet/", "//", "ftp://a.example/", "http://[x"]


@pytest.mark.parametrize("link", BAD_LINKS)
def test_nobody_is_led_to_a_bad_link(link: str) -> None:
    assert not http.is_link(link)
    entry = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><link href="{link}"/></entry></feed>'
    assert feeds.entries(entry.encode(), FROM)[0].found.link in ("", "https://harbour.example/feeds/all.atom")


def test_html_of_others_becomes_words() -> None:
    assert markup.from_html("<p>One &amp; two</p><p>three<br>four</p>") == "One & two\nthree\nfour"
    assert markup.from_html("plain words") == "plain words"
    assert markup.from_html("") == ""


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
def test_no_document_breaks_a_reader(document: bytes) -> None:
    for read in (feeds.entries, feeds.json_entries):
        try:
            read(document, FROM)
        except feeds.Unread:
            continue


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["items", "id", "title", "url", "authors", "name", "date_published"]), inner),
    max_leaves=20,
)


@given(st.lists(_json, max_size=4))
def test_no_json_feed_breaks_its_reader(items: list[object]) -> None:
    feeds.json_entries(json.dumps({"items": items}).encode(), FROM)
