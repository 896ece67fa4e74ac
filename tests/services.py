"""Real PostgreSQL and Valkey for the tests, started before Django reads its settings (`-p tests.services`)."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from base.catalogues import compile_all
from portal.embedded.postgres import Postgres
from portal.embedded.processes import CHECKOUT
from portal.embedded.valkey import Valkey

_started: list[Postgres | Valkey] = []
_folder: Path | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    global _folder
    compile_all(CHECKOUT / "locale")
    os.environ.setdefault("SECRET_KEY", "tests-only-" + "k" * 50)
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser driver keeps a loop in the thread
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    _folder = Path(tempfile.mkdtemp(prefix="fairway-tests-"))
    _folder.chmod(0o755)
    if not os.environ.get("DATABASE_URL"):
        postgres = Postgres(_folder, fsync="off", synchronous_commit="off", full_page_writes="off").start()
        _started.append(postgres)
        os.environ["DATABASE_URL"] = postgres.url()
    if not os.environ.get("REDIS_URL"):
        valkey = Valkey(_folder, durable=False).start()
        _started.append(valkey)
        os.environ["REDIS_URL"] = valkey.url()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long lane: ./run test --long"))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    for server in reversed(_started):
        server.stop()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
