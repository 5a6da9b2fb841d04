"""Evidence files travel on the stick with the documents that name them, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rogatory.node.cli.client import Client
from tests.node.attachments.offices import digest, made, wait_state
from tests.node.process import NodeProcess
from tests.scenarios.couriers import KE, TZ, Courier, carried
from tests.scenarios.scene import until

MIB = 1 << 20


@pytest.fixture
def courier(tmp_path: Path) -> Iterator[Courier]:
    with carried(tmp_path) as courier:
        yield courier


@pytest.fixture
def matter(courier: Courier) -> str:
    """A consultation that both are in, opened by the one with a link."""
    courier.bring()
    courier.fetch()
    sent = courier.scene.nodes[KE].cli("consult", "open", "--to", TZ, "--subject", "Vessel", "--text", "Where is she?")
    until(lambda: courier.bring()["invitations"] == 1, "the invitation")
    return str(sent["matter"])


def say_with(node: NodeProcess, matter: str, file: Path) -> str:
    """The id of a new document with this file."""
    sent: dict[str, Any] = node.cli("consult", "say", matter, "--text", "See the file.", "--attach", str(file))
    return str(sent["document"])


def opened(node: NodeProcess, document: str, out: Path) -> str:
    """SHA-256 of the document's file as this node gives it out."""
    Client(node.folder.path).download(out, "documents", document, "attachments", "1")
    return digest(out)


def test_a_file_comes_with_the_relays_file(courier: Courier, matter: str, tmp_path: Path) -> None:
    ke, tz = courier.scene.nodes[KE], courier.node
    file = made(tmp_path / "ledger.bin", 5 * MIB + 12_345)
    document = say_with(ke, matter, file)
    ke.wait_event("document_accepted", document=document)

    without = courier.file()
    text = courier.relay_command("give", "--without-attachments", TZ, str(without))
    assert "written" in text
    assert without.stat().st_size < file.stat().st_size
    assert courier.import_(without)["attachments"] == 0
    wait_state(tz, document, "wanted")
    courier.fetch()  # tells that the entries were read, and asks for the file
    assert courier.bring()["attachments"] == 1
    wait_state(tz, document, "kept")
    assert opened(tz, document, tmp_path / "out.bin") == digest(file)
    courier.fetch()
    assert courier.bring()["attachments"] == 0

    second = made(tmp_path / "photographs.bin", 2 * MIB)
    document = say_with(ke, matter, second)
    ke.wait_event("document_accepted", document=document)
    assert courier.bring()["attachments"] == 1
    assert opened(tz, document, tmp_path / "out-2.bin") == digest(second)
    assert not tz.events("trouble")


def test_a_file_goes_with_the_nodes_file(courier: Courier, matter: str, tmp_path: Path) -> None:
    ke, tz = courier.scene.nodes[KE], courier.node
    file = made(tmp_path / "register.bin", 3 * MIB + 1)
    document = say_with(tz, matter, file)

    light = courier.file()
    tz.cli("courier", "export", "--without-attachments", str(light))
    assert light.stat().st_size < file.stat().st_size
    assert courier.take(light)["accepted"] == 0
    lost = courier.export()
    assert lost.stat().st_size > file.stat().st_size
    tz.kill()
    tz.start()
    taken = courier.fetch()  # the next one carries all of it again
    assert (taken["attachments"], taken["accepted"]) == (1, 1)
    wait_state(ke, document, "kept")
    assert opened(ke, document, tmp_path / "out.bin") == digest(file)

    courier.bring()
    wait_state(tz, document, "sent")
    assert courier.export().stat().st_size < file.stat().st_size
    assert not tz.events("trouble")
    assert not ke.events("trouble")


def test_a_file_that_the_relay_refuses_is_told_of_and_carried_again(
    courier: Courier, matter: str, tmp_path: Path
) -> None:
    tz, relay = courier.node, courier.scene.relay
    file = made(tmp_path / "register.bin", 3 * MIB)
    document = say_with(tz, matter, file)
    usual = relay.config.read_text()
    relay.config.write_text(f"{usual}\n[quotas]\nblob_bytes = {MIB}\n")
    relay.restart()
    taken = courier.fetch()
    assert (taken["attachments"], taken["accepted"]) == (0, 0)
    assert taken["refused"] == {"quota": 1, "missing_blob": 1}
    assert courier.bring()["answers"] >= 2
    (trouble,) = tz.events("trouble")
    assert "register.bin" in trouble["summary"]
    assert "at their limit" in trouble["summary"]

    relay.config.write_text(usual)
    relay.restart()
    taken = courier.fetch()
    assert (taken["attachments"], taken["accepted"]) == (1, 1)
    wait_state(courier.scene.nodes[KE], document, "kept")
