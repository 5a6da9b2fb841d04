"""Whole nodes round a simulated relay, run to quiescence without sockets, threads or waiting.

    world = World(tmp_path, ["ke.central", "tz.central"])
    kenya = world.start("ke.central")
    ...commands through kenya.run(...)...
    world.settle()

Databases are real and encrypted, each core call is one transaction, time stands still except in `advance`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeVar

from rogatory.keys.directory.directory import Directory
from rogatory.node.channels.hooks import Hooks
from rogatory.node.channels.profile import restore_group
from rogatory.node.core import Core
from rogatory.node.output import Output
from rogatory.node.registry import Registry
from rogatory.node.store import groups
from rogatory.node.store.database import Database
from rogatory.node.store.groups import Role
from rogatory.node.transaction import Tx
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.mls.group import Group
from tests.keys.simulator import DirectorySimulator
from tests.scenarios.simulated_relay import SimulatedRelay

T = TypeVar("T")
KEY = bytes(range(32))
ROUNDS = 2_000
"""More than any test needs to come to rest: a loop is a mistake."""


class SimulatedNode:
    """An authority's node: its core, its database, and frames that it has handed out and that are not sent yet."""

    def __init__(self, world: World, authority: str, hooks: Hooks) -> None:
        self.world = world
        self.authority = authority
        self.hooks = hooks
        self.path = world.folder / f"{authority}.db"
        self.outgoing: list[tuple[str, ClientFrame]] = []
        self.wake_at: float | None = None
        self.directory_wanted: set[str] = set()
        self.connected: set[str] = set()
        self.reopen()

    def reopen(self) -> None:
        """Open the database again, as after a start of the process."""
        self.database = Database(self.path, KEY)
        self.core = Core(
            self.database,
            self.world.simulator.identity(self.authority),
            now=lambda: self.world.now,
            random=self.world.random(self.authority),
            hooks=self.hooks,
            helpers=self.world.helpers,
        )

    def run(self, command: Callable[[Tx], T]) -> T:
        """A command in one transaction."""
        result, output = self.core.run(command)
        self.take(output)
        return result

    def read(self, query: Callable[[Tx], T]) -> T:
        """A query."""
        return self.core.read(query)

    def take(self, output: Output) -> None:
        """What the daemon would do with a core's output, later."""
        self.outgoing += output.frames
        self.wake_at = output.wake_at
        self.directory_wanted |= output.directory_wanted
        for relay in output.reconnect & self.connected:
            self.disconnect(relay)
            self.connect(relay)

    def connect(self, relay: str) -> None:
        """A link to a relay."""
        self.connected.add(relay)
        ready = self.world.relays[relay].connect(self.authority)
        self.take(self.core.session_opened(relay, ready))

    def disconnect(self, relay: str) -> None:
        """The link is lost; frames under way are lost with it."""
        self.connected.discard(relay)
        self.world.relays[relay].disconnect(self.authority)
        self.outgoing = [each for each in self.outgoing if each[0] != relay]
        self.core.session_closed(relay)

    def crash(self) -> None:
        """The process dies: what was not in the database is gone."""
        for relay in list(self.connected):
            self.world.relays[relay].disconnect(self.authority)
        self.connected.clear()
        self.outgoing.clear()
        self.directory_wanted.clear()
        self.wake_at = None
        self.database.close()
        self.reopen()


class World:
    """Authorities, their directory, relays and nodes. `now` in Unix seconds."""

    def __init__(
        self,
        folder: Path,
        authorities: Iterable[str],
        relays: Iterable[str] = ("relay.one",),
        *,
        relay_type: type[SimulatedRelay] = SimulatedRelay,
        hooks: Callable[[], Hooks] = Registry,
        helpers: Executor | None = None,
    ) -> None:
        self.folder = folder
        self.simulator = DirectorySimulator(list(authorities), list(relays))
        self.now = float(int(self.simulator.now().timestamp()))
        self.helpers = helpers
        self._hooks = hooks
        self._directory: tuple[int, Directory] | None = None
        self._frozen: Directory | None = None
        self._drawn: dict[str, int] = {}
        self.relays = {
            relay: relay_type(self.simulator.relay_keys(relay), self.directory, lambda: self.now) for relay in relays
        }
        self.nodes: dict[str, SimulatedNode] = {}

    @property
    def relay(self) -> SimulatedRelay:
        """The only relay, or the first."""
        return next(iter(self.relays.values()))

    def directory(self) -> Directory:
        """What relays mirror now."""
        if self._frozen is not None:
            return self._frozen
        version = len(self.simulator.history)
        if self._directory is None or self._directory[0] != version:
            self._directory = (version, self.simulator.directory())
        return self._directory[1]

    def random(self, authority: str) -> Callable[[int], bytes]:
        """Bytes that are the same in every run of a test, and never the same twice in one run."""

        def draw(length: int) -> bytes:
            self._drawn[authority] = self._drawn.get(authority, 0) + 1
            return hashlib.shake_256(f"{authority} {self._drawn[authority]}".encode()).digest(length)

        return draw

    def start(self, *authorities: str) -> SimulatedNode:
        """Start nodes, or connect them again; gives the last one."""
        for authority in authorities:
            node = self.nodes.get(authority)
            if node is None:
                node = self.nodes[authority] = SimulatedNode(self, authority, self._hooks())
            node.take(node.core.set_directory(self.directory()))
            for relay in self.relays:
                if relay not in node.connected:
                    node.connect(relay)
        return self.nodes[authorities[-1]]

    @staticmethod
    def group(node: SimulatedNode, channel: bytes) -> Group:
        """A node's MLS group as its database holds it."""
        with node.database.begin() as connection:
            stored = groups.get(connection, channel, Role.CURRENT)
        assert stored is not None
        return restore_group(*stored)

    def epochs(self, channel: bytes) -> int:
        """How many different epochs the nodes are in: one, if all agree."""
        return len({self.group(node, channel).epoch_authenticator for node in self.nodes.values()})

    def freeze(self, directory: Directory) -> None:
        """Relays serve this directory from here on, whatever is published."""
        self._frozen = directory

    def thaw(self) -> None:
        """Relays serve what is published again."""
        self._frozen = None

    def publish(self) -> None:
        """The directory changed: relays tell, nodes fetch."""
        for relay in self.relays.values():
            relay.directory_changed()

    def settle(self) -> None:
        """Let everything that is under way arrive, until nothing moves. The clock stands still."""
        for _ in range(ROUNDS):
            if not self._round():
                return
        raise AssertionError("the nodes do not come to rest")

    def advance(self, seconds: float) -> None:
        """Let time pass, waking each node when it asked to be woken."""
        end = self.now + seconds
        self.settle()
        while True:
            due = [node.wake_at for node in self.nodes.values() if node.wake_at is not None and node.wake_at <= end]
            if not due:
                break
            self.now = max(self.now, min(due))
            for node in self.nodes.values():
                if node.wake_at is not None and node.wake_at <= self.now:
                    node.wake_at = None
                    node.take(node.core.tick())
            self.settle()
        self.now = end

    def close(self) -> None:
        """Close the databases."""
        for node in self.nodes.values():
            node.database.close()

    def _round(self) -> bool:
        moved = False
        for node in self.nodes.values():
            if node.directory_wanted & node.connected:
                node.directory_wanted.clear()
                if self.directory() is not node.core.directory:
                    node.take(node.core.set_directory(self.directory()))
                    moved = True
            sent, node.outgoing = node.outgoing, []
            for relay, frame in sent:
                moved = True
                self.relays[relay].handle(node.authority, frame)
        for node in self.nodes.values():
            for relay in sorted(node.connected):
                frames = self.relays[relay].take(node.authority)
                if frames:
                    moved = True
                    node.take(node.core.receive(relay, frames))
        return moved
