"""The portal speaks French and Spanish: the words are there, keep their marks, and reach a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.test import Client
from django.utils import translation

from base.catalogues import compile_all, find_all, has_words, set_french
from base.words import Mode, PlaceStatus

CHECKOUT = Path(__file__).parent.parent.parent
MARK = re.compile(r"%\(\w+\)[sd]|<[^>]+>")
LANGUAGES = ("fr", "es")


def catalogue(language: str) -> Catalog:
    with (CHECKOUT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as po:
        return read_po(po, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_keeps_every_mark_of_the_original(language: str) -> None:
    for message in catalogue(language):
        if not message.id or not has_words(message):
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(MARK.findall(originals[-1]))
        assert set(MARK.findall(forms[-1])) == wanted, (language, message.id)
        assert set(MARK.findall(forms[0])) in (wanted, set(MARK.findall(originals[0]))), (language, message.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_has_words(language: str) -> None:
    known = {(message.context, message.id) for message in catalogue(language) if message.id and has_words(message)}
    wanted = {(message.context, message.id) for message in find_all(CHECKOUT) if message.id}
    assert sorted(map(str, wanted - known)) == []


def test_strings_of_python_and_of_templates_are_found() -> None:
    found = find_all(CHECKOUT)
    assert found.get("Sea", context="transport mode") is not None
    assert found.get("Someone else must approve what you wrote.") is not None  # Python
    assert found.get("Skip to content") is not None  # a template


def test_compiling_again_does_nothing_until_the_source_changes() -> None:
    compile_all(CHECKOUT / "locale")
    assert compile_all(CHECKOUT / "locale") == 0


def test_french_colons_never_start_a_line() -> None:
    assert (
        set_french("« Là » : %(n)s ? https://a.example :8000")
        == "«\xa0Là\xa0»\xa0: %(n)s\xa0? https://a.example :8000"
    )
    with translation.override("fr"):
        assert translation.gettext("Contact:") == "Contact\xa0:"


@pytest.mark.parametrize(("language", "sea", "closed"), [("fr", "Mer", "Fermé"), ("es", "Mar", "Cerrado")])
def test_words_of_the_trade_are_those_of_the_glossary(language: str, sea: str, closed: str) -> None:
    with translation.override(language):
        assert (str(Mode.MARITIME.label), str(PlaceStatus.CLOSED.label)) == (sea, closed)


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("fr", "Aller au contenu"), ("es", "Saltar al contenido")])
def test_page_speaks_the_language_of_its_path(client: Client, language: str, words: str) -> None:
    assert words in client.get(f"/{language}/").content.decode()
