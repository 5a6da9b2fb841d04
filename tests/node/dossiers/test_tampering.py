"""No byte of a dossier can be changed unseen: not in a member, not in the zip file round it."""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rogatory.keys.errors import DirectoryRefused
from rogatory.keys.verification import Verdict
from rogatory.keys.verification.container import Container
from rogatory.node.dossiers.archiving import archive, measured
from rogatory.protocol.dossier.archive import Member, ending, local_header
from rogatory.protocol.dossier.manifest import (
    CHRONOLOGY,
    HISTORY,
    MANIFEST,
    README,
    ROOT,
    SEAL,
    File,
    Remark,
    loose_name,
    proof_name,
)
from rogatory.protocol.errors import MalformedError, ProtocolError
from tests.node.dossiers.taking import found, members_of, packed, request_with_steps, sealed_again, take
from tests.node.harness import World

EACH_MEMBER = 6
"""Places in which each member is changed in a file whose checksums are right again."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    opened = World(tmp_path_factory.mktemp("tampering"), ["ke.central", "tz.central"])
    opened.start("ke.central", "tz.central")
    opened.settle()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def dossier(world: World) -> bytes:
    data = take(world.nodes["tz.central"], request_with_steps(world))
    assert found(data, world.simulator.root).verdict is Verdict.PROVEN
    return data


def refused(data: bytes, root: bytes) -> bool:
    """Whether a stranger is told that the file is not what was exported."""
    try:
        return found(data, root).verdict is Verdict.FALSE
    except (ProtocolError, DirectoryRefused):
        return True


def structure(data: bytes) -> Iterator[int]:
    """The offsets of all bytes that belong to no member's content."""
    offset = 0
    entries = []
    for name, content in members_of(data).items():
        entries.append(Member(name, len(content), 0))
        header = len(local_header(entries[-1]))
        yield from range(offset, offset + header)
        offset += header + len(content)
    assert len(data) - offset == len(ending(entries))
    yield from range(offset, len(data))


def test_every_byte_of_the_zip_file_itself(dossier: bytes, world: World) -> None:
    altered = bytearray(dossier)
    for offset in structure(dossier):
        for bit in (0x01, 0x80):
            altered[offset] ^= bit
            assert refused(bytes(altered), world.simulator.root), offset
            altered[offset] ^= bit


def test_bytes_all_over_the_file(dossier: bytes, world: World) -> None:
    altered = bytearray(dossier)
    for offset in range(0, len(dossier), 41):
        altered[offset] ^= 1 << offset % 8
        assert refused(bytes(altered), world.simulator.root), offset
        altered[offset] ^= 1 << offset % 8


def test_every_member_with_its_checksums_made_right_again(dossier: bytes, world: World) -> None:
    members, dice = members_of(dossier), random.Random(5)
    assert packed(members) == dossier
    for name, content in members.items():
        places = {0, len(content) - 1, *(dice.randrange(len(content)) for _ in range(EACH_MEMBER))}
        for place in places:
            altered = bytearray(content)
            altered[place] ^= 0x10
            assert refused(packed({**members, name: bytes(altered)}), world.simulator.root), (name, place)
        assert refused(packed({**members, name: content + b"\n"}), world.simulator.root), name
        assert refused(packed({**members, name: b""}), world.simulator.root), name


def test_every_member_taken_away_or_moved(dossier: bytes, world: World) -> None:
    members = members_of(dossier)
    names = list(members)
    for name in names:
        left = {each: content for each, content in members.items() if each != name}
        assert refused(packed(left), world.simulator.root), name
        assert refused(packed({name: members[name], **left}), world.simulator.root) == (name != names[0]), name


def test_what_the_exporter_itself_changes_in_the_machine_part(dossier: bytes, world: World) -> None:
    members, dice = members_of(dossier), random.Random(6)
    signer = world.simulator.identity("tz.central").document_signer()
    for name in (proof_name(1), loose_name(1), HISTORY):
        for place in (0, *(dice.randrange(len(members[name])) for _ in range(12))):
            altered = bytearray(members[name])
            altered[place] ^= 0x04
            again = sealed_again({**members, name: bytes(altered)}, signer)
            assert refused(again, world.simulator.root), (name, place)


@pytest.mark.parametrize(
    "said",
    [
        {"remarks": (Remark(number=1, seq=1), Remark(number=2, void="Invented."))},
        {"remarks": ()},
        {"files": (File(number=2, place=1, missing="lost"),)},
        {"files": (File(number=99, place=1, member=README),)},
        {"channel": "ab" * 32},
        {"authority": "ke.central"},
        {"key_set": 2},
        {"exported_at": "2026-02-31T00:00:00Z"},
        {"program": "another"},
    ],
)
def test_what_the_exporter_itself_says_falsely(said: dict[str, Any], dossier: bytes, world: World) -> None:
    again = sealed_again(members_of(dossier), world.simulator.identity("tz.central").document_signer(), **said)
    if "program" in said:
        assert found(again, world.simulator.root).verdict is Verdict.PROVEN
    else:
        assert refused(again, world.simulator.root)


def test_large_members_are_never_in_memory(tmp_path: Path) -> None:
    size, piece = 128, bytes(1024 * 1024)
    file = tmp_path / "large.zip"
    tracemalloc.start()
    content = measured("attachments/001-1 large", lambda: iter([piece] * size))
    with file.open("wb") as out:
        for written in archive(iter([content]), lambda entries: b"{}", lambda manifest: b"{}"):
            out.write(written)
    with file.open("rb") as opened:
        assert Container(opened).members[content.name].sha256 == content.sha256
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * len(piece)


def swapped(members: dict[str, bytes], one: str, other: str) -> dict[str, bytes]:
    return {**members, one: members[other], other: members[one]}


TRICKS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "two members exchanged": lambda members: packed(swapped(members, README, CHRONOLOGY)),
    "manifest for seal": lambda members: packed(swapped(members, MANIFEST, SEAL)),
    "a root of another": lambda members: packed({**members, ROOT: members[HISTORY]}),
    "a member more": lambda members: packed({"documents/000 note.txt": b"x", **members}),
    "a member more behind": lambda members: packed({**members, "documents/999 note.txt": b"x"}),
    "one name twice": lambda members: (
        packed({}).join([b"", b""]) + local_header(Member("a", 0, 0)) * 2 + ending([Member("a", 0, 0)] * 2)
    ),
    "a byte appended": lambda members: packed(members) + b"\0",
    "a dossier appended": lambda members: packed(members) * 2,
    "something before it": lambda members: b"#!/bin/sh\n" + packed(members),
    "the last byte gone": lambda members: packed(members)[:-1],
    "half of it": lambda members: packed(members)[: len(packed(members)) // 2],
    "nothing": lambda members: b"",
    "a zip file of nothing": lambda members: ending([]),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks(trick: str, dossier: bytes, world: World) -> None:
    assert refused(TRICKS[trick](members_of(dossier)), world.simulator.root)


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/../b", "a//b", "a\\b", "C:x", "a\nb", "\u202etxt.exe", "", "."]
)
def test_no_name_leaves_its_folder_or_hides_something(name: str) -> None:
    with pytest.raises(MalformedError):
        local_header(Member(name, 0, 0))


def test_what_is_over_four_gigabytes_is_a_zip_file_too(tmp_path: Path) -> None:
    """Laid out as a file with holes, and read by another implementation."""
    members = [Member("large", (1 << 32) + 5, 1), Member("behind", 3, 2)]
    file = tmp_path / "large.zip"
    with file.open("wb") as out:
        for member in members:
            out.write(local_header(member))
            out.seek(member.size, 1)
        out.write(ending(members))
    with zipfile.ZipFile(file) as archive:
        read = [(each.filename, each.file_size, each.CRC) for each in archive.infolist()]
        offsets = [each.header_offset for each in archive.infolist()]
    assert read == [(each.name, each.size, each.crc) for each in members]
    assert offsets[1] == len(local_header(members[0])) + members[0].size
