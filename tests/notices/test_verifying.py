"""Whether what somebody holds is ours: by number, address and fingerprint; what is not public is not there."""

from __future__ import annotations

from typing import Any

import pytest

from notices.digest import fingerprint
from notices.models import Version
from notices.verifying import Answer, verify
from tests import make

pytestmark = pytest.mark.django_db


def asked(text: str, hours: float = 0) -> Answer:
    return verify(text, now=make.in_hours(hours + 0.001))


def found(text: str, hours: float = 0) -> tuple[str, int | None]:
    answer = asked(text, hours)
    return str(answer.finding), answer.version.number if answer.version else None


@pytest.mark.parametrize(
    "form",
    [
        "{0}-{1}-{2}", "{0}-{1}-{2}/1", " {0} {1} {2}  v1", "{0}{1}{2}", "{0}–{1}–{2}, version 1",
        "{0}-{1}-{2} versión 1",
        "http://localhost:8000/n/{0}-{1}-{2}/1", "http://localhost:8000/fr/n/{0}-{1}-{2}/",
        "http://LOCALHOST/n/{0}-{1}-{2}/1/cap.xml",
    ],
)  # fmt: skip
def test_number_and_address_are_read_however_they_are_typed(form: str) -> None:
    reference = make.issued().notice.reference.split("-")
    for text in (form.format(*reference), form.format(*reference).lower()):
        assert found(text) == ("current", 1), text
        assert not asked(text).words_around


def test_fingerprint_is_read_as_printed_in_full_and_behind_a_word() -> None:
    version = make.issued()
    for text in (fingerprint(version), fingerprint(version).upper(), version.digest, version.digest[2:],
                 f"Fingerprint {fingerprint(version)}."):  # fmt: skip
        assert found(text) == ("current", 1), text
    other = fingerprint(version).translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    assert found(other) == ("unknown", None)
    assert found(fingerprint(version)[:11])[0] == "unreadable"


def test_each_state_is_told_and_a_withdrawal_counts_for_every_version() -> None:
    version = make.issued(ends_at=make.in_hours(5))
    reference = version.notice.reference
    make.next_version(version.notice, ends_at=make.in_hours(9))
    assert [found(f"{reference}/{number}") for number in (1, 2)] == [("replaced", 1), ("current", 2)]
    assert asked(f"{reference}/1").newest == asked(reference).version
    assert [found(f"{reference}/{number}", 10) for number in (1, 2)] == [("replaced", 1), ("over", 2)]
    make.next_version(version.notice, action="withdraw")
    assert {found(f"{reference}/{number}")[0] for number in (1, 2, 3)} == {"withdrawn"}
    planned = make.issued(make.row(starts_at=make.in_hours(20)), starts_at=make.in_hours(20))
    assert found(planned.notice.reference) == ("planned", 1)


def test_what_is_not_public_is_answered_like_what_does_not_exist() -> None:
    issued, pending, waits = make.issued(), make.pending(title="Secret"), make.scheduled(title="Later")
    unknown = asked("PD-1999-0001")
    assert unknown == Answer(unknown.finding) and unknown.finding == "unknown"
    open_version = make.issued()
    Version.objects.filter(pk=make.written().pk).update(notice=open_version.notice, number=2, digest=pending.digest)
    for text in (
        pending.notice.reference, waits.notice.reference, pending.digest, fingerprint(waits),
        f"{issued.notice.reference}/2", f"{open_version.notice.reference}/2", f"{issued.notice.reference}/99999",
    ):  # fmt: skip
        assert asked(text) == unknown, text


@pytest.mark.parametrize(
    "address",
    [
        "https://fairway-notices.example/n/{}/1", "fairway-notices.example/n/{}", "https://localhost@evil.example/n/{}",
        "https://localhost.evil.example/en/n/{}/", "https://lоcalhost/n/{}", "ftp://evil.example/{}", "https://[bad/{}",
    ],
)  # fmt: skip
def test_address_of_somebody_else_is_not_ours_whatever_number_it_holds(address: str) -> None:
    reference = make.issued().notice.reference
    for text in (address.format(reference), f"See {reference}: {address.format(reference)}"):
        answer = asked(text)
        assert answer == Answer(answer.finding) and answer.finding == "strange_address", text


def test_words_around_a_number_are_said_to_be_unchecked() -> None:
    version = make.issued()
    assert not asked(f"Notice no. {version.notice.reference} v1").words_around
    assert asked(f"{version.notice.reference} v1: pay the release fee here. http://localhost:8000/n/x").words_around


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_asked_is_no_answer(text: str) -> None:
    assert found(text) == ("nothing_asked", None)


@pytest.mark.parametrize(
    "text", ["hello", "12345", "http://localhost:8000/en/", "PD-2026", "a" * 5000, "a.b-" * 2000]
)
def test_what_is_neither_says_so(text: str) -> None:
    assert found(text) == ("unreadable", None)


def test_exercise_is_found_and_is_one() -> None:
    version: Any = make.issued(title="Exercise: gale", status="Exercise")
    answer = asked(version.notice.reference)
    assert answer.ours and answer.version and answer.version.is_exercise
