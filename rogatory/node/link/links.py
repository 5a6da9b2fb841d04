"""The links to all relays of the directory: an invitation may wait at any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from rogatory.node.link.link import Link
from rogatory.node.link.status import LinkState, LinkStatus
from rogatory.protocol.frames.client import ClientFrame


class Links:
    """One task per relay, started and stopped as the directory says."""

    def __init__(self, tasks: asyncio.TaskGroup, make: Callable[[str], Link]) -> None:
        """Links run in `tasks`; `make` builds the one to the named relay."""
        self._tasks = tasks
        self._make = make
        self._running: dict[str, tuple[Link, asyncio.Task[None]]] = {}
        self._wanted: set[str] = set()
        self._resting: set[str] = set()

    def reconcile(self, relays: Iterable[str]) -> None:
        """Run links to exactly these relays; those that wait try at once, since the directory has changed."""
        self._wanted = set(relays)
        wanted = self._wanted - self._resting
        for relay in self._running.keys() - wanted:
            self._running.pop(relay)[1].cancel()
        for link, _ in self._running.values():
            link.nudge()
        for relay in sorted(wanted - self._running.keys()):
            self._start(relay)

    def restart(self, relay: str) -> None:
        """End the session with `relay`, if there is one, and begin anew."""
        if relay in self._running:
            self._running.pop(relay)[1].cancel()
            self._start(relay)

    def stands(self, relay: str) -> bool:
        """Whether there is a session with `relay`."""
        return relay in self._running and self._running[relay][0].status.state is LinkState.OPEN

    async def rest(self, relay: str) -> None:
        """Stop the link to `relay` until `wake`."""
        self._resting.add(relay)
        if relay in self._running:
            _, task = self._running.pop(relay)
            task.cancel()
            await asyncio.wait([task])

    def wake(self, relay: str) -> None:
        """Start a link that rests."""
        self._resting.discard(relay)
        if relay in self._wanted:
            self._start(relay)

    def send(self, relay: str, frame: ClientFrame) -> None:
        """Queue a frame for the present session with `relay`, if there is one."""
        if relay in self._running:
            self._running[relay][0].send([frame])

    def certificate(self, relay: str) -> bytes | None:
        """SHA-256 of the certificate that the session with `relay` is bound to; None on a plain connection."""
        return self._running[relay][0].certificate if relay in self._running else None

    def is_open(self, relay: str) -> bool:
        """Whether a session with `relay` stands."""
        return relay in self._running and self._running[relay][0].status.state is LinkState.OPEN

    def statuses(self) -> list[LinkStatus]:
        """How each link stands, by relay id."""
        return [link.status for _, (link, _) in sorted(self._running.items())]

    def _start(self, relay: str) -> None:
        link = self._make(relay)
        self._running[relay] = (link, self._tasks.create_task(link.run(), name=f"link {relay}"))
