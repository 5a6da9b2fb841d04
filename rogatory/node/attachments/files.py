"""Sealed files on this disk: `attachments/<blob id>` in the node's folder. What lies there opens only with a key from
the encrypted database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rogatory.keys.files import sync_folder
from rogatory.languages.system import reason_of
from rogatory.node.errors import NodeError, NotFound
from rogatory.protocol.attachments import BLOB_ID, AttachmentReference, Layout, Opener
from rogatory.protocol.text import message


class NoRoom(NodeError):
    """The disk takes no more."""

    code = "damaged"
    status = 500
    exit_code = 8


class SealedFiles:
    """The folder of sealed files. Everything here blocks: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, blob: bytes) -> Path:
        """Where a blob's bytes stand."""
        return self._folder / blob.hex()

    def prepare(self) -> None:
        """Make the folder."""
        self._folder.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def writing(self, blob: bytes) -> Iterator[BinaryIO]:
        """A file for a blob, to be written on; created if there is none. Raises NoRoom where the disk fails."""
        try:
            self.prepare()
            with open(os.open(self.path(blob), os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                yield file
        except OSError as error:
            raise self._no_room(error) from None

    @contextmanager
    def spool(self) -> Iterator[BinaryIO]:
        """A file without a name, for what is not examined yet. Raises NoRoom."""
        try:
            self.prepare()
            with tempfile.TemporaryFile(dir=self._folder) as file:
                yield file
        except OSError as error:
            raise self._no_room(error) from None

    def _no_room(self, error: OSError) -> NoRoom:
        return NoRoom(
            message("{folder} cannot be written: {problem}", folder=self._folder, problem=reason_of(error)),
            message("make room on the disk"),
        )

    def sync(self, file: BinaryIO) -> None:
        """Have it on the disk, with its name."""
        file.flush()
        os.fsync(file.fileno())
        sync_folder(self._folder)

    def has(self, blob: bytes, length: int) -> bool:
        """Whether all `length` bytes of a blob are here."""
        try:
            return self.path(blob).stat().st_size == length
        except OSError:
            return False

    def delete(self, blob: bytes) -> None:
        """Delete a blob's bytes. Repeatable."""
        self.path(blob).unlink(missing_ok=True)

    def keep_only(self, blobs: Collection[bytes]) -> None:
        """Delete what belongs to no known attachment: a crash left it."""
        if not self._folder.is_dir():
            return
        names = {blob.hex() for blob in blobs}
        for path in self._folder.iterdir():
            if len(path.name) == 2 * BLOB_ID and path.name not in names:
                path.unlink(missing_ok=True)

    def content(self, reference: AttachmentReference, size: int) -> Iterator[bytes]:
        """The file in a blob, chunk by chunk; each is checked before it is given out, and the end before the last.

        Raises AttachmentError for what is not the signed file, NotFound if it is not here.
        """
        layout = Layout(size)
        try:
            file = self.path(reference.blob).open("rb")
        except OSError:
            raise NotFound(message("the attachment is not on this disk"), message("download it again")) from None
        with file:
            file.seek(layout.sealed)
            opener = Opener(reference, size, file.read(layout.hashes))
            file.seek(0)
            for chunk in range(layout.chunks):
                data = opener.open(file.read(layout.length(chunk)))
                if chunk == layout.chunks - 1:
                    opener.finish()
                if data:
                    yield data
