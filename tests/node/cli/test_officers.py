"""Officers and four eyes by the command line: two daemons, one relay."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keys.simulator import DirectorySimulator
from tests.node.cli.test_commands import refused
from tests.node.letters import BANK_RECORDS
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[NodeProcess, NodeProcess]]:
    simulator = DirectorySimulator(["ke.central", "tz.central"])
    with RelayProcess(tmp_path / "relay", simulator) as relay:
        settings = {"four_eyes": ["request"]}
        ke = NodeProcess(tmp_path / "ke", simulator, "ke.central", relay_urls=[relay.url], settings=settings)
        tz = NodeProcess(tmp_path / "tz", simulator, "tz.central", relay_urls=[relay.url])
        with ke, tz:
            ke.wait_online()
            tz.wait_online()
            yield ke, tz


def test_two_officers_send_a_request(nodes: tuple[NodeProcess, NodeProcess], tmp_path: Path) -> None:
    ke, tz = nodes
    for officer, name in (("a.mwangi", "Ann Mwangi"), ("b.otieno", "Ben Otieno")):
        file = Path(ke.cli("officer", "add", officer, "--name", name, "--function", "State Counsel")["token_file"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text() not in ke.log
    letter = tmp_path / "request.json"
    letter.write_text(json.dumps(BANK_RECORDS))
    send = ("request", "send", "--to", "tz.central", "--file", str(letter))
    assert refused(ke, *send).problem["error"] == "not_allowed"

    draft = ke.cli("--officer", "a.mwangi", *send)["draft"]
    assert refused(ke, "--officer", "a.mwangi", "approval", "give", draft).problem["error"] == "not_allowed"
    assert refused(ke, "--officer", "c.nobody", "approval", "give", draft).problem["error"] == "not_found"
    assert BANK_RECORDS["subject"] in ke.cli_text("approval", "show", draft)
    sent = ke.cli("--officer", "b.otieno", "approval", "give", draft)
    tz.wait_event("document_received", document=sent["document"])
    assert "Ben Otieno" in tz.cli_text("document", "show", sent["document"])

    ke.cli("officer", "end", "a.mwangi")
    ke.restart()
    assert refused(ke, "--officer", "b.otieno", "officer", "end", "b.otieno").problem["error"] == "not_allowed"
    assert [each["until"] is None for each in ke.cli("officer", "list")] == [False, True]
