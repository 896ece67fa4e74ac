"""The demo's crises: a newcomer finds two pages open, under a banner, and two that are over."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from notices import crisis as crises
from notices.models import Crisis

pytestmark = pytest.mark.django_db


def test_demo_week_has_crises_under_way_and_crises_that_are_over(settings: Any, client: Client) -> None:
    settings.FAIRWAY_DEMO = True
    call_command("load_demo", stderr=StringIO())
    assert [one.texts["en"]["title"] for one in Crisis.objects.open()] == [
        "Flood at Valencia", "Health measure at the Pyrenees",
    ]  # fmt: skip
    assert Crisis.objects.over().count() == 2 and crises.level() == "watch"
    flood = Crisis.objects.open()[0]
    said = {"en": "One road lane is open", "fr": "Une voie routière", "es": "un carril abierto"}
    for language, words in said.items():
        page = client.get(f"/{language}/crisis/{flood.reference}/").content.decode()
        assert words in page and flood.texts[language]["title"] in client.get(f"/{language}/").content.decode()
    checked = [page.checked_at for page in flood.partners.all()]
    assert checked[0] > checked[1] > flood.opened_at
    for over in Crisis.objects.over():
        page = client.get(f"/en/crisis/{over.reference}/").content.decode()
        assert "This is over." in page and over.archive["notices"] and over.archive["places"]
