"""One download: sealed bytes from the relay to the disk. Every chunk is checked and opened before it is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, Final, Protocol

import aiohttp

from rogatory.node.attachments.files import SealedFiles
from rogatory.node.transfers.pace import Pace
from rogatory.node.transfers.progress import Progress
from rogatory.protocol.attachments import AttachmentAltered, AttachmentReference, Layout, Opener, check_hashes
from rogatory.protocol.limits import KIB

PIECE: Final = 256 * KIB


class Content(Protocol):
    """Bytes as they come."""

    async def read(self, n: int, /) -> bytes:
        """At most `n` bytes more; none at the end."""


class Source(Protocol):
    """Where blobs come from: a relay, or a file of one."""

    def download(self, blob: bytes, first: int, size: int, /) -> AbstractAsyncContextManager[Content]:
        """The bytes from `first` on, of a blob that has `size` bytes. Raises BlobRefused if it has not."""


async def download(
    relay: Source,
    files: SealedFiles,
    reference: AttachmentReference,
    size: int,
    pace: Pace,
    progress: Progress,
    may_go_on: Callable[[], bool],
) -> bool:
    """Fetch the blob of a file of `size` bytes; whether all of it is here and is the signed file.

    What a transfer before this one has left is read and checked again, since the disk may have lost the end of it; also
    of a chunk that was cut nothing is fetched twice.
    Raises AttachmentError, BlobRefused, NoRoom, or one of `CUT`: then it goes on later.
    """
    layout, blob = Layout(size), reference.blob
    hashes = await _hashes(relay, reference, layout)
    with files.writing(blob) as file:
        opener, begun = await asyncio.to_thread(_checked, file, reference, size, hashes)
        if opener.chunk < layout.chunks:
            await _fetch(relay, file, opener, begun, blob, pace, progress, may_go_on)
        if opener.chunk < layout.chunks:
            return False
        opener.finish()
        await asyncio.to_thread(_end, files, file, hashes)
    return True


async def _fetch(
    relay: Source,
    file: BinaryIO,
    opener: Opener,
    begun: bytearray,
    blob: bytes,
    pace: Pace,
    progress: Progress,
    may_go_on: Callable[[], bool],
) -> None:
    """Fetch the chunks that are missing; `begun` is what the disk has of the first of them, not checked yet."""
    layout, resumed = opener.layout, bool(begun)
    first = layout.start(opener.chunk) + len(begun)
    progress.done = first
    try:
        async with relay.download(blob, first, layout.blob) as content:
            while opener.chunk < layout.chunks and may_go_on():
                await _fill(content, begun, layout.length(opener.chunk), pace, progress)
                try:
                    await asyncio.to_thread(_keep, file, opener, bytes(begun))
                except AttachmentAltered:
                    if resumed:  # perhaps the disk's fault: fetch the chunk anew before the relay is blamed
                        raise aiohttp.ClientPayloadError("what was left of a chunk is damaged") from None
                    raise
                finally:
                    begun.clear()
                resumed = False
    finally:
        file.write(begun)
        file.flush()


async def _hashes(relay: Source, reference: AttachmentReference, layout: Layout) -> bytes:
    """The hashes of all chunks: what each chunk is held against as it comes. Raises AttachmentAltered."""
    async with relay.download(reference.blob, layout.sealed, layout.blob) as content:
        hashes = bytearray()
        await _fill(content, hashes, layout.hashes, Pace(0), Progress(0, 0))
    check_hashes(reference, bytes(hashes))
    return bytes(hashes)


def _checked(file: BinaryIO, reference: AttachmentReference, size: int, hashes: bytes) -> tuple[Opener, bytearray]:
    """An opener that has opened what is on the disk, and what is there of the next chunk; the file ends before that."""
    opener, begun = Opener(reference, size, hashes), bytearray()
    layout = opener.layout
    for chunk in range(layout.chunks):
        sealed = file.read(layout.length(chunk))
        if len(sealed) < layout.length(chunk):
            begun += sealed
            break
        try:
            opener.open(sealed)
        except AttachmentAltered:
            break
    file.seek(layout.start(opener.chunk) if opener.chunk < layout.chunks else layout.sealed)
    file.truncate()
    return opener, begun


async def _fill(content: Content, data: bytearray, length: int, pace: Pace, progress: Progress) -> None:
    """Read on until `data` has so many bytes; what was read stays in it if the connection ends."""
    while len(data) < length:
        piece = await content.read(min(PIECE, length - len(data)))
        if not piece:
            raise aiohttp.ClientPayloadError("the connection ended")
        data += piece
        progress.advance(len(piece))
        if (wait := pace.take(len(piece), time.monotonic())) > 0:
            await asyncio.sleep(wait)


def _keep(file: BinaryIO, opener: Opener, sealed: bytes) -> None:
    opener.open(sealed)
    file.write(sealed)


def _end(files: SealedFiles, file: BinaryIO, hashes: bytes) -> None:
    file.write(hashes)
    file.truncate()
    files.sync(file)
