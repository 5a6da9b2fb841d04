"""A file of this office, sealed on its way in: its plaintext never stands on the disk here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from rogatory.node.attachments.files import SealedFiles
from rogatory.node.errors import RefusedInput
from rogatory.node.store.attachments import AttachmentRow, AttachmentState
from rogatory.protocol.attachments import BLOB_ID, Sealer, safe_name
from rogatory.protocol.attachments.reference import KEY
from rogatory.protocol.text import message


async def seal_stream(
    files: SealedFiles,
    stream: AsyncIterator[bytes],
    *,
    name: str,
    media_type: str,
    size: int,
    now: float,
    random: Callable[[int], bytes],
) -> AttachmentRow:
    """Seal `size` bytes that come in pieces; the row that names them is still to be entered.

    Raises RefusedInput if there are more or fewer bytes than announced, NoRoom.
    """
    sealer, blob = Sealer(size, random(KEY)), random(BLOB_ID)
    try:
        with files.writing(blob) as out:
            pending = bytearray()
            async for piece in stream:
                pending += piece
                while 0 < (wanted := _wanted(sealer)) <= len(pending):
                    data = bytes(pending[:wanted])
                    del pending[:wanted]
                    out.write(await asyncio.to_thread(sealer.seal, data))
                if pending and not _wanted(sealer):
                    break
            if pending or _wanted(sealer):
                raise RefusedInput(
                    message("the file has not the {size} bytes that were announced", size=size),
                    message("attach it again"),
                )
            while not sealer.done:
                out.write(await asyncio.to_thread(sealer.seal, b""))
            out.write(sealer.hashes)
            await asyncio.to_thread(files.sync, out)
    except BaseException:
        files.delete(blob)
        raise
    reference = sealer.reference(blob)
    return AttachmentRow(
        blob=blob,
        relay=None,
        state=AttachmentState.STAGED,
        name=safe_name(name),
        media_type=media_type,
        size=size,
        sha256=reference.sha256,
        key=reference.key,
        header=reference.header,
        hashes=reference.hashes,
        entered_at=now,
    )


def _wanted(sealer: Sealer) -> int:
    return 0 if sealer.done else sealer.wanted()
