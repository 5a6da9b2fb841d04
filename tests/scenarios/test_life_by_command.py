"""Requests of tests/data by the commands of two officers, over real processes, up to what a stranger's check says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.data.letters import FILES, request_of
from tests.node.attachments.offices import TZ, Offices, offices
from tests.node.dossiers.test_over_processes import verify
from tests.node.process import CommandFailed, NodeProcess
from tests.scenarios.lives import ASKS, LIVES, Step
from tests.scenarios.scene import until

OPTIONS = {"use_limits": "handling", "grounds": "ground"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    with offices(tmp_path_factory.mktemp("commands")) as opened:
        yield opened


def state(node: NodeProcess, matter: str) -> str | None:
    """Where the matter stands, by the node's list."""
    found = {each["matter"]: each["state"] for each in node.api("GET", "/v1/requests")}
    return found.get(matter)


def take_step(node: NodeProcess, matter: str, step: Step) -> None:
    """`request reply`, with an option for each field."""
    words = []
    for name, value in step.fields.items():
        given = value["handling"] if name == "use_limits" else value if isinstance(value, list) else [value]
        option = f"--{OPTIONS.get(name, name).replace('_', '-')}"
        words += [word for each in given for word in (option, each) if each]
    node.cli("request", "reply", matter, *words)


def links_of(said: str) -> list[dict[str, Any]]:
    """The chain as the stranger's check tells it."""
    documents: list[dict[str, Any]] = json.loads(said)["documents"]
    return [
        {"digest": each["digest"], "said": [found["text"] for found in each["findings"] if found["claim"] == "step"]}
        for each in documents
        if each["kind"] in ("request", "reply")
    ]


@pytest.mark.parametrize("form", ["extradition", "spontaneous_information"])
def test_a_request_from_its_file_to_the_dossiers_of_both_sides(pair: Offices, form: str, tmp_path: Path) -> None:
    checked = pair.ke.cli("request", "check", "--to", TZ, "--file", str(FILES[form]))
    assert (checked["gaps"], checked["remarks"]) == ([], [])
    matter: str = pair.ke.cli("request", "send", "--to", TZ, "--file", str(FILES[form]))["matter"]
    until(lambda: state(pair.ke, matter) == state(pair.tz, matter) == "received", "the request to be received")
    for step in LIVES[form]:
        take_step(pair.ke if step.side is ASKS else pair.tz, matter, step)
        until(lambda step=step: {state(pair.ke, matter), state(pair.tz, matter)} == {step.state}, step.state)  # type: ignore[misc]
    shown = pair.tz.cli("request", "show", matter)
    assert shown["request"]["body"]["facts"] == request_of(form)["facts"]
    for node in (pair.ke, pair.tz):
        thank(node, matter)
    told = []
    for node in (pair.ke, pair.tz):
        thank(node, matter)  # what the other side said last has a receipt by it
        file, root = tmp_path / f"{node.authority}.zip", tmp_path / "root.json"
        node.cli("dossier", "export", matter, str(file))
        root.write_bytes(node.simulator.root)
        status, said = verify(file, "--root", str(root), "--json")
        assert status == 0, said
        told.append(links_of(said))
    assert told[0] == told[1]
    assert len(told[0]) == 1 + len(LIVES[form])


def thank(node: NodeProcess, matter: str) -> None:
    """Say something that the other side acknowledges."""
    sent = node.api("POST", f"/v1/matters/{matter}/messages", {"text": "Thank you.", "subject": "Records"})
    way = f"/v1/documents/{sent['document']}"
    until(lambda: node.api("GET", way)["receipt"] and node.api("GET", way)["stage"] == "delivered", "its evidences")


def test_what_follows_up_a_preservation_is_found_from_both_ends(pair: Offices, tmp_path: Path) -> None:
    earlier: str = pair.ke.cli("request", "send", "--to", TZ, "--file", str(FILES["preservation"]))["matter"]
    until(lambda: state(pair.ke, earlier) == state(pair.tz, earlier) == "received", "the request to be received")
    drafted = tmp_path / "follow-up.json"
    said = pair.ke.cli_text("request", "follow-up", earlier[:12], "--out", str(drafted))
    assert f"rogatory-node request send --to {TZ} --file {drafted}" in said
    with pytest.raises(CommandFailed, match="there already"):
        pair.ke.cli_text("request", "follow-up", earlier, "--out", str(drafted))
    fields = json.loads(drafted.read_bytes())
    drafted.write_text(json.dumps(request_of("stored_data") | {"related": fields["related"]}))
    send = ("request", "send", "--to", TZ, "--file", str(drafted))
    with pytest.raises(CommandFailed, match=r"does not keep: use limits: Until a full request is made.*--insist"):
        pair.ke.cli(*send)
    later: str = pair.ke.cli(*send, "--insist")["matter"]
    until(lambda: state(pair.ke, later) == state(pair.tz, later) == "received", "the request to be received")
    for node in (pair.ke, pair.tz):
        shown = " ".join(node.cli_text("matter", "show", later).split())
        assert f"earlier preservation ODPP/CYB/PRES/041/2026 {earlier[:12]}" in shown
        shown = " ".join(node.cli_text("matter", "show", earlier).split())
        assert f"later preservation ODPP/CYB/MLA/007/2027 {later[:12]}" in shown
    fields["related"][0]["digest"] = "ab" * 32
    drafted.write_text(json.dumps(fields))
    with pytest.raises(CommandFailed, match="no request with the digest abab"):
        pair.ke.cli(*send, "--insist")


def test_what_is_printed_for_the_competent_authority_names_the_limits(pair: Offices) -> None:
    matter: str = pair.ke.cli("request", "send", "--to", TZ, "--file", str(FILES["mutual_legal_assistance"]))["matter"]
    until(lambda: state(pair.ke, matter) == state(pair.tz, matter) == "received", "the request to be received")
    pair.tz.cli("request", "reply", matter, "--outcome", "forwarded", "--forwarded-to", "The court of Tanga")
    until(lambda: state(pair.ke, matter) == "forwarded", "it to be forwarded")
    printed = pair.tz.cli_text("request", "letter", matter)
    limit = "HANDLING H1, H3 (set by ke.central)"
    assert printed.startswith(limit)
    assert printed.count(limit) == 2
    assert "إدريس محجوب عبد الرازق" in printed
    step = f"HANDLING H1, H3 (set by {TZ}); forwarded to The court of Tanga with this limit"
    assert step in pair.ke.cli_text("matter", "show", matter)


def test_an_end_is_an_end(pair: Offices) -> None:
    refused = next(each for each in pair.tz.api("GET", "/v1/requests") if each["state"] == "refused")
    with pytest.raises(CommandFailed) as failed:
        pair.tz.cli("request", "reply", refused["matter"], "--outcome", "accepted")
    assert "does not go on" in failed.value.stderr
