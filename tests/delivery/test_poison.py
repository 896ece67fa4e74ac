"""Rows that no rule would let in any more, in the middle of a long run: they stop, everybody else gets the mail.

Row 14 of the failure modes, with `tests.faults.test_fatal`, where a row kills real workers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from itertools import islice
from typing import Any

import pytest

from base.words import Lane
from delivery import addresses, outbox, reports
from delivery.models import Address, Delivery, Publication
from delivery.states import State

from .test_pipe import NOW, TEXT, make_due, relay_for, run_all, states

__all__ = ["relay_for"]
pytestmark = pytest.mark.django_db(transaction=True)

OVERRIDE = "\u202e"  # what follows is shown from right to left
BAD_ADDRESSES = [
    "🚢{n}@people.invalid", "ж{n}@people.invalid", "a{n}{o}@people.invalid", "a{n}@p{o}eople.invalid",
    "a{n}@xn--ÿ.invalid", "a{n}@-.invalid ", "a{n} b@people.invalid", "a{n}@peo ple.invalid",
    "a{n}\r\nRCPT TO:<victim{n}@people.invalid>", "a{n}@people.invalid>\r\nRCPT TO:<victim{n}@people.invalid",
    "a{n}@people.invalid\r\nBcc: victim{n}@people.invalid", "a{n}\n.\nMAIL FROM:<x@people.invalid>",
    "a{n}\x7f@people.invalid",
    "a{n}\t@people.invalid", "<a{n}@people.invalid>", "a{n}@people.invalid, victim{n}@people.invalid",
]  # fmt: skip
ODD_GREETINGS = [
    "x" * 200, f"{OVERRIDE}Ann", "Ann\r\nBcc: victim@people.invalid", "Ann\r\n.\r\nMAIL FROM:<x@y>", ".", "..\r\n.",
    "🚢" * 90,
    "%s %(name)s %b {0} {{ x }}", "<script>alert(1)</script>", "[[fairway:leave]]", "=\r\n=0D=0A", "\u2028Ann\u2029",
    "=?utf-8?b?QQ==?=", "A\u0301" * 60,
]  # fmt: skip
AT_THE_DOOR_ALONE = ["a{n}\x00@people.invalid", "a" * 1_000 + "@people.invalid", "a@" + "b" * 1_000 + ".invalid"]
POISON, GOOD = 300, 4_700


def poison() -> Iterator[str]:
    number = 0
    while True:
        for form in BAD_ADDRESSES:
            yield form.format(n=number, o=OVERRIDE)
            number += 1


def people(after: int, upto: int) -> tuple[str, list[Any]]:
    greetings = ["Ann", *ODD_GREETINGS]
    return (
        "SELECT id AS address_id, 'en' AS language, (%s::text[])[1 + id %% %s] AS greeting, '' AS variant, '' AS why"
        " FROM delivery_address WHERE id > %s AND id <= %s ORDER BY id",
        [greetings, len(greetings), after, upto],
    )


def publish() -> Publication:
    good = [f"g{number}@people.invalid" for number in range(GOOD)]
    addresses.get_or_create_many(good[: GOOD // 2])
    # Past every rule, as a row of before them would stand there.
    Address.objects.bulk_create(Address(value=one, key=one) for one in islice(poison(), POISON))
    addresses.get_or_create_many(good[GOOD // 2 :])
    publication = outbox.open(
        key="k", lane=Lane.ROUTINE, messages=[TEXT], audience={}, give_up_at=NOW.replace(year=NOW.year + 1), now=NOW
    )
    while outbox.enlist(publication.pk, people=lambda _p: people, official_language="en", now=NOW) is not None:
        pass
    return publication


def test_three_hundred_poison_rows_in_a_run_of_five_thousand_harm_nobody_else(relay_for: Any) -> None:
    relay = relay_for()
    publish()
    for _round in range(3):
        run_all()
        make_due()
    assert states() == {State.ACCEPTED: GOOD, State.PARKED: POISON}
    assert relay.counts() == {f"g{number}@people.invalid": 1 for number in range(GOOD)}
    assert reports.report(Publication.objects.get()).finished
    assert set(Delivery.objects.filter(state=State.PARKED).values_list("code", flat=True)) == {"unfit"}


def test_odd_greeting_is_text_of_its_mail_and_never_a_header_or_a_command(relay_for: Any) -> None:
    relay = relay_for()
    publish()
    run_all()
    assert not any("victim" in to for _sender, to, _mail in relay.accepted)
    for _sender, to, content in relay.accepted[:: GOOD // 200]:
        mail = message_from_bytes(content, policy=policy.default)
        assert (mail["To"], "Bcc" in mail, mail.defects) == (to, False, [])
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert "<script" not in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize("form", [*BAD_ADDRESSES, *AT_THE_DOOR_ALONE])
def test_nothing_of_the_kind_comes_in_by_the_door(form: str) -> None:
    typed = form.format(n=1, o=OVERRIDE)
    try:
        key = addresses.get_or_create(typed).key
    except addresses.BadAddress:
        return
    assert re.fullmatch(r"a1b?@[a-z-]+\.invalid", key), "what nobody sees was taken away"


def test_name_longer_than_any_is_cut_and_the_mail_goes(relay_for: Any) -> None:
    relay = relay_for()
    outbox.post(key="long", to="ann@people.invalid", message=TEXT, greeting="x" * 1_000, now=NOW)
    run_all(Lane.PERSONAL)
    assert relay.counts() == {"ann@people.invalid": 1}
