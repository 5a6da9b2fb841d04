"""Files from office to office: attached, sealed, sent, fetched, saved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.protocol.attachments import CHUNK
from tests.filled import filled
from tests.node.attachments.offices import Offices, arrived, digest, files_of, made, offices, wait_state
from tests.node.process import CommandFailed

LARGE = 3 * CHUNK


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    with offices(
        tmp_path_factory.mktemp("files"), ke={"attachment_large": LARGE}, tz={"attachment_large": LARGE}
    ) as two:
        yield two


def test_small_files_come_by_themselves_and_large_ones_when_asked_for(pair: Offices, tmp_path: Path) -> None:
    small, empty, large = (
        made(tmp_path / name, size) for name, size in (("s.pdf", 5000), ("e", 0), ("l.bin", LARGE + 7))
    )
    sent = pair.consult(small, empty, large)
    document = sent["document"]
    arrived(pair.tz, document)
    body = pair.tz.cli("document", "show", document)["body"]
    assert [annex["sha256"] for annex in body["annexes"]] == [digest(small), digest(empty), digest(large)]
    assert body["annexes"][0]["media_type"] == "application/pdf"
    wait_state(pair.tz, document, "kept", 1)
    wait_state(pair.tz, document, "kept", 2)
    assert files_of(pair.tz, document)[2]["state"] == "offered"
    for number, file in enumerate((small, empty, large), start=1):
        saved = tmp_path / f"saved-{number}"
        answer = pair.tz.cli("document", "save", document, str(saved), "--attachment", str(number))
        assert answer["bytes"] == file.stat().st_size
        assert saved.read_bytes() == file.read_bytes()
    pair.tz.wait_event("attachment_received", document=document)


def test_the_author_can_save_its_own_file_too(pair: Offices, tmp_path: Path) -> None:
    file = made(tmp_path / "own.txt", 70_000)
    document = pair.consult(file)["document"]
    wait_state(pair.ke, document, "sent")
    folder = tmp_path / "there"
    folder.mkdir()
    pair.ke.cli("document", "save", document, str(folder), "--attachment", "1")
    assert (folder / "own.txt").read_bytes() == file.read_bytes()


def test_every_kind_of_message_takes_files(pair: Offices, tmp_path: Path) -> None:
    file = made(tmp_path / "annex.pdf", 1234)
    (tmp_path / "request.json").write_text(json.dumps(filled("mutual_legal_assistance")))
    asked = pair.ke.cli(
        "request", "send", "--to", "tz.central", "--file", str(tmp_path / "request.json"), "--attach", str(file)
    )
    arrived(pair.tz, asked["document"])
    wait_state(pair.tz, asked["document"], "kept")
    answer = pair.tz.cli(
        "request", "reply", asked["matter"], "--outcome", "accepted", "--text", "Yes.", "--attach", str(file)
    )
    said = pair.tz.cli("consult", "say", asked["matter"], "--text", "More.", "--attach", str(file))
    for sent in (answer, said):
        arrived(pair.ke, sent["document"])
        wait_state(pair.ke, sent["document"], "kept")


def test_nothing_of_a_file_stands_readable_on_disks_or_at_the_relay(pair: Offices, tmp_path: Path) -> None:
    secret = b"account 4711, invented"
    file = tmp_path / "secret.txt"
    file.write_bytes(secret * 3000)
    document = pair.consult(file)["document"]
    arrived(pair.tz, document)
    wait_state(pair.tz, document, "kept")
    kept = [
        path
        for folder in (pair.ke.folder.path, pair.tz.folder.path, pair.relay.folder)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert any(path.parent.name == "attachments" for path in kept)
    for path in kept:
        content = path.read_bytes()
        assert secret not in content, path
        assert b"secret.txt" not in content, path


def test_a_file_is_attached_once_and_must_be_there(pair: Offices, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no file that can be read"):
        pair.consult(tmp_path / "absent")
    body = {"to": ["tz.central"], "subject": "s", "text": "t", "attachments": ["00" * 32]}
    with pytest.raises(AssertionError, match="404"):
        pair.ke.api("POST", "/v1/consultations", body)


def test_an_existing_file_is_not_overwritten(pair: Offices, tmp_path: Path) -> None:
    document = pair.consult(made(tmp_path / "a", 10))["document"]
    wait_state(pair.ke, document, "sent")
    target = tmp_path / "mine"
    target.write_text("mine")
    with pytest.raises(CommandFailed, match="exists"):
        pair.ke.cli("document", "save", document, str(target), "--attachment", "1")
    assert target.read_text() == "mine"
    with pytest.raises(CommandFailed, match="1 attachment"):
        pair.ke.cli("document", "save", document, str(tmp_path / "x"), "--attachment", "2")
