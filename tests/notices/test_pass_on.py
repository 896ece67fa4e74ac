"""The short text that readers copy into a chat: at most 480 signs, cargo always in it, the address at its end."""

from __future__ import annotations

import pytest

from notices.render import LONGEST_SHARED, pass_on, sms
from notices.wording import headline
from tests import make

pytestmark = pytest.mark.django_db


def test_text_has_number_headline_times_and_address() -> None:
    version = make.issued(title="Gale", next_update_at=make.in_hours(4))
    text = pass_on(version, "en", now=make.in_hours(1))
    assert text.startswith(f"{version.notice.reference} v1: {headline(version, 'en')} Since ")
    assert (
        "UTC" in text
        and "Next update by" in text
        and text.endswith(f" http://localhost:8000/n/{version.notice.reference}/1")
    )
    assert "Fermé" in pass_on(version, "fr", now=make.in_hours(1))


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_long_notice_keeps_its_cargo_and_its_start_when_it_must_be_short(language: str) -> None:
    codes = ("ESALG", "ESCEU", "GBDVR", "FRLEH", "ESLLI", "MAPTM")
    rows = [
        make.row(make.place(code), traffic=[traffic], status=status, starts_at=make.in_hours(30),
                 qualifier={"hours": "06:00-18:00"} if status == "restricted" else {})
        for code in codes for traffic, status in (("cargo", "closed"), ("crew", "restricted"), ("relief", "open"))
    ]  # fmt: skip
    version = make.issued(
        *rows, title="The gale is still growing " * 4, starts_at=make.in_hours(30), next_update_at=make.in_hours(31),
        reopens_earliest=make.in_hours(40), reopens_latest=make.in_hours(60),
    )  # fmt: skip
    text = pass_on(version, language, now=make.now())
    assert len(text) <= LONGEST_SHARED
    assert {"en": "cargo", "fr": "march", "es": "merc"}[language] in text and "UTC" in text
    assert text.endswith(f"/n/{version.notice.reference}/1")


def test_withdrawal_says_so_and_has_no_times() -> None:
    first = make.issued(title="Gale")
    text = pass_on(make.next_version(first.notice, action="withdraw"), "en", now=make.in_hours(1))
    assert "v2:" in text and "Notice withdrawn." in text and "Since" not in text


def test_text_message_stays_what_it_was() -> None:
    version = make.issued(title="Gale")
    assert (
        sms(version, "en")
        == f"{version.notice.reference} {headline(version, 'en')} http://localhost:8000/n/{version.notice.reference}/1"
    )
