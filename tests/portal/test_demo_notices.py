"""The demo's notices: among those of every day, one that waits for its hour and one that one officer issued alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from contacts.models import Seat
from delivery.models import Publication
from notices import lone, summaries
from notices.models import LoneIssue, Notice, Text, Version
from tests import make

pytestmark = pytest.mark.django_db


def test_demo_has_planned_work_that_waits_and_an_emergency_that_waits_for_its_review(settings: Any) -> None:
    settings.FAIRWAY_DEMO = True
    call_command("load_demo", stderr=StringIO())
    now = datetime.now(UTC)
    works = Version.objects.get(notice__reference=f"SO-{now.year}-0119")  # n10
    assert (works.state, works.publication_id) == (Version.State.SCHEDULED, None)
    assert works.publish_at and now < works.publish_at < now + timedelta(hours=6)
    assert works.notice not in Notice.objects.published(now)
    power_cut = Version.objects.get(notice__reference=f"PD-{now.year}-0408", number=1)  # n17
    (alone,) = lone.unsettled()
    assert (alone.version, alone.by, alone.finding) == (power_cut, power_cut.author, "")
    assert LoneIssue.objects.count() == 1 and alone.review_due_at > now
    watching = Seat.objects.filter(role="headquarters").first()
    assert watching
    page = make.sign_in(Client(), watching.user).get("/en/headquarters/").content.decode()
    for version, word in ((works, "Scheduled"), (power_cut, "To be reviewed")):
        row = next(part for part in page.split("<li") if str(version.notice) in part)
        assert word in row, row
    for text in Text.objects.all():
        assert "{" not in text.title + text.body + text.instruction, text.body


def test_demo_has_a_reader_whose_digest_is_due_at_once(settings: Any) -> None:
    settings.FAIRWAY_DEMO = True
    call_command("load_demo", stderr=StringIO())
    assert summaries.sweep(now=datetime.now(UTC)) == 1
    message = Publication.objects.get(lane="digest").messages.get()
    assert "every place" in message.text and "New notice · " in message.text
