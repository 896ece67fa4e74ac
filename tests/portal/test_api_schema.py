"""The description of the API: committed, complete, and true of what is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

SNAPSHOT = Path(__file__).parent.parent.parent / "docs" / "openapi.yaml"
AGAIN = "manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"


@pytest.fixture(scope="module")
def schema() -> Any:
    return yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8"))


def test_snapshot_is_the_description_of_today(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "now.yaml"))
    assert (tmp_path / "now.yaml").read_text() == SNAPSHOT.read_text(encoding="utf-8"), f"the API changed: {AGAIN}"


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_site_serves_its_snapshot_in_one_language(schema: Any, language: str) -> None:
    answer = Client().get("/api/v1/schema/", headers={"accept-language": language})
    assert yaml.safe_load(answer.content) == schema
    assert "s-maxage=1" in answer["Cache-Control"]


def test_every_operation_has_a_name_and_says_its_errors_as_problems(schema: Any) -> None:
    names = []
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            names.append(operation["operationId"])
            errors = {status: one for status, one in operation["responses"].items() if status >= "400"}
            assert {"401", "406", "429"} <= set(errors), path
            assert all(one["description"] for one in operation["responses"].values()), path
            assert all([*one["content"]] == ["application/problem+json"] for one in errors.values()), path
    assert len(names) == len(set(names)) == 9


def test_reading_needs_no_key_and_drafts_do(schema: Any) -> None:
    needs = {
        (method, path)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if {} not in operation["security"]
    }
    drafts = "/api/v1/drafts/"
    assert needs == {("post", "/api/v1/notices/"), ("get", drafts), ("get", f"{drafts}{{id}}/")}


@pytest.mark.django_db
def test_nul_sign_and_our_own_fault_are_problem_documents_too() -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/api/v1/notices/?q=%00")["Content-Type"] == "application/problem+json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.api.standings", lambda *args, **told: 1 // 0)
        answer = client.get("/api/v1/places/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
