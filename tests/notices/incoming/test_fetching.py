"""What others publish is fetched once, from each by itself, and what is wrong stands at the source."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from notices import tasks
from notices.incoming import fetching, judging, keeping, using
from notices.incoming.words import Form, State, Trouble
from notices.models import Item, Notice, Source
from tests import make
from tests.base import hostile
from tests.notices.test_cap import BAD, GOOD

from .site import look, page, site
from .test_reading import case

pytestmark = pytest.mark.django_db
AT = datetime(2027, 2, 10, 12, tzinfo=UTC)  # the cases were sent on this morning or later


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS = ["127.0.0.0/8"]


def atom(*entries: tuple[str, str, str], at: datetime = AT, links: dict[str, str] | None = None) -> bytes:
    """`entries`: id, title, summary; `links`: id → address of its CAP message."""
    said = "".join(
        f"<entry><id>{key}</id><title>{title}</title><updated>{at.isoformat()}</updated><summary>{words}</summary>"
        f'<link type="application/cap+xml" href="{(links or {}).get(key, "")}"/></entry>'
        for key, title, words in entries
    )
    return page(f'<feed xmlns="http://www.w3.org/2005/Atom">{said}</feed>'.encode())


def titles(**facts: Any) -> list[str]:
    return sorted(Item.objects.filter(**facts).values_list("title", flat=True))


# --- Once each ----------------------------------------------------------------------------------------------------


def test_feed_fetched_twice_brings_each_entry_once_and_publishes_nothing() -> None:
    with site(news=page(case("f-01", "feeds"))) as there:
        source = there.source("/news", Form.FEED)
        for _time in range(2):
            source = look(source, AT)
    assert titles(state=State.WAITING) == ["Dorohusk closed for lorries", "OVER: Dover: import system down"]
    assert (source.failures, source.trouble, source.read_at) == (0, "", AT)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("name", GOOD)
def test_good_message_waits_with_what_it_says(name: str) -> None:
    with site(cap=page(case(name))) as there:
        source = there.source("/cap", Form.CAP)
        look(look(source, AT), AT)
    (item,) = Item.objects.all()
    assert (item.state, item.source_name, item.office) == (State.WAITING, "Harbour master", source.office)
    assert item.found.sent_at is not None and item.found.status == ("Test" if name == "cap-06" else "Actual")


@pytest.mark.parametrize("name", BAD)
def test_bad_message_is_kept_as_not_usable_with_the_reason(name: str) -> None:
    make.place("ESALG")
    document = case(name).replace(b"GBDVR", b"ESALG") if name != "cap-31" else case(name)
    if name == "cap-31":
        place = make.place("ESALG")
        place.locode, place.latitude, place.longitude = "GBDVR", 51.13, 1.31
        place.save()
    with site(cap=page(document)) as there:
        source = look(look(there.source("/cap", Form.CAP), AT), AT)
    (item,) = Item.objects.all()
    assert item.state == State.UNREADABLE and source.trouble == ""
    element, reason = BAD[name]
    with translation.override("en"):
        first, *_others = judging.judged(bytes(item.document), "")[1]
    assert first.element == element and reason in str(first)


@pytest.mark.parametrize(("old", "new"), [("<status>Actual", "<status>System"), ("<msgType>Alert", "<msgType>Ack")])
def test_message_that_is_not_for_readers_is_not_usable(old: str, new: str) -> None:
    refers = b"</scope><references>a@b,c,2027-02-09T09:00:00-00:00</references>"
    document = case("cap-01").replace(old.encode(), new.encode()).replace(b"</scope>", refers)
    with site(cap=page(document)) as there:
        look(there.source("/cap", Form.CAP), AT)
    assert Item.objects.get().state == State.UNREADABLE


def test_index_is_followed_to_each_message_once() -> None:
    links = {"a": "cap1.xml", "b": "cap4.xml", "c": "gone.xml"}
    index = atom(("a", "One", ""), ("b", "Two", ""), ("c", "Three", ""), links=links)
    with site(index=index) as there:
        there.pages |= {"/cap1.xml": page(case("cap-01")), "/cap4.xml": page(case("cap-04"))}
        source = look(there.source("/index", Form.INDEX), AT)
        assert Item.objects.filter(state=State.WAITING).count() == 2
        assert source.trouble == Trouble.LINKED and source.detail.endswith("/gone.xml")
        look(source, AT)
        assert sorted(there.paths).count("/cap1.xml") == 1
        there.pages["/gone.xml"] = page(case("cap-05"))
        source = look(source, AT)
    assert (source.trouble, Item.objects.count()) == ("", 3)


def test_our_own_index_can_be_a_source() -> None:
    """Two sites of this kind understand each other."""
    with site(index=atom(("tag:a", "Storm", ""), links={"tag:a": "/n/PD-1/1/cap.xml"})) as there:
        there.pages["/n/PD-1/1/cap.xml"] = page(case("cap-05"), Content_Type="application/cap+xml")
        look(there.source("/index", Form.INDEX), AT)
    assert titles() == ["Cargo clearance suspended at six ports"]


def test_json_feed_with_signs_that_no_database_holds_is_taken() -> None:
    item = {"id": "a\u0000b", "title": "Gate \ud800 closed", "url": "https://port.example/\u0000", "language": "e\0n"}
    with site(feed=page(json.dumps({"items": [item]}).encode())) as there:
        source = look(there.source("/feed", Form.JSON), AT)
    assert (source.trouble, titles()) == ("", ["Gate closed"])


# --- What changes afterwards --------------------------------------------------------------------------------------


def test_entry_that_nobody_has_used_is_corrected_in_place() -> None:
    with site(news=atom(("a", "Gate 3 shut", ""))) as there:
        source = look(there.source("/news", Form.FEED), AT)
        there.pages["/news"] = atom(("a", "Gate 4 closed", ""))
        look(source, AT)
    assert titles(state=State.WAITING) == ["Gate 4 closed"]


def test_entry_that_changes_after_it_was_used_is_news_of_its_notice() -> None:
    with site(news=atom(("a", "Gate 3 closed", ""))) as there:
        source = look(there.source("/news", Form.FEED), AT)
        item, officer = Item.objects.get(), make.user("officer", at=source.office)
        version = using.draft(item, kind="advisory", office=source.office, ends=False, by=officer, now=AT)
        for title in ("OVER: Gate 3", "OVER: Gate 3", "OVER: Gate 3, and 4"):
            there.pages["/news"] = atom(("a", title, ""))
            source = look(source, AT)
    assert [one.title for one in Item.objects.news_about(version.notice)] == ["OVER: Gate 3, and 4"]


def test_entry_put_aside_does_not_come_back() -> None:
    with site(news=atom(("a", "Fair of the town", ""))) as there:
        source = look(there.source("/news", Form.FEED), AT)
        officer = make.user("officer", at=source.office)
        keeping.put_aside(Item.objects.get(), by=officer, now=AT)
        there.pages["/news"] = atom(("a", "Fair of the town, with music", ""))
        look(source, AT)
    assert not Item.objects.waiting().exists()


def test_update_takes_the_place_of_what_waits() -> None:
    with site(cap=page(case("cap-01"))) as there:
        source = look(there.source("/cap", Form.CAP), AT)
        there.pages["/cap"] = page(case("cap-02"))
        look(source, AT)
    assert [one.found.msg_type for one in Item.objects.filter(state=State.WAITING)] == ["Update"]
    assert Item.objects.filter(state=State.REPLACED).count() == 1


def test_cancel_of_what_nobody_used_leaves_the_inbox_empty() -> None:
    with site(cap=page(case("cap-01"))) as there:
        source = look(there.source("/cap", Form.CAP), AT)
        there.pages["/cap"] = page(case("cap-03"))
        look(source, AT)
    assert not Item.objects.waiting().exists()


def test_source_neither_rewrites_nor_ends_what_another_source_brought() -> None:
    with site(good=page(case("cap-01"))) as there:
        good = look(there.source("/good", Form.CAP), AT)
        forged = case("cap-01").replace(b"<headline>", b"<headline>All clear: ")
        for number, document in enumerate((forged, case("cap-02"), case("cap-03"))):
            there.pages[f"/bad{number}"] = page(document)
            other = there.source(f"/bad{number}", Form.CAP, office=good.office)
            Source.objects.filter(pk=other.pk).update(name=f"Stranger {number}")
            look(look(Source.objects.get(pk=other.pk), AT), AT)
        look(good, AT)
    by_source = dict(Item.objects.waiting().values_list("source_name", "title"))
    assert by_source.keys() == {"Harbour master", "Stranger 0", "Stranger 1", "Stranger 2"}
    assert not by_source["Harbour master"].startswith("All clear") and by_source["Stranger 0"].startswith("All clear")


def test_what_is_over_or_two_weeks_old_does_not_wait() -> None:
    with site(cap=page(case("cap-01")), news=atom(("a", "Old", ""), at=AT - timedelta(days=15))) as there:
        look(there.source("/cap", Form.CAP), datetime(2027, 2, 15, tzinfo=UTC))
        look(there.source("/news", Form.FEED), AT)
    assert set(Item.objects.values_list("state", flat=True)) == {State.OVER}


# --- Broken, slow, hostile ----------------------------------------------------------------------------------------

TROUBLES = {
    "f-03": (page(case("f-03", "feeds")), Form.FEED, Trouble.NOT_XML, "11"),
    "a page": (page(b"<html><body>News</body></html>"), Form.FEED, Trouble.OTHER_FORM, "<html>"),
    "a page as CAP": (page(b"<html/>"), Form.CAP, Trouble.OTHER_FORM, "<html>"),
    "a feed as CAP": (page(case("f-01", "feeds")), Form.CAP, Trouble.OTHER_FORM, ""),
    "no JSON": (page(b"<rss/>"), Form.JSON, Trouble.NOT_JSON, ""),
    "gone": (page(b"", "404 Not Found"), Form.FEED, Trouble.ANSWER, "404"),
    "busy": (page(b"", "503 Service Unavailable"), Form.INDEX, Trouble.ANSWER, "503"),
    "moved": (page(b"", "301 Moved", Location="https://new.example/rss"), Form.FEED, Trouble.MOVED, "https://new."),
    "endless": (hostile.endless_body, Form.FEED, Trouble.LONG, ""),
    "no http": (hostile.no_http, Form.CAP, Trouble.UNREACHED, ""),
    "long head": (hostile.endless_head, Form.CAP, Trouble.UNREACHED, ""),
}


@pytest.mark.parametrize("what", TROUBLES)
def test_broken_source_says_what_is_wrong_and_brings_nothing(what: str) -> None:
    answer, form, trouble, detail = TROUBLES[what]
    with site(it=answer) as there:
        source = look(there.source("/it", form), AT)
    assert (source.trouble, source.failures) == (trouble, 1) and detail in source.detail
    assert not Item.objects.exists()


def test_empty_feed_is_well() -> None:
    """f-04"""
    with site(it=page(case("f-04", "feeds"))) as there:
        assert look(there.source("/it", Form.FEED), AT).trouble == ""


def test_feed_whose_entries_share_an_identifier_says_so_and_loses_none() -> None:
    """f-02"""
    with site(it=page(case("f-02", "feeds"))) as there:
        source = look(look(there.source("/it", Form.FEED), AT), AT)
    assert (source.trouble, source.failures) == (Trouble.SAME_IDS, 0)
    assert titles() == ["Calais open again", "Dorohusk closed", "Dover: import system down"]


def test_slow_server_holds_a_look_for_seconds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BODY_S", 1.0)
    with site(it=hostile.slow_body) as there:
        begun = time.monotonic()
        assert look(there.source("/it", Form.FEED), AT).trouble == Trouble.LONG
    assert time.monotonic() - begun < 5


def test_source_inside_a_private_network_is_never_called(settings: Any) -> None:
    with site(it=page(b"secret")) as there:
        source = there.source("/it", Form.FEED)
        settings.FAIRWAY_HTTP_TEST_NETS = []
        assert look(source, AT).trouble == Trouble.ADDRESS
        assert there.server.asked == []


def test_message_that_an_index_names_inside_a_private_network_is_never_called() -> None:
    links = {"a": "http://10.0.0.1/cap.xml", "b": "file:///etc/passwd", "c": "http://169.254.169.254/latest"}
    with site(index=atom(("a", "One", ""), ("b", "Two", ""), ("c", "Three", ""), links=links)) as there:
        source = look(there.source("/index", Form.INDEX), AT)
    assert source.trouble == Trouble.LINKED and not Item.objects.exists()
    assert source.failures == 1  # nothing of it can be had: it is left alone for longer


def test_flood_is_dammed_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_WAITING", 3)
    with site(news=atom(*((f"id{n}", f"News {n}", "") for n in range(9)))) as there:
        source = look(there.source("/news", Form.FEED), AT)
    assert (source.trouble, Item.objects.count()) == (Trouble.FLOOD, 3)


def test_one_broken_source_keeps_no_other_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the fault is our own."""
    keep = fetching.keep

    def breaks(found: Any, **facts: Any) -> Any:
        if "Bad" in found.title:
            raise RuntimeError("our own mistake")
        return keep(found, **facts)

    monkeypatch.setattr(fetching, "keep", breaks)
    with site(bad=atom(("a", "Bad", "")), good=atom(("b", "Good", ""))) as there:
        bad, good = there.source("/bad", Form.FEED), there.source("/good", Form.FEED)
        assert fetching.sweep(now=AT) == 2
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.trouble, good.trouble, titles()) == (Trouble.OURS, "", ["Good"])


# --- How often ----------------------------------------------------------------------------------------------------


def test_server_is_asked_only_for_what_is_new() -> None:
    with site(news=page(case("f-01", "feeds"), ETag='"v1"', Last_Modified="Wed, 10 Feb 2027 09:00:00 GMT")) as there:
        source = look(there.source("/news", Form.FEED), AT)
        there.pages["/news"] = page(b"", "304 Not Modified")
        source = look(source, AT + timedelta(minutes=5))
        asked = there.server.asked[-1].decode()
    assert 'If-None-Match: "v1"' in asked and "If-Modified-Since: Wed, 10 Feb 2027 09:00:00 GMT" in asked
    assert (source.trouble, source.read_at, source.etag) == ("", AT + timedelta(minutes=5), '"v1"')


def test_source_is_left_alone_for_longer_and_longer_while_it_fails_and_comes_back() -> None:
    with site(it=page(b"", "500 Broken")) as there:
        source, waits = there.source("/it", Form.FEED), []
        for _time in range(9):
            source = look(source, AT)
            waits.append((source.due_at - AT) / timedelta(minutes=1))
        assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360]
        since = source.trouble_since
        there.pages["/it"] = page(case("f-04", "feeds"))
        source = look(source, AT)
    assert since == AT
    assert (source.failures, source.trouble, source.due_at - AT) == (0, "", timedelta(minutes=5))


@pytest.mark.django_db(transaction=True)
def test_only_what_is_due_is_looked_at_and_by_one_worker() -> None:
    now = make.now()
    with site(news=page(case("f-04", "feeds"))) as there:
        there.source("/news", Form.FEED)
        there.source("/news?later", Form.FEED, paused_at=now)
        tasks.look_outside()
        tasks.look_outside()
        assert there.paths == ["/news"]
    assert Source.objects.filter(due_at__gt=now).count() == 1
