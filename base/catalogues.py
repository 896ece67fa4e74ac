"""Translations: found and compiled by Babel and Django alone, since a bare machine has no xgettext and no msgfmt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a fixed date: two runs over the same strings write the same file
ROOMS = ("portal", "readiness", "dialogue", "notices", "contacts", "delivery", "base")


def set_french(text: str) -> str:
    """No-break spaces where French wants them, which nobody sees while typing: before : ; ? ! » and after «."""
    return re.sub(r" (?=[:;?!»](?![^\s”.,)]))|(?<=«) ", "\xa0", text)


def _typeset(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id and isinstance(message.string, str):
            message.string = set_french(message.string)
        elif message.id and message.string:
            message.string = tuple(set_french(form) for form in message.string)


def compile_all(folder: Path) -> int:
    """Writes the .mo beside each .po in `folder` that is newer than it; returns how many."""
    done = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as po:
            catalogue = read_po(po, locale=source.parent.parent.name)
        if source.parent.parent.name == "fr":
            _typeset(catalogue)
        with target.open("wb") as mo:
            write_mo(mo, catalogue)
        done += 1
    return done


def _sources(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file with words in it, templates already turned into calls of gettext."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            yield str(path.relative_to(root)), path.read_bytes()
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            calls = templatize(path.read_text(encoding="utf-8"))
            # what is left of a template has no indentation that Python could read
            lines = "\n".join(line.strip() for line in calls.splitlines())
            yield str(path.relative_to(root)), lines.encode()


def find_all(root: Path) -> Catalog:
    """Every string of the checkout that is meant to be translated, with the files it stands in."""
    found = Catalog(project="Fairway", charset="utf-8")
    for name, source in _sources(root):
        for _line, message, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
            found.add(message, locations=[(name, 1)], context=context)
    return found


def has_words(message: Message) -> bool:
    """Whether every form of `message` is translated."""
    forms = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return all(forms)


def _head(catalogue: Catalog, language: str) -> None:
    """A head without the date and the person that change with every run."""
    catalogue.header_comment = f"# Fairway in {language}; made by manage.py update_catalogues, words by hand."
    catalogue.project, catalogue.version, catalogue.charset, catalogue.fuzzy = "Fairway", "1", "utf-8", False
    catalogue.last_translator, catalogue.language_team = "Fairway", language
    catalogue.msgid_bugs_address = ""
    catalogue.revision_date = FIRST_DAY


def update(root: Path, folder: Path, languages: list[str]) -> dict[str, int]:
    """Brings new strings into each .po and drops those that are gone; language → how many still want words."""
    template = find_all(root)
    wanting = {}
    for language in languages:
        path = folder / language / "LC_MESSAGES" / "django.po"
        catalogue = Catalog(locale=language)
        if path.exists():
            with path.open("rb") as po:
                catalogue = read_po(po, locale=language)
        _head(catalogue, language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.creation_date = FIRST_DAY
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as po:
            write_po(po, catalogue, width=110, ignore_obsolete=True, include_lineno=False, sort_output=True)
        wanting[language] = sum(
            1 for message in catalogue if message.id and not has_words(message)
        )
    return wanting
