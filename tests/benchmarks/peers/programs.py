"""Programs of the peers: Python packages in environments of their own, in a cache folder; Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.benchmarks.peers.contender import NotHere, PeerFailed

START_SECONDS = 120.0
STOP_SECONDS = 30.0


def cache() -> Path:
    """Where environments of peers are kept: ROGATORY_BENCH_CACHE, or ~/.cache/rogatory-bench."""
    return Path(os.environ.get("ROGATORY_BENCH_CACHE") or Path.home() / ".cache" / "rogatory-bench")


def python_with(name: str, packages: Sequence[str], install: bool) -> Path:
    """An interpreter that has these packages of PyPI, in the environment `name`. Raises NotHere, PeerFailed."""
    folder = cache() / name
    python, ready = folder / "bin" / "python", folder / ".ready"
    wanted = " ".join(packages)
    if ready.exists() and ready.read_text() == wanted:
        return python
    if not install:
        raise NotHere(f"not installed: make bench INSTALL=yes (pip install {wanted}, into {folder})")
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
    ready.write_text(wanted)
    return python


def debian(program: str, package: str, install: bool) -> Path:
    """The path of a program of a Debian package. Raises NotHere, PeerFailed."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/rabbitmq/bin")
    if found is not None:
        return Path(found)
    if not install or os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NotHere(f"not installed: apt-get install --no-install-recommends {package}")
    _run(["apt-get", "install", "-y", "--no-install-recommends", package])
    return debian(program, package, install=False)


@contextmanager
def child(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A server in a session of its own, ended with what it started; gives its process id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        _end(process)


def wait_until(pid: int, condition: Callable[[], bool], log: Path) -> None:
    """Wait until a server answers. Raises PeerFailed with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise PeerFailed(f"it does not answer; its log ends: {log.read_text(errors='replace')[-600:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child and its children, by their ids."""
    started = [] if process.poll() is not None else psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for each in started:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise PeerFailed(f"{' '.join(command)} failed: {done.stdout[-600:]}")
