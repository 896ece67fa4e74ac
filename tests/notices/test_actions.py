"""The buttons on what is in force: each opens a draft with the right thing written, and readers see its word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from base.errors import Refused
from notices import lifecycle, render, rules
from notices.actions import SHOWN_FOR, STEPS
from notices.models import Notice, Version
from tests import make

pytestmark = pytest.mark.django_db
Action = Version.Action


def begun(action: str, **fields: Any) -> Version:
    """The draft that the button opens on a closure with these fields."""
    live = make.issued(**fields)
    note = {"en": "It said 90, it is 190.", "fr": ""} if action == Action.CORRECT else None
    return lifecycle.revise(live.notice, by=make.user("officer"), action=action, note=note, now=make.now())


@pytest.mark.parametrize("action", STEPS)
def test_every_button_opens_a_draft_that_knows_it(action: str) -> None:
    version = begun(action, next_update_at=make.in_hours(3))
    assert (version.action, version.state, version.number) == (action, "draft", 2)
    assert version.msg_type == ("Cancel" if action == "withdraw" else "Update")


@pytest.mark.parametrize("action", set(STEPS) - {"extend"})
def test_readers_see_the_word_of_the_action_first_in_the_subject(action: str) -> None:
    first = make.issued(title="Gale")
    version = make.next_version(first.notice, action=action)
    word = version.get_action_display()
    subject = render.mail(version, "en", now=make.now()).subject
    assert subject.startswith(f"[{version.notice.reference}] {word}: Gale.")
    assert "Update" not in render.mail(first, "en", now=make.now()).subject


def test_a_promise_that_is_past_is_not_made_again() -> None:
    soon = make.in_hours(2)
    live = make.issued(next_update_at=soon, reopens_earliest=soon, reopens_latest=soon)
    later = make.now() + timedelta(hours=3)
    version = lifecycle.revise(live.notice, by=make.user("officer"), now=later)
    assert (version.next_update_at, version.reopens_earliest, version.reopens_latest) == (None, None, None)


def test_a_correction_inherits_the_promise_that_runs() -> None:
    due = make.in_hours(2)
    assert begun(Action.CORRECT, next_update_at=due).next_update_at == due


def test_an_extension_needs_something_that_lasts_longer() -> None:
    ends = make.in_hours(5)
    version = begun(Action.EXTEND, ends_at=ends)
    with pytest.raises(rules.Incomplete, match="Nothing lasts longer"):
        lifecycle.submit(version, by=version.author, now=make.now())
    Version.objects.filter(pk=version.pk).update(ends_at=ends + timedelta(hours=2))
    version.refresh_from_db()
    assert lifecycle.submit(version, by=version.author, now=make.now()).state == "pending"


def test_a_correction_says_to_readers_what_was_wrong() -> None:
    live = make.issued()
    version = lifecycle.revise(live.notice, by=make.user("officer"), action=Action.CORRECT, now=make.now())
    with pytest.raises(rules.Incomplete, match="Say what was wrong"):
        lifecycle.submit(version, by=version.author, now=make.now())
    version = lifecycle.explain(version, by=version.author, note={"en": "It is 190.", "fr": " "}, now=make.now())
    version = lifecycle.submit(version, by=version.author, now=make.now())
    mail = render.mail(version, "fr", now=make.now())
    assert "It is 190." in mail.text and '<div lang="en"' in mail.html


def test_what_was_wrong_is_part_of_what_is_approved() -> None:
    version = lifecycle.submit(begun(Action.CORRECT), by=make.user("officer"), now=make.now())
    with pytest.raises(Refused):
        lifecycle.explain(version, by=version.author, note={"en": "Other"}, now=make.now())


def test_an_all_clear_opens_every_row_and_leaves_the_list_by_itself_after_a_day() -> None:
    live = make.issued(severity="Severe", next_update_at=make.in_hours(2))
    version = make.next_version(live.notice, action=Action.ALL_CLEAR)
    assert [row.status for row in version.rows.all()] == ["open"]
    assert version.texts.get().truth_line == "Open again to cargo and travellers."
    assert (version.next_update_at, version.severity) == (None, "Minor")
    assert version.notice in Notice.objects.in_force(make.now())
    assert version.notice not in Notice.objects.in_force(make.now() + SHOWN_FOR)


def test_an_all_clear_without_an_end_is_refused() -> None:
    version = begun(Action.ALL_CLEAR)
    Version.objects.filter(pk=version.pk).update(ends_at=None)
    version.refresh_from_db()
    with pytest.raises(rules.Incomplete, match="until when the all-clear stays"):
        lifecycle.submit(version, by=version.author, now=make.now())


# --- In the browser's hands ---------------------------------------------------------------------------------------


def test_each_button_leads_to_the_form_at_the_part_that_matters(client: Any) -> None:
    version = make.issued()
    make.sign_in(client, make.user("officer"))
    page = client.get(f"/en/desk/v/{version.uid}/").content.decode()
    assert all(f"/en/desk/v/{version.uid}/next/{action}/" in page for action in STEPS)
    answer = client.post(f"/en/desk/v/{version.uid}/next/extend/")
    draft = Version.objects.get(state="draft")
    assert answer.url == f"/en/desk/v/{draft.uid}/edit/#times"


def test_a_button_that_does_not_exist_is_not_found(client: Any) -> None:
    version = make.issued()
    make.sign_in(client, make.user("officer"))
    assert client.post(f"/en/desk/v/{version.uid}/next/explode/").status_code == 404


def test_correcting_asks_first_what_was_wrong_and_readers_read_it(client: Any) -> None:
    version = make.issued(title="Gale")
    make.sign_in(client, make.user("officer"))
    address = f"/en/desk/v/{version.uid}/correct/"
    assert client.post(f"/en/desk/v/{version.uid}/next/correct/").url == address
    assert client.post(address, {"note_en": ""}).status_code == 422
    assert client.post(address, {"note_en": "190 lorries a day, not 90."}).status_code == 302
    draft = Version.objects.get(state="draft")
    client.post(f"/en/desk/v/{draft.uid}/correct/", {"note_en": "190 lorries, not 90."})
    draft.refresh_from_db()
    draft = lifecycle.submit(draft, by=draft.author, now=make.now())
    lifecycle.approve(draft, by=make.user("approver"), digest=draft.digest, now=make.now())
    page = client.get(f"/en/n/{version.notice.reference}/").content.decode()
    assert "190 lorries, not 90." in page and "Version 2</a> Correction" in page
    first = client.get(f"/en/n/{version.notice.reference}/1/").content.decode()
    assert "190 lorries, not 90." not in first


def test_a_withdrawal_promises_nothing_any_more() -> None:
    first = make.issued(
        next_update_at=make.in_hours(9), reopens_earliest=make.in_hours(10), reopens_latest=make.in_hours(12)
    )
    last = make.next_version(first.notice, action="withdraw")
    mail = render.mail(last, "en", now=make.now()).text
    assert "Next update" not in mail and "No end time" not in mail and "Expected to reopen" not in mail
    page = Client().get(f"/en/n/{first.notice.reference}/").content.decode()
    assert "<dd>Not known" not in page and 'class="f-promise' not in page
