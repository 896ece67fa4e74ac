"""What differs from the version that readers have: facts, cells and texts, in the reader's language."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from contacts.models import Place
from delivery.models import Publication
from notices import changes, lifecycle, render
from notices.changes import Change, Content
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db


def told(before: Version, after: Version, language: str = "en") -> dict[str, tuple[str, str]]:
    return {one.what: (one.before, one.after) for one in changes.between(before, after, language)}


def drafted(live: Version, *rows: dict[str, Any], **fields: Any) -> Version:
    version = lifecycle.revise(live.notice, by=make.user("officer"), now=make.now())
    return lifecycle.edit(
        version, by=version.author, edit_number=1, draft=make.draft(*rows, **fields), now=make.now()
    )


# AUT-15
def test_a_later_end_is_told_with_the_old_and_the_new_time() -> None:
    start = make.now()
    row = make.row(starts_at=start)
    first = make.issued(row, starts_at=start, ends_at=make.in_hours(4))
    second = drafted(first, row, starts_at=start, ends_at=make.in_hours(8))
    found = told(first, second)
    assert set(found) == {"Ends"}
    assert found["Ends"][0] != found["Ends"][1] and "UTC" in found["Ends"][1]


def test_cells_that_change_alike_stand_in_one_line() -> None:
    start, ceuta = make.now(), make.place("ESCEU")
    first = make.issued(make.row(ceuta, starts_at=start), starts_at=start)
    goods = {"traffic": ["cargo", "empties"], "directions": ["import"]}
    open_to_goods = make.row(ceuta, status="open", starts_at=start, **goods)
    second = drafted(first, make.row(ceuta, starts_at=start), open_to_goods, starts_at=start)
    assert told(first, second) == {"Ceuta, Cargo, Empties, Import": ("Closed", "Open")}


def test_a_limit_on_a_status_is_a_change_too() -> None:
    start = make.now()
    first = make.issued(make.row(status="restricted", starts_at=start), starts_at=start)
    on_paper = make.row(status="restricted", qualifier={"limit": "paper"}, starts_at=start)
    second = drafted(first, on_paper, starts_at=start)
    ((was, now),) = told(first, second).values()
    assert was == "Restricted" and now.startswith("Restricted (")


# AUT-14
def test_rows_in_another_order_are_no_change() -> None:
    start = make.now()
    rows = [make.row(make.place(code), starts_at=start) for code in ("ESALG", "ESCEU")]
    first = make.issued(*rows, starts_at=start)
    assert told(first, drafted(first, *reversed(rows), starts_at=start)) == {}


# AUT-14
def test_a_place_that_is_spelt_otherwise_mails_nobody() -> None:
    first = make.issued()
    sent = Publication.objects.count()
    place = Place.objects.get(locode="ESALG")
    place.set_names({"en": "Algeciras Bay"})
    place.save()
    assert Publication.objects.count() == sent
    first.refresh_from_db()
    assert "Algeciras Bay" not in Client().get(f"/en/n/{first.notice.reference}/").content.decode()


def test_texts_are_told_word_by_word() -> None:
    left, right = Change("Body", "carry a test under 72 hours", "carry a test under 48 hours").parts
    assert left == [(False, "carry a test under"), (True, "72"), (False, "hours")]
    assert right[1] == (True, "48")


def test_what_was_not_stated_and_what_no_longer_is_are_changes() -> None:
    cell = ("cargo", "import", "road")
    found = list(changes.differences(Content(), Content(cells={"Ceuta": {cell: "Closed"}}, facts={"Cause": ""})))
    assert found == [Change("Ceuta", "", "Closed")]


def test_readers_read_it_in_their_language_and_only_their_texts() -> None:
    start = make.now()
    first = make.issued(starts_at=start)
    second = drafted(first, make.row(status="open", starts_at=start), starts_at=start, title="Calm")
    found = told(first, second, "fr")
    assert ("Fermé", "Ouvert") in found.values()
    assert len([one for one in changes.between(first, second, "fr") if one.language]) == 1


def test_mail_of_an_update_lists_what_changed_before_the_text() -> None:
    start = make.now()
    first = make.issued(starts_at=start, ends_at=make.in_hours(4))
    second = drafted(first, make.row(status="congested", starts_at=start), starts_at=start, ends_at=make.in_hours(8))
    text = render.mail(second, "en", now=make.now()).text
    assert text.index("What has changed") < text.index("Winds above 60 knots")
    assert "Closed → Congested" in text
    assert "What has changed" not in render.mail(first, "en", now=make.now()).text


def test_author_approver_and_reader_see_the_difference() -> None:
    start = make.now()
    first = make.issued(starts_at=start)
    second = drafted(first, make.row(status="congested", starts_at=start), starts_at=start)
    words = "What changed in version 2"
    officer = make.sign_in(Client(), second.author)
    assert words in officer.get(f"/en/desk/v/{second.uid}/").content.decode()
    second = lifecycle.submit(second, by=second.author, now=make.now())
    approver = make.user("approver")
    page = make.sign_in(Client(), approver).get(f"/en/desk/v/{second.uid}/decide/").content.decode()
    assert "<del>Closed</del>" in page and "<ins>Congested</ins>" in page
    lifecycle.approve(second, by=approver, digest=second.digest, now=make.now())
    assert words in Client().get(f"/en/n/{first.notice.reference}/").content.decode()
    assert words not in Client().get(f"/en/n/{first.notice.reference}/1/").content.decode()


def test_an_update_that_changes_nothing_is_told_to_its_author() -> None:
    first = make.issued()
    version = lifecycle.revise(first.notice, by=first.author, now=make.now())
    page = make.sign_in(Client(), version.author).get(f"/en/desk/v/{version.uid}/").content.decode()
    assert "Nothing differs from version 1" in page
