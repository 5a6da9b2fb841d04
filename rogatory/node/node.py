"""The running node: the core in its thread, wired to the links, the directory and the clock."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NoReturn, TypeVar

import structlog

from rogatory.keys.directory.directory import Directory
from rogatory.keys.identity import Identity
from rogatory.node.channels.hooks import Hooks
from rogatory.node.channels.trouble import Trouble
from rogatory.node.clock import StepWatch
from rogatory.node.core import Core
from rogatory.node.errors import Conflict, NodeError
from rogatory.node.inbox.writing import sign_draft
from rogatory.node.link.keeper import DirectoryKeeper
from rogatory.node.link.links import Links
from rogatory.node.link.tokens import Tokens
from rogatory.node.output import Output
from rogatory.node.transaction import Tx
from rogatory.node.worker import Worker
from rogatory.protocol.documents import Payload, UnverifiedDocument
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.server import DirectoryChanged, Ready, ServerFrame, Token
from rogatory.protocol.text import message

T = TypeVar("T")

LEAST_BETWEEN_TICKS: Final = 0.02
"""Seconds; keeps a wish that is always due from holding the thread."""

MOST_BETWEEN_LOOKS: Final = 30.0
"""Seconds until this computer's clock is looked at again: it may have been set meanwhile."""

AFTER_FAILURE: Final = 10.0
"""Seconds until the next tick after one that failed: a full disk, say."""

MOST_TOGETHER: Final = 64
"""Commands in one transaction."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class _Asked(Generic[T]):
    """A command that waits for a transaction; `answers` holds its answer once that stands."""

    command: Callable[[Tx], T]
    answers: list[T] = field(default_factory=list)


class Node:
    """Passes commands and frames to the core, and what the core gives out to where it belongs, in the core's order."""

    def __init__(self, core: Core, hooks: Hooks, worker: Worker) -> None:
        self._core = core
        self._hooks = hooks
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        self._asked: deque[_Asked[Any]] = deque()
        self._links: Links | None = None
        self._keeper: DirectoryKeeper | None = None
        self._carried: dict[str, deque[ClientFrame]] = {}
        self._tick_at: float | None = None
        self._alarm = asyncio.Event()
        self._change = asyncio.Event()
        self.tokens = Tokens(self._send, time.time)

    def connect(self, links: Links, keeper: DirectoryKeeper) -> None:
        """Say where frames and wishes for a directory go."""
        self._links = links
        self._keeper = keeper

    @property
    def identity(self) -> Identity:
        """The key set in use."""
        return self._core.identity

    @property
    def newest_identity(self) -> Identity:
        """The key set that was made last: in use, or waiting for the directory."""
        return self._core.newest_identity

    @property
    def next_key_set(self) -> int | None:
        """The number of the key set that waits for the directory, or None."""
        newest = self._core.newest_identity.key_set_version
        return newest if newest > self.identity.key_set_version else None

    # For the local API

    async def add_keys(self, identity: Identity) -> None:
        """Hold a further key set. Raises ValueError for another authority's."""
        await self._step(lambda: (None, self._core.add_keys(identity)))

    async def command(self, command: Callable[[Tx], T]) -> T:
        """Run a command in one transaction and send what follows from it. Raises what the command raises.

        Commands that wait at the same time share a transaction; if one of them fails, each has its own.
        """
        asked = _Asked(command)
        self._asked.append(asked)
        # What another command raised is for its own caller: nothing of that transaction stands.
        await asyncio.gather(self._worker.run(self._run_together), return_exceptions=True)
        if asked.answers:
            return asked.answers[0]
        return await self._step(lambda: self._core.run(command))

    async def sign(self, drafts: Sequence[Payload]) -> list[UnverifiedDocument]:
        """Documents of this authority, signed on all of the processor's cores. Raises as `inbox.writing.sign_draft`."""
        signer, share = self.identity.document_signer(), -(-len(drafts) // (os.cpu_count() or 1))

        def sign_part(part: Sequence[Payload]) -> list[UnverifiedDocument]:
            return [sign_draft(payload, signer) for payload in part]

        parts = [drafts[start : start + share] for start in range(0, len(drafts), share)]
        signed = await asyncio.gather(*(asyncio.to_thread(sign_part, part) for part in parts))
        return [document for part in signed for document in part]

    async def query(self, query: Callable[[Tx], T]) -> T:
        """Run a query."""
        return await self._worker.run(self._core.read, query)

    def next_change(self) -> asyncio.Event:
        """Set when the next transaction stands."""
        return self._change

    async def wait_for(self, change: asyncio.Event, seconds: float) -> None:
        """Return when `change` is set, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await change.wait()
        except TimeoutError:
            return

    # For the links (link.Desk)

    async def session_opened(self, relay: str, ready: Ready) -> None:
        """The session stands."""
        await self._step(lambda: (None, self._core.session_opened(relay, ready)))
        if self._keeper is not None and not self._keeper.holds(ready.directory):
            self._keeper.want(relay)

    async def receive(self, relay: str, frames: list[ServerFrame]) -> None:
        """A batch came."""
        if self._keeper is not None and any(isinstance(frame, DirectoryChanged) for frame in frames):
            self._keeper.want(relay)
        for frame in frames:
            if isinstance(frame, Token):
                self.tokens.arrived(relay, frame)
        await self._step(lambda: (None, self._core.receive(relay, frames)))

    async def session_closed(self, relay: str) -> None:
        """The session is over."""
        await self._worker.run(self._core.session_closed, relay)

    async def keys_refused(self, relay: str) -> None:
        """Ask for the relay's directory: it may hold this node's next keys, which are used then."""
        if self._keeper is not None:
            self._keeper.want(relay)

    async def trouble(self, relay: str, code: Trouble, explanation: str) -> None:
        """Tell the officer what a relay did."""
        _log.warning("trouble", relay=relay, code=code.value)
        try:
            await self.command(lambda tx: self._hooks.trouble(tx, None, code, explanation))
        except NodeError as error:
            _log.error("trouble_not_entered", because=str(error))

    # For courier files

    @asynccontextmanager
    async def carried(self, relay: str) -> AsyncIterator[deque[ClientFrame]]:
        """Gather the frames for `relay` instead of sending them; its link rests meanwhile.

        Raises Conflict where the link stands, or another file is at work.
        """
        assert self._links is not None
        if relay in self._carried:
            raise Conflict(
                message("another courier file of {relay} is at work", relay=relay),
                message("wait for it to be done, then try again"),
            )
        if self._links.stands(relay):
            raise Conflict(
                message("the link to {relay} stands: all that waits goes over it", relay=relay),
                message("courier files are for a node that cannot reach its relay"),
            )
        frames = self._carried[relay] = deque()
        try:
            await self._links.rest(relay)
            yield frames
        finally:
            await self.session_closed(relay)
            del self._carried[relay]
            self._links.wake(relay)

    # For the directory's keeper

    async def directory_accepted(self, directory: Directory) -> None:
        """Use a directory that was verified, and keep links to its relays."""
        await self._step(lambda: (None, self._core.set_directory(directory)))
        if self._links is not None:
            self._links.reconcile(entry.id for entry in directory.relays())

    # The clock

    async def keep_time(self) -> NoReturn:
        """Call the core's tick when it asked for it, and when the clock was set: what it asked for may be due now."""
        watch = StepWatch(time.time, time.monotonic)
        while True:
            self._alarm.clear()
            left = MOST_BETWEEN_LOOKS if self._tick_at is None else self._tick_at - time.time()
            try:
                async with asyncio.timeout(min(max(left, LEAST_BETWEEN_TICKS), MOST_BETWEEN_LOOKS)):
                    await self._alarm.wait()
            except TimeoutError:
                if not watch.stepped() and (self._tick_at is None or self._tick_at > time.time()):
                    continue
                self._tick_at = None
                try:
                    await self._step(lambda: (None, self._core.tick()))
                except NodeError as error:
                    _log.error("tick_failed", because=str(error))
                    self._tick_at = time.time() + AFTER_FAILURE

    def _run_together(self) -> None:
        """Run what waits by now in one transaction; whose command a transaction before has run finds its answer."""
        batch = [self._asked.popleft() for _ in range(min(len(self._asked), MOST_TOGETHER))]
        if batch:
            answers = self._in_thread(lambda: self._core.run(lambda tx: [asked.command(tx) for asked in batch]))
            for asked, answer in zip(batch, answers, strict=True):
                asked.answers.append(answer)

    async def _step(self, call: Callable[[], tuple[T, Output]]) -> T:
        return await self._worker.run(self._in_thread, call)

    def _in_thread(self, call: Callable[[], tuple[T, Output]]) -> T:
        """Hand the output over from the worker's thread itself: in order, and even if the caller has gone."""
        result, output = call()
        self._loop.call_soon_threadsafe(self._dispatch, output)
        return result

    def _send(self, relay: str, frame: ClientFrame) -> None:
        if self._links is not None:
            self._links.send(relay, frame)

    def _dispatch(self, output: Output) -> None:
        if self._links is not None:
            for relay, frame in output.frames:
                if relay in self._carried:
                    self._carried[relay].append(frame)
                else:
                    self._links.send(relay, frame)
            for relay in output.reconnect:
                self._links.restart(relay)
        if self._keeper is not None:
            for relay in output.directory_wanted:
                self._keeper.want(relay)
        if output.wake_at is not None and (self._tick_at is None or output.wake_at < self._tick_at):
            self._tick_at = output.wake_at
            self._alarm.set()
        self._change.set()
        self._change = asyncio.Event()
