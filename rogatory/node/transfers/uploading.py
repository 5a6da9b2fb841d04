"""One upload: sealed bytes from the disk to the relay, from where it stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, Final

from rogatory.node.attachments.files import SealedFiles
from rogatory.node.transfers.blobs import BlobRefused, RelayBlobs
from rogatory.node.transfers.pace import Pace
from rogatory.node.transfers.progress import Progress
from rogatory.protocol.attachments import Layout
from rogatory.protocol.limits import KIB
from rogatory.protocol.text import message

PIECE: Final = 256 * KIB

MAX_STALLS: Final = 3


class FileGone(Exception):
    """The sealed bytes are not on this disk, and not all at the relay."""


async def upload(
    relay: RelayBlobs,
    files: SealedFiles,
    blob: bytes,
    size: int,
    pace: Pace,
    progress: Progress,
    may_go_on: Callable[[], bool],
) -> bool:
    """Upload the blob of a file of `size` bytes; whether it is at the relay whole, False if `may_go_on` ended it.

    Raises FileGone, BlobRefused, or one of `CUT`: then it goes on where it stands, later.
    """
    total = Layout(size).blob
    if not await asyncio.to_thread(files.has, blob, total):
        try:
            if await relay.offset(blob) == total:
                return True
        except BlobRefused as refused:
            if refused.http != 404:
                raise
        raise FileGone
    offset, stalls = await relay.create(blob, total), 0
    with await asyncio.to_thread(files.path(blob).open, "rb") as file:
        while offset < total and may_go_on():
            progress.done = offset
            before = offset
            offset = await relay.upload(blob, offset, _content(file, offset, pace, progress, may_go_on))
            stalls = 0 if offset > before else stalls + 1
            if stalls > MAX_STALLS:
                raise BlobRefused(409, message("the relay takes bytes and does not keep them"))
    return offset >= total


async def _content(
    file: BinaryIO, offset: int, pace: Pace, progress: Progress, may_go_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    file.seek(offset)
    while may_go_on() and (piece := await asyncio.to_thread(file.read, PIECE)):
        if (wait := pace.take(len(piece), time.monotonic())) > 0:
            await asyncio.sleep(wait)
        yield piece
        progress.advance(len(piece))
