"""Attachments in courier files: what its documents name goes with a file; what came is held against what was signed.

A file that is lost costs nothing: its documents are not answered, and the next one carries them again, with theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import BinaryIO, Final

from rogatory.keys.courier import PIECE, Piece, Record, Wanted
from rogatory.node.attachments.attaching import reference_of
from rogatory.node.attachments.files import SealedFiles
from rogatory.node.node import Node
from rogatory.node.store import attachments
from rogatory.node.store.attachments import AttachmentRow, AttachmentState
from rogatory.node.transaction import Tx
from rogatory.node.transfers import outcomes
from rogatory.node.transfers.blobs import BlobRefused
from rogatory.node.transfers.downloading import Content, download
from rogatory.node.transfers.pace import Pace
from rogatory.node.transfers.progress import Progress
from rogatory.protocol.attachments import AttachmentError, Layout
from rogatory.protocol.frames.client import Append, ClientFrame
from rogatory.protocol.text import message

_TO_COME: Final = (AttachmentState.WANTED, AttachmentState.OFFERED)


def release(tx: Tx, relay: str, files: SealedFiles) -> None:
    """Documents that wait for files on this disk go with the file that is being made, and their files with them."""
    for row in attachments.in_states(tx.connection, [AttachmentState.UPLOADING]):
        if row.relay == relay and files.has(row.blob, Layout(row.size).blob):
            outcomes.whole(tx, row)


def named_in(tx: Tx, frames: Iterable[ClientFrame], files: SealedFiles) -> list[AttachmentRow]:
    """Own files on this disk that the documents among these frames name."""
    blobs = dict.fromkeys(blob for frame in frames if isinstance(frame, Append) for blob in frame.blobs)
    rows = (attachments.get(tx.connection, blob) for blob in blobs)
    return [
        row
        for row in rows
        if row is not None and row.state is AttachmentState.SENT and files.has(row.blob, Layout(row.size).blob)
    ]


def wanted(tx: Tx, relay: str) -> list[Wanted]:
    """What the relay is asked for."""
    rows = attachments.in_states(tx.connection, [AttachmentState.WANTED])
    return [Wanted(row.blob) for row in rows if row.relay == relay]


def pieces_of(files: SealedFiles, row: AttachmentRow) -> Iterator[Piece]:
    """A sealed file, piece by piece; blocks."""
    size, offset = Layout(row.size).blob, 0
    with files.path(row.blob).open("rb") as file:
        while data := file.read(PIECE):
            yield Piece(row.blob, size, offset, data)
            offset += len(data)


def tell_refused(tx: Tx, blob: bytes, because: str) -> None:
    """The relay did not take a file, and so not its document. Other requests that it refused are none of this."""
    row = attachments.get(tx.connection, blob)
    if row is not None:
        outcomes.not_taken(tx, row, because)


async def take(node: Node, files: SealedFiles, first: Piece, records: Iterator[Record]) -> tuple[bool, Record | None]:
    """Examine a blob whose first piece is `first`, as what comes over a link is.

    Gives whether it came whole, and the record that follows it. Raises NoRoom.
    """
    row = await node.query(lambda tx: attachments.get(tx.connection, first.blob))
    if row is None or row.state not in _TO_COME:
        return False, await asyncio.to_thread(_pass, first, records, None)
    with files.spool() as spool:
        following = await asyncio.to_thread(_pass, first, records, spool)
        try:
            source = _Spooled(spool, first.size)
            await download(source, files, reference_of(row), row.size, Pace(0), Progress(0, 0), lambda: True)
        except AttachmentError as fault:
            unfit = fault
            await node.command(lambda tx: outcomes.refused(tx, row, unfit))
        except BlobRefused:
            await node.command(lambda tx: outcomes.cut_short(tx, row))
        else:
            await node.command(lambda tx: outcomes.whole(tx, row))
            return True, following
    return False, following


def _pass(first: Piece, records: Iterator[Record], spool: BinaryIO | None) -> Record | None:
    """Over the pieces of one blob, into the spool if there is one; gives the first record after them."""
    record: Record | None = first
    while isinstance(record, Piece) and record.blob == first.blob:
        if spool is not None and record.offset == spool.tell():
            spool.write(record.data)
        record = next(records, None)
    return record


class _Spooled:
    """One blob as a relay's (`Source`)."""

    def __init__(self, spool: BinaryIO, size: int) -> None:
        self._spool = spool
        self._size = size

    @asynccontextmanager
    async def download(self, blob: bytes, first: int, size: int, /) -> AsyncIterator[Content]:
        """The bytes from `first` on. Raises BlobRefused if they are not as many as there should be."""
        if self._size != size or self._spool.seek(0, 2) != size:
            raise BlobRefused(416, message("the courier file holds an attachment of another length"))
        self._spool.seek(first)
        yield self

    async def read(self, n: int, /) -> bytes:
        """At most `n` bytes more."""
        return self._spool.read(n)
