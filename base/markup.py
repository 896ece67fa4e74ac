"""What officers write: Markdown with five constructs, to safe HTML and to plain text.

The five: bold, italics, bulleted lists, numbered lists, links. HTML, images and everything else that is typed
stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import lxml.html
import nh3
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
BLOCKS = ("p", "ul", "ol")
TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}

_reader = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False, "typographer": False}).enable(
    ["emphasis", "list", "link", "newline", "escape"]
)


def _allowed(url: str) -> bool:
    """Only links that leave by a known scheme or stay on this site; no script, no other host without a scheme."""
    start, colon, _rest = url.partition(":")
    if colon and "/" not in start:
        return start.casefold() in SCHEMES
    return url.startswith(("/", "#")) and not url.startswith(("//", "/\\"))


_reader.validateLink = _allowed  # type: ignore[method-assign]  # the reader's own hook: what it refuses stays text


def to_html(text: str) -> str:
    """Safe HTML; a link of a forbidden kind stays visible as text. Each block runs in the direction of its words."""
    made = _reader.render(text)
    return nh3.clean(
        made,
        tags=TAGS,
        attributes=ATTRIBUTES,
        set_tag_attribute_values={tag: {"dir": "auto"} for tag in BLOCKS},
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
    )


def _inline(tokens: Sequence[Token]) -> str:
    """The words; a link is followed by its address unless that is what it says."""
    words: list[str] = []
    links: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((len(words), str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            start, address = links.pop()
            shown = address.removeprefix("mailto:").removeprefix("tel:")
            if "".join(words[start:]).strip() not in (address, shown):
                words.append(f" ({shown})")
        elif token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        else:
            words.append(token.content)
    return "".join(words)


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[str, bool]]:
    """Each paragraph with its list mark and indentation, and whether it is an item of a list."""
    lists: list[int | None] = []  # the next number of each open list, None for bullets
    mark = ""
    for token in tokens:
        if token.type == "bullet_list_open":
            lists.append(None)
        elif token.type == "ordered_list_open":
            lists.append(int(token.attrs.get("start", 1)))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
            mark = ""
        elif token.type == "list_item_open":
            number = lists[-1]
            mark = "- " if number is None else f"{number}. "
            lists[-1] = None if number is None else number + 1
        elif token.type == "inline":
            indent = "  " * max(len(lists) - 1, 0)
            later = indent + " " * len(mark)
            lines = _inline(token.children or []).split("\n")
            yield "\n".join([f"{indent}{mark}{lines[0]}", *(f"{later}{line}" for line in lines[1:])]), bool(lists)
            mark = "  " if lists else ""


def to_text(text: str) -> str:
    """The same words without marks: lists keep their signs, links their addresses in brackets."""
    parts: list[str] = []
    before_in_list = False
    for block, in_list in _blocks(_reader.parse(text)):
        if parts:
            parts.append("\n" if in_list and before_in_list else "\n\n")
        parts.append(block)
        before_in_list = in_list
    return "".join(parts)


def parted(text: str, *, lines: int, width: int) -> tuple[str, str]:
    """What fits on so many lines of paper and the rest: cut between lines, in a long one behind a sentence."""
    room, at = lines, 0
    for line in text.splitlines(keepends=True):
        takes = max(1, ceil(len(line) / width))
        if takes > room:
            cut = _behind(line, room * width) if room >= LEAST else 0
            return text[: at + cut], text[at + cut :]
        room, at = room - takes, at + len(line)
    return text, ""


LEAST = 3  # lines for which a paragraph is not begun


def _behind(line: str, signs: int) -> int:
    """Where to cut a line of prose so that at most `signs` stand before."""
    return max(line.rfind(". ", 0, signs) + 1, 0) or max(line.rfind(" ", 0, signs), 0) or signs


_FOREIGN = lxml.html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
_LINES = ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote")


def from_html(html: str) -> str:
    """The words of other people's HTML, paragraph by paragraph; empty where it holds none."""
    try:
        tree = lxml.html.fromstring(f"<div>{html}</div>".encode(), parser=_FOREIGN)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    etree.strip_elements(tree, "script", "style", with_tail=False)
    for element in tree.iter(*_LINES):
        element.text = ("\n- " if element.tag == "li" else "\n") + (element.text or "")
        element.tail = ("" if element.tag in ("br", "li") else "\n") + (element.tail or "")
    lines = (" ".join(line.split()) for line in tree.text_content().split("\n"))
    return "\n".join(line for line in lines if line)
