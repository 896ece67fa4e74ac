"""In an emergency one officer issues alone: hard to do, open to see, and reviewed by another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.test import Client

from base.errors import Conflict, Refused
from base.models import AuditEntry
from delivery.models import Delivery, Publication
from notices import lone, reminders
from notices.models import Approval, LoneIssue, Version
from tests import make

pytestmark = pytest.mark.django_db
WHY = "Alone on duty, no approver answers, fruit at risk."


def waiting(minutes: float = 15, **fields: Any) -> Version:
    version = make.pending(**{"severity": "Severe", **fields})
    Version.objects.filter(pk=version.pk).update(submitted_at=make.now() - timedelta(minutes=minutes))
    version.refresh_from_db()
    return version


def issue(version: Version, **changes: Any) -> Version:
    said = {"by": version.author, "digest": version.digest, "reason": WHY, "reference": version.notice.reference}
    return lone.issue(version, **{**said, "now": make.now(), **changes})


def told(what: str) -> set[str]:
    return set(Delivery.objects.filter(message__subject__contains=what).values_list("address__key", flat=True))


def test_one_officer_issues_alone_and_the_record_says_so() -> None:
    version = issue(waiting())
    assert version.state == Version.State.ISSUED and version.publication_id
    alone = LoneIssue.objects.get()
    assert alone.by == version.author and alone.review_due_at - alone.at == timedelta(hours=72)
    assert not Approval.objects.exists()
    assert AuditEntry.objects.get(action="version.issue_alone").facts["reason"] == WHY


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"severity": "Moderate"}, lone.NoEmergency),
        ({"status": "Exercise"}, lone.NoEmergency),
        ({"minutes": 5}, lone.WaitForApprovers),
    ],
)
def test_what_is_no_emergency_waits_for_a_second_person(fields: dict[str, Any], why: type[Refused]) -> None:
    with pytest.raises(why):
        issue(waiting(**fields))
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"reason": "Urgent"}, lone.SayWhy),
        ({"reference": "PD-2020-9999"}, lone.NotTheReference),
        ({"digest": "1:other"}, Conflict),
    ],
)
def test_it_is_not_done_by_a_slip(said: dict[str, Any], why: type[Refused]) -> None:
    with pytest.raises(why):
        issue(waiting(), **said)
    assert not LoneIssue.objects.exists()


def test_a_withdrawal_may_go_out_alone_whatever_its_severity() -> None:
    version = waiting(severity="Minor")
    Version.objects.filter(pk=version.pk).update(msg_type="Cancel")
    version.refresh_from_db()
    assert lone.hindrance(version, now=make.now()) is None


@pytest.mark.parametrize("role", ["approver", "headquarters", "auditor", "liaison"])
def test_only_an_officer_of_the_office_issues_alone(role: str) -> None:
    with pytest.raises(PermissionDenied):
        issue(waiting(), by=make.user(role))


def test_a_second_click_is_answered_with_the_first_result() -> None:
    version = issue(waiting())
    assert issue(version) == version
    assert Publication.objects.filter(key__startswith="version:").count() == 1


def test_approvers_and_headquarters_are_told_at_once_and_again_when_nobody_reviews() -> None:
    above = make.organisation("administration")
    approver, chief = make.user("approver"), make.user("headquarters", at=above)
    issue(waiting())
    reminders.sweep(now=make.now())
    assert told("issued by one officer alone") == {approver.email, chief.email}
    reminders.sweep(now=make.in_hours(71))
    assert told("nobody has reviewed it") == set()
    reminders.sweep(now=make.in_hours(73))
    assert told("nobody has reviewed it") == {approver.email, chief.email}


def test_a_second_person_reviews_it_once() -> None:
    version = issue(waiting())
    alone, approver = LoneIssue.objects.get(), make.user("approver")
    with pytest.raises(PermissionDenied):
        lone.review(alone, by=version.author, finding="confirmed", remark="", now=make.now())
    with pytest.raises(lone.SayWhat):
        lone.review(alone, by=approver, finding="changed", remark=" ", now=make.now())
    lone.review(alone, by=approver, finding="confirmed", remark="", now=make.now())
    with pytest.raises(Conflict):
        lone.review(alone, by=approver, finding="changed", remark="Late", now=make.now())
    reminders.sweep(now=make.in_hours(73))
    assert told("nobody has reviewed it") == set()


def test_who_issued_it_does_not_review_it_with_another_seat() -> None:
    officer = make.user("officer")
    make.seat(officer, "approver")
    version = issue(waiting(by=officer))
    with pytest.raises(lone.OwnReview):
        lone.review(LoneIssue.objects.get(), by=officer, finding="confirmed", remark="", now=make.now())
    with pytest.raises(IntegrityError):
        LoneIssue.objects.filter(version=version).update(
            finding="confirmed", reviewed_by=officer, reviewed_at=make.now()
        )


def test_everybody_reads_that_one_officer_issued_it_and_what_was_found() -> None:
    version = issue(waiting())
    page = f"/en/n/{version.notice.reference}/"
    first = Client().get(page)
    assert "Issued by one officer in an emergency. A second person reviews it until" in first.content.decode()
    alone = LoneIssue.objects.get()
    lone.review(alone, by=make.user("approver"), finding="confirmed", remark="In the house", now=make.now())
    second = Client().get(page, headers={"If-None-Match": first["ETag"]})
    assert second.status_code == 200 and "a second person has confirmed it" in second.content.decode()
    assert "In the house" not in second.content.decode() and WHY not in second.content.decode()


def test_an_officer_alone_at_night_issues_in_the_browser_and_an_approver_reviews_in_the_morning() -> None:
    version = waiting()
    officer = make.sign_in(Client(), version.author)
    page = f"/en/desk/v/{version.uid}/"
    assert "No approver answers?" in officer.get(page).content.decode()
    assert "For an emergency alone" in officer.get(f"{page}alone/").content.decode()
    said = {"digest": version.digest, "reason": WHY, "reference": ""}
    refused = officer.post(f"{page}alone/", said)
    assert refused.status_code == 422 and WHY in refused.content.decode()
    said["reference"] = version.notice.reference.lower()
    assert officer.post(f"{page}alone/", said).url == f"{page}sending/"
    approver = make.sign_in(Client(), make.user("approver"))
    assert "to be reviewed" in approver.get("/en/desk/").content.decode()
    assert WHY in approver.get(f"{page}review/").content.decode()
    done = approver.post(f"{page}review/", {"finding": "confirmed"}, follow=True).content.decode()
    assert "Your review is kept with the notice." in done
    assert "to be reviewed" not in approver.get("/en/desk/").content.decode()


def test_headquarters_sees_what_was_found_wrong_until_a_newer_version_is_out() -> None:
    version = issue(waiting())
    lone.review(
        LoneIssue.objects.get(), by=make.user("approver"), finding="changed", remark="Sète takes no fruit",
        now=make.now(),
    )  # fmt: skip
    chief = make.sign_in(Client(), make.user("headquarters", at=make.organisation("administration")))
    assert "To be changed or withdrawn" in chief.get("/en/headquarters/").content.decode()
    make.next_version(version.notice)
    assert "To be changed or withdrawn" not in chief.get("/en/headquarters/").content.decode()


def test_the_page_says_how_often_the_office_went_this_way() -> None:
    first = issue(waiting())
    second = waiting(by=first.author)
    page = make.sign_in(Client(), first.author).get(f"/en/desk/v/{second.uid}/alone/").content.decode()
    assert "Your office has done so 1 time within 90 days" in page
