"""Lines that are cut, processes that are killed: what has come through stays, and the rest follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.protocol.attachments import CHUNK, Layout
from tests.node.attachments.cutting import CuttingProxy
from tests.node.attachments.offices import Offices, arrived, digest, made, offices, wait_state

SIZE = 2 * CHUNK + 123_456


@pytest.fixture(scope="module")
def line() -> Iterator[CuttingProxy]:
    with CuttingProxy() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, line: CuttingProxy) -> Iterator[Offices]:
    folder = tmp_path_factory.mktemp("lines")
    with offices(folder, line=line) as two:
        yield two


def test_cuts_at_any_byte_are_only_pauses(pair: Offices, line: CuttingProxy, tmp_path: Path) -> None:
    file = made(tmp_path / "evidence", SIZE)
    before, line.limit = line.cuts, 777_777
    try:
        document = pair.consult(file)["document"]
        wait_state(pair.ke, document, "sent")
        arrived(pair.tz, document)
        wait_state(pair.tz, document, "kept")
    finally:
        line.limit = None
    assert line.cuts - before >= 2 * (Layout(SIZE).blob // 777_777)
    pair.tz.cli("document", "save", document, str(tmp_path / "saved"), "--attachment", "1")
    assert digest(tmp_path / "saved") == digest(file)


def test_kills_of_every_process_in_the_middle_are_only_pauses(
    pair: Offices, line: CuttingProxy, tmp_path: Path
) -> None:
    file = made(tmp_path / "evidence", SIZE)
    # So little comes through at a time that each kill finds the transfer under way.
    line.limit = 300_000
    try:
        document = pair.consult(file)["document"]
        blob_parts = pair.relay.folder / "blobs"
        pair.ke.wait_until(lambda: any(blob_parts.rglob("*-*")), "upload something")
        pair.ke.kill()
        pair.relay.restart()
        pair.ke.start()
        line.limit = None
        wait_state(pair.ke, document, "sent")
        line.limit = 300_000
        arrived(pair.tz, document)
        folder = pair.tz.folder.attachments
        pair.tz.wait_until(lambda: any(path.stat().st_size > 0 for path in folder.iterdir()), "fetch something")
        pair.tz.kill()
        pair.relay.restart()
        pair.tz.start()
    finally:
        line.limit = None
    wait_state(pair.tz, document, "kept")
    pair.tz.cli("document", "save", document, str(tmp_path / "saved"), "--attachment", "1")
    assert digest(tmp_path / "saved") == digest(file)


def test_messages_overtake_a_file_that_is_on_its_way(pair: Offices, line: CuttingProxy, tmp_path: Path) -> None:
    sent = pair.consult(made(tmp_path / "first", 1000))
    wait_state(pair.ke, sent["document"], "sent")
    pair.relay.kill()  # nothing goes out before both wait
    file = str(made(tmp_path / "large", SIZE))
    slow = pair.ke.cli("consult", "say", sent["matter"], "--text", "With a file.", "--attach", file)
    quick = pair.ke.cli("consult", "say", sent["matter"], "--text", "Without.")
    pair.relay.start()
    arrived(pair.tz, slow["document"])
    seqs = [pair.tz.cli("document", "show", each["document"])["seq"] for each in (quick, slow)]
    assert seqs == sorted(seqs)
