"""What a monitoring system reads (Prometheus text format), counted by PostgreSQL: the same from every process.

A further line is a function in `FAMILIES`. Requests are not counted here: each web process would tell its own share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from base import audit, heartbeat
from base.words import Lane
from delivery import canary, relays, standing
from delivery.states import State
from notices import promises
from portal import disks

KEPT_S = 30  # what reads many rows is counted anew no more often


def last_day() -> list[standing.Outcomes]:
    """`standing.last_day`, at most `KEPT_S` old."""
    found = cache.get_or_set("ops.last_day", lambda: [vars(one) for one in standing.last_day()], KEPT_S)
    return [standing.Outcomes(**one) for one in found or ()]


def uncertain_share(outcomes: Iterable[standing.Outcomes]) -> tuple[int, float]:
    """How many deliveries were ever in doubt, and their share of all."""
    rows = list(outcomes)
    doubtful = sum(row.count if row.state == State.UNCERTAIN else row.twice for row in rows)
    return doubtful, doubtful / max(1, sum(row.count for row in rows))


def _publications() -> Iterator[Metric]:
    found = standing.publications()
    names = ("fairway_publications", "fairway_publications_unfinished", "fairway_publications_held")
    says = ("Publications opened", "Publications whose readers are still being found", "Publications that are paused")
    for number, (name, said) in enumerate(zip(names, says, strict=True)):
        family = (CounterMetricFamily if number == 0 else GaugeMetricFamily)(name, said, labels=["lane"])
        for lane in Lane.values:
            family.add_metric([lane], found.get(lane, (0, 0, 0))[number])
        yield family


def _lanes() -> Iterator[Metric]:
    labels = ["lane", "channel"]
    due = GaugeMetricFamily("fairway_batches_due", "Batches that wait for a worker", labels=labels)
    leased = GaugeMetricFamily("fairway_batches_leased", "Batches that a worker has", labels=labels)
    oldest = GaugeMetricFamily("fairway_oldest_waiting_seconds", "How long the oldest batch waits", labels=labels)
    quiet = {(lane, "email"): standing.LaneStanding() for lane in Lane.values}
    for way, one in (quiet | standing.ways()).items():
        for family, value in ((due, one.due), (leased, one.leased), (oldest, one.oldest_s)):
            family.add_metric(way, value)
    yield from (due, leased, oldest)


def _outcomes() -> Iterator[Metric]:
    outcomes = last_day()
    family = GaugeMetricFamily(
        "fairway_deliveries_last_day", "Deliveries of batches closed within 24 hours", labels=["lane", "state"]
    )
    for one in outcomes:
        family.add_metric([one.lane, one.state], one.count)
    yield family
    share = uncertain_share(outcomes)[1]
    yield GaugeMetricFamily("fairway_uncertain_share", "Share of these that was ever in doubt", value=share)
    parked = sum(one.count for one in outcomes if one.state == State.PARKED)
    yield GaugeMetricFamily("fairway_parked_last_day", "How many of these were set aside", value=parked)


def _parts() -> Iterator[Metric]:
    family = GaugeMetricFamily("fairway_heartbeat_age_seconds", "Since a part was last seen", labels=["name"])
    for name, age in sorted(heartbeat.ages().items()):
        family.add_metric([name], age)
    yield family
    yield GaugeMetricFamily(
        "fairway_audit_unchained_seconds", "How long the oldest audit entry waits", value=audit.unchained_s()
    )


def _canaries() -> Iterator[Metric]:
    back = GaugeMetricFamily("fairway_canary_age_seconds", "Since a mail to ourselves came back", labels=["channel"])
    missing = GaugeMetricFamily("fairway_canary_missing", "Whether one did not come back", labels=["channel"])
    for channel in canary.CHANNELS if settings.FAIRWAY_CANARY else ():
        found = canary.standing(channel, now=timezone.now())
        missing.add_metric([channel], found.missing)
        if found.returned_s is not None:
            back.add_metric([channel], found.returned_s)
    yield from (back, missing)


def _promises() -> Iterator[Metric]:
    now = timezone.now()
    late = len(promises.due(promises.running(now), by=now))
    yield GaugeMetricFamily("fairway_promises_late", "Promised updates and reopenings that did not come", value=late)


def _relays() -> Iterator[Metric]:
    family = GaugeMetricFamily("fairway_relay_resting_seconds", "How long a mail server has rested", labels=["relay"])
    resting = relays.resting_s()
    for relay in relays.relays():
        family.add_metric([relay.name], resting.get(relay.name, 0.0))
    yield family


def _disks() -> Iterator[Metric]:
    family = GaugeMetricFamily("fairway_disk_free_bytes", "What is left where files lie", labels=["path"])
    for disk in disks.disks():
        family.add_metric([disk.path], disk.free)
    yield family


FAMILIES: tuple[Callable[[], Iterable[Metric]], ...] = (
    _publications, _lanes, _outcomes, _parts, _canaries, _promises, _relays, _disks,
)  # fmt: skip


class _Collector:
    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES:
            yield from family()


def exposition() -> bytes:
    """Every line of `FAMILIES` in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    collector: Any = _Collector()
    registry.register(collector)
    return generate_latest(registry)
