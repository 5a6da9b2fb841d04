"""What the relay has stored, read from the files in its folder as its operator, or a thief, could."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StoredEntry:
    """An entry of a channel's log as it stands in the relay's database. `body` is what the relay got and keeps."""

    seq: int
    author: str
    body: bytes
    body_hash: bytes


def stored_entries(database: Path, channel: str) -> list[StoredEntry]:
    """A channel's log; `channel` is its id in hex."""
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT seq, entries.author, coalesce(content, x''), body_hash FROM entries"
            " LEFT JOIN bodies ON bodies.id = entries.body"
            " WHERE channel = (SELECT number FROM channels WHERE channel = ?) ORDER BY seq",
            (bytes.fromhex(channel),),
        ).fetchall()
    finally:
        connection.close()
    return [StoredEntry(*row) for row in rows]


def files_of(folder: Path) -> list[Path]:
    """Every file of the relay: database, its write-ahead log, keys, configuration, mirror."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def found_in(files: list[Path], phrase: str) -> list[Path]:
    """Which of the files contain the phrase, plain or in an encoding that hides it from the eye only."""
    needles = list(disguises(phrase))
    return [path for path in files if any(needle in path.read_bytes() for needle in needles)]


def disguises(phrase: str) -> Iterator[bytes]:
    """The phrase as UTF-8 and UTF-16, as hexadecimal digits, and as base64 at each of the three alignments."""
    plain = phrase.encode()
    yield plain
    yield phrase.encode("utf-16-le")
    yield phrase.encode("utf-16-be")
    yield plain.hex().encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        # Digits that depend on the neighbours of the phrase, too, are cut off.
        yield encoded[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]
