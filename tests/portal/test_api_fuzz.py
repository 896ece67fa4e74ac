"""Whatever the description of the API allows or forbids is asked: no fault of ours, and no answer beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from notices import handing
from notices.models import HandedIn, Notice, Version
from portal import throttles
from tests import make

from .test_api_schema import SNAPSHOT

pytestmark = pytest.mark.django_db
SCHEMA = schemathesis.openapi.from_dict(yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8")))
SCHEMA.app = get_wsgi_application()
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}
HOLD = [
    schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_headers_conformance, checks.response_schema_conformance,
]  # fmt: skip
TIMES = {
    name: f"2030-01-0{day}T06:00:00+01:00"
    for day, name in enumerate(("starts", "reopens_earliest", "reopens_latest", "next_update", "ends"), start=1)
}
QUICK, LONG = 8, 30  # cases of each operation, well-formed and not


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A server closes old connections after each request; here the one of the test goes on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, settings: Any) -> str:
    """A world with a place, a notice in force and a draft, in which nobody is told to come again later."""
    settings.ALLOWED_HOSTS = ["localhost"]
    for name in ("BY_NETWORK", "BY_KEY", "WRITING"):
        monkeypatch.setattr(throttles, name, throttles.Limit(f"api.{name}", 1_000_000, 1))
    make.issued(title="Gale")
    make.written(title="Unsaid")
    made, shown = make.api_key()
    row = {"place": make.place(), "status": "closed", "traffic": ["cargo"], "starts_at": None}
    handing.hand_in(
        handing.Wish(kind="congestion", texts={"en": {"title": "Queue"}}, rows=[{**row, "ends_at": None}]),
        key=made, now=make.now(),
    )  # fmt: skip
    return shown


def made_real(case: Any) -> None:
    """Points it at what is there: what is made up at random is nowhere, and then nothing more is looked at."""
    there = {
        "reference": Notice.objects.exclude(reference=None).get().reference,
        "id": str(HandedIn.objects.last().version.notice.uid),
        "code": "ESALG",
    }
    if case.path_parameters:
        case.path_parameters = {name: there[name] for name in case.path_parameters}
    if isinstance(case.body, dict):
        case.body.pop("office", None)
        rows = [row for row in case.body.get("places", ()) if isinstance(row, dict)]
        for said in (case.body, *rows):
            said.update({name: moment for name, moment in TIMES.items() if name in said})
        for row in rows:
            row["place"] = {"code": "ESALG"}


def ask_everything(label: str, mode: GenerationMode, key: str, examples: int) -> set[int]:
    """Which answers came."""
    allowed, came = {"Authorization": f"Bearer {key}"}, set()

    @hypothesis.settings(
        max_examples=examples, derandomize=True, database=None, suppress_health_check=[*hypothesis.HealthCheck]
    )
    @hypothesis.given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        for headers in ({}, allowed, allowed):
            case.headers.pop("Authorization", None)
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=HOLD)
            came.add(answer.status_code)
            if headers:
                made_real(case)

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        pytest.skip("it takes nothing that could be wrong")
    assert not Version.objects.filter(handed_in__isnull=False).exclude(state="draft").exists()
    return came


@pytest.mark.parametrize("mode", [*GenerationMode])
@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_those_described_with_a_key_and_without(label: str, mode: GenerationMode, key: str) -> None:
    came = ask_everything(label, mode, key, QUICK)
    if mode == GenerationMode.POSITIVE:
        assert came & {200, 201}, f"{label} never succeeded: {came}"


@pytest.mark.long
@pytest.mark.parametrize("mode", [*GenerationMode])
@pytest.mark.parametrize("label", OPERATIONS)
def test_many_more_answers_are_those_described(label: str, mode: GenerationMode, key: str) -> None:
    ask_everything(label, mode, key, LONG)
