"""Proof files from running nodes, checked by `rogatory-keys verify`: also after keys were renewed, or revoked."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, said, say, until

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def verify(file: Path, simulator: DirectorySimulator) -> dict[str, Any]:
    """What a stranger's command says of a file, with the directory's history as of now."""
    history, root = file.parent / "history", file.parent / "first-root.json"
    history.write_bytes(simulator.exported_history())
    root.write_bytes(simulator.root)
    command = [sys.executable, "-m", "rogatory.keys.cli", "verify", str(file)]
    options = ["--history", str(history), "--root", str(root), "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == (report["verdict"] == "proven"), done.stderr
    return report


def document_of(node: NodeProcess, matter: str, text: str) -> str:
    documents = node.api("GET", f"/v1/matters/{matter}/documents")
    found: str = next(each["id"] for each in documents if each["body"].get("text") == text)
    return found


def prove(node: NodeProcess, document: str, file: Path) -> Path:
    node.cli("document", "prove", document, str(file))
    return file


def test_both_sides_prove_a_document_for_good(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz], "first")
        say(tz, matter, "read")
        until(lambda: (TZ, "read") in said(ke, matter), "the answer")
        document = document_of(ke, matter, "first")
        answer = document_of(tz, matter, "read")
        for node in (ke, tz):
            until(lambda: node.cli("document", "show", answer)["seq"], "the answer stands in the log")  # noqa: B023
        until(lambda: ke.cli("document", "show", document)["stage"] == "delivered", "delivery")
        until(lambda: tz.cli("document", "show", answer)["receipt"], "the receipt")
        sent, received = (prove(node, document, tmp_path / f"{node.authority}.proof") for node in (ke, tz))
        for file in (sent, received):
            report = verify(file, scene.simulator)
            assert report["verdict"] == "proven", report
            found, *evidences = report["documents"]
            assert {each["kind"] for each in evidences} <= {"evidence"}
            assert (found["author"], found["key_set"], found["addressees"]) == (KE, 1, [TZ])
            assert abs(found["proven_at"] - time.time()) < 300
        assert verify(sent, scene.simulator)["documents"][0]["read_by"] == [TZ]

        time.sleep(1.1)
        since = int(time.time())
        scene.simulator.renew_keys(KE, endorsed_by="recovery key", compromised_since=since)
        scene.relay.publish()
        tz.wait_until(lambda: tz.api("GET", "/v1/authorities/ke.central")["key_sets"][1:], "see the new keys")
        for file in (sent, received, prove(tz, document, tmp_path / "renewed.proof")):
            assert verify(file, scene.simulator)["verdict"] == "proven"

        scene.simulator.strike_off(KE, since)
        scene.relay.publish()
        for file in (sent, received, prove(tz, document, tmp_path / "revoked.proof")):
            assert verify(file, scene.simulator)["verdict"] == "proven"

        altered = tmp_path / "altered.proof"
        data = received.read_bytes()
        altered.write_bytes(data.replace(b"tz.central", b"ug.central", 1))
        assert verify(altered, scene.simulator)["verdict"] == "false"
