"""What enters is clean: no control character, no line break where one line is meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from base.text import one_line, prose


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dover closed\nuntil 18:00", "Dover closed until 18:00"),
        ("Closed\r\nBcc: everyone@list.example", "Closed Bcc: everyone@list.example"),
        ("Gates closed\x0b second line", "Gates closed second line"),
        ("Internet\r\n down", "Internet down"),
        ("a\x00b", "ab"),
        ("  two   blanks ", "two blanks"),
        ("Mer\u00a0: fermé", "Mer\u00a0: fermé"),
        ("one\u2028two", "one two"),
        ("ميناء مغلق حتى 18:00.", "ميناء مغلق حتى 18:00."),
        ("🚫 Crossing closed 🚛", "🚫 Crossing closed 🚛"),
    ],
)
def test_title_becomes_one_clean_line(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


def test_prose_keeps_its_lines_and_loses_control_characters() -> None:
    assert prose("one\r\ntwo\rthree\x1d\n\tfour\x00") == "one\ntwo\nthree\n\tfour"


@given(st.text())
def test_whatever_enters_can_stand_in_xml_and_in_a_header(typed: str) -> None:
    line = one_line(typed)
    assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in line)
    assert one_line(line) == line and prose(prose(typed)) == prose(typed)
    element = etree.Element("text")
    element.text = prose(typed)
    assert etree.fromstring(etree.tostring(element)).text == (prose(typed) or None)
    prose(typed).encode()
