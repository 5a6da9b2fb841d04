"""Courier files of a running node: exported for a relay that it cannot reach, imported from it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import BinaryIO

import msgspec

from rogatory.keys.courier import (
    Answer,
    Carried,
    Direction,
    Piece,
    Record,
    Sealer,
    Slip,
    check_piece,
    unseal,
    verified,
    without_ref,
)
from rogatory.keys.directory.directory import Directory
from rogatory.keys.errors import CourierRefused, DirectoryExpired, RolledBack
from rogatory.keys.identity import Identity
from rogatory.node.attachments.files import SealedFiles
from rogatory.node.courier.absent_relay import AbsentRelay, Snapshot
from rogatory.node.courier.attachments import named_in, pieces_of, release, take, tell_refused, wanted
from rogatory.node.errors import NoDirectory
from rogatory.node.link.keeper import DirectoryKeeper
from rogatory.node.node import Node
from rogatory.node.store import courier, key_packages
from rogatory.node.store.key_packages import PackageState, Purpose
from rogatory.node.transaction import Tx
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.codec import decode_server_frame
from rogatory.protocol.frames.server import Channels, Entries, Invited, Ready, Refused
from rogatory.protocol.limits import APPENDS_IN_FLIGHT, DELIVERY_WINDOW, HASH, MAX_APPLICATION, MAX_COMMIT
from rogatory.protocol.text import message


class Imported(msgspec.Struct, kw_only=True):
    """What a file brought. `before`: it was imported before, and nothing changed."""

    relay: str
    number: int
    before: bool = False
    entries: int = 0
    invitations: int = 0
    answers: int = 0
    attachments: int = 0


class CourierDesk:
    """See the module's text."""

    def __init__(self, node: Node, keeper: DirectoryKeeper, files: SealedFiles) -> None:
        self._node = node
        self._keeper = keeper
        self._files = files

    async def export(self, relay: str | None, *, attachments: bool = True) -> AsyncIterator[bytes]:
        """The file for a relay, this authority's own by default: piece by piece. Nothing is forgotten by it.

        Without `attachments`, documents that name files which are not at the relay yet wait.

        Raises NoDirectory, UnknownRelay, Conflict while the link stands.
        """
        directory, identity = self._keeper.directory, self._node.identity
        if directory is None:
            raise NoDirectory(
                message("no directory has been accepted yet, so nobody's keys are known"),
                message(
                    "have the relay's operator give a courier file (rogatory-relay courier give), and import that"
                    " first: it brings the directory",
                ),
            )
        entry = directory.relay(relay or directory.authority(identity.authority).relay)
        async with self._node.carried(entry.id) as outgoing:
            exported, imported, snapshot = await self._load(entry.id)
            absent = AbsentRelay(snapshot)
            if attachments:
                await self._node.command(lambda tx: release(tx, entry.id, self._files))
            await self._open(entry.id, snapshot, absent, outgoing)
            number = max(exported + 1, time.time_ns() // 1_000_000)
            await self._save(entry.id, number, imported, absent.kept(imported=False))
            frames = absent.to_carry()
            rows = await self._node.query(lambda tx: named_in(tx, frames, self._files)) if attachments else []
            asked = await self._node.query(lambda tx: wanted(tx, entry.id)) if attachments else []
        slip = Slip(Direction.TO_RELAY, entry.id, identity.authority, identity.key_set_version, number)
        sealer = Sealer(entry.identity, slip, identity.sign_online)
        yield sealer.begin()
        for each in asked:
            yield sealer.add(each)
        for row in rows:
            pieces = pieces_of(self._files, row)
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                yield sealer.add(piece)
        for frame in frames:
            yield sealer.add(Carried(without_ref(frame)))
        yield sealer.finish()

    async def import_(self, file: BinaryIO) -> Imported:
        """Take what a relay gave. Verified as a whole before anything in it is used; importing twice changes nothing.

        Raises CourierRefused, and KeysError for a directory in it that is refused.
        """
        identity, slip, bundle = await asyncio.to_thread(self._verified, file)
        file.seek(0)
        async with self._node.carried(slip.relay) as outgoing:
            exported, imported, snapshot = await self._load(slip.relay)
            if slip.number == imported:
                return Imported(relay=slip.relay, number=slip.number, before=True)
            if slip.number < imported:
                raise CourierRefused(
                    message(
                        "the courier file of {relay} is older than one that was imported: have it given anew",
                        relay=slip.relay,
                    )
                )
            try:
                await self._keeper.brought(slip.relay, bundle)
            except (RolledBack, DirectoryExpired):
                if self._keeper.directory is None:
                    raise
            absent = AbsentRelay(snapshot)
            brought = Imported(relay=slip.relay, number=slip.number)
            records = unseal(file, identity.online_seed)
            await self._read(records, slip.relay, snapshot, absent, outgoing, brought)
            await self._save(slip.relay, exported, slip.number, absent.kept(imported=True))
        return brought

    def _verified(self, file: BinaryIO) -> tuple[Identity, Slip, bytes]:
        """Whose keys open the file, its slip and its directory; blocks."""
        identity = self._reader(file)

        def sender(slip: Slip, bundle: bytes) -> bytes:
            if slip.authority != identity.authority:
                raise CourierRefused(
                    message(
                        "the courier file is for {authority}: this node is {own}'s",
                        authority=slip.authority,
                        own=identity.authority,
                    )
                )
            return self._trusted(bundle).relay(slip.relay).identity

        def look(record: Record) -> None:
            if isinstance(record, Piece):
                check_piece(record)
                return
            if not isinstance(record, Carried | Answer):
                raise CourierRefused(message("the courier file holds what no relay's file holds"))
            decode_server_frame(record.frame)

        return identity, *verified(file, identity.online_seed, Direction.TO_AUTHORITY, sender, look)

    def _reader(self, file: BinaryIO) -> Identity:
        """The key set that the file is sealed for: the one in use, or one that waits for the directory."""
        for identity in (self._node.newest_identity, self._node.identity):
            file.seek(0)
            try:
                next(unseal(file, identity.online_seed))
                break
            except CourierRefused as error:
                refused = error
        else:
            raise refused
        file.seek(0)
        return identity

    def _trusted(self, bundle: bytes) -> Directory:
        """The directory to judge the file by: the one that it brings, or a newer one that is here."""
        try:
            return self._keeper.examine(bundle)
        except (RolledBack, DirectoryExpired):
            if self._keeper.directory is None:
                raise
            return self._keeper.directory

    async def _read(
        self,
        records: Iterator[Record],
        relay: str,
        snapshot: Snapshot,
        absent: AbsentRelay,
        outgoing: deque[ClientFrame],
        brought: Imported,
    ) -> None:
        """Answers and what the relay told of itself first: they stand first. Then the rest, as it comes."""
        record: Record | None = None
        while (record := await asyncio.to_thread(next, records, None)) is not None:
            if isinstance(record, Answer):
                brought.answers += 1
                absent.answered(record.request, record.frame)
                refused = decode_server_frame(record.frame)
                if isinstance(refused, Refused):
                    await self._node.command(partial(tell_refused, blob=record.request, because=refused.explanation))
            elif isinstance(record, Carried):
                frame = decode_server_frame(record.frame)
                if not isinstance(frame, Ready | Channels):
                    break
                absent.show(frame)
        # As the export's session began: so the core asks the same, and finds the answers.
        await self._open(relay, snapshot, absent, outgoing)
        while record is not None:
            if isinstance(record, Piece):
                whole, record = await take(self._node, self._files, record, records)
                brought.attachments += whole
                continue
            if isinstance(record, Carried):
                for told in absent.show(decode_server_frame(record.frame)):
                    brought.entries += len(told.entries) if isinstance(told, Entries) else 0
                    brought.invitations += isinstance(told, Invited)
                    await self._node.receive(relay, [told])
                    await self._answer(relay, absent, outgoing)
            record = next(records, None)
        if names := absent.names():
            await self._node.receive(relay, names)
        await self._answer(relay, absent, outgoing)

    async def _open(self, relay: str, snapshot: Snapshot, absent: AbsentRelay, outgoing: deque[ClientFrame]) -> None:
        ready = await self._node.query(_presumed) if snapshot.ready is None else snapshot.ready
        await self._node.session_opened(relay, ready)
        await self._answer(relay, absent, outgoing)

    async def _answer(self, relay: str, absent: AbsentRelay, outgoing: deque[ClientFrame]) -> None:
        """Until nothing is left that the file answers."""
        while outgoing:
            if answers := absent.ask(outgoing.popleft()):
                await self._node.receive(relay, answers)

    async def _load(self, relay: str) -> tuple[int, int, Snapshot]:
        exported, imported, encoded = await self._node.query(lambda tx: courier.get(tx.connection, relay))
        return exported, imported, msgspec.msgpack.decode(encoded, type=Snapshot) if encoded else Snapshot()

    async def _save(self, relay: str, exported: int, imported: int, snapshot: Snapshot) -> None:
        encoded = msgspec.msgpack.encode(snapshot)
        await self._node.command(lambda tx: courier.put(tx.connection, relay, exported, imported, encoded))


def _presumed(tx: Tx) -> Ready:
    """What a relay would begin with that has said nothing yet: it holds what it was sent."""
    stock = key_packages.count(tx.connection, Purpose.ONCE, PackageState.PUBLISHED)
    last_resort = key_packages.count(tx.connection, Purpose.LAST_RESORT, PackageState.PUBLISHED) > 0
    limits = (MAX_APPLICATION, MAX_COMMIT, APPENDS_IN_FLIGHT, DELIVERY_WINDOW)
    return Ready(int(tx.now * 1000), stock, last_resort, bytes(HASH), *limits)
