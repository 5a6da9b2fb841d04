"""A SQLCipher database as it lies on the disk, every page of file and write-ahead log decrypted: free space included.

SQLCipher 4: pages of 4096 bytes, each with 80 reserved at its end (IV, HMAC), AES-256-CBC under the raw key; the first
16 bytes of the file are the salt. Frames of the log (SQLite, "WAL file format") have a header of 24 bytes each.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rogatory.protocol.mls.group import Group

PAGE, RESERVED, IV = 4096, 80, 16
LOG_HEADER, FRAME_HEADER = 32, 24


def pages(database: Path, key: bytes) -> bytes:
    """All that can be read with the key, one page after the other."""
    data = database.read_bytes()
    found = [_page(data[:PAGE], key, first=True)]
    found += [_page(data[at : at + PAGE], key) for at in range(PAGE, len(data), PAGE)]
    log = database.with_name(f"{database.name}-wal")
    frames = log.read_bytes()[LOG_HEADER:] if log.exists() else b""
    for at in range(0, len(frames), FRAME_HEADER + PAGE):
        number, page = frames[at : at + 4], frames[at + FRAME_HEADER : at + FRAME_HEADER + PAGE]
        if len(page) == PAGE:
            found.append(_page(page, key, first=number == b"\0\0\0\1"))
    return b"".join(found)


def secrets_of(group: Group) -> set[bytes]:
    """All that a group holds and that its members alone know."""
    epoch, keys = group.state.secrets, group.messages.keys
    found = {getattr(epoch, each.name) for each in dataclasses.fields(epoch)} | set(group.state.private_keys.values())
    return found | set(keys.nodes.values()) | {ratchet.secret for ratchet in keys.ratchets.values()}


def _page(page: bytes, key: bytes, *, first: bool = False) -> bytes:
    start, end = (16 if first else 0), PAGE - RESERVED
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(page[end : end + IV])).decryptor()
    return decryptor.update(page[start:end]) + decryptor.finalize()
