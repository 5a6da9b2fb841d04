"""An authority with no link at all takes part by files alone, through a real relay, with a node that is online."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rogatory.node.cli.client import AnsweredProblem, Client
from rogatory.relay.admin import client as relay
from tests.node.letters import BANK_RECORDS
from tests.node.process import CommandFailed, NodeProcess
from tests.scenarios.cut_off import CutOff
from tests.scenarios.scene import Scene, logged, said, say, until

KE, TZ = "ke.central", "tz.central"


class Courier:
    """Carries files between `node` and the scene's relay."""

    def __init__(self, scene: Scene, node: NodeProcess) -> None:
        self.scene = scene
        self.node = node
        self._bag = scene.folder / "bag"
        self._bag.mkdir()
        self._count = 0

    def file(self) -> Path:
        self._count += 1
        return self._bag / f"{self._count:03}.courier"

    @property
    def socket(self) -> Path:
        return self.scene.relay.folder / "admin.sock"

    def give(self, authority: str | None = None) -> Path:
        file = self.file()
        relay.download(self.socket, f"/courier/{quote(authority or self.node.authority)}", file)
        return file

    def take(self, file: Path) -> dict[str, Any]:
        with file.open("rb") as content:
            taken: dict[str, Any] = relay.ask(self.socket, "POST", "/courier", content)
        return taken

    def import_(self, file: Path) -> dict[str, Any]:
        with file.open("rb") as content:
            told: dict[str, Any] = Client(self.node.folder.path).upload(content, "courier")
        return told

    def export(self) -> Path:
        file = self.file()
        Client(self.node.folder.path).download(file, "courier")
        return file

    def bring(self) -> dict[str, Any]:
        """From the relay to the node."""
        return self.import_(self.give())

    def fetch(self) -> dict[str, Any]:
        """From the node to the relay."""
        return self.take(self.export())

    def relay_command(self, *arguments: str) -> str:
        """What `rogatory-relay courier` prints."""
        command = [sys.executable, "-m", "rogatory.relay", "courier", *arguments]
        command += ["--config", str(self.scene.relay.config)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def courier(tmp_path: Path) -> Iterator[Courier]:
    with Scene(tmp_path, [KE, TZ]) as scene:
        scene.start(KE)
        tz = scene.nodes[TZ] = CutOff(tmp_path / TZ, scene.simulator, TZ, relay_urls=[scene.tap.url])
        yield Courier(scene, tz.start())


def test_an_authority_without_a_link_takes_part_by_files_alone(courier: Courier) -> None:
    ke, tz = courier.scene.nodes[KE], courier.node
    first, out = str(courier.file()), str(courier.file())
    with pytest.raises(CommandFailed) as refused:
        tz.cli("courier", "export", out)
    assert "courier give" in refused.value.stderr
    # By the commands, once: the directory comes, its key packages go.
    assert f"for {TZ} alone" in courier.relay_command("give", TZ, first)
    assert "imported: file" in tz.cli_text("courier", "import", first)
    assert "written:" in tz.cli_text("courier", "export", out)
    assert f"of {TZ}" in courier.relay_command("take", out)

    # It is written to.
    asked = {"to": [TZ], "subject": "Vessel", "text": "Where is she?"}
    matter = ke.api("POST", "/v1/consultations", asked)["matter"]
    until(lambda: logged(ke, matter), "the consultation to be opened")
    assert courier.bring()["invitations"] == 1
    assert said(tz, matter) == [(KE, "Where is she?")]

    # It replies: the other side sees that at once, and that its own words have arrived.
    say(tz, matter, "In Tanga.")
    assert courier.fetch()["accepted"] == 1
    until(lambda: len(said(ke, matter)) == 2, "the reply")
    ke.wait_event("document_delivered")

    # It gets the receipt and the acknowledgement of its reply.
    until(lambda: brought_home(courier, matter)["deliveries"][0]["acknowledged_at"], "the acknowledgement of the reply")
    assert brought_home(courier, matter)["receipt"]["relay"] == "relay.one"

    # It founds a matter of its own, with a request; each journey brings it one step further.
    sent = tz.api("POST", "/v1/requests", {"to": [KE], "request": BANK_RECORDS})
    for _ in range(3):
        courier.fetch()
        courier.bring()
    until(lambda: any(each["matter"] == sent["matter"] for each in ke.api("GET", "/v1/matters")), "the matter")
    ke.wait_event("document_received", matter=sent["matter"])
    assert not tz.events("trouble")
    assert not ke.events("trouble")
    # The node was never connected, and none of what went by files is lost when it is started again.
    tz.restart()
    assert {each["state"] for each in tz.api("GET", "/v1/status")["relays"]} <= {"waiting", "connecting"}
    assert logged(tz, matter) == said(ke, matter)


def brought_home(courier: Courier, matter: str) -> dict[str, Any]:
    """The node's own document, after a file more from the relay."""
    courier.bring()
    documents = courier.node.api("GET", f"/v1/matters/{matter}/documents")
    own = next(each for each in documents if each["author"] == TZ)
    document: dict[str, Any] = courier.node.api("GET", f"/v1/documents/{own['id']}")
    return document


def test_files_are_taken_whole_once_in_their_order_and_by_whom_they_are_for(courier: Courier) -> None:
    ke, tz = courier.scene.nodes[KE], courier.node
    first = courier.give()
    assert courier.import_(first)["before"] is False
    assert courier.import_(first)["before"] is True
    courier.fetch()
    matter = ke.api("POST", "/v1/consultations", {"to": [TZ], "subject": "Vessel", "text": "Where is she?"})["matter"]
    until(lambda: logged(ke, matter), "the consultation to be opened")
    older, newer = courier.give(), courier.give()

    before = tz.api("GET", "/v1/inbox?after=0&limit=1000")
    whole = newer.read_bytes()
    spoiled = {
        "cut": whole[: len(whole) // 2],
        "altered": whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:],
        "lengthened": whole + b"\0",
        "another's beginning": older.read_bytes()[:200] + whole[200:],
        "no courier file": b"PK" + whole,
        "the relay's own": courier.export().read_bytes(),
        "for another authority": courier.give(KE).read_bytes(),
    }
    for what, data in spoiled.items():
        refused_by_node(courier, what, data)
    assert tz.api("GET", "/v1/inbox?after=0&limit=1000") == before

    assert courier.import_(newer)["invitations"] == 1
    refused_by_node(courier, "older", older.read_bytes())
    say(tz, matter, "In Tanga.")
    early, late = courier.export(), courier.export()

    whole = late.read_bytes()
    for what, data in {
        "cut": whole[:-50],
        "altered": whole[:500] + bytes([whole[500] ^ 1]) + whole[501:],
        "for an authority": newer.read_bytes(),
    }.items():
        refused_by_relay(courier, what, data)
    assert len(said(ke, matter)) == 1
    assert courier.take(late)["accepted"] == 1
    again = courier.take(late)
    assert (again["before"], again["accepted"]) == (True, 0)
    refused_by_relay(courier, "older", early.read_bytes())
    until(lambda: len(said(ke, matter)) == 2, "the reply")

    # A file that the relay forgot to have taken does no harm either: what stands is answered again.
    (courier.scene.relay.folder / "courier" / TZ).unlink()
    repeated = courier.take(early)
    assert (repeated["accepted"], repeated["repeated"]) == (0, 1)

    # Whose link stands needs no courier.
    with pytest.raises(AnsweredProblem) as conflict:
        Client(ke.folder.path).download(courier.file(), "courier")
    assert conflict.value.problem.error == "conflict"


def refused_by_node(courier: Courier, what: str, data: bytes) -> None:
    file = courier.file()
    file.write_bytes(data)
    with pytest.raises(AnsweredProblem) as refused:
        courier.import_(file)
    assert refused.value.problem.exit_code == 3, what
    assert "courier file" in refused.value.problem.explanation, what


def refused_by_relay(courier: Courier, what: str, data: bytes) -> None:
    file = courier.file()
    file.write_bytes(data)
    with pytest.raises(relay.Refused) as refused:
        courier.take(file)
    assert refused.value.exit_code == 3, what
    assert "courier file" in str(refused.value), what
