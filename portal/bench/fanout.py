"""`./run bench fanout`: interleaved rounds of ours, the wire and the peers; medians of ratios to the runs beside.

A machine that others share is quick in one minute and slow in the next: each ratio is taken to the mean of what ran
just before and just after.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeVar

from django.utils import timezone

from base.words import Severity
from delivery.channels.email import BULK_WINDOW
from portal.drill import cast, stage
from portal.drill.cast import Cast
from portal.embedded.processes import CannotStart, data_folder, free_port

from . import ours
from .relay import Sink, Tools
from .rivals import VARIANTS, Rival, durable

PEERS_AT_MOST = 5_000
CRITICAL = 10_000
FEW = 200
WARM = 300
BULK_FOR_FEW = 100_000
DISTANT = 5_000
ROUND_TRIP_MS = 20
DISTANT_CONNECTIONS = 16
Say = Callable[[str], None]
T = TypeVar("T")


class Fanout:
    """One bench on one stage."""

    def __init__(self, on: stage.Stage, tools: Tools, sink: Sink, say: Say) -> None:
        self.on, self.tools, self.sink, self.say = on, tools, sink, say
        self.casts: dict[str, Cast] = {}

    def cast(self, code: str, recipients: int) -> Cast:
        if code not in self.casts:
            self.say(f"gathering {recipients} people")
            self.casts[code] = cast.gather(recipients, now=timezone.now(), code=code)
        return self.casts[code]

    def warm_up(self) -> None:
        """What a site that runs for days has behind it: imports, plans and connections of each lane."""
        for severity in (Severity.MODERATE, Severity.SEVERE):
            ours.measure(self.cast("warm", WARM), self.on, self.sink, severity=severity)

    def large(self, recipients: int, rounds: int, code: str = "all") -> dict[str, Any]:
        """Ours and the wire, by turns."""
        everybody, runs = self.cast(code, recipients), []
        wires = [self.tools.wire_rate(self.sink, recipients)]
        for number in range(rounds):
            runs.append(ours.measure(everybody, self.on, self.sink))
            wires.append(self.tools.wire_rate(self.sink, recipients))
            self.say(f"round {number + 1} of {rounds}: {runs[-1].rate:.0f} a second, the wire {wires[-1]:.0f}")
        ratios = [run.rate / fmean(wires[number : number + 2]) for number, run in enumerate(runs)]
        return {
            "rate": round(median(run.rate for run in runs)),
            "wire_rate": round(median(wires)),
            "ratio_to_wire": round(median(ratios), 2),
            "seconds": round(median(run.seconds for run in runs), 2),
            "cpu_us_per_recipient": round(median(run.cpu_us for run in runs), 1),
            "pss_mb": round(max(run.pss_mb for run in runs), 1),
            "first_mail_s": round(median(run.first_s for run in runs), 3),
        }

    def beside_peers(self, recipients: int, rounds: int) -> dict[str, Any]:
        """Ours before and after each peer."""
        some = self.cast("few", recipients)
        mine = [ours.measure(some, self.on, self.sink).seconds]
        theirs: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
        ratios: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
        for number in range(rounds):
            for variant in VARIANTS:
                theirs[variant].append(Rival(variant, self.on, self.sink).seconds(recipients))
                mine.append(ours.measure(some, self.on, self.sink).seconds)
                ratios[variant].append(theirs[variant][-1] / fmean(mine[-2:]))
                self.say(
                    f"round {number + 1} of {rounds}: {variant} {theirs[variant][-1]:.2f} s,"
                    f" ours {mine[-2]:.2f} s before and {mine[-1]:.2f} s after"
                )
        return {f"ratio_to_{variant}": round(median(found), 1) for variant, found in ratios.items()} | {
            "seconds_beside_peers": {
                name: round(median(found), 2) for name, found in ({"ours": mine} | theirs).items()
            }
        }

    def critical(self, recipients: int, rounds: int) -> dict[str, Any]:
        some = self.cast("critical", recipients)
        runs = [ours.measure(some, self.on, self.sink, severity=Severity.SEVERE) for _round in range(rounds)]
        return {"rate_critical": round(median(run.rate for run in runs))}

    def critical_beside(self, recipients: int) -> dict[str, Any]:
        seconds = ours.critical_beside(self.cast("all", recipients), self.cast("urgent", FEW), self.on, self.sink)
        return {"critical_beside_s": round(seconds, 2)}

    def distant(self, recipients: int) -> dict[str, Any]:
        """The relay 20 ms away, sixteen connections."""
        port = free_port()
        self.on.run(
            "portal.bench.distance", "--port", str(port), "--to", str(self.sink.port),
            "--round-trip-ms", str(ROUND_TRIP_MS),
        )  # fmt: skip
        self.on.stop_workers()
        self.on.start_workers(
            EMAIL_URL=f"smtp://127.0.0.1:{port}", FAIRWAY_MAIL_CONNECTIONS=str(DISTANT_CONNECTIONS)
        )
        run = ours.measure(self.cast("far", recipients), self.on, self.sink)
        return {f"rate_{ROUND_TRIP_MS}_ms": round(run.rate)}


def on_stage(run: Callable[[Fanout], T], say: Say) -> T:
    """The result of `run` on a stage of its own; everything that was made for it is gone afterwards."""
    if not durable():
        raise CannotStart("The database runs without fsync or synchronous commits: its speed would say nothing.")
    tools = Tools(data_folder() / "bench")
    name = f"fairway_bench_{os.getpid()}_{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="fairway-bench-") as folder, stage.database(name):
        sink = Sink(tools, Path(folder))
        on = stage.Stage(Path(folder), name, smtp_port=sink.port)
        try:
            on.start()
            return run(Fanout(on, tools, sink, say))
        finally:
            on.stop()
            sink.stop()


def bench(recipients: int, rounds: int, peers: bool, say: Say) -> dict[str, Any]:
    """All figures of one run."""
    return on_stage(lambda run: _figures(run, recipients, rounds, peers), say)


def _figures(run: Fanout, recipients: int, rounds: int, peers: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {"recipients": recipients, "window": BULK_WINDOW}
    run.warm_up()
    figures |= run.large(recipients, rounds)
    if peers:
        figures |= run.beside_peers(min(recipients, PEERS_AT_MOST), rounds)
    figures |= run.critical(min(recipients, CRITICAL), rounds)
    if recipients >= BULK_FOR_FEW:
        figures |= run.critical_beside(recipients)
    return figures | run.distant(min(recipients, DISTANT))
