"""The demo's questions."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from delivery.models import Delivery
from dialogue.cases import intake
from dialogue.cases.models import Case
from tests.dialogue import people

pytestmark = pytest.mark.django_db


def test_demo_has_waiting_and_answered_questions_and_mails_nobody_who_asked(settings: Any) -> None:
    settings.FAIRWAY_DEMO = True
    call_command("load_demo", stderr=StringIO())
    assert Case.objects.queue().exists()
    assert all(case.entries.exists() for case in Case.objects.filter(state=Case.State.ANSWERED))
    assert not Delivery.objects.filter(address_id__in=Case.objects.values("address_id")).exists()
    year = datetime.now(UTC).year
    asked = intake.ask(question=people.question(), ip_prefix="", now=datetime.now(UTC))
    assert asked.reference > max(
        Case.objects.exclude(pk=asked.pk).filter(reference__contains=str(year)).values_list("reference", flat=True)
    )
