"""`./run bench crowd`: our board through nginx beside a file of the same size, and what a steady crowd sees of it."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Place
from portal.crowd import nginx
from portal.drill import stage
from portal.drill.cast import Cast
from portal.embedded.launcher import Site
from portal.embedded.processes import CHECKOUT, data_folder, free_port, stop

from . import debian, scene, usage

BOARD, BARE = "/en/places/", "/livez"
READ = (BOARD, "/fr/places/", "/en/feed.json")  # by turns
RATE, SECONDS, EVERY_S = 500, 30, 2.5
PATIENCE_S = 200
HEAD_OF_FILE = 250
ALONE = 30  # pages asked for one after another, for their cost
WRK_S = 3
STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
Say = Callable[[str], None]

# A file of the same size beside the cache, and a counter between nginx and the site.
MORE = """
    server {{
        listen 127.0.0.1:{file_port};
        access_log off;
        root {folder};
    }}
    server {{
        listen 127.0.0.1:{counter_port};
        access_log {folder}/asked.log;
        location / {{
            proxy_pass http://127.0.0.1:{site_port};
            proxy_set_header Host $http_host;
        }}
    }}
"""


@dataclass
class Crowd:
    """The running site, nginx before it, and who writes notices."""

    site: Site
    front: int
    file: int
    folder: Path
    played: Cast
    places: list[Place]
    say: Say

    def wrk(self, port: int, path: str, *headers: str, connections: int = 64) -> float:
        """Answers a second to connections of two threads that ask as fast as they can."""
        program, environment = debian.wrk(data_folder() / "bench")
        named = [word for header in ("Accept-Encoding: gzip", *headers) for word in ("-H", header)]
        done = subprocess.run(
            [program, "-t2", f"-c{connections}", f"-d{WRK_S}s", *named, f"http://127.0.0.1:{port}{path}"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        if found is None or ("Non-2xx" in done.stdout and not headers):
            raise AssertionError(done.stdout)
        return float(found[1])

    def asked(self) -> int:
        """How many requests have reached the site by way of nginx."""
        log = self.folder / "asked.log"
        return log.read_bytes().count(b"\n") if log.exists() else 0

    def tag(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.site.port}{BOARD}") as page:
            return str(page.headers["ETag"])

    def rates(self, rounds: int) -> dict[str, Any]:
        """By turns: the file, the cache, the file again; and the site itself three ways."""
        files: list[float] = []
        cached: list[float] = []
        ratios: list[float] = []
        origin: list[float] = []
        direct: dict[str, list[float]] = {"etag": [], "uncached": [], "bare": []}
        for number in range(rounds):
            files.append(self.wrk(self.file, "/same"))
            self.packed(BOARD)  # it is asked all the time: the wait after a silence is another matter
            before, begun = self.asked(), time.monotonic()
            cached.append(self.wrk(self.front, BOARD))
            origin.append((self.asked() - before) / (time.monotonic() - begun))
            files.append(self.wrk(self.file, "/same"))
            ratios.append(cached[-1] / fmean(files[-2:]))
            self.say(f"round {number + 1} of {rounds}: {cached[-1]:.0f} a second, {ratios[-1]:.2f} of the file")
            for name, path, *header in (
                ("bare", BARE), ("etag", BOARD, f"If-None-Match: {self.tag()}"), ("uncached", BOARD)
            ):  # fmt: skip
                direct[name].append(self.wrk(self.site.port, path, *header, connections=8))
            time.sleep(1)  # what wrk has left behind is answered
        return {
            "ratio_cached_to_static": round(median(ratios), 2),
            "static_per_s": round(median(files)),
            "cached_per_s": round(median(cached)),
            "origin_requests_per_s": round(median(origin), 2),
            **{f"site_{name}_per_s": round(median(found)) for name, found in direct.items()},
        }

    def cost(self) -> dict[str, Any]:
        """CPU of the web processes for one page that nothing has kept, and its questions to the database."""
        web = next(process for name, process in self.site.processes if name == "web")
        each = []
        for _page in range(ALONE):
            before = usage.cpu_s([web.pid])
            with urllib.request.urlopen(f"http://127.0.0.1:{self.site.port}{BOARD}") as page:
                page.read()
            each.append((usage.cpu_s([web.pid]) - before) * 1_000)
        plain = override_settings(STORAGES={"staticfiles": STATIC}, ALLOWED_HOSTS=["localhost"])
        with plain, CaptureQueriesContext(connection) as queries:
            answer = Client(SERVER_NAME="localhost").get(BOARD)
        if answer.status_code != 200:
            raise AssertionError(answer.status_code)
        return {
            "uncached_cpu_ms": round(fmean(sorted(each)[: ALONE * 3 // 4]), 1),
            "uncached_queries": len(queries),
            "board_kb": round(len(self.packed(BOARD)) / 1_000, 1),
        }

    def packed(self, path: str) -> bytes:
        """Head and body as they travel."""
        address = f"http://127.0.0.1:{self.front}{path}"
        asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as page:  # noqa: S310
            return str(page.headers).encode() + bytes(page.read())

    def steady(self) -> dict[str, Any]:
        """Five hundred readers a second while a notice is published each few seconds."""
        for path in READ:
            self.packed(path)
        begun = time.time()
        readers = subprocess.Popen(
            [sys.executable, "-m", "portal.bench.openloop", "--port", str(self.front), "--rate", str(RATE),
             "--seconds", str(SECONDS), *READ],
            cwd=CHECKOUT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        published: dict[int, datetime] = {}
        calm = iter(self.places[-60:])
        while readers.poll() is None and time.time() - begun < SECONDS:
            now = timezone.now()
            version = scene.publish(self.played, [next(calm)], title="Works at the gate", now=now)
            published[int(str(version.notice.reference).rsplit("-", 1)[1])] = now
            time.sleep(max(0, EVERY_S - (timezone.now() - now).total_seconds()))
        seen = json.loads(readers.communicate(timeout=PATIENCE_S)[0])
        if seen["failed"]:
            raise AssertionError(f"{seen['failed']} of {seen['asked']} readers were not answered")
        return {
            "p99_ms_at_500": seen["p99_ms"],
            "p50_ms_at_500": seen["p50_ms"],
            "stale_s_max": round(oldest(seen["states"], published), 1),
            "published": len(published),
        }


def oldest(states: list[dict[str, Any]], published: dict[int, datetime]) -> float:
    """For how long, at most, what somebody was shown had been overtaken: reference number → when it was issued."""
    ages = [0.0]
    for state in states:
        missed = [at.timestamp() for number, at in published.items() if number > state["newest"]]
        if missed:
            ages.append(state["last"] - min(missed))
    return max(ages)


def bench(rounds: int, say: Say) -> dict[str, Any]:
    """All figures of one run; everything that was made for it is gone afterwards."""
    program = debian.nginx(data_folder() / "bench")
    debian.wrk(data_folder() / "bench")
    name = f"fairway_bench_{os.getpid()}_{secrets.token_hex(3)}"
    with tempfile.TemporaryDirectory(prefix="fairway-bench-") as given, stage.database(name):
        folder = Path(given)
        folder.chmod(0o755)
        load = os.getloadavg()[0]
        say(f"laying out {scene.PLACES} places and {scene.NOTICES} notices")
        played, places = scene.lay(now=timezone.now())
        front, file, counter = free_port(), free_port(), free_port()
        site = _site(folder, name, front)
        try:
            site.start_web()
            inside = folder / "nginx"
            more = MORE.format(file_port=file, counter_port=counter, site_port=site.port, folder=inside)
            site.processes.append(
                ("nginx", nginx.start(program, inside, port=front, origin=counter, more=more))
            )
            crowd = Crowd(site, front, file, inside, played, places, say)
            # Bytes that nothing makes smaller, as many as the packed board has, head and all.
            (inside / "same").write_bytes(secrets.token_bytes(len(crowd.packed(BOARD)) - HEAD_OF_FILE))
            crowd.wrk(front, BOARD)  # what a site that runs for days has behind it
            figures = crowd.cost() | crowd.rates(rounds)
            say(f"{RATE} readers a second, for {SECONDS} s")
            return figures | crowd.steady() | {"load_before": round(load, 1)}
        finally:
            for _name, process in reversed(site.processes):
                stop(process)


def _site(folder: Path, name: str, front: int) -> Site:
    told = stage.Stage(folder, name, smtp_port=free_port()).environment
    environment = {
        **told, "STATIC_ROOT": str(folder / "static"), "BEHIND_PROXY": "true", "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "FAIRWAY_SITE_URL": f"http://127.0.0.1:{front}",
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], env=environment, cwd=CHECKOUT, check=True
    )
    return Site(environment, folder, free_port(), [])

