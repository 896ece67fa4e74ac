"""Words find notices: in every language, with or without accents, by number, by place, and with a slip."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from notices import lifecycle
from notices.filters import NoticeFilter
from notices.models import Notice, SearchEntry
from notices.search import likeliest_first
from tests import make

pytestmark = pytest.mark.django_db


def asked(now: Any = None, **question: str) -> Any:
    now = now or make.now()
    asked_for = NoticeFilter(question, Notice.objects.published(now), now=now)
    assert asked_for.is_valid(), asked_for.errors
    return asked_for.qs


def found(now: Any = None, **question: str) -> set[str]:
    titles = asked(now, **question).values_list("versions__texts__title", flat=True)
    return {title for title in titles if title and not title.startswith("Old")}


def place(locode: str, *aliases: str, **names: str) -> Any:
    made = make.place(locode)
    made.aliases = list(aliases)
    made.set_names(names)
    made.save()
    return made


def told(texts: dict[str, dict[str, str]], *rows: Any) -> Any:
    version = make.written(*rows)
    draft = make.draft(*(rows or [make.row()]))
    draft.texts.clear()
    draft.texts.update(texts)
    lifecycle.edit(version, by=version.author, edit_number=version.edit_number, draft=draft, now=make.now())
    version.refresh_from_db()
    make.member_list(None, f"reader{version.pk}@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=make.now())
    approver = make.user("approver", at=version.notice.office)
    return lifecycle.approve(version, by=approver, digest=version.digest, now=make.now())


@pytest.mark.parametrize("words", ["Kobenhavn", "København", "KØBENHAVN", "Copenhagen", "koben", "dkcph", "Kobnhavn"])
def test_place_is_found_by_every_name_code_and_slip(words: str) -> None:
    make.issued(make.row(place("GBDVR", en="Copenhagen", local="København", code="DKCPH")), title="Gale")
    make.issued(make.row(make.place("ESALG")), title="Fog")
    assert found(q=words) == {"Gale"}


def test_number_is_found_whole_in_part_and_in_small_letters() -> None:
    reference = make.issued(title="Gale").notice.reference
    make.issued(title="Fog")
    _series, year, number = reference.split("-")
    for words in (reference, reference.lower(), f"{year}-{number}", number, reference.replace("-", " ")):
        assert found(q=words) == found(q=f"gale {number}") == {"Gale"}, words


def test_each_language_is_read_by_its_own_grammar_and_without_accents() -> None:
    told({
        "en": {"title": "Gale", "body": "Lorries are waiting.", "instruction": ""},
        "fr": {"title": "Tempête à l’écluse", "body": "Les véhicules attendent.", "instruction": ""},
        "es": {"title": "Temporal", "body": "Los camiones esperan.", "instruction": ""},
    })  # fmt: skip
    make.issued(title="Fog")
    by_language = ("waiting lorry", "wait", "tempete", "TEMPÊTE", "ecluse", "véhicule", "camion", "camión")
    for words in by_language:
        assert found(q=words) >= {"Gale"} and "Fog" not in found(q=words), words


def test_words_from_title_text_and_place_count_together() -> None:
    make.issued(make.row(make.place("GBDVR")), title="Fog at the pier")
    make.issued(make.row(make.place("ESALG")), title="Fog on the road")
    assert found(q="fog dover") == {"Fog at the pier"} == found(q="dover knots fog")
    assert found(q="fog dover algeciras") == set()


@pytest.mark.parametrize("words", ["Algecira", "Algecirras", "Algecras", "algeciraz gale", "gale algecras"])
def test_a_slip_finds_too_where_nothing_is_written_so(words: str) -> None:
    make.issued(make.row(make.place("ESALG")), title="Gale")
    make.issued(make.row(make.place("GBDVR")), title="Gale")
    assert asked(q=words).count() == 1


def test_another_number_is_never_a_slip() -> None:
    reference = make.issued(title="Gale").notice.reference
    assert found(q=f"{reference[:-1]}9") == found(q=f"gael {reference[:-1]}9") == set()


def test_what_is_written_so_hides_what_is_only_like_it() -> None:
    make.issued(title="Strike")
    make.issued(title="Strikes")
    make.issued(title="Stroke")
    assert found(q="stroke") == {"Stroke"}


@pytest.mark.parametrize("words", ["'", "%", "_", "|&!", "q:*", "\\", "((", "the", "زلزال", "x" * 200, "- -", "--"])
def test_no_sign_is_more_than_a_word(words: str) -> None:
    make.issued(title="Gale")
    assert found(q=words) == set()


def test_only_the_newest_version_is_searched_and_exercises_and_drafts_never() -> None:
    first = make.issued(title="Old gale")
    make.next_version(first.notice, title="Queue")
    make.issued(title="Exercise: gale", status="Exercise")
    make.pending(title="Gale in secret")
    assert found(q="gale") == set() and found(q="queue") == {"Queue"}
    assert set(SearchEntry.objects.values_list("notice", flat=True)) == {first.notice_id}


def test_title_goes_before_names_and_names_before_the_rest() -> None:
    body = make.issued(make.row(make.place("ESALG")), title="Wind").notice
    title = make.issued(make.row(make.place("ESALG")), title="Knots and ropes").notice
    newest = make.issued(make.row(make.place("ESALG")), title="Rain").notice
    found_by_words = likeliest_first(asked(q="knots"), "knots")
    assert list(found_by_words) == [title, newest, body]


def test_state_and_days_ask_the_whole_life_of_a_notice() -> None:
    now = make.now()
    make.issued(title="Now")
    make.issued(title="Later", starts_at=make.in_hours(30), ends_at=make.in_hours(60))
    make.issued(title="Short", ends_at=make.in_hours(5))
    gone = make.issued(title="Gone")
    make.next_version(gone.notice, title="Gone", action="withdraw")
    then = make.in_hours(10)
    expected = {"current": {"Now"}, "planned": {"Later"}, "over": {"Short"}, "withdrawn": {"Gone"}}
    assert {state: found(then, state=state) for state in expected} == expected
    day = {name: f"{now + timedelta(days=days):%Y-%m-%d}" for name, days in (("before", -1), ("after", 5))}
    assert found(then, until=day["before"]) == set()
    assert found(then, since=day["after"]) == {"Now"}
    assert found(then, since=day["before"], until=day["after"]) == {"Now", "Later", "Short", "Gone"}


def test_notice_is_asked_for_by_the_language_that_it_is_written_in() -> None:
    make.issued(title="Gale")
    rest = {"body": "", "instruction": ""}
    told({"fr": {"title": "Tempête", **rest}, "en": {"title": "Gale 2", **rest}})
    assert found(language="fr") == {"Tempête", "Gale 2"} and found(language="es") == set()


def test_what_was_published_before_search_was_there_is_entered_by_the_same_function() -> None:
    version = make.issued(title="Gale")
    before = list(SearchEntry.objects.values_list("language", "names", "words"))
    SearchEntry.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT notices_enter(%s), notices_enter(%s)", [version.pk, version.pk])
    assert list(SearchEntry.objects.values_list("language", "names", "words")) == before and len(before) == 3
