"""What is answered where no view does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import make
from tests.matrix import world as worlds
from tests.matrix.matrix import ROWS

pytestmark = pytest.mark.django_db
SAYS = {"en": "Nothing was sent", "fr": "Rien n’a été envoyé", "es": "No se ha enviado nada"}


def test_an_address_for_forms_alone_leads_back_to_its_page_when_it_is_opened(client: Client) -> None:
    world, seen = worlds.build(), 0
    for row in ROWS:
        for name in row.names.split() if row.method == "POST" else []:
            path = reverse(name, kwargs=worlds.arguments(world, name, row.of, "link_holder"))
            answer = client.get(path)
            if answer.status_code == 405:
                text, seen = answer.content.decode(), seen + 1
                assert SAYS["en"] in text and "POST" in answer.headers["Allow"], name
                assert client.get(way_back(text)).status_code in (200, 302, 404), name
                assert client.put(path).content == b"", "programs read the status"
    assert seen > 5


@pytest.mark.parametrize("language", SAYS)
def test_who_signs_in_again_amid_a_deed_reads_that_it_did_not_happen(client: Client, language: str) -> None:
    version = make.written()
    path = reverse("version_submit", args=[version.uid]).replace("/en/", f"/{language}/")
    entrance: Any = client.post(path)
    assert entrance.status_code == 302 and path in entrance.headers["Location"]
    make.sign_in(client, version.author)
    text = client.get(path).content.decode()
    assert SAYS[language] in text
    assert client.get(way_back(text)).status_code == 200
    version.refresh_from_db()
    assert version.state == "draft"


def way_back(page: str) -> str:
    found = re.search(r'class="f-btn f-btn--go" href="([^"]+)"', page)
    assert found
    return found[1]
