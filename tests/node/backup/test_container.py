"""A backup's bytes: read back as written, and refused if any of them is missing or another."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable

import pytest

from rogatory.node.backup.container import CHUNK, FileRecord, Record, RowsRecord, StampRecord, read_vault, seal, unseal
from rogatory.node.backup.errors import DamagedBackup

KEY = bytes(range(32))
VAULT = b"sealed under a passphrase"
RECORDS: list[Record] = [
    StampRecord("ke.central", 1_700_000_000.5),
    FileRecord("node.toml", b'authority = "ke.central"\n'),
    RowsRecord("documents", ["row", "envelope", "void"], [[1, os.urandom(3 * CHUNK), None], [2, b"short", "because"]]),
]


def written(records: Iterable[Record] = RECORDS) -> bytes:
    return b"".join(seal(VAULT, KEY, records))


def read(data: bytes, key: bytes = KEY) -> list[Record]:
    file = io.BytesIO(data)
    return list(unseal(file, read_vault(file), key))


def test_what_was_written_is_read() -> None:
    assert read(written()) == RECORDS
    assert read(written([])) == []


def test_nothing_of_it_stands_in_the_clear() -> None:
    assert b"ke.central" not in written()
    assert b"documents" not in written()


def test_equal_contents_make_different_files() -> None:
    assert written() != written()


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.7, 0.999])
def test_a_file_that_was_cut_is_refused(part: float) -> None:
    data = written()
    with pytest.raises(DamagedBackup):
        read(data[: int(len(data) * part)])


def test_a_file_cut_between_two_chunks_is_refused() -> None:
    pieces = list(seal(VAULT, KEY, RECORDS))
    with pytest.raises(DamagedBackup, match="cut off"):
        read(b"".join(pieces[:-1]))


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(DamagedBackup):
        read(written() + b"x")


@pytest.mark.parametrize("place", [3, 20, 30, 60, 80, 500, -1])
def test_a_changed_byte_is_refused(place: int) -> None:
    data = bytearray(written())
    data[place] ^= 1
    with pytest.raises(DamagedBackup):
        read(bytes(data))


def test_chunks_of_two_backups_do_not_mix() -> None:
    one, other = list(seal(VAULT, KEY, RECORDS)), list(seal(VAULT, KEY, RECORDS))
    with pytest.raises(DamagedBackup):
        read(b"".join([*one[:2], *other[2:]]))


def test_another_vault_s_key_is_refused() -> None:
    with pytest.raises(DamagedBackup):
        read(written(), bytes(32))
