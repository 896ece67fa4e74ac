"""What is typed survives: a closed tab, a lost session, a dead battery; only saving or a click throws it away."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notices.models import Typed, Version
from tests import make

from .test_live import typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Version:
    return make.written(title="As it was saved")


def edit(version: Version) -> str:
    return f"/en/desk/v/{version.uid}/edit/"


def live(version: Version) -> str:
    return f"/en/desk/v/{version.uid}/live/"


def text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def test_typing_is_offered_again_after_the_tab_was_closed(draft: Version) -> None:
    make.sign_in(Client(), draft.author).post(live(draft), typed(title_en="Half a tit\0le", edit_number="2"))
    page = text(make.sign_in(Client(), draft.author).get(edit(draft)))
    assert "This is what you typed and did not save" in page and 'value="Half a title"' in page
    assert Version.objects.get().texts.get().title == "As it was saved"


def test_saving_forgets_the_typing(draft: Version) -> None:
    client = make.sign_in(Client(), draft.author)
    client.post(live(draft), typed(edit_number="2"))
    assert client.post(edit(draft), typed(edit_number="2")).status_code == 302
    assert "did not save" not in text(client.get(edit(draft)))


def test_typing_that_arrives_after_its_own_saving_is_late_and_not_new(draft: Version) -> None:
    client = make.sign_in(Client(), draft.author)
    client.post(edit(draft), typed(title_en="Saved", edit_number="2"))
    client.post(live(draft), typed(title_en="Save", edit_number="2"))
    page = text(client.get(edit(draft)))
    assert "did not save" not in page and 'value="Saved"' in page
    client.post(live(draft), typed(title_en="Typed on", edit_number="3"))
    assert 'value="Typed on"' in text(client.get(edit(draft)))


def test_thrown_away_typing_gives_way_to_what_was_saved(draft: Version) -> None:
    client = make.sign_in(Client(), draft.author)
    client.post(live(draft), typed(title_en="Rubbish", edit_number="2"))
    client.post(f"/en/desk/v/{draft.uid}/discard/")
    page = text(client.get(edit(draft)))
    assert "Rubbish" not in page and "As it was saved" in page


def test_typing_of_one_is_not_shown_to_another(draft: Version) -> None:
    make.sign_in(Client(), draft.author).post(live(draft), typed(title_en="Mine alone", edit_number="2"))
    assert "Mine alone" not in text(make.sign_in(Client(), make.user("officer")).get(edit(draft)))


def test_typing_from_before_a_colleague_saved_is_held_against_the_newer_text(draft: Version) -> None:
    colleague, author = make.user("officer"), make.sign_in(Client(), draft.author)
    make.sign_in(Client(), colleague).post(edit(draft), typed(title_en="By a colleague", edit_number="2"))
    author.post(live(draft), typed(title_en="Typed on the old text", edit_number="2"))
    assert 'value="Typed on the old text"' in text(author.get(edit(draft)))
    answer = author.post(edit(draft), typed(title_en="Typed on the old text", edit_number="2"))
    assert answer.status_code == 409 and "By a colleague" in text(answer)


# SEC-08
def test_form_sent_after_the_session_ended_waits_until_its_author_is_back(draft: Version) -> None:
    client = Client()
    answer = client.post(edit(draft), typed(title_en="Sent too late", edit_number="2"))
    assert "/accounts/login/" in answer["Location"]
    back = make.sign_in(client, draft.author)  # signing in keeps what waits in the session of this browser
    page = text(back.get(edit(draft)))
    assert 'value="Sent too late"' in page and "did not save" in page


def test_panel_of_a_signed_out_page_says_what_to_do(draft: Version) -> None:
    answer = Client().post(live(draft), typed())
    assert answer.status_code == 200 and "Sign in in another tab" in text(answer)
    assert not Typed.objects.exists()
