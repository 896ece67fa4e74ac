"""Officers' texts: five constructs become HTML, everything else stays text (AUT-29)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from base import markup

CASES = json.loads((Path(__file__).parent.parent / "cases" / "notices" / "n-10-titles.json").read_text())
SAFE = re.compile(r"(https?|mailto|tel):|/(?![/\\])|#", re.IGNORECASE)


def test_five_constructs_become_html() -> None:
    text = "**Closed** and *late*.\n\n- one\n- two\n\n3. three\n4. four\n\n[Port](https://port.example/a?b=1&c=2)"
    made = markup.to_html(text)
    assert "<strong>Closed</strong>" in made and "<em>late</em>" in made
    assert '<ul dir="auto">\n<li>one</li>\n<li>two</li>\n</ul>' in made and '<ol start="3" dir="auto">' in made
    assert '<a href="https://port.example/a?b=1&amp;c=2" rel="noopener noreferrer">Port</a>' in made


def test_plain_text_keeps_lists_and_addresses_without_marks() -> None:
    text = (
        "**Closed** and *late*.\nSecond line\n\n- one\n- two\n  - inner\n\n1. three\n2. four\n\n"
        "[Port](https://port.example) [x@y.example](mailto:x@y.example)"
    )
    assert markup.to_text(text) == (
        "Closed and late.\nSecond line\n\n- one\n- two\n  - inner\n1. three\n2. four\n\n"
        "Port (https://port.example) x@y.example"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_titles_are_shown_as_they_were_typed(case: dict[str, str]) -> None:
    made = markup.to_html(case["title"])
    assert "<script" not in made and "javascript:" not in (made if "<a" in made else "")
    shown = html.fromstring(f"<div>{made}</div>").text_content()
    assert " ".join(shown.split()) == " ".join(case["title"].split())
    assert " ".join(markup.to_text(case["title"]).split()) == " ".join(case["title"].split())


@pytest.mark.parametrize(
    "typed",
    [
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<script>1</script>)", "[x](vbscript:x)", "[x](//evil.example)", "[x](/\\evil.example)",
        "<img src=x onerror=alert(1)>", "![x](https://evil.example/p.png)", "<javascript:alert(1)>",
        '[x](https://a.example" onmouseover="alert(1))', "[a]: javascript:alert(1)\n\n[a]", "`<b>`",
        "<style>p{}</style>",
    ],
)  # fmt: skip
def test_nothing_that_runs_or_leaves_by_another_way_becomes_html(typed: str) -> None:
    for element in html.fromstring(f"<div>{markup.to_html(typed)}</div>").iter():
        assert element.tag in {"div", *markup.TAGS}
        assert set(element.attrib) <= {"dir", "href", "rel", "start"}
        if "href" in element.attrib:
            assert SAFE.match(element.attrib["href"])


@given(st.text(alphabet="[]()<>*_-1. \n\t\"'&#;:/\\jscriptahef!`x"))
def test_whatever_is_typed_gives_only_allowed_html(typed: str) -> None:
    made = markup.to_html(typed)
    markup.to_text(typed)
    for element in html.fromstring(f"<div>{made}</div>").iter():
        assert element.tag in {"div", *markup.TAGS}
        assert "href" not in element.attrib or SAFE.match(element.attrib["href"])
