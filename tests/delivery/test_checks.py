"""Settings with which mails would be doubled are told before anything serves."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from delivery.postman import LIMIT_S


@pytest.mark.parametrize(("seconds", "wrong"), [(LIMIT_S - 1, True), (LIMIT_S, False)])
def test_lease_that_a_slow_relay_outlasts_is_refused_by_the_deployment_check(
    settings: Any, seconds: int, wrong: bool
) -> None:
    settings.FAIRWAY_LEASE_S = seconds
    found = {one.id for one in run_checks(include_deployment_checks=True)}
    assert ("delivery.E001" in found) is wrong
