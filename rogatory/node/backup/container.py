"""A backup file: the vault as it lies on the disk, then records under a key from that vault.

    "rogatory backup 1\\n" | length u32 | vault | header 24 | (length u32 | chunk)...

Integers are big-endian. Chunks are libsodium's secretstream (XChaCha20-Poly1305) over zlib over records, each a u32
length and MessagePack; the first chunk authenticates all that precedes it, the last one carries the final tag, so
that a file that was cut, changed or put together from two is refused.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

import msgspec
import nacl.bindings as sodium
import nacl.exceptions

from rogatory.node.backup.errors import DamagedBackup
from rogatory.protocol.text import message

MAGIC: Final = b"rogatory backup 1\n"
PURPOSE: Final = b"rogatory backup"
"""For which the key is derived from that of the database, which lies in the vault."""
CHUNK: Final = 64 * 1024
MAX_VAULT: Final = 4 * 1024 * 1024
MAX_RECORD: Final = 256 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")
_OVERHEAD: Final = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
_HEADER: Final = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MESSAGE: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL


class FileRecord(msgspec.Struct, frozen=True, tag="file", array_like=True):
    """A file of the node's folder, by its path in it."""

    path: str
    data: bytes


class RowsRecord(msgspec.Struct, frozen=True, tag="rows", array_like=True):
    """Rows of a table."""

    table: str
    columns: list[str]
    rows: list[list[Any]]


class StampRecord(msgspec.Struct, frozen=True, tag="stamp", array_like=True):
    """The first record: whose node it is, and when it was as the backup says (Unix seconds)."""

    authority: str
    taken_at: float


Record = FileRecord | RowsRecord | StampRecord


def seal(vault: bytes, key: bytes, records: Iterable[Record]) -> Iterator[bytes]:
    """A backup file, piece by piece."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    header = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    beginning = MAGIC + _LENGTH.pack(len(vault)) + vault
    bound = hashlib.sha256(beginning).digest()
    yield beginning + header

    def push(plain: bytes, tag: int) -> bytes:
        nonlocal bound
        sealed = sodium.crypto_secretstream_xchacha20poly1305_push(state, plain, bound or None, tag)
        bound = b""
        return _LENGTH.pack(len(sealed)) + sealed

    compressor = zlib.compressobj(6)
    waiting = bytearray()
    for record in records:
        data = msgspec.msgpack.encode(record)
        waiting += compressor.compress(_LENGTH.pack(len(data)) + data)
        while len(waiting) >= CHUNK:
            yield push(bytes(waiting[:CHUNK]), _MESSAGE)
            del waiting[:CHUNK]
    waiting += compressor.flush()
    while len(waiting) > CHUNK:
        yield push(bytes(waiting[:CHUNK]), _MESSAGE)
        del waiting[:CHUNK]
    yield push(bytes(waiting), _FINAL)


def read_vault(file: BinaryIO) -> bytes:
    """The vault at the beginning of a backup; the records follow. Raises DamagedBackup."""
    if file.read(len(MAGIC)) != MAGIC:
        raise DamagedBackup(message("it is no backup of this program, or its beginning is damaged"))
    return _read(file, _length(file, MAX_VAULT))


def unseal(file: BinaryIO, vault: bytes, key: bytes) -> Iterator[Record]:
    """The records, each verified before it is given; that the file is whole shows at the end. Raises DamagedBackup."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, _read(file, _HEADER), key)
    bound = hashlib.sha256(MAGIC + _LENGTH.pack(len(vault)) + vault).digest()
    expander, plain, tag = zlib.decompressobj(), bytearray(), _MESSAGE
    while tag != _FINAL:
        sealed = _read(file, _length(file, CHUNK + _OVERHEAD))
        try:
            chunk, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, bound or None)
            plain += expander.decompress(chunk)
        except (nacl.exceptions.CryptoError, ValueError, zlib.error):
            raise DamagedBackup(message("it is damaged")) from None
        bound = b""
        yield from _records(plain)
    if plain or not expander.eof or file.read(1):
        raise DamagedBackup(message("it does not end where it should"))


def _records(plain: bytearray) -> Iterator[Record]:
    """Those that are whole; they are taken out of `plain`."""
    start = 0
    while len(plain) >= start + _LENGTH.size:
        (length,) = _LENGTH.unpack_from(plain, start)
        if length > MAX_RECORD:
            raise DamagedBackup(message("it holds a record of impossible length"))
        end = start + _LENGTH.size + length
        if len(plain) < end:
            break
        try:
            yield msgspec.msgpack.decode(plain[start + _LENGTH.size : end], type=Record)
        except msgspec.DecodeError:
            raise DamagedBackup(message("it was written by another edition of this program")) from None
        start = end
    del plain[:start]


def _length(file: BinaryIO, most: int) -> int:
    (length,) = _LENGTH.unpack(_read(file, _LENGTH.size))
    if length > most:
        raise DamagedBackup(message("it is damaged"))
    return int(length)


def _read(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise DamagedBackup(message("it is cut off: it was not written to its end, or not copied whole"))
    return data
