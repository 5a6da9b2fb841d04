"""An authority with no link at all takes part by files alone, through a real relay, with a node that is online."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rogatory.node.cli.client import AnsweredProblem, Client
from rogatory.relay.admin import client as relay
from tests.node.letters import BANK_RECORDS
from tests.node.process import CommandFailed
from tests.scenarios.couriers import KE, TZ, Courier, carried
from tests.scenarios.scene import logged, said, say, until


@pytest.fixture
def courier(tmp_path: Path) -> Iterator[Courier]:
    with carried(tmp_path) as courier:
        yield courier


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
