"""What is done to a plant in the fault drill: one method a fault, and how many of each a play has."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from django.db import connection, connections
from django.utils import timezone

from base import failpoints
from base.words import Lane
from delivery import outbox
from delivery.sealed import Sealed
from portal.embedded.launcher import begin, finish
from portal.embedded.processes import free_port

from .plant import Plant

WORKERS = ("worker-critical", "worker-routine")
FULL_S = 2.0
BROKER_AWAY_S = 1.0
PROBE = Sealed("en", "EXERCISE: probe", "Does it go on?\n")
PATIENCE_S = 60.0
HOUR_S = 3_600
STARTED_S = 1.0
MOST_CONNECTIONS = 200


@dataclass
class Acts:
    """`done` counts what was done by name; `recovered_s`: the longest time from a fault's end to an acceptance."""

    plant: Plant
    drawn: random.Random
    deaths: Path
    done: Counter[str] = field(default_factory=Counter)
    recovered_s: dict[str, float] = field(default_factory=dict)
    proxy_port: int = 0

    def start_parts(self, *, failpoints: str) -> None:
        """Proxy, web, the two workers that notices need, and beat."""
        environment = self.plant.site.environment
        self.proxy_port = free_port()
        self.plant.site.run(
            "proxy", "portal.drill.proxy", "--port", str(self.proxy_port), "--to", str(self.plant.sink_port)
        )
        environment |= {
            "EMAIL_URL": f"smtp://127.0.0.1:{self.proxy_port}", "FAIRWAY_LEASE_S": "10",
            "STATIC_ROOT": str(self.plant.site.folder / "static"),
        }  # fmt: skip
        finish(begin(environment, "collectstatic", "--noinput", "-v0"))
        self.plant.site.start_web()
        environment["FAILPOINTS"] = failpoints
        for name in WORKERS:
            self._start(name)
        self.plant.site.start_beat()

    def _start(self, name: str, *program: str) -> None:
        self.plant.site.start_worker(name.removeprefix("worker-"), program=program or ("celery",))

    def supervise(self) -> None:
        """Starts anew who ended by itself."""
        for name in self.plant.site.revive():
            self.done[f"revived {name}"] += 1

    # --- Kills ----------------------------------------------------------------------------------------------------

    def kill_child(self) -> None:
        name, end = self.drawn.choice(WORKERS), time.monotonic() + PATIENCE_S
        while not self.plant.kill_child(name):  # it is about to have one, after the kill before
            if time.monotonic() > end:
                raise TimeoutError(f"{name} has no child to kill")
            self.supervise()
            time.sleep(STARTED_S)  # killed before it looks for work, it proves nothing

    def kill_main(self) -> None:
        name = self.drawn.choice(WORKERS)
        self.plant.kill_main(name)
        self._start(name)

    def kill_group(self) -> None:
        name = self.drawn.choice(WORKERS)
        self.plant.kill(name)
        self._start(name)

    # --- Broker ---------------------------------------------------------------------------------------------------

    def flush_broker(self) -> None:
        self.plant.broker().flushall()
        self._recovered("flush_broker")

    def kill_broker(self) -> None:
        self.plant.kill_broker()
        time.sleep(BROKER_AWAY_S)
        self.plant.valkey.start()
        self._recovered("kill_broker")

    def fill_broker(self) -> None:
        self.plant.broker().config_set("maxmemory", 1)
        time.sleep(FULL_S)
        self.plant.broker().config_set("maxmemory", 0)
        self._recovered("fill_broker")

    # --- Database -------------------------------------------------------------------------------------------------

    def restart_database(self) -> None:
        self.plant.restart_database(signal.SIGQUIT)
        self._recovered("restart_database")

    def terminate_backends(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        self._recovered("terminate_backends")

    def exhaust_connections(self) -> None:
        taken = []
        with suppress(psycopg2.OperationalError):
            for _number in range(MOST_CONNECTIONS):
                taken.append(psycopg2.connect(self.plant.postgres.url()))
        time.sleep(FULL_S)
        for link in taken:
            link.close()
        connections.close_all()
        self._recovered("exhaust_connections")

    # --- The way to the mail server, and the parts that ring ------------------------------------------------------

    def cut_wire(self) -> None:
        self.plant.named("proxy").send_signal(signal.SIGUSR1)

    def hold_wire(self) -> None:
        self.plant.named("proxy").send_signal(signal.SIGUSR2)

    def two_beats(self) -> None:
        self.plant.site.start_beat()

    def no_beat(self) -> None:
        while any(name == "beat" for name, _process in self.plant.site.processes):
            self.plant.kill("beat")
        time.sleep(FULL_S)
        self.plant.site.start_beat()

    def deploy(self) -> None:
        """New workers after a polite stop, while the schema is looked after."""
        name = self.drawn.choice(WORKERS)
        migration = begin(self.plant.site.environment, "migrate", "--noinput", "-v0")
        self.plant.drain(name)
        finish(migration)
        self._start(name)

    def wrong_clock(self) -> None:
        """From now until its next kill one worker is an hour ahead, or behind."""
        name = self.drawn.choice(WORKERS)
        self.plant.drain(name)
        self._start(name, "portal.drill.clock", str(self.drawn.choice((-HOUR_S, HOUR_S))))

    # --- How soon it goes on --------------------------------------------------------------------------------------

    def _recovered(self, fault: str) -> None:
        """Posts one critical mail and waits for it, nobody being killed: how soon mails leave after a fault."""
        number, now, begun = sum(self.done.values()), timezone.now(), time.monotonic()
        to = f"probe{number}@drill.invalid"
        failpoints.calm(self.deaths).touch()
        since = self.plant.log.stat().st_size
        outbox.post(key=f"probe:{number}", to=to, message=PROBE, now=now, lane=Lane.CRITICAL)
        while not self.plant.heard(to, since) and time.monotonic() - begun < PATIENCE_S:
            self.supervise()
            time.sleep(0.1)
        self.recovered_s[fault] = max(self.recovered_s.get(fault, 0.0), round(time.monotonic() - begun, 1))
        failpoints.calm(self.deaths).unlink()


# Three of five hit a child, since that is what the kernel does when memory runs out.
KILLS = ("kill_child", "kill_child", "kill_child", "kill_main", "kill_group")
BROKER = ("flush_broker", "kill_broker", "fill_broker")
DATABASE = ("terminate_backends", "exhaust_connections")
OTHERS = ("cut_wire", "hold_wire", "two_beats", "no_beat", "deploy", "wrong_clock")


def schedule(drawn: random.Random, *, kills: int, broker: int, restarts: int) -> list[str]:
    """The names of the acts of a play, in its order."""
    acts = [drawn.choice(KILLS) for _number in range(kills)]
    acts += [BROKER[number % len(BROKER)] for number in range(broker)]
    acts += ["restart_database"] * restarts
    acts += [*DATABASE, *OTHERS] * max(1, restarts // 3)
    drawn.shuffle(acts)
    return acts


def act(acts: Acts, name: str) -> None:
    acts.done[name] += 1
    step: Callable[[], None] = getattr(acts, name)
    step()


def kills(acts: Acts) -> int:
    """From outside, and of processes at their own failpoints."""
    return deaths(acts.deaths) + sum(acts.done[name] for name in set(KILLS))


def deaths(path: Path) -> int:
    """How many processes have killed themselves at a failpoint."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


