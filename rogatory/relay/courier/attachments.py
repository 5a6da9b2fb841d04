"""Attachments in courier files: taken as an upload is, given as a download is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping

from rogatory.keys.courier import PIECE, Piece, Record
from rogatory.protocol.frames.server import Code
from rogatory.protocol.text import message
from rogatory.relay.blobs.uploading import take_upload
from rogatory.relay.errors import Refusal
from rogatory.relay.services import Services
from rogatory.relay.store.interface import Blob


async def take_blob(
    services: Services, authority: str, first: Piece, records: AsyncIterator[Record]
) -> tuple[Refusal | None, Record | None]:
    """Keep a blob whose first piece is `first`; what is here already stays. Gives why not, and the record after it."""
    pieces = _Pieces(first, records)
    try:
        standing = await services.store.create_blob(authority, first.blob, first.size)
        if standing.received < standing.size:
            content = pieces.content(standing)
            await take_upload(services.store, services.objects, authority, first.blob, standing, content)
        refusal = None
    except Refusal as refused:
        refusal = refused
    services.metrics.blob_bytes.labels("in").inc(pieces.taken)
    return refusal, await pieces.after()


class _Pieces:
    """The pieces of one blob among a file's records."""

    def __init__(self, first: Piece, records: AsyncIterator[Record]) -> None:
        self._blob, self._size = first.blob, first.size
        self._next: Record | None = first
        self._records = records
        self._offset = 0
        self.taken = 0

    async def content(self, standing: Blob) -> AsyncIterator[bytes]:
        """The bytes after those that are here. Raises Refusal for pieces that do not follow one another."""
        while (piece := self._mine()) is not None:
            if piece.offset != self._offset:
                raise Refusal(Code.MALFORMED, message("the attachment's pieces do not follow one another"))
            self._offset += len(piece.data)
            if data := piece.data[max(0, standing.received - piece.offset) :]:
                self.taken += len(data)
                yield data
            self._next = await anext(self._records, None)

    async def after(self) -> Record | None:
        """The first record that is none of these pieces."""
        while self._mine() is not None:
            self._next = await anext(self._records, None)
        return self._next

    def _mine(self) -> Piece | None:
        piece = self._next
        return piece if isinstance(piece, Piece) and (piece.blob, piece.size) == (self._blob, self._size) else None


async def blobs_for(
    services: Services, authority: str, cursors: Mapping[bytes, int], wanted: Collection[bytes]
) -> list[bytes]:
    """The blobs that a file for `authority` holds: those that it asked for, and those of entries after `cursors`."""
    blobs, after = dict.fromkeys(wanted), 0
    while True:
        page, after = await services.store.blob_references(authority, after)
        for reference in page:
            if reference.seq > cursors.get(reference.channel, 0):
                blobs[reference.blob] = None
        if not after:
            return list(blobs)


async def pieces_of(services: Services, authority: str, blob: bytes) -> AsyncIterator[Piece]:
    """A blob; nothing, if this authority may not read it (any more)."""
    try:
        held = await services.store.readable_blob(authority, blob)
    except Refusal as refusal:
        if refusal.code is Code.MISSING_BLOB:
            return
        raise
    offset = 0
    while offset < held.size:
        for part in await services.store.blob_parts(blob, offset, held.size - 1):
            for start in range(0, part.size, PIECE):
                length = min(PIECE, part.size - start)
                data = await services.objects.get(blob, part, start, length)
                yield Piece(blob, held.size, part.offset + start, bytes(data))
            offset = part.offset + part.size
    services.metrics.blob_bytes.labels("out").inc(held.size)
