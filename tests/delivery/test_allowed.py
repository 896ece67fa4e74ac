"""A copy for trying things out reaches nobody but those whom its environment names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from delivery import allowed
from delivery.states import FOLLOWS, State


@dataclass(frozen=True)
class Thing:
    id: int
    to: str


LISTED = ["customs.example", " Tester@Elsewhere.example", "münchen.example", "+34956585400", "hooks.example"]


def test_without_a_list_everybody_is_reached() -> None:
    assert allowed.may_reach("anybody@anywhere.example")


@pytest.mark.parametrize(
    "to",
    ["anybody@customs.example", "tester@elsewhere.example", "a@xn--mnchen-3ya.example", "+34956585400",
     "https://hooks.example/in?x=1", "https://user@hooks.example:8443/"],
)  # fmt: skip
def test_who_is_listed_is_reached(settings: Any, to: str) -> None:
    settings.FAIRWAY_ONLY_TO = LISTED
    assert allowed.may_reach(to)


@pytest.mark.parametrize(
    "to",
    ["other@elsewhere.example", "a@sub.customs.example", "a@notcustoms.example", "customs.example@evil.example",
     '"a@customs.example"@evil.example', "+34956585401", "https://evil.example/hooks.example",
     "https://hooks.example.evil.example/", "https://hooks.example@evil.example/", ""],
)  # fmt: skip
def test_who_is_not_listed_is_not_reached(settings: Any, to: str) -> None:
    settings.FAIRWAY_ONLY_TO = LISTED
    assert not allowed.may_reach(to)


def test_those_who_may_not_be_reached_are_stopped_with_the_reason_and_the_rest_keeps_its_order(settings: Any) -> None:
    settings.FAIRWAY_ONLY_TO = LISTED
    things = [Thing(1, "a@customs.example"), Thing(2, "b@evil.example"), Thing(3, "c@customs.example")]
    going, stopped = allowed.part(things)
    assert going == [things[0], things[2]]
    assert [(one.id, one.state, one.reply) for one in stopped] == [(2, State.STOPPED, "not on the allow-list")]
    assert State.STOPPED in FOLLOWS[State.WIRE]
