"""Our own sending, measured from the approver's click to the last acceptance by smtp-sink."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil
from django.db import connection
from django.utils import timezone

from base.words import Severity
from delivery import reports
from delivery.models import Publication
from notices import lifecycle
from portal.drill import cast
from portal.drill.cast import Cast
from portal.drill.stage import Stage

from . import usage
from .relay import Sink

PATIENCE_S = 900.0
# With it a mail is four kilobytes, text and HTML, as those of the peers are.
BODY = "The terminal at berth nine takes no lorries until the crane has been looked at. " * 9


@dataclass(frozen=True)
class Run:
    """`cpu_us` a recipient of senders and PostgreSQL; `first_s`, `seconds` after the click; `pss_mb` of senders."""

    recipients: int
    seconds: float
    first_s: float
    cpu_us: float
    pss_mb: float

    @property
    def rate(self) -> float:
        return self.recipients / self.seconds


def database_server() -> int:
    """The process id of the PostgreSQL that we talk to, if it runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(psutil.Process(pid).ppid())


def publish(played: Cast, severity: str) -> tuple[Publication, float]:
    """Approves a notice of the cast; the publication and the moment of the click."""
    version = cast.write(played, now=timezone.now(), severity=severity, body=BODY)
    clicked = time.monotonic()
    version = lifecycle.approve(version, by=played.approver, digest=version.digest, now=timezone.now())
    return Publication.objects.get(pk=version.publication_id or 0), clicked


def measure(played: Cast, on: Stage, sink: Sink, *, severity: str = Severity.MODERATE) -> Run:
    """One notice to everybody of `played`; ends when the last batch is closed, so that its marks count too."""
    processes = [*(process.pid for process in on.processes), database_server()]
    before, cpu = sink.count(), usage.cpu_s(processes)
    publication, clicked = publish(played, severity)
    first = sink.wait_for(before + 1, PATIENCE_S)
    last = sink.wait_for(before + played.recipients, PATIENCE_S)
    pss = usage.pss_mb(process.pid for process in on.workers)
    settle(publication)
    cpu = usage.cpu_s(processes) - cpu
    return Run(played.recipients, last - clicked, first - clicked, cpu / played.recipients * 1e6, pss)


def settle(publication: Publication) -> None:
    end = time.monotonic() + PATIENCE_S
    while not (report := reports.report(publication)).finished and time.monotonic() < end:
        publication.refresh_from_db()
        time.sleep(0.2)
    if not report.finished or report.counts["delivered"] != report.total:
        raise AssertionError(f"{publication} did not end well: {report}")


def critical_beside(bulk: Cast, few: Cast, on: Stage, sink: Sink) -> float:
    """Seconds until a critical notice has reached all of `few` while a routine one runs to all of `bulk`."""
    before = sink.count()
    routine, _clicked = publish(bulk, Severity.MODERATE)
    sink.wait_for(before + bulk.recipients // 10, PATIENCE_S)
    critical, clicked = publish(few, Severity.SEVERE)
    while reports.report(critical).counts["delivered"] < few.recipients:
        time.sleep(0.02)
        critical.refresh_from_db()
    seconds = time.monotonic() - clicked
    if sink.count() >= before + bulk.recipients:
        raise AssertionError("the routine run had ended before the critical one did: take more recipients")
    settle(routine)
    return seconds
