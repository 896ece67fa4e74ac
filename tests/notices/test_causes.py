"""A cause that every language knows is told in the reader's; any other stands as it was written."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from notices import causes
from notices.causes import CAUSES
from tests import make

from .test_changes import drafted, told
from .test_editor import editor, posted


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_cause_has_a_word_of_its_own_that_is_understood_again(language: str) -> None:
    with translation.override(language):
        words = [causes.say(cause) for cause in CAUSES]
        assert [causes.meant(word.upper()) for word in words] == list(CAUSES)
    assert len(set(words)) == len(CAUSES) and not set(words) & set(CAUSES)


@pytest.mark.django_db
def test_a_cause_chosen_in_one_language_is_shown_in_the_other() -> None:
    version = make.written(title="Gate shut")
    client, page = editor(version)
    form = posted(client.get(page)) | {"cause": "flood"}
    assert client.post(page, form).status_code == 302
    version.refresh_from_db()
    assert version.cause == "flood"
    assert 'value="Inondation"' in client.get(page.replace("/en/", "/fr/")).content.decode()
    shown = posted(client.get(page)) | {"cause": "A goat on the slipway"}
    client.post(page, shown)
    version.refresh_from_db()
    assert version.cause == version.cause_here == "A goat on the slipway"


@pytest.mark.django_db
def test_the_public_page_and_the_difference_name_the_cause_in_the_language_of_the_page() -> None:
    first = make.issued(cause="strike")
    said = Client().get(f"/fr/n/{first.notice.reference}/").content.decode()
    assert "Grève" in said and "strike" not in said
    second = drafted(first, cause="weather")
    assert told(first, second, "es")["Causa"] == ("Huelga", "Mal tiempo")
