"""The drill's plant with mails of its own, for tests that kill its parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
from django.db import transaction

from delivery import addresses, outbox, reports
from delivery.models import Batch, Publication
from delivery.sealed import GREETING, LEAVE_URL, Sealed
from portal.drill.plant import Plant as Bare
from portal.drill.plant import working

TEXT = Sealed("en", "Dover closed", f"{GREETING}\nDover is closed.\n{LEAVE_URL}\n", "<p>Dover is closed.</p>")


class Plant(Bare):
    """With people who are counted on through all tests of a module."""

    people = 0

    def sessions(self) -> int:
        """How many connections the receiving side has now."""
        return sum(
            link.status == psutil.CONN_ESTABLISHED and link.laddr.port == self.sink_port
            for link in psutil.Process(self.named("sink").pid).net_connections("tcp")
        )

    def start_odd_worker(self, lane: str, name: str, *program: str, **environment: object) -> None:
        """One of one process, run by a `program` with something wrong with it."""
        usual = self.site.environment
        self.site.environment = usual | {key: str(value) for key, value in environment.items()}
        self.site.start_worker(lane, name, queues=("-Q", lane, "-c", "1"), program=program)
        self.site.environment = usual

    def publish(self, people: int, *, lane: str, life: timedelta = timedelta(hours=1)) -> Publication:
        """A publication to so many new people, enlisted but not yet rung for."""
        first, self.people, now = self.people, self.people + people, datetime.now(UTC)
        made = addresses.get_or_create_many(f"p{first + number}@plant.invalid" for number in range(people))
        these = partial(_some, sorted(made.values()))
        with transaction.atomic():  # else the sweep of the site, which runs here too, enlists it for nobody
            publication = outbox.open(
                key=f"plant:{first}", lane=lane, messages=[TEXT], audience={}, give_up_at=now + life, now=now
            )
            while outbox.enlist(publication.pk, people=lambda _p: these, official_language="en", now=now) is not None:
                pass
        return publication

    def wait_for(self, publication: Publication, patience_s: float = 90) -> reports.Report:
        """Its report once it has nothing left to do."""
        end = time.monotonic() + patience_s
        while not (found := self.report(publication)).finished:
            assert time.monotonic() < end, f"{found}\n{self.words()}"
            time.sleep(0.1)
        return found

    @staticmethod
    def report(publication: Publication) -> reports.Report:
        publication.refresh_from_db()
        return reports.report(publication)

    def let_leases_run_out(self) -> None:
        Batch.objects.filter(closed_at=None).update(lease_until=datetime.now(UTC) - timedelta(minutes=1))


def _some(ids: list[int], after: int, upto: int) -> tuple[str, list[object]]:
    return (
        "SELECT id AS address_id, 'en' AS language, 'Hello,' AS greeting, '' AS variant, '' AS why "
        "FROM delivery_address "
        "WHERE id = ANY(%s) AND id > %s AND id <= %s ORDER BY id",
        [ids, after, upto],
    )


@contextmanager
def plant(folder: Path) -> Iterator[Plant]:
    with working(Plant(folder)) as made:
        yield made
