"""The bytes of blobs: each part is an object `<blob id>/<name>` in a folder or an S3-compatible store."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from rogatory.protocol.frames.server import Code
from rogatory.protocol.text import message, text_of
from rogatory.relay.errors import ConfigError, Refusal
from rogatory.relay.store.interface import BlobPart

_UNAVAILABLE: Final = message(
    "the relay cannot reach where it keeps attachments: try again later; its operator has been told"
)
_PROBE: Final = "probe"
_log = structlog.get_logger()


class Objects:
    """Where parts of blobs are kept. Raises Refusal with UNAVAILABLE where the store fails."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        """`folder`: where the store is one of this machine's; then what is put is synced to the disk."""
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, where: str, base: Path) -> Objects:
        """`where`: `s3://bucket/prefix`, or a folder, relative to `base`. Raises ConfigError.

        Endpoint and credentials of S3 come from the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, ...).
        """
        try:
            if where.startswith("s3://"):
                return cls(from_url(where), None)
            if "://" in where:
                raise ConfigError(message("blobs = {where!r}: give a folder, or s3://bucket/prefix", where=where))
            folder = base / where
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return cls(LocalStore(folder, automatic_cleanup=True), folder)
        except (BaseError, OSError, ValueError) as error:
            raise ConfigError(
                message("blobs = {where!r} cannot be used: {error}", where=where, error=text_of(error))
            ) from None

    async def put(self, blob: bytes, name: str, data: bytes | bytearray) -> None:
        """Keep a part; it is on the disk when this returns."""
        path = f"{blob.hex()}/{name}"
        try:
            await obstore.put_async(self._store, path, data, use_multipart=False)
            if self._folder is not None:
                await asyncio.to_thread(_sync, self._folder / path)
        except (BaseError, OSError) as error:
            raise _failed(error) from None

    async def get(self, blob: bytes, part: BlobPart, start: int, length: int) -> memoryview:
        """`length` bytes of a part, from `start` within it on. Raises Refusal with MISSING_BLOB if it is gone."""
        try:
            data = await obstore.get_range_async(self._store, f"{blob.hex()}/{part.name}", start=start, length=length)
        except (NotFoundError, FileNotFoundError):
            raise Refusal(Code.MISSING_BLOB, message("this attachment is kept no longer")) from None
        except (BaseError, OSError) as error:
            raise _failed(error) from None
        return memoryview(data)

    async def delete(self, blob: bytes) -> None:
        """Delete everything of a blob, also parts that a crash left unrecorded. Repeatable."""
        try:
            async for page in obstore.list(self._store, prefix=blob.hex()):
                await obstore.delete_async(self._store, [found["path"] for found in page])
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise _failed(error) from None

    async def probe(self) -> None:
        """Write and delete something."""
        try:
            await obstore.put_async(self._store, _PROBE, b"probe", use_multipart=False)
            await obstore.delete_async(self._store, _PROBE)
        except (BaseError, OSError) as error:
            raise _failed(error) from None


def _sync(path: Path) -> None:
    for each in _to_sync(path):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _to_sync(path: Path) -> Iterable[Path]:
    """The file, the name of it in its folder, and that folder's own name."""
    return path, path.parent, path.parent.parent


def _failed(error: BaseException) -> Refusal:
    _log.error("blobs_unavailable", kind=type(error).__name__, error=str(error)[:300])
    return Refusal(Code.UNAVAILABLE, _UNAVAILABLE)
