"""One file for a whole mirror of the directory: MessagePack of a map from file name to bytes.

Names are those of a TUF mirror: `metadata/1.root.json` (all versions), `metadata/timestamp.json`,
`metadata/7.snapshot.json`, `metadata/5.targets.json`, `targets/authorities/<sha256>.ke.central.json`, ...
The same files give the same bytes, so that the hash of a bundle can stand for it (`etag`).
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from rogatory.keys.errors import MalformedBundle
from rogatory.protocol.text import message

MAX_BUNDLE_BYTES = 64 * 1024 * 1024
MAX_FILES = 20_000
MAX_NAME_LENGTH = 300
MAX_FILE_BYTES = 8 * 1024 * 1024

_FORMAT = "rogatory directory bundle 1"


class _Bundle(msgspec.Struct, frozen=True):
    format: str
    files: Annotated[dict[str, bytes], Meta(max_length=MAX_FILES)]
    """Counted before they are read: a bundle could hold millions of empty ones."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """The bundle of these files. Raises MalformedBundle if they are over the limits."""
    _check_limits(files)
    data = msgspec.msgpack.encode(_Bundle(_FORMAT, dict(sorted(files.items()))))
    if len(data) > MAX_BUNDLE_BYTES:
        raise MalformedBundle(
            message("the directory is over {max_bundle_bytes} bytes", max_bundle_bytes=MAX_BUNDLE_BYTES)
        )
    return data


def unpack(data: bytes, max_bytes: int = MAX_BUNDLE_BYTES) -> dict[str, bytes]:
    """The files of a bundle, unverified. Raises MalformedBundle."""
    if len(data) > max_bytes:
        raise MalformedBundle(
            message("the directory bundle is over {max_bytes} bytes: it is not read", max_bytes=max_bytes)
        )
    try:
        bundle = msgspec.msgpack.decode(data, type=_Bundle)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedBundle(
            message("this is no directory bundle, or not a whole one: fetch it again from the relay")
        ) from None
    if bundle.format != _FORMAT:
        raise MalformedBundle(message("this directory bundle is of another format: a newer program may read it"))
    _check_limits(bundle.files)
    return bundle.files


def etag(bundle: bytes) -> str:
    """SHA-256 of a bundle, hex: changes whenever the directory does."""
    return hashlib.sha256(bundle).hexdigest()


def _check_limits(files: Mapping[str, bytes]) -> None:
    if len(files) > MAX_FILES:
        raise MalformedBundle(message("the directory bundle has over {max_files} files", max_files=MAX_FILES))
    for name, data in files.items():
        if len(name) > MAX_NAME_LENGTH or len(data) > MAX_FILE_BYTES:
            raise MalformedBundle(message("the directory bundle has a file over the limits: {name!r}", name=name[:80]))
