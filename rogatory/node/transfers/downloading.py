"""One download: sealed bytes from the relay to the disk. Every chunk is checked and opened before it is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import BinaryIO, Final

import aiohttp

from rogatory.node.attachments.files import SealedFiles
from rogatory.node.transfers.blobs import RelayBlobs
from rogatory.node.transfers.pace import Pace
from rogatory.node.transfers.progress import Progress
from rogatory.protocol.attachments import AttachmentAltered, AttachmentReference, Layout, Opener, check_hashes
from rogatory.protocol.limits import KIB

PIECE: Final = 256 * KIB


async def download(
    relay: RelayBlobs,
    files: SealedFiles,
    reference: AttachmentReference,
    size: int,
    pace: Pace,
    progress: Progress,
    may_go_on: Callable[[], bool],
) -> bool:
    """Fetch the blob of a file of `size` bytes; whether all of it is here and is the signed file.

    What a transfer before this one has left is read and checked again, since the disk may have lost the end of it.
    Raises AttachmentError, BlobRefused, NoRoom, or one of `CUT`: then it goes on later.
    """
    layout, blob = Layout(size), reference.blob
    hashes = await _hashes(relay, reference, layout)
    with files.writing(blob) as file:
        opener = await asyncio.to_thread(_checked, file, reference, size, hashes)
        progress.done = file.tell()
        if opener.chunk < layout.chunks:
            async with relay.download(blob, layout.start(opener.chunk), layout.blob) as content:
                while opener.chunk < layout.chunks:
                    if not may_go_on():
                        return False
                    sealed = await _read(content, layout.length(opener.chunk), pace)
                    await asyncio.to_thread(_keep, file, opener, sealed)
                    progress.done += len(sealed)
        opener.finish()
        await asyncio.to_thread(_end, files, file, hashes)
    return True


async def _hashes(relay: RelayBlobs, reference: AttachmentReference, layout: Layout) -> bytes:
    """The hashes of all chunks: what each chunk is held against as it comes. Raises AttachmentAltered."""
    async with relay.download(reference.blob, layout.sealed, layout.blob) as content:
        hashes = await _read(content, layout.hashes, Pace(0))
    check_hashes(reference, hashes)
    return hashes


def _checked(file: BinaryIO, reference: AttachmentReference, size: int, hashes: bytes) -> Opener:
    """An opener that has opened what is on the disk; the file ends after the last chunk that is sound."""
    opener = Opener(reference, size, hashes)
    layout = opener.layout
    for chunk in range(layout.chunks):
        sealed = file.read(layout.length(chunk))
        if len(sealed) < layout.length(chunk):
            break
        try:
            opener.open(sealed)
        except AttachmentAltered:
            break
    file.seek(layout.start(opener.chunk) if opener.chunk < layout.chunks else layout.sealed)
    file.truncate()
    return opener


async def _read(content: aiohttp.StreamReader, length: int, pace: Pace) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = await content.read(min(PIECE, length - len(data)))
        if not piece:
            raise aiohttp.ClientPayloadError("the connection ended")
        data += piece
        if (wait := pace.take(len(piece), time.monotonic())) > 0:
            await asyncio.sleep(wait)
    return bytes(data)


def _keep(file: BinaryIO, opener: Opener, sealed: bytes) -> None:
    opener.open(sealed)
    file.write(sealed)


def _end(files: SealedFiles, file: BinaryIO, hashes: bytes) -> None:
    file.write(hashes)
    file.truncate()
    files.sync(file)
