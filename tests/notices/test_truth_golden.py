"""The golden file: what the truth line says for every status, group and number of places."""

from __future__ import annotations

from . import golden


def test_every_line_is_the_one_people_have_read() -> None:
    assert golden.text() == golden.FILE.read_text(), "read the changes, then: python -m tests.notices.golden"


def test_cargo_is_named_in_every_line_about_goods() -> None:
    words = {"en": "cargo", "fr": "marchandises", "es": "mercancías"}
    heading = ""
    for line in golden.lines():
        if line.startswith("#"):
            heading = line
        elif "· crew ·" not in heading and "travellers ·" not in heading:
            assert words[line[:2]] in line, (heading, line)
