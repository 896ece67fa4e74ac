"""`./run drill --faults`: everything that breaks at the worst moment, judged by the receiving side's fsynced log.

What is sent, to whom and what is done to the plant follow from the seed; when exactly a fault meets a mail does not.
"""

from __future__ import annotations

import http.client
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from base.words import Severity
from delivery import reports
from delivery.models import Delivery, Publication
from delivery.states import State
from notices import lifecycle
from notices.models import Version

from . import cast, moods, verdict
from .acts import KILLS, Acts, act, deaths, kills, schedule
from .plant import Plant, working
from .play import expected_of, marks_of

CRITICAL_SHARE = 0.2
A_NOTICE = {"r": 500, "c": 200}  # so many readers has one, so that something is being sent all the time
BY_THEMSELVES = 0.6  # of the kills, at failpoints; the others come from outside, at any moment
GAP_S = (0.1, 0.6)
REST_S = 120.0
PER_RECIPIENT_S = 0.05
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    recipients: int
    kills: int
    broker: int
    restarts: int
    seed: int

    @classmethod
    def of(cls, recipients: int, seed: int) -> Plan:
        """As many faults as go with so many recipients: 200 kills, 20 of the broker and 10 restarts at 10,000."""
        share = recipients / 10_000
        kills, broker, restarts = max(10, round(200 * share)), max(3, round(20 * share)), max(1, round(10 * share))
        return cls(recipients, kills, broker, restarts, seed)


class Reader(threading.Thread):
    """Somebody who reads the site all the time; counts answers by status."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.statuses, self.going = port, Counter[int](), True

    def run(self) -> None:
        while self.going:
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                link.request("GET", "/en/")
                self.statuses[link.getresponse().status] += 1
            except OSError:
                self.statuses[0] += 1
            finally:
                link.close()
            time.sleep(0.2)


def play(plan: Plan, say: Say) -> dict[str, Any]:
    """Runs the drill on a plant of its own; nothing of the site is touched, and everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairway-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's own user must reach its folder
        with working(Plant(folder, seed=str(plan.seed))) as plant:
            return _play(plan, plant, say)


def _play(plan: Plan, plant: Plant, say: Say) -> dict[str, Any]:
    drawn, path = random.Random(plan.seed), plant.site.folder / "deaths"  # noqa: S311 - to be played again
    by_themselves = round(plan.kills * BY_THEMSELVES)
    acts = Acts(plant, drawn, path)
    casts = {code: cast.gather(number, now=timezone.now(), code=code) for code, number in _sizes(plan).items()}
    acts.start_parts(failpoints=f"{plan.seed}:{by_themselves}:{path}")
    reader = Reader(plant.site.port)
    reader.start()
    begun = time.monotonic()
    told = schedule(drawn, kills=plan.kills - by_themselves, broker=plan.broker, restarts=plan.restarts)
    versions = _send_and_break(casts, told, acts, say)
    finished = _rest(versions, casts, plan, acts, say)
    seconds = time.monotonic() - begun
    reader.going = False
    reader.join(60)
    figures = _figures(plan, casts, versions, acts, reader)
    if not finished:
        figures["words"] = plant.words()
    return figures | {"seconds": round(seconds, 1), "seed": plan.seed}


def _sizes(plan: Plan) -> dict[str, int]:
    """Code of a cast → its recipients: `c…` for severe notices, `r…` for the others, by turns."""
    critical = round(plan.recipients * CRITICAL_SHARE)
    sizes: dict[str, int] = {}
    for kind, people in (("c", critical), ("r", plan.recipients - critical)):
        notices = max(1, round(people / A_NOTICE[kind]))
        for number in range(notices):
            sizes[f"{kind}{number:02}"] = people // notices + (number < people % notices)
    return dict(sorted(sizes.items(), key=lambda one: (one[0][1:], one[0])))


def _send_and_break(casts: dict[str, cast.Cast], told: list[str], acts: Acts, say: Say) -> dict[str, Version]:
    """Issues one notice after the other while the acts of the schedule are done."""
    versions: dict[str, Version] = {}
    waiting, every = list(casts.items()), max(1, len(told) // (len(casts) + 1))
    for number, name in enumerate(told):
        if number % every == 0 and waiting:
            code, played = waiting.pop(0)
            versions[code] = _issue(played, critical=code.startswith("c"))
        say(f"{number + 1} of {len(told)}: {name}")
        act(acts, name)
        acts.supervise()
        _hurry()
        time.sleep(acts.drawn.uniform(*GAP_S))
    versions |= {code: _issue(played, critical=code.startswith("c")) for code, played in waiting}
    return versions


def _issue(played: cast.Cast, *, critical: bool) -> Version:
    severity = Severity.SEVERE if critical else Severity.MODERATE
    version = cast.write(played, now=timezone.now(), severity=severity)
    return lifecycle.approve(version, by=played.approver, digest=version.digest, now=timezone.now())


def _hurry() -> None:
    """Time passes faster here: what waits for another try is due."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE delivery_batch SET due_at = clock_timestamp()"
                " WHERE closed_at IS NULL AND due_at > clock_timestamp()"
            )
    except (OperationalError, InterfaceError):
        connection.close()


def _rest(versions: dict[str, Version], casts: dict[str, cast.Cast], plan: Plan, acts: Acts, say: Say) -> bool:
    """Nothing but the kills that are left, until all is sent; True if it was in time.

    Where all is sent before the last of them, one more notice goes out: a kill while nothing leaves proves nothing.
    """
    end = time.monotonic() + REST_S + plan.recipients * PER_RECIPIENT_S
    while time.monotonic() < end:
        acts.supervise()
        if kills(acts) < plan.kills:
            act(acts, "kill_child")
        _hurry()
        found = [
            reports.report(Publication.objects.get(pk=version.publication_id or 0)) for version in versions.values()
        ]
        say(f"{sum(one.done for one in found)} of {_recipients(casts)}, {deaths(acts.deaths)} killed themselves")
        if not all(one.finished and one.total for one in found):
            time.sleep(0.5)
        elif kills(acts) >= plan.kills:
            return True
        else:
            code = f"r{len(casts):02}"
            casts[code] = cast.gather(A_NOTICE["r"], now=timezone.now(), code=code)
            versions[code] = _issue(casts[code], critical=False)
    return False


def _recipients(casts: dict[str, cast.Cast]) -> int:
    return sum(played.recipients for played in casts.values())


def _figures(
    plan: Plan, casts: dict[str, cast.Cast], versions: dict[str, Version], acts: Acts, reader: Reader
) -> dict[str, Any]:
    entries = list(verdict.read(acts.plant.log))
    total, doubled, refused = verdict.Verdict(), Counter[str](), 0
    for code, version in versions.items():
        expected = expected_of(casts[code], version)
        never = {to for to in expected if moods.is_refused(str(plan.seed), to)}
        told = Delivery.objects.filter(publication=version.publication_id or 0, state=State.FAILED)
        refused += len(never & set(told.values_list("address__key", flat=True)))
        wanted = {to: person for to, person in expected.items() if to not in never}
        found = verdict.judge((one for one in entries if one["to"].startswith(code)), wanted, marks_of(version))
        total.add(found)
        doubled["critical" if code.startswith("c") else "routine"] += found.duplicates
    rows = Delivery.objects.exclude(address__key__startswith="probe")
    return {
        "recipients": _recipients(casts),
        "delivered": total.delivered,
        "refused": refused,
        "lost": total.lost,
        "duplicates": total.duplicates,
        "duplicates_critical": doubled["critical"],
        "duplicate_bound": sum(sum(pair) for pair in rows.values_list("crashes", "cuts")),
        "wrong": total.wrong,
        "parked": rows.filter(state=State.PARKED).count(),
        "kills": kills(acts),
        "broker_faults": sum(count for name, count in acts.done.items() if name.endswith("_broker")),
        "database_restarts": acts.done["restart_database"],
        "other_faults": {name: acts.done[name] for name in sorted(acts.done) if name not in KILLS},
        "recovered_s": acts.recovered_s,
        "http": {str(status): count for status, count in sorted(reader.statuses.items())},
        **({"missing": _histories(total.missing)} if total.missing else {}),
        **({"notes": dict(total.reasons)} if total.reasons else {}),
    }


def _histories(missing: set[str]) -> list[str]:
    """What the sending side believes of those who got nothing."""
    rows = Delivery.objects.filter(address__key__in=missing).select_related("address")
    return [
        f"{row.address.key}: {row.state} {row.code} after {row.attempts} attempts, {row.crashes} crashes,"
        f" {row.cuts} cuts: {row.reply}"
        for row in rows
    ]
