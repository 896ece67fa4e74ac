"""The examples of `docs/api.md`, as a developer types them."""

from __future__ import annotations

import json
import re
import shlex
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from notices.models import Version
from portal import throttles
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in re.split(r"\n(?=curl)", block)]


def curl(command: str, known: dict[str, str]) -> Any:
    """Carries out the few options that the page uses; a machine need not have curl."""
    whole = re.sub(r"\$([A-Z]+)", lambda name: known[name[1]], command.replace("\\\n", " "))
    words = iter(shlex.split(whole)[1:])
    address, data, headers = "", None, {}
    for word in words:
        match word:
            case "-sf":
                continue
            case "-H":
                name, _colon, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                data = next(words).encode()
            case _:
                address = word
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as answer:
        return json.load(answer)


def test_examples_of_the_page_work_in_their_order(live_server: Any) -> None:
    known = {
        "SITE": live_server.url, "KEY": make.api_key()[1], "REFERENCE": make.issued(title="Gale").notice.reference,
        "DRAFT": "",
    }  # fmt: skip
    answers = []
    for example in EXAMPLES:
        answers.append(curl(example, known))
        if "-d" in example:
            known["DRAFT"] = answers[-1]["id"].removeprefix("urn:uuid:")
    listed, one, versions, places, place, verdict, made, drafts, draft = answers
    assert listed["results"] == [one] == versions and place in places
    assert (verdict["finding"], verdict["reference"]) == ("current", known["REFERENCE"])
    assert made == draft == drafts["results"][0] and draft["missing"] == []
    assert Version.objects.get(notice__uid=known["DRAFT"]).text_in("en").instruction == "Lorries: use gate B."


def test_limits_on_the_page_are_those_of_the_site() -> None:
    wide, own, writing = throttles.BY_NETWORK, throttles.BY_KEY, throttles.WRITING
    words = " ".join(PAGE.split())
    assert f"without a key {wide.capacity} requests at once and {wide.per_s} a second for a network" in words
    assert f"with a key {own.capacity:,} and {own.per_s}; drafts {writing.capacity}, then one every two" in words
    assert writing.per_s == 0.5
