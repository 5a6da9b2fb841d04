"""The commands against real daemons and a real relay, as an officer would use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.node.conftest import SmallNetwork
from tests.node.letters import BANK_RECORDS
from tests.node.process import CommandFailed, NodeProcess


def refused(node: NodeProcess, *arguments: str) -> CommandFailed:
    """The failure of a command that must fail, which shows no stack trace."""
    with pytest.raises(CommandFailed) as caught:
        node.cli(*arguments)
    assert "Traceback" not in caught.value.stderr
    return caught.value


def sent_request(network: SmallNetwork, folder: Path) -> dict[str, str]:
    file = folder / "request.json"
    file.write_text(json.dumps(BANK_RECORDS))
    sent: dict[str, str] = network.ke.cli("request", "send", "--to", "tz.central", "--file", str(file))
    return sent


def test_status_tells_of_directory_and_relays(network: SmallNetwork) -> None:
    status = network.ke.cli("status")
    assert status["authority"] == "ke.central"
    assert status["enrolled"]
    assert status["directory"]["trusts_new"]
    assert [(relay["relay"], relay["state"]) for relay in status["relays"]] == [("relay.one", "open")]
    assert set(status["channels"]) == {"states", "unsent"}
    text = network.ke.cli_text("status")
    assert "relay.one" in text
    assert "open" in text


def test_authorities_are_found_by_state_and_purpose(network: SmallNetwork) -> None:
    assert {entry["id"] for entry in network.ke.cli("authority", "list")} == {"ke.central", "tz.central", "ug.central"}
    found = network.ke.cli("authority", "find", "--state", "tz", "--purpose", "mutual_legal_assistance")
    assert [entry["id"] for entry in found] == ["tz.central"]
    assert network.ke.cli("authority", "find", "--purpose", "firearms") == []
    shown = network.ke.cli("authority", "show", "tz.central")
    assert len(shown["key_sets"][0]["fingerprint"].split()) == 12
    assert "tz.central" in network.ke.cli_text("authority", "show", "tz.central")


def test_a_request_is_sent_received_answered_and_proven(network: SmallNetwork, tmp_path: Path) -> None:
    ke, tz = network.ke, network.tz
    sent = sent_request(network, tmp_path)
    received = tz.wait_event("document_received", document=sent["document"])
    assert received["matter"] == sent["matter"]
    ke.wait_event("document_delivered", document=sent["document"])
    assert sent["matter"] in [matter["matter"] for matter in tz.cli("request", "list")]

    shown = ke.cli("document", "show", sent["document"])
    assert shown["stage"] == "delivered"
    assert shown["receipt"]["relay"] == "relay.one"
    assert [(delivery["authority"], delivery["excepted"]) for delivery in shown["deliveries"]] == [
        ("tz.central", False)
    ]

    answer = tz.cli("request", "reply", sent["matter"][:12], "--outcome", "executed", "--text", "Statements enclosed.")
    ke.wait_event("document_received", document=answer["document"])
    whole = ke.cli("request", "show", sent["matter"])
    assert [document["kind"] for document in whole["documents"]].count("reply") == 1
    text = ke.cli_text("request", "show", sent["matter"])
    assert BANK_RECORDS["subject"] in text
    assert "Statements enclosed." in text
    assert "acknowledged" in text


def test_a_request_with_gaps_names_their_articles(network: SmallNetwork, tmp_path: Path) -> None:
    file = tmp_path / "request.toml"
    file.write_text('reference = "1"\nform = "mutual_legal_assistance"\nlanguage = "en"\n')
    failure = refused(network.ke, "request", "send", "--to", "tz.central", "--file", str(file))
    assert failure.status == 3
    assert "18(15)" in failure.problem["explanation"]


def test_a_template_is_filled_in_and_sent(network: SmallNetwork) -> None:
    form = json.loads(network.ke.cli_text("request", "template"))
    assert form["form"] == "mutual_legal_assistance"
    filled = json.dumps(form | BANK_RECORDS)
    sent = network.ke.cli("request", "send", "--to", "tz.central", "--file", "-", stdin=filled)
    network.tz.wait_event("document_received", document=sent["document"])


def test_a_third_authority_joins_a_consultation_half_way(network: SmallNetwork) -> None:
    ke, tz, ug = network.ke, network.tz, network.ug
    opened = ke.cli(
        "consult", "open", "--to", "tz.central", "--subject", "Dual criminality", "--text", "Is it an offence there?"
    )
    matter = opened["matter"]
    tz.wait_event("document_received", document=opened["document"])
    said = tz.cli("consult", "say", matter, "--text", "Yes, s. 4.", "--in-reply-to", opened["document"])
    ke.wait_event("document_received", document=said["document"])

    amendment = ke.cli("matter", "add-party", matter, "ug.central", "--reason", "Part of the facts took place there.")
    tz.wait_event("amendment_waiting", matter=matter)
    (waiting,) = tz.cli("matter", "amendments", "--waiting")
    assert waiting["digest"] == amendment["digest"]
    assert "waits for tz.central" in tz.cli_text("matter", "amendments", "--waiting")
    agreed = tz.cli("matter", "agree", matter, amendment["digest"][:12])
    assert agreed["signed"] == ["ke.central", "tz.central"]

    ug.wait_event("joined", matter=matter)
    later = tz.cli("consult", "say", matter, "--text", "Welcome, colleagues.")
    ug.wait_event("document_received", document=later["document"])
    seen = [document["id"] for document in ug.cli("consult", "show", matter)["documents"]]
    assert later["document"] in seen
    assert opened["document"] not in seen
    ke.wait_event("party_added", matter=matter)


def test_an_announcement_reaches_all_members_and_others_may_not(network: SmallNetwork) -> None:
    ke, tz, ug = network.ke, network.tz, network.ug
    for node in (ke, tz, ug):
        node.wait_event("joined", network="gljcn")
    announced = ke.cli("network", "announce", "gljcn", "--title", "Training", "--text", "In Arusha, in March.")
    for node in (tz, ug):
        node.wait_event("document_received", document=announced["document"])
        (found,) = node.cli("network", "feed", "gljcn")["announcements"]
        assert found["author"] == "ke.central"
    assert "In Arusha" in ug.cli_text("network", "feed", "gljcn")
    assert [line["role"] for line in tz.cli("network", "list")] == ["member"]
    assert "gljcn" in tz.cli_text("network", "show", "gljcn")
    failure = refused(tz, "network", "announce", "gljcn", "--title", "No", "--text", "No")
    assert failure.problem["error"] == "not_allowed"
    assert failure.problem["next_step"]


def test_a_signed_document_is_saved_once(network: SmallNetwork, tmp_path: Path) -> None:
    sent = sent_request(network, tmp_path)
    file = tmp_path / "request.dsse"
    network.ke.cli("document", "save", sent["document"], str(file))
    assert {signature["keyid"] for signature in json.loads(file.read_bytes())["signatures"]} == {
        "ke.central#1/ed25519",
        "ke.central#1/mldsa65",
    }
    failure = refused(network.ke, "document", "save", sent["document"], str(file))
    assert failure.status == 7


def test_the_inbox_is_followed_as_things_happen(network: SmallNetwork, tmp_path: Path) -> None:
    tz = network.tz
    last = tz.cli("inbox", "--limit", "1000")["last"]
    command = [sys.executable, "-m", "rogatory.node", "inbox", "--follow", "--after", str(last), "--json"]
    following = subprocess.Popen([*command, "--folder", str(tz.folder.path)], stdout=subprocess.PIPE, text=True)
    try:
        sent = sent_request(network, tmp_path)
        assert following.stdout is not None
        found: dict[str, Any] = {}
        while found.get("document") != sent["document"]:
            found = json.loads(following.stdout.readline())
        assert found["kind"] == "document_received"
    finally:
        following.terminate()
        following.wait()
    assert "document received" in tz.cli_text("inbox", "--after", str(last))


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (("request", "show", "ffffffff"), 6, "not_found"),
        (("matter", "show", "no hex"), 3, "refused"),
        (("authority", "show", "zz.nobody"), 6, "not_found"),
        (("authority", "find", "--purpose", "tea"), 3, "refused"),
        (("network", "show", "nowhere"), 6, "not_found"),
        (("request", "send", "--to", "tz.central", "--file", "/nowhere.json"), 6, "not_found"),
        (("request", "template", "tea"), 3, "refused"),
        (("consult", "open", "--to", "zz.nobody", "--subject", "s", "--text", "t"), 6, "not_found"),
        (("consult", "open", "--to", "ke.central", "--subject", "s", "--text", "t"), 3, "refused"),
    ],
)
def test_what_cannot_be_done_ends_with_its_code(
    network: SmallNetwork, arguments: tuple[str, ...], status: int, error: str
) -> None:
    if arguments[1] == "template":
        with pytest.raises(CommandFailed) as caught:
            network.ke.cli_text(*arguments)
        assert caught.value.status == status
        return
    failure = refused(network.ke, *arguments)
    assert (failure.status, failure.problem["error"]) == (status, error), failure
    assert failure.problem["explanation"]


def test_wrong_usage_ends_with_two(network: SmallNetwork) -> None:
    assert refused(network.ke, "request", "send").status == 2
    assert refused(network.ke, "no-such-command").status == 2
