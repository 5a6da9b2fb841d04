"""What a mirror can serve instead of the directory: it must cost the reader next to nothing, and change nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rogatory.keys.directory.bundle import MAX_FILES, pack, unpack
from rogatory.keys.errors import DirectoryRefused, MalformedBundle
from tests.keys.simulator import DirectorySimulator

FORMAT = "rogatory directory bundle 1"


def bundle_head(files: int) -> bytes:
    head = b"\x82" + msgspec.msgpack.encode("format") + msgspec.msgpack.encode(FORMAT)
    return head + msgspec.msgpack.encode("files") + b"\xdf" + files.to_bytes(4, "big")


def test_files_are_counted_before_they_are_read() -> None:
    # The count alone is enough for the refusal: no file follows.
    with pytest.raises(MalformedBundle) as caught:
        unpack(bundle_head(MAX_FILES + 1))
    assert "not a whole one" in str(caught.value)
    names = b"".join(b"\xa2" + bytes([33 + at % 90, 33 + at // 90 % 90]) + b"\xc4\x00" for at in range(8000))
    assert len(unpack(bundle_head(8000) + names)) == 8000


def test_a_bundle_within_the_limits_is_read() -> None:
    files = {f"metadata/{number}.root.json": b"{}" for number in range(1, 50)}
    assert unpack(pack(files)) == files


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * 100_000,
        b'{"signed":' * 50_000,
        b'{"signed": {"_type": "timestamp", "version": ' + b"9" * 5000 + b'}, "signatures": []}',
        b'{"signed": {"_type": "timestamp", "version": NaN}, "signatures": []}',
        b"\xff\xfe\x00",
        b"null",
        b"",
    ],
    ids=["arrays", "objects", "huge number", "not a number", "no text", "null", "nothing"],
)
@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "root"])
def test_hostile_metadata_is_refused_and_changes_nothing(role: str, hostile: bytes, tmp_path: Path) -> None:
    simulator = DirectorySimulator()
    trusted = simulator.trusted(tmp_path)
    before = trusted.refresh(simulator.bundle())
    simulator.publish()
    files = unpack(simulator.bundle())
    newest = max(name for name in files if name.endswith(f"{role}.json"))
    files[newest] = hostile
    if role == "root":  # one more than there is: roots are looked for one by one
        files["metadata/2.root.json"] = hostile
    with pytest.raises(DirectoryRefused):
        trusted.refresh(pack(files))
    assert trusted.load().timestamp_version == before.timestamp_version
    assert trusted.refresh(simulator.bundle()).timestamp_version > before.timestamp_version
