"""A relay that hands out other bytes than were uploaded: no officer sees them, and the relay is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rogatory.protocol.attachments import CHUNK
from tests.node.attachments.offices import Offices, arrived, digest, files_of, made, offices, wait_state
from tests.node.process import CommandFailed

SIZE = CHUNK + 5000


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    # Nothing is fetched by itself: there is time to falsify it.
    with offices(tmp_path_factory.mktemp("dishonest"), tz={"attachment_large": 0}) as two:
        yield two


def objects(pair: Offices) -> set[Path]:
    """The folders of all blobs at the relay."""
    return {path for path in (pair.relay.folder / "blobs").iterdir() if path.is_dir()}


def the_part(blob: Path) -> Path:
    (part,) = blob.iterdir()
    return part


def change_a_byte(pair: Offices, blob: Path) -> None:
    content = bytearray(the_part(blob).read_bytes())
    content[CHUNK + 2000] ^= 1
    the_part(blob).write_bytes(content)


def swap_for_another_file(pair: Offices, blob: Path) -> None:
    before = objects(pair)
    other = pair.consult(made(blob.parent.parent / "other", SIZE))
    wait_state(pair.ke, other["document"], "sent")
    (another,) = objects(pair) - before
    shutil.copyfile(the_part(another), the_part(blob))


def truncate(pair: Offices, blob: Path) -> None:
    with sqlite3.connect(pair.relay.database, timeout=30) as database:
        query = "UPDATE blobs SET size = 1000, received = 1000 WHERE blob = ?"
        changed = database.execute(query, (bytes.fromhex(blob.name),))
        assert changed.rowcount == 1


@pytest.mark.parametrize("falsify", [change_a_byte, swap_for_another_file, truncate], ids=lambda each: each.__name__)
def test_other_bytes_are_refused_and_the_relay_is_named(
    pair: Offices, tmp_path: Path, falsify: Callable[[Offices, Path], None]
) -> None:
    before = objects(pair)
    document = pair.consult(made(tmp_path / "evidence", SIZE))["document"]
    wait_state(pair.ke, document, "sent")
    (blob,) = objects(pair) - before
    arrived(pair.tz, document)
    falsify(pair, blob)
    target = tmp_path / "seen"
    with pytest.raises(CommandFailed, match=r"relay\.one is at fault"):
        pair.tz.cli("document", "save", document, str(target), "--attachment", "1")
    assert not target.exists()
    assert not [path for path in tmp_path.iterdir() if path.name != "evidence"]
    assert files_of(pair.tz, document)[0]["state"] == "refused"
    trouble = pair.tz.wait_event("trouble", document=document)
    assert trouble["code"] == "attachment"
    assert "relay.one is at fault" in trouble["summary"]


def test_what_the_relay_lost_is_told_and_can_be_had_once_it_is_there_again(pair: Offices, tmp_path: Path) -> None:
    before = objects(pair)
    file = made(tmp_path / "evidence", SIZE)
    document = pair.consult(file)["document"]
    wait_state(pair.ke, document, "sent")
    (blob,) = objects(pair) - before
    arrived(pair.tz, document)
    part = the_part(blob)
    content = part.read_bytes()
    with sqlite3.connect(pair.relay.database, timeout=30) as database:
        database.execute("UPDATE blobs SET doomed = 1 WHERE blob = ?", (bytes.fromhex(blob.name),))
    with pytest.raises(CommandFailed, match="does not hold it"):
        pair.tz.cli("document", "save", document, str(tmp_path / "seen"), "--attachment", "1")
    with sqlite3.connect(pair.relay.database, timeout=30) as database:
        database.execute("UPDATE blobs SET doomed = 0 WHERE blob = ?", (bytes.fromhex(blob.name),))
    part.write_bytes(content)
    pair.tz.cli("document", "save", document, str(tmp_path / "seen"), "--attachment", "1")
    assert digest(tmp_path / "seen") == digest(file)


def test_bytes_changed_on_the_own_disk_are_not_given_out(pair: Offices, tmp_path: Path) -> None:
    document = pair.consult(made(tmp_path / "evidence", SIZE))["document"]
    arrived(pair.tz, document)
    pair.tz.cli("document", "save", document, str(tmp_path / "first"), "--attachment", "1")
    newest = max(pair.tz.folder.attachments.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    content = bytearray(newest.read_bytes())
    content[CHUNK + 3000] ^= 1
    newest.write_bytes(content)
    target = tmp_path / "second"
    with pytest.raises(CommandFailed):
        pair.tz.cli("document", "save", document, str(target), "--attachment", "1")
    assert not target.exists()
