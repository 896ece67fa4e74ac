"""CAP 1.2: what we write holds before the published schema and our own rules; what others write is judged by them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from notices.cap import rules, shape
from notices.formats import cap
from notices.models import Version
from tests import make

TESTS = Path(__file__).parent.parent
CASES = TESTS / "cases" / "cap"
SCHEMA = etree.XMLSchema(etree.parse(TESTS / "data" / "cap" / "CAP-v1.2.xsd"))
DOVER = {"GBDVR": (51.13, 1.31)}
GOOD = ["cap-01", "cap-02", "cap-03", "cap-04", "cap-05", "cap-06"]
# FEE-14, FEE-15, FEE-16, FEE-18, FEE-19: the element that each is refused for, and a word of the reason
BAD = {
    "cap-20": ("sent", "no Z"),
    "cap-21": ("status", "before"),
    "cap-22": ("severity", "High"),
    "cap-23": ("scope", "missing"),
    "cap-24": ("alert", "CAP 1.2"),
    "cap-25": ("sent", "no fractions"),
    "cap-30": ("polygon", "the first again"),
    "cap-31": ("polygon", "latitude comes first"),
    "cap-32": ("expires", "before it was sent"),
    "cap-33": ("identifier", "neither a blank nor a comma"),
    "cap-34": ("references", "must refer"),
    "cap-35": ("", "line 22"),
}


def case(name: str) -> bytes:
    return next(CASES.glob(f"{name}-*.xml")).read_bytes()


@pytest.mark.parametrize("name", GOOD)
def test_good_form_of_others_is_taken(name: str) -> None:
    assert rules.check(case(name), DOVER) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_form_of_others_is_refused_with_the_element_and_the_reason(name: str) -> None:
    element, reason = BAD[name]
    with translation.override("en"):
        first, *_others = rules.check(case(name), DOVER)
    assert first.element == element and reason in str(first)
    assert first.line > 0


def test_every_case_is_tested() -> None:
    assert {path.name[:6] for path in CASES.iterdir()} == {*GOOD, *BAD}


def _children(root: etree._Element) -> list[etree._Element]:
    return [element for element in root.iter() if element is not root]


def _drop(root: etree._Element, at: int) -> None:
    element = _children(root)[at % len(_children(root))]
    element.getparent().remove(element)


def _double(root: etree._Element, at: int) -> None:
    element = _children(root)[at % len(_children(root))]
    element.addnext(copy.deepcopy(element))


def _swap(root: etree._Element, at: int) -> None:
    element = _children(root)[at % len(_children(root))]
    if element.getnext() is not None:
        element.getnext().addnext(element)


def _reword(root: etree._Element, at: int) -> None:
    words = ("", "Unknown", "Actual", "2027-02-10T09:00:00Z", "2027-13-10T09:00:00-00:00", "en", "x y", "Public")
    element = _children(root)[at % len(_children(root))]
    if not len(element):
        element.text = words[at % len(words)]


CHANGES: list[Callable[[etree._Element, int], None]] = [_drop, _double, _swap, _reword]


_change = st.tuples(st.sampled_from(CHANGES), st.integers(0, 400))


@given(st.sampled_from(GOOD), st.lists(_change, min_size=1, max_size=3))
def test_our_shape_and_the_published_schema_judge_alike(
    name: str, changes: list[tuple[Callable[[etree._Element, int], None], int]]
) -> None:
    root = shape_of(name)
    for change, at in changes:
        change(root, at)
    written = etree.fromstring(etree.tostring(root))
    assert SCHEMA.validate(written) == (not list(shape.faults(written))), etree.tostring(root).decode()


def shape_of(name: str) -> etree._Element:
    return etree.fromstring(case(name))


def message(version: Version) -> bytes:
    former = version.notice.versions.public().filter(number__lt=version.number).order_by("number")
    return cap.document(Version.objects.get(pk=version.pk), list(former))


@pytest.mark.django_db
def test_whatever_went_out_is_valid_and_refers_to_what_went_before() -> None:
    first = make.issued(
        make.row(), make.row(make.place("GBDVR")), title="Gale <warning> & more\x0b", starts_at=make.in_hours(2)
    )
    second = make.next_version(first.notice, title="Gale, longer", next_update_at=make.in_hours(3))
    third = make.next_version(first.notice, action="withdraw")
    drill = make.issued(title="Exercise: Drill", status="Exercise")
    for version in (first, second, third, drill):
        document = message(version)
        assert SCHEMA.validate(etree.fromstring(document)), SCHEMA.error_log
        assert rules.check(document) == []
    assert message(third).count(b"notices@fairway.example,") == 2
    assert b"<status>Exercise</status>" in message(drill) and b"<headline>Exercise" in message(drill)
    info = etree.fromstring(message(first)).find("{*}info")
    assert info is not None
    for tag in ("web", "contact", "instruction", "headline", "description"):
        assert info.findtext(f"{{*}}{tag}"), tag
    assert [code.text for code in info.findall("{*}area/{*}geocode/{*}value")] == ["ESALG", "GBDVR"]


# FEE-18
@pytest.mark.parametrize("sender", ["Customs of Spain", "customs,spain", "a&b", "<a@b>", ""])
def test_sender_that_breaks_references_is_named_before_any_message_goes_out(sender: str, settings: Any) -> None:
    assert "portal.E006" not in {found.id for found in run_checks()}
    settings.FAIRWAY_CAP_SENDER = sender
    assert "portal.E006" in {found.id for found in run_checks()}


# FEE-29
@pytest.mark.django_db
def test_each_language_of_a_message_says_all_of_it(client: Client) -> None:
    words = {"title": "Tempête", "body": "Vents forts.", "instruction": "Attendez."}
    ends = make.in_hours(9)
    version = make.issued(make.row(), make.row(make.place("GBDVR")), ends_at=ends, translations={"fr": words})
    infos = etree.fromstring(message(version)).findall("{*}info")
    assert [info.findtext("{*}language") for info in infos] == ["en", "fr"]
    for tag in ("category", "urgency", "severity", "certainty", "effective", "onset", "expires", "web"):
        first, second = (info.findtext(f"{{*}}{tag}") for info in infos)
        assert first and first == second, tag
    codes = [[code.text for code in info.findall("{*}area/{*}geocode/{*}value")] for info in infos]
    assert codes == [["ESALG", "GBDVR"]] * 2
    for info, word in zip(infos, ("Winds", "Vents"), strict=True):
        assert word in info.findtext("{*}description", "") and info.findtext("{*}headline")
    page = client.get(f"/fr/n/{version.notice.reference}/").content.decode()
    assert "Tempête" in page and "Winds" not in page


@pytest.mark.django_db
def test_message_holds_until_the_end_or_a_day_past_the_next_word() -> None:
    ends, due = make.in_hours(9), make.in_hours(4)
    for version, wanted in (
        (make.issued(ends_at=ends), ends),
        (make.issued(next_update_at=due), due + cap.DAY),
    ):
        info = etree.fromstring(message(version)).find("{*}info")
        assert info is not None and info.findtext("{*}expires") == cap.moment(wanted)
