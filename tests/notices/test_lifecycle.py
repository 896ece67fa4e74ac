"""The life of a version: two people, one digest, nothing lost and nothing sent twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from base.errors import Conflict, Refused
from base.models import AuditEntry
from delivery.models import Publication
from notices import digest, facets, lifecycle, rules, titles_of, wording
from notices.models import Approval, Version
from tests import make

pytestmark = pytest.mark.django_db


def test_notice_goes_from_draft_to_the_public_by_two_people() -> None:
    version = make.issued(title="Gale")
    assert version.state == "issued"
    assert version.notice.reference is not None and version.notice.reference.startswith("PD-")
    assert wording.headline(version, "en") == "Gale. Closed to cargo and travellers."
    assert Publication.objects.get(pk=version.publication_id).key == f"version:{version.uid}"
    deeds = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert deeds == ["notice.start", "version.edit", "version.submit", "version.approve", "version.issue"]


# AUT-09
def test_author_cannot_approve_own_notice() -> None:
    author = make.user("officer", "approver", "headquarters", "administrator")
    version = make.pending(by=author)
    with pytest.raises(lifecycle.OwnApproval, match="Someone else"):
        lifecycle.approve(version, by=author, digest=version.digest, now=make.now())
    assert Version.objects.get(pk=version.pk).state == "pending"


def test_editor_cannot_approve_what_they_edited() -> None:
    version = make.written()
    editor = make.user("officer", "approver")
    version = lifecycle.edit(version, by=editor, edit_number=2, draft=make.draft(), now=make.now())
    version = lifecycle.submit(version, by=version.author, now=make.now())
    with pytest.raises(lifecycle.OwnApproval):
        lifecycle.approve(version, by=editor, digest=version.digest, now=make.now())


def test_approver_of_another_office_may_not() -> None:
    version = make.pending()
    stranger = make.user("approver", at=make.office("of-other"))
    with pytest.raises(PermissionDenied):
        lifecycle.approve(version, by=stranger, digest=version.digest, now=make.now())


def test_approval_holds_only_for_the_digest_that_was_seen() -> None:
    version = make.pending()
    approver = make.user("approver")
    seen = version.digest
    lifecycle.return_(version, by=approver, digest=version.digest, reason="Say what happens to cargo", now=make.now())
    version.refresh_from_db()
    version = lifecycle.edit(
        version, by=version.author, edit_number=version.edit_number, draft=make.draft(title="New"), now=make.now()
    )
    version = lifecycle.submit(version, by=version.author, now=make.now())
    assert version.digest != seen
    with pytest.raises(Conflict):
        lifecycle.approve(version, by=approver, digest=seen, now=make.now())


# AUT-04
def test_same_approval_twice_is_answered_with_the_first_result() -> None:
    version = make.pending()
    read_before = Version.objects.get(pk=version.pk)
    approver = make.user("approver")
    first = lifecycle.approve(version, by=approver, digest=version.digest, now=make.now())
    for copy in (Version.objects.get(pk=version.pk), read_before):
        again = lifecycle.approve(copy, by=approver, digest=version.digest, now=make.now())
        assert (first.pk, first.issued_at, first.publication_id) == (again.pk, again.issued_at, again.publication_id)
    assert Publication.objects.count() == 1
    assert Approval.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_make_one_publication() -> None:
    version = make.pending()
    approver = make.user("approver")
    results: list[Any] = []

    def click() -> None:
        try:
            mine = Version.objects.get(pk=version.pk)
            results.append(lifecycle.approve(mine, by=approver, digest=version.digest, now=make.now()).state)
        except Conflict as conflict:
            results.append(conflict)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _number in range(10)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert Publication.objects.count() == 1
    assert results == ["issued"] * 10


def test_stale_tab_is_refused_and_the_newer_text_stays() -> None:
    version = make.written(title="Newer")
    with pytest.raises(lifecycle.StaleEdit):
        lifecycle.edit(version, by=version.author, edit_number=1, draft=make.draft(title="Stale"), now=make.now())
    assert version.texts.get().title == "Newer"


def test_issued_version_can_no_longer_be_edited() -> None:
    version = make.issued()
    with pytest.raises(Conflict):
        lifecycle.edit(
            version, by=version.author, edit_number=version.edit_number, draft=make.draft(), now=make.now()
        )


@pytest.mark.parametrize("change", ["title", "row", "time"])
def test_database_itself_refuses_to_change_what_went_out(change: str) -> None:
    version = make.issued()
    with pytest.raises(IntegrityError), transaction.atomic():
        if change == "title":
            version.texts.update(title="Other")
        elif change == "row":
            version.rows.update(status="open")
        else:
            Version.objects.filter(pk=version.pk).update(starts_at=make.in_hours(5))


# AUT-05
def test_correction_is_a_new_version_and_the_first_stays_readable() -> None:
    first = make.issued(title="Gale")
    second = make.next_version(first.notice, title="Gale, longer", ends_at=make.in_hours(30))
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == ("superseded", "issued", 2)
    assert first.uid != second.uid
    assert first.texts.get().title == "Gale"
    old = Publication.objects.get(pk=first.publication_id)
    assert old.stop_state == "superseded"


def test_withdrawal_is_a_cancel_that_ends_the_notice() -> None:
    first = make.issued()
    cancel = make.next_version(first.notice, action="withdraw")
    first.refresh_from_db()
    assert first.state == "withdrawn"
    assert cancel.texts.get().truth_line == "Notice withdrawn. Open to cargo and travellers."


def test_two_officers_cannot_both_open_the_next_version() -> None:
    version = make.issued()
    lifecycle.revise(version.notice, by=make.user("officer"), now=make.now())
    with pytest.raises(Conflict):
        lifecycle.revise(version.notice, by=make.user("officer"), now=make.now())


def test_return_needs_a_reason() -> None:
    version = make.pending()
    with pytest.raises(lifecycle.NeedsReason):
        lifecycle.return_(version, by=make.user("approver"), digest=version.digest, reason="  ", now=make.now())


def test_closure_without_a_word_on_cargo_is_refused() -> None:
    version = make.written(make.row(traffic=["other_travellers"]))
    with pytest.raises(rules.Incomplete, match="cargo"):
        lifecycle.submit(version, by=version.author, now=make.now())


# AUT-06
def test_notice_that_is_over_already_is_refused() -> None:
    version = make.written(
        make.row(starts_at=make.in_hours(-50)), starts_at=make.in_hours(-50), ends_at=make.in_hours(-40)
    )
    with pytest.raises(rules.AlreadyOver):
        lifecycle.submit(version, by=version.author, now=make.now())


def test_exercise_has_a_series_of_its_own_and_says_so_first() -> None:
    version = make.issued(status="Exercise")
    assert (version.notice.reference or "").startswith("EX-")
    assert version.texts.get().truth_line.startswith("EXERCISE.")


@pytest.mark.parametrize("model", digest.LISTED, ids=lambda model: model.__name__)
def test_every_field_is_in_the_digest_or_left_out_on_purpose(model: Any) -> None:
    inside, outside = digest.LISTED[model]
    fields = {field.name for field in model._meta.get_fields() if field.concrete and not field.many_to_many}
    assert fields == {*inside, *outside}
    assert not set(inside) & set(outside)


def test_every_step_of_the_table_is_a_known_state() -> None:
    for (before, _step), after in lifecycle.TRANSITIONS.items():
        assert {before, after} <= set(Version.State.values)


def test_title_that_says_more_than_the_rows_is_refused_with_its_rule() -> None:
    half_open = make.row(make.place(), status="open", modes=["rail"])
    version = make.written(make.row(), half_open, title="Algeciras completely closed to cargo")
    with pytest.raises(rules.TitleRefused) as refused:
        lifecycle.submit(version, by=version.author, now=make.now())
    assert refused.value.facts["code"] == "H5"


def test_questions_about_a_title_are_the_same_for_author_and_approver() -> None:
    make.place("GBDVR")
    version = make.pending(title="Dover closed")
    assert [finding.code for finding in titles_of.findings(version)["en"]] == ["H1", "H2"]


def test_what_was_not_read_is_neither_returned_nor_rejected() -> None:
    version = make.pending()
    for verb in (lifecycle.return_, lifecycle.reject):
        with pytest.raises(Conflict):
            verb(version, by=make.user("approver"), digest="1:what-stood-there-before", reason="No", now=make.now())
    version.refresh_from_db()
    assert version.state == Version.State.PENDING


def test_withdrawn_notice_is_not_revived() -> None:
    notice = make.issued().notice
    make.next_version(notice, action="withdraw")
    with pytest.raises(Refused, match="Write a new one"):
        lifecycle.revise(notice, by=make.user("officer"), now=make.now())


def test_helping_office_finds_on_its_desk_what_it_may_write() -> None:
    small, helper = make.office("of-small"), make.office("of-helper")
    helper.publishes_for.add(small)
    person = make.user("officer", at=helper)
    version = lifecycle.start(kind="port_downtime", office=small, by=person, now=make.now())
    assert list(Version.objects.visible_to(person)) == [version]


def test_approval_is_given_in_the_name_of_the_office_concerned() -> None:
    version = make.pending()
    approver = make.user("approver", at=make.office("of-first"))
    make.seat(approver, "approver", at=version.notice.office)
    lifecycle.approve(version, by=approver, digest=version.digest, now=make.now())
    assert version.approvals.get().agency == version.notice.office


# AUT-15
def test_row_that_begins_earlier_than_said_is_critical_however_minor() -> None:
    row = make.row(starts_at=make.in_hours(20))
    notice = make.issued(row, severity="Minor", starts_at=make.in_hours(20)).notice
    earlier = make.next_version(notice, severity="Minor", starts_at=make.in_hours(20))  # its row begins now
    assert facets.lane_of(earlier) == "critical"
