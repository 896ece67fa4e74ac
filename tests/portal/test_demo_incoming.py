"""The demo's message from outside: it waits at one office, and an officer can make a draft of it at once."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from base.words import Severity
from contacts.models import Organisation, User
from notices.incoming import using
from notices.models import Item

pytestmark = pytest.mark.django_db


def test_newcomer_finds_a_warning_that_waits_and_makes_a_draft_of_it(settings: Any, client: Client) -> None:
    settings.FAIRWAY_DEMO = True
    for _run in range(2):
        call_command("load_demo", stderr=StringIO())
    item = Item.objects.get()
    officer = User.objects.get(email="lucia.arenal@wgcs.example")
    client.force_login(officer)
    page = client.get("/en/desk/incoming/").content.decode()
    assert "Easterly gale in the Strait" in page and "Gateways Coast Guard" in page
    office = Organisation.objects.get(pk=item.office_id)
    version = using.draft(item, kind="advisory", office=office, ends=True, by=officer, now=timezone.now())
    assert [row.place.locode for row in version.rows.all() if row.place] == ["ESALG"]
    assert version.severity == Severity.MODERATE
    public = client.get("/en/notices/", {"q": "Easterly gale from tomorrow"}).content.decode()
    assert item.title not in public
