"""Programs taken out of Debian's packages without installing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from portal.crowd.nginx import installed
from portal.embedded.processes import CannotStart


def unpacked(folder: Path, *packages: str) -> Path:
    """The folder of the first package's name below `folder`, which holds the files of all of them."""
    root = folder / packages[0]
    if root.exists():
        return root
    if shutil.which("apt-get") is None:
        raise CannotStart(f"This takes {packages[0]} out of Debian's package: it needs apt-get.")
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        for old in folder.glob(f"{package}_*.deb"):
            old.unlink()
    _download(folder, packages)
    part = folder / f".part-{packages[0]}"
    shutil.rmtree(part, ignore_errors=True)
    for package in packages:
        subprocess.run(["dpkg", "-x", next(folder.glob(f"{package}_*.deb")).name, part.name], cwd=folder, check=True)
    part.rename(root)
    return root


def _download(folder: Path, packages: tuple[str, ...]) -> None:
    command = ["apt-get", "download", "-qq", *packages]
    if subprocess.run(command, cwd=folder, check=False, stderr=subprocess.DEVNULL).returncode:
        if os.geteuid() == 0:  # a bare image has no lists yet
            subprocess.run(["apt-get", "update", "-qq"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(command, cwd=folder, check=True)


def nginx(folder: Path) -> str:
    """An installed one, else Debian's: the libraries it needs are those of any Python."""
    return installed() or str(unpacked(folder, "nginx") / "usr/sbin/nginx")


def wrk(folder: Path) -> tuple[str, dict[str, str]]:
    """The load maker, and the environment in which it finds its libraries."""
    root = unpacked(folder, "wrk", "libluajit-5.1-2")
    libraries = next(root.rglob("libluajit-5.1.so.2")).parent
    return str(root / "usr/bin/wrk"), {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
