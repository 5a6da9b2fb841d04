"""A node in the test's own event loop: everything of `rogatory-node run` but its API, vault and process.

    async with LocalNode(tmp_path / "ke", simulator, "ke.central", relay.url) as ke:
        await ke.wait_online()
        await ke.command(announce, "gljcn", "Plenary", "In May.")
        await ke.wait_until("see it", lambda tx: feed(tx, "gljcn").announcements)

Its links go over real sockets, its database is encrypted, its core has a thread of its own. Dozens fit into a process.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.node.assembly import Assembly, start_node
from rogatory.node.config import NodeConfig
from rogatory.node.inbox.events import Event, EventKind
from rogatory.node.inbox.queries import events
from rogatory.node.link.status import LinkState
from rogatory.node.renewal.keyring import KeyRing
from rogatory.node.store import key_packages
from rogatory.node.store.database import Database
from rogatory.node.store.key_packages import PackageState, Purpose
from rogatory.node.transaction import Tx
from rogatory.node.worker import Worker
from tests.keys.simulator import DirectorySimulator

P = ParamSpec("P")
T = TypeVar("T")
SECONDS = 150.0
"""For dozens of nodes on a busy machine; at rest it takes a fraction of it."""


class LocalNode:
    """An authority's node in `folder`, whose directory comes from `relay_url` first."""

    def __init__(self, folder: Path, simulator: DirectorySimulator, authority: str, relay_url: str) -> None:
        self.authority = authority
        self._folder = folder
        self._simulator = simulator
        self._config = NodeConfig(authority=authority, relay_urls=(relay_url,), backoff_first=0.05, backoff_most=0.5)
        self._key = os.urandom(32)
        self._running: Assembly | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> Self:
        """Start it; it is not online yet."""
        started = asyncio.Event()
        self._task = asyncio.create_task(self._run(started), name=self.authority)
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            self._task.result()
        return self

    async def stop(self) -> None:
        """End it in order; raises what ended it before."""
        assert self._task is not None, "it does not run"
        self._task.cancel()
        await asyncio.wait({self._task})
        self._running = None
        if not self._task.cancelled():
            self._task.result()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def command(self, command: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A command, and what follows from it."""
        return await self._assembly.node.command(lambda tx: command(tx, *args, **kwargs))

    async def query(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A query."""
        return await self._assembly.node.query(lambda tx: query(tx, *args, **kwargs))

    async def events(self, *kinds: EventKind) -> list[Event]:
        """The inbox's first thousand events of these kinds."""
        return [event for event in await self.query(events, limit=1000) if event.kind in kinds]

    async def wait_until(
        self, what: str, query: Callable[Concatenate[Tx, P], T | None], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Ask after each transaction until the answer is truthy; gives it. Raises AssertionError."""
        deadline = time.monotonic() + SECONDS
        while True:
            change = self._assembly.node.next_change()
            if answer := await self.query(query, *args, **kwargs):
                return answer
            left = deadline - time.monotonic()
            assert left > 0, f"{self.authority} did not {what} within {SECONDS:.0f} s, but: {answer!r}"
            assert self._task is not None
            if self._task.done():
                self._task.result()
            await self._assembly.node.wait_for(change, min(left, 1.0))

    async def wait_online(self) -> None:
        """Wait until its links stand and relays hand out its key packages: it can be added to channels."""
        await self.wait_until("publish key packages", _has_published)
        statuses = self._assembly.links.statuses()
        assert all(status.state is LinkState.OPEN for status in statuses), f"{self.authority}: {statuses}"

    @property
    def _assembly(self) -> Assembly:
        assert self._running is not None, "it does not run"
        return self._running

    async def _run(self, started: asyncio.Event) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        keys = KeyRing([self._simulator.identity(self.authority)])
        trusted = TrustedDirectory(self._folder / "directory", self._simulator.root)
        database, worker = Database(self._folder / "node.db", self._key), Worker()
        files = self._folder / "attachments"
        try:
            async with asyncio.TaskGroup() as tasks:
                self._running = await start_node(tasks, worker, self._config, keys, trusted, database, files)
                started.set()
        finally:
            worker.close()
            database.close()


def _has_published(tx: Tx) -> bool:
    return key_packages.count(tx.connection, Purpose.LAST_RESORT, PackageState.PUBLISHED) > 0
