"""All transfers of a node: what is to go or come, in which order, when, and what is made of how it ended.

Small files have their own turn, so that none waits for a large one. Uploads and downloads do not wait for each other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn, Protocol

import aiohttp
import structlog

from rogatory.keys.directory.directory import Directory
from rogatory.keys.errors import KeysError
from rogatory.node.attachments.attaching import reference_of
from rogatory.node.attachments.files import SealedFiles
from rogatory.node.errors import NodeError
from rogatory.node.link.address import addresses_of
from rogatory.node.link.backoff import Backoff
from rogatory.node.link.tokens import Tokens
from rogatory.node.node import Node
from rogatory.node.store import attachments
from rogatory.node.store.attachments import UNDER_WAY, AttachmentRow, AttachmentState
from rogatory.node.transfers import outcomes
from rogatory.node.transfers.blobs import CUT, TIMEOUT, BlobRefused, RelayBlobs
from rogatory.node.transfers.downloading import download
from rogatory.node.transfers.pace import Hours, Pace
from rogatory.node.transfers.progress import Board, Progress
from rogatory.node.transfers.uploading import FileGone, upload
from rogatory.protocol.attachments import AttachmentError, Layout
from rogatory.protocol.text import message

LOOK: Final = 15.0
"""Seconds after which it is looked again, whatever has happened: a schedule may have begun."""

GATHER: Final = 0.1
"""Seconds in which changes are gathered."""

GONE: Final = 404
ALTERED: Final = 416
FOR_GOOD: Final = frozenset({413})
STALE_STAGED: Final = 7 * 24 * 3600.0
"""Seconds for which a file waits here for the document that names it: a draft may wait for a second officer."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Manner:
    """How files travel. `large`: bytes above which they obey `hours` and are fetched only when asked for."""

    large: int
    rate: float = 0.0
    hours: Hours | None = None


class Relays(Protocol):
    """What is asked of links."""

    def certificate(self, relay: str) -> bytes | None: ...
    def is_open(self, relay: str) -> bool: ...


@dataclass(slots=True)
class _Retry:
    backoff: Backoff
    at: float = 0.0


class Transfers:
    """Runs for as long as the node does. `directory()` gives the one in use, or None."""

    def __init__(
        self,
        node: Node,
        files: SealedFiles,
        relays: Relays,
        tokens: Tokens,
        manner: Manner,
        directory: Callable[[], Directory | None],
        backoff: Callable[[], Backoff],
    ) -> None:
        self.board = Board()
        self.files = files
        self.manner = manner
        self._node = node
        self._relays = relays
        self._tokens = tokens
        self._directory = directory
        self._new_backoff = backoff
        self._pace = Pace(manner.rate)
        self._running: dict[tuple[bool, bool], tuple[bytes, asyncio.Task[None]]] = {}
        self._retries: dict[bytes, _Retry] = {}

    async def run(self) -> NoReturn:
        """Move files until cancelled."""
        known = await self._node.command(lambda tx: outcomes.tidy(tx, tx.now - STALE_STAGED))
        await asyncio.to_thread(self.files.keep_only, known)
        async with aiohttp.ClientSession(timeout=TIMEOUT, auto_decompress=False) as http, asyncio.TaskGroup() as tasks:
            while True:
                change = self._node.next_change()
                waiting = await self._node.query(lambda tx: attachments.in_states(tx.connection, UNDER_WAY))
                for row in waiting:
                    self._start(tasks, http, row)
                await self._node.wait_for(change, LOOK if not self._retries else 1.0)
                await asyncio.sleep(GATHER)

    def waits_until(self, size: int) -> datetime | None:
        """When a file of `size` bytes may travel, None for now."""
        hours = self.manner.hours
        if hours is None or size <= self.manner.large:
            return None
        now = datetime.now().astimezone()
        return None if hours.open_at(now) else hours.next_opening(now)

    def _start(self, tasks: asyncio.TaskGroup, http: aiohttp.ClientSession, row: AttachmentRow) -> None:
        turn = (row.state is AttachmentState.UPLOADING, row.size > self.manner.large)
        if turn in self._running or row.relay is None or not self._relays.is_open(row.relay):
            return
        retry = self._retries.get(row.blob)
        if (retry is not None and retry.at > time.monotonic()) or self.waits_until(row.size) is not None:
            return
        task = tasks.create_task(self._move(http, row), name=f"attachment {row.blob.hex()[:8]}")
        self._running[turn] = (row.blob, task)
        task.add_done_callback(lambda _: self._running.pop(turn, None))

    async def _move(self, http: aiohttp.ClientSession, row: AttachmentRow) -> None:
        """One attempt, and what follows from how it ends."""
        assert row.relay is not None
        progress = Progress(0, Layout(row.size).blob)
        try:
            with self.board.showing(row.blob, progress):
                relay = await self._reach(http, row.relay)
                arguments = (row.size, self._pace, progress, lambda: self.waits_until(row.size) is None)
                if row.state is AttachmentState.UPLOADING:
                    whole = await upload(relay, self.files, row.blob, *arguments)
                else:
                    whole = await download(relay, self.files, reference_of(row), *arguments)
        except FileGone:
            await self._node.command(lambda tx: outcomes.upload_lost(tx, row))
        except AttachmentError as fault:
            unfit = fault
            await self._node.command(lambda tx: outcomes.refused(tx, row, unfit))
        except BlobRefused as refused:
            await self._relay_refused(row, refused)
        except (*CUT, NodeError, KeysError) as error:
            self._later(row, error, moved=progress.moved)
        else:
            self._retries.pop(row.blob, None)
            if whole:
                await self._node.command(lambda tx: outcomes.whole(tx, row))

    async def _reach(self, http: aiohttp.ClientSession, relay: str) -> RelayBlobs:
        directory = self._directory()
        if directory is None:
            raise NodeError(message("no directory has been accepted yet"))
        token = await self._tokens.get(relay)
        return RelayBlobs(http, addresses_of(directory.relay(relay))[0], token, self._relays.certificate(relay))

    async def _relay_refused(self, row: AttachmentRow, refused: BlobRefused) -> None:
        if refused.http == 401 and row.relay is not None:
            self._tokens.forget(row.relay)
        fetching = row.state is AttachmentState.WANTED
        if fetching and refused.http == GONE:
            await self._node.command(lambda tx: outcomes.not_at_relay(tx, row))
        elif fetching and refused.http == ALTERED:
            await self._node.command(lambda tx: outcomes.cut_short(tx, row))
        elif not fetching and refused.http in FOR_GOOD:
            await self._node.command(lambda tx: outcomes.upload_refused(tx, row, refused))
        else:
            self._later(row, refused)

    def _later(self, row: AttachmentRow, error: Exception, *, moved: bool = False) -> None:
        """Try again after a pause, which grows while nothing comes through."""
        if moved:
            self._retries.pop(row.blob, None)
        retry = self._retries.setdefault(row.blob, _Retry(self._new_backoff()))
        retry.at = time.monotonic() + retry.backoff.next()
        _log.info("attachment_waits", because=str(error)[:200] or type(error).__name__)
