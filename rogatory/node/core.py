"""The node without its input and output: frames and commands in, frames out, one database transaction each.

Nothing is returned before it stands in the database, and everything may be repeated after a crash.
Call from one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TypeVar

from rogatory.keys.directory.directory import Directory
from rogatory.keys.identity import Identity
from rogatory.node.channels.engine import Engine
from rogatory.node.channels.hooks import Hooks
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import ChannelFailed
from rogatory.node.errors import ProgramFault
from rogatory.node.faults import UNEXPECTED, log_fault, place_of
from rogatory.node.output import Output
from rogatory.node.registry import Registry
from rogatory.node.renewal.keyring import KeyRing
from rogatory.node.store.database import Database
from rogatory.node.transaction import Random, Tx
from rogatory.protocol.frames.server import Ready, ServerFrame
from rogatory.protocol.text import message

T = TypeVar("T")


class Core:
    """A node's channels and what they mean.

    `keys`: this authority's key set, or all that the node holds. `now()` gives Unix seconds, `random(n)` n
    unpredictable bytes. `steady()`: seconds of a clock that nobody sets, by default `now`. `helpers`: threads for
    signatures to be verified beside. Before the first directory nothing is sent.
    """

    def __init__(
        self,
        database: Database,
        keys: Identity | KeyRing,
        *,
        now: Callable[[], float],
        random: Random,
        steady: Callable[[], float] | None = None,
        hooks: Hooks | None = None,
        helpers: Executor | None = None,
    ) -> None:
        self._database = database
        self._keys = keys if isinstance(keys, KeyRing) else KeyRing([keys])
        self._identity = self._keys.in_use(None)
        self._now = now
        self._random = random
        self._directory: Directory | None = None
        self._scrub = False
        self._hooks: Hooks = Registry() if hooks is None else hooks
        self._engine = Engine(self._hooks, steady or now, helpers)

    @property
    def directory(self) -> Directory | None:
        """The directory in use."""
        return self._directory

    @property
    def identity(self) -> Identity:
        """The key set in use."""
        return self._identity

    @property
    def newest_identity(self) -> Identity:
        """The key set that was made last: in use, or waiting for the directory."""
        return self._keys.newest

    def set_directory(self, directory: Directory) -> Output:
        """Use a directory that was verified; what waited for it goes on."""
        self._directory = directory
        self._choose_keys()
        return self._step(self._engine.directory_changed)

    def add_keys(self, identity: Identity) -> Output:
        """Hold a further key set; it is used as soon as the directory holds it. Raises ValueError for another's."""
        self._keys.add(identity)
        self._choose_keys()
        return self._step(lambda tx: None)

    def session_opened(self, relay: str, ready: Ready) -> Output:
        """The link to `relay` stands: read every channel to its head, then send."""
        return self._step(lambda tx: self._engine.session_opened(tx, relay, ready))

    def receive(self, relay: str, frames: Sequence[ServerFrame]) -> Output:
        """What arrived from `relay`, in order."""
        return self._step(lambda tx: self._engine.receive(tx, relay, frames))

    def session_closed(self, relay: str) -> None:
        """The link to `relay` is gone, and with it all that was under way there."""
        self._engine.session_closed(relay)

    def tick(self) -> Output:
        """Do what is due; call again at `Output.wake_at`."""
        return self._step(self._engine.tick)

    def run(self, command: Callable[[Tx], T]) -> tuple[T, Output]:
        """Run a command in one transaction; what it raises undoes it.

        A channel that this program fails on is set aside, and the command is run once more without it.
        """
        while True:
            try:
                with self._transaction() as tx:
                    result = command(tx)
                    output = self._engine.finish(tx)
                break
            except ChannelFailed as failed:
                self._set_aside(failed)
        self._scrub = self._scrub or output.keys_destroyed
        if self._scrub:
            self._scrub = not self._database.scrub()
        return result, output

    def read(self, query: Callable[[Tx], T]) -> T:
        """Run a query."""
        with self._transaction() as tx:
            return query(tx)

    def _choose_keys(self) -> None:
        """Sessions were proven with the keys before: they begin anew, and every channel's leaf follows then."""
        chosen = self._keys.in_use(self._directory)
        if chosen.online_public != self._identity.online_public:
            self._identity = chosen
            self._engine.begin_anew()

    def _step(self, work: Callable[[Tx], None]) -> Output:
        """What no officer asked for. Raises ProgramFault for a fault that no channel is to blame for."""
        try:
            return self.run(work)[1]
        except UNEXPECTED as error:
            log_fault("step_failed", error)
            raise ProgramFault(
                message(
                    "this program failed on what came or was due ({fault} at {place}): nothing of it was taken",
                    fault=type(error).__name__,
                    place=place_of(error),
                ),
                message("report it to the makers of this program, with the node's log"),
            ) from error

    def _set_aside(self, failed: ChannelFailed) -> None:
        """Leave a channel alone until this program is started again, and tell; raises its fault if it was before."""
        fault = failed.__cause__ or failed
        if not self._engine.set_aside(failed.channel):
            raise fault
        log_fault("channel_set_aside", fault, channel=failed.channel.hex())
        with self._transaction() as tx:
            self._hooks.trouble(
                tx,
                failed.channel,
                Trouble.SET_ASIDE,
                message(
                    "this node fails on something in this channel and has set it aside: nothing is read, acknowledged"
                    " or sent here; all else goes on. Tell the others by another way. Have your administrator look for"
                    " channel_set_aside in the node's log, report it to the makers of this program, and install its"
                    " next edition: the channel is tried again at each start of the node"
                ),
            )

    @contextmanager
    def _transaction(self) -> Iterator[Tx]:
        try:
            with self._database.begin() as connection:
                yield Tx(connection, self._identity, self._now(), self._random, self._directory)
        except BaseException:
            self._engine.forget()
            raise
