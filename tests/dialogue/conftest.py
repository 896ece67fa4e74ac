"""What the counter's tests begin with: an office, its officer, and a question that waits there."""

from __future__ import annotations

from typing import Any

import pytest

from base.words import Role
from dialogue.cases.models import Case

from . import people


@pytest.fixture
def office() -> Any:
    return people.organisation()


@pytest.fixture
def officer(office: Any) -> Any:
    return people.person(Role.OFFICER, office)


@pytest.fixture
def case(office: Any) -> Case:
    people.place("GBDVR", office)
    return people.case(about="GBDVR")
