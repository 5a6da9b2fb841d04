"""A dossier from running nodes, checked by the command of a stranger who has nothing but the file."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rogatory.keys.fingerprint import root_fingerprint
from tests.node.attachments.offices import TZ, Offices, arrived, made, offices, wait_state
from tests.node.letters import BANK_RECORDS
from tests.node.process import NodeProcess


def verify(file: Path, *options: str) -> tuple[int, str]:
    """The command's exit status and all that it says."""
    command = [sys.executable, "-m", "rogatory.keys.cli", "verify", str(file), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent)
    return done.returncode, done.stdout + done.stderr


def step(node: NodeProcess, matter: str, outcome: str, *more: str) -> str:
    given = ["--outcome", outcome, "--text", f"It is {outcome}.", *more]
    document: str = node.cli("request", "reply", matter, *given)["document"]
    return document


def whole_request(pair: Offices, folder: Path, letter: Path, reply: Sequence[Path]) -> str:
    """A request with a file and handling codes, executed, answered with files; gives the matter."""
    limits = {"use_limits": {"handling": ["H1"]}}
    fields = folder / "request.json"
    fields.write_text(json.dumps(BANK_RECORDS | limits))
    sent = pair.ke.cli("request", "send", "--to", TZ, "--file", str(fields), "--attach", str(letter))
    matter: str = sent["matter"]
    arrived(pair.tz, sent["document"])
    wait_state(pair.tz, sent["document"], "kept")
    attach = [word for file in reply for word in ("--attach", str(file))]
    document = step(pair.tz, matter, "executed", *attach)
    arrived(pair.ke, document)
    for number in range(len(reply)):
        wait_state(pair.ke, document, "kept", number + 1)
    said = pair.ke.api("POST", f"/v1/matters/{matter}/messages", {"text": "Thank you.", "subject": "Records"})
    pair.ke.wait_until(lambda: pair.ke.cli("document", "show", said["document"])["receipt"], "have its receipt")
    pair.ke.wait_until(lambda: pair.ke.cli("document", "show", said["document"])["stage"] == "delivered", "be read")
    return matter


def test_a_stranger_with_nothing_but_the_file(tmp_path: Path) -> None:
    with offices(tmp_path) as pair:
        letter = made(tmp_path / "order.pdf", 70_000)
        copies = [made(tmp_path / "copies of records.pdf", 2_500_000), made(tmp_path / "empty", 0)]
        matter = whole_request(pair, tmp_path, letter, copies)
        away = tmp_path / "away"
        away.mkdir()
        file = away / "dossier.zip"
        assert pair.ke.cli("dossier", "export", matter[:12], str(file))["bytes"] == file.stat().st_size
        simulator = pair.ke.simulator

        fingerprint = root_fingerprint(simulator.root)
        status, said = verify(file, "--fingerprint", fingerprint)
        assert status == 0, said
        assert "ke.central (Central Authority ke.central, KE) to tz.central: a document of kind request" in said
        assert "attachment 1 (copies of records.pdf) is the file that the signed document names" in said
        assert "the request is then: executed" in said
        status, said = verify(file)
        assert status == 7
        assert fingerprint in said
        root = away / "root.json"
        root.write_bytes(simulator.root)
        status, said = verify(file, "--root", str(root), "--json")
        report: dict[str, Any] = json.loads(said)
        assert (status, report["verdict"]) == (0, "proven")

        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if name.startswith("attachments/")]
            inside = {hashlib.sha256(archive.read(name)).hexdigest() for name in names}
            assert "HANDLING H1 (set by ke.central)" in archive.read("README.txt").decode()
        assert [name.split(" ", 1)[1] for name in names] == ["order.pdf", "copies of records.pdf", "empty"]
        assert inside == {hashlib.sha256(each.read_bytes()).hexdigest() for each in (letter, *copies)}

        data = bytearray(file.read_bytes())
        altered = away / "altered.zip"
        for offset in (0, len(data) // 2, len(data) - 1):
            data[offset] ^= 1
            altered.write_bytes(data)
            status, said = verify(altered, "--root", str(root))
            assert status == 3, (offset, said)
            assert "Traceback" not in said
            data[offset] ^= 1

        pair.ke.folder.attachments.joinpath(
            next(each.name for each in pair.ke.folder.attachments.iterdir() if each.stat().st_size > 2_000_000)
        ).unlink()
        without = away / "without.zip"
        pair.ke.cli("dossier", "export", matter, str(without))
        status, said = verify(without, "--root", str(root))
        assert status == 0, said
        assert "NOTE: attachment 1 (copies of records.pdf) of document" in said
        with zipfile.ZipFile(without) as archive:
            assert "ATTACHMENTS THAT ARE NOT HERE" in archive.read("README.txt").decode()
