"""The daemon as a process: how it starts, what stops it from starting, and what it lives through."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.node.store.database import Database
from tests.keys.simulator import DirectorySimulator
from tests.node.process import CommandFailed, NodeProcess
from tests.relay.process import RelayProcess


@pytest.fixture
def simulator() -> DirectorySimulator:
    return DirectorySimulator(["ke.central", "tz.central"])


@pytest.fixture
def relay(tmp_path: Path, simulator: DirectorySimulator) -> Iterator[RelayProcess]:
    with RelayProcess(tmp_path / "relay", simulator) as process:
        yield process


@pytest.fixture
def alone(tmp_path: Path, simulator: DirectorySimulator) -> Iterator[NodeProcess]:
    """A node without a relay."""
    node = NodeProcess(tmp_path / "ke", simulator, "ke.central")
    yield node
    if node.process is not None:
        node.stop()


@pytest.fixture
def nodes(tmp_path: Path, simulator: DirectorySimulator, relay: RelayProcess) -> Iterator[list[NodeProcess]]:
    made = [
        NodeProcess(tmp_path / name[:2], simulator, name, relay_urls=[relay.url])
        for name in ("ke.central", "tz.central")
    ]
    yield made
    for node in made:
        if node.process is not None:
            node.stop()


def last_line(node: NodeProcess) -> str:
    """What a daemon that did not start said, without a stack trace."""
    assert "Traceback" not in node.log
    return node.log


def consult(ke: NodeProcess, text: str) -> dict[str, str]:
    sent: dict[str, str] = ke.api(
        "POST", "/v1/consultations", {"to": ["tz.central"], "subject": "A consultation", "text": text}
    )
    return sent


def test_a_wrong_passphrase_ends_the_start(alone: NodeProcess) -> None:
    ke = alone
    ke.passphrase_file.write_text("another passphrase\n")
    ke.start(wait=False)
    assert ke.wait_ended() == 5
    assert "vault" in last_line(ke)


def test_a_damaged_vault_ends_the_start(alone: NodeProcess) -> None:
    ke = alone
    vault = bytearray(ke.folder.vault.read_bytes())
    vault[60] ^= 1
    ke.folder.vault.write_bytes(vault)
    ke.start(wait=False)
    assert ke.wait_ended() == 8
    assert "damaged" in last_line(ke)


def test_a_damaged_database_ends_the_start(alone: NodeProcess) -> None:
    ke = alone
    ke.start()
    ke.stop()
    data = bytearray(ke.folder.database.read_bytes())
    data[100:2000] = bytes(1900)
    ke.folder.database.write_bytes(data)
    ke.start(wait=False)
    assert ke.wait_ended() == 8
    said = last_line(ke)
    assert "node.db" in said
    assert "next:" in said


def test_the_database_of_another_vault_ends_the_start(alone: NodeProcess) -> None:
    Database(alone.folder.database, bytes(32)).close()
    alone.start(wait=False)
    assert alone.wait_ended() == 8
    assert "does not open with the key in the vault" in last_line(alone)


def test_a_missing_root_of_trust_ends_the_start(alone: NodeProcess) -> None:
    ke = alone
    ke.folder.root.unlink()
    ke.start(wait=False)
    assert ke.wait_ended() == 6
    assert "root.json" in last_line(ke)


def test_a_second_daemon_on_the_folder_ends_at_once(alone: NodeProcess, simulator: DirectorySimulator) -> None:
    ke = alone.start()
    second = NodeProcess(ke.folder.path, simulator, "ke.central")
    with pytest.raises(CommandFailed) as caught:
        second.cli_text("run", "--passphrase-file", str(ke.passphrase_file))
    assert caught.value.status == 7
    assert "another daemon" in caught.value.stderr
    assert ke.api("GET", "/v1/status")["authority"] == "ke.central"


def test_a_port_that_is_taken_ends_the_start(alone: NodeProcess) -> None:
    ke = alone
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ke.environment["ROGATORY_NODE_API_PORT"] = str(taken.getsockname()[1])
        with pytest.raises(CommandFailed) as caught:
            ke.cli_text("run", "--passphrase-file", str(ke.passphrase_file))
    assert caught.value.status == 7
    assert "cannot listen" in caught.value.stderr
    assert "api_port" in caught.value.stderr


def test_commands_without_a_daemon_say_how_to_start_it(alone: NodeProcess) -> None:
    ke = alone.start()
    for end in (ke.stop, ke.kill):
        if ke.process is None:
            ke.start()
        end()
        with pytest.raises(CommandFailed) as caught:
            ke.cli("status")
        assert caught.value.status == 4
        assert "rogatory-node run" in caught.value.problem["next_step"]


def test_it_works_without_a_relay_and_sends_when_one_comes(nodes: list[NodeProcess], relay: RelayProcess) -> None:
    ke, tz = nodes
    for node in (ke, tz):
        node.start().wait_online()
    relay.kill()
    ke.wait_until(lambda: ke.api("GET", "/v1/status")["relays"][0]["state"] != "open", "notice")
    sent = consult(ke, "Written while the relay is down.")
    assert ke.api("GET", "/v1/status")["channels"] == {"states": {"founding": 1}, "unsent": 1}
    ke.restart()
    status = ke.api("GET", "/v1/status")
    assert status["enrolled"]
    relay.start()
    tz.wait_event("document_received", document=sent["document"])
    ke.wait_event("document_delivered", document=sent["document"])
    assert ke.api("GET", "/v1/status")["channels"] == {"states": {"open": 1}, "unsent": 0}


def test_killed_again_and_again_it_loses_nothing(nodes: list[NodeProcess]) -> None:
    ke, tz = nodes
    for node in (ke, tz):
        node.start().wait_online()
    first = consult(ke, "Number 0")
    sent = [first["document"]]
    for number in range(1, 5):
        answer = ke.api("POST", f"/v1/matters/{first['matter']}/messages", {"text": f"Number {number}"})
        sent.append(answer["document"])
        (ke if number % 2 else tz).restart()
    tz.wait_event("document_received", document=sent[-1])
    received = [event["document"] for event in tz.events("document_received")]
    assert [document for document in received if document in sent] == sent


def test_a_new_directory_is_taken_as_it_is_published(
    nodes: list[NodeProcess], relay: RelayProcess, simulator: DirectorySimulator
) -> None:
    ke = nodes[0].start().wait_online()
    simulator.add_authority("ug.central")
    relay.publish()
    ke.wait_until(lambda: len(ke.api("GET", "/v1/authorities")) == 3, "take the directory")


def test_a_directory_under_another_root_is_refused_and_reported(
    nodes: list[NodeProcess], tmp_path: Path, relay: RelayProcess
) -> None:
    ke = nodes[0]
    ke.folder.root.write_bytes(DirectorySimulator(["ke.central"], seed=2).root)
    ke.start()
    event = ke.wait_event("trouble", code="directory_refused")
    assert "refused" in event["summary"]
    status = ke.api("GET", "/v1/status")
    assert status["directory"]["version"] is None
    assert not status["enrolled"]


def test_a_relay_with_another_key_is_reported(
    nodes: list[NodeProcess], relay: RelayProcess, tmp_path: Path, simulator: DirectorySimulator
) -> None:
    ke = nodes[0].start().wait_online()
    relay.stop()
    other = DirectorySimulator(["ke.central", "tz.central"], seed=2)
    impostor = RelayProcess(tmp_path / "impostor", other, port=relay.port)
    with impostor:
        event = ke.wait_event("trouble", code="link")
        assert "did not prove that it is relay.one" in event["summary"]
        assert ke.api("GET", "/v1/status")["relays"][0]["state"] != "open"


def test_it_stops_in_order(nodes: list[NodeProcess]) -> None:
    ke = nodes[0].start().wait_online()
    assert ke.stop() == 0
    assert not ke.folder.address.exists()
    assert "Traceback" not in ke.log
