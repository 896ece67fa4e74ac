"""What was issued stands word for word, whatever is learnt about its places afterwards."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from contacts.models import Organisation, Place
from notices import render
from notices.formats import FEEDS
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db
AS_OF = re.compile(r"(?<=As of )<time.*?</time>|(?<=\"as_of\": \")[^\"]*")


def rename_and_reroute() -> None:
    place = Place.objects.get(locode="ESALG")
    place.set_names({"en": "Elsewhere", "fr": "Ailleurs", "es": "Otra parte"})
    place.modes = ["air"]
    place.save()
    Organisation.objects.update(names={"en": "Another office", "fr": "Un autre bureau"})


def read(client: Client, reference: str) -> dict[str, str]:
    paths = ["", *(feed.file for feed in FEEDS), f"n/{reference}/", f"n/{reference}/1/", f"n/{reference}/2/"]
    pages = {f"/{language}/{path}": client.get(f"/{language}/{path}") for language in ("en", "fr") for path in paths}
    return {path: AS_OF.sub("", page.content.decode()) for path, page in pages.items()}


def test_places_that_change_change_nothing_that_was_issued(client: Client) -> None:
    algeciras = make.place()
    later = make.in_hours(3)
    half = [
        make.row(algeciras, modes=["maritime"]),
        make.row(algeciras, modes=["rail"], status="open", starts_at=later),
    ]
    first = make.issued(*half, title="Gale")
    second = make.next_version(first.notice, *half, title="Gale, longer")
    mail = render.mail(Version.objects.get(pk=second.pk), "en", now=make.now())
    before = read(client, first.notice.reference)
    assert "Sea: closed" in before["/en/"] and "Mer" in before["/fr/"]
    rename_and_reroute()
    after = read(client, first.notice.reference)
    for path, text in before.items():
        assert after[path] == text, path
    assert render.mail(Version.objects.get(pk=second.pk), "en", now=make.now()) == mail


def test_page_feed_json_and_mail_say_the_same(client: Client) -> None:
    version = make.issued(title="Gale")
    pages = read(client, version.notice.reference)
    line = version.texts.get().truth_line
    assert json.loads(pages["/en/feed.json"])["items"][0]["_fairway"]["truth_line"] == line
    assert line in pages["/en/feed.atom"]
    assert line in render.mail(version, "en", now=make.now()).text
    shown = re.search(r'class="f-truth__line">(.*?)</p>', pages[f"/en/n/{version.notice.reference}/"], re.S)
    assert shown and re.sub(r"<svg.*?</svg>|<[^>]+>", "", shown[1]).split() == line.split()


def test_draft_follows_what_is_known_of_its_places() -> None:
    version = make.pending(title="Gale")
    rename_and_reroute()
    assert "Another office" in render.mail(Version.objects.get(pk=version.pk), "en", now=make.now()).text


def test_database_refuses_to_change_what_an_issued_version_says() -> None:
    version: Any = make.issued()
    assert set(version.spoken) == {"en", "fr", "es"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(spoken={})
