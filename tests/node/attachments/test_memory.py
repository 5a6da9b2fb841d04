"""A file that is larger than what a node or relay may hold in memory: both stay small."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.attachments import MIB, send, sparse, watched
from tests.node.attachments.offices import digest, offices

FILE_MIB = 256
MOST_MIB = 200


def test_memory_stays_small_whatever_the_size_of_the_file(tmp_path: Path) -> None:
    file = sparse(tmp_path / "evidence", FILE_MIB)
    with offices(tmp_path) as pair, watched(pair) as peaks:
        send(pair, file, tmp_path / "saved", seconds=300)
    assert digest(tmp_path / "saved") == digest(file)
    assert all(0 < peak < MOST_MIB * MIB for peak in peaks.values()), peaks
