"""What nodes state of documents, with processes that are killed on the way; and a relay's signed refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, say, until

KE, TZ = "ke.central", "tz.central"


def current(node: NodeProcess, document: str) -> dict[str, str]:
    """The current evidences of a document by stage, without opening it: the author's own node looks."""
    found = node.api("GET", f"/v1/documents/{document}")["evidences"]
    assert len({(each["stage"], each["authority"]) for each in found}) == len(found)
    return {each["stage"]: each["finding"] for each in found}


def former(node: NodeProcess, document: str) -> list[str]:
    return [each["finding"] for each in node.api("GET", f"/v1/documents/{document}")["superseded"]]


def sent(node: NodeProcess, matter: str, text: str) -> str:
    documents: list[dict[str, Any]] = node.api("GET", f"/v1/matters/{matter}/documents")
    return next(each["id"] for each in documents if each["body"].get("text") == text)


def test_absence_is_stated_and_superseded_whoever_is_killed_meanwhile(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        tz.kill()
        ke.kill()
        ke.environment |= {"ROGATORY_NODE_EVIDENCE_DELIVERY": "4", "ROGATORY_NODE_EVIDENCE_RETRIEVAL": "5"}
        tz.environment |= {"ROGATORY_NODE_EVIDENCE_OFFICERS": "false"}
        ke.start().wait_online()
        say(ke, matter, "second")
        document = sent(ke, matter, "second")
        until(lambda: current(ke, document).get("submission") == "acceptance", "the receipt")
        ke.kill()  # within the term
        ke.start().wait_online()
        until(lambda: current(ke, document).get("delivery") == "non_delivery", "the statement that nobody has seen it")
        ke.kill()  # the statement is queued or sent
        ke.start().wait_online()
        until(lambda: current(ke, document).get("retrieval") == "non_retrieval", "the statement that nobody opened it")

        tz.start().wait_online()
        until(lambda: current(ke, document)["delivery"] == "delivery", "the acknowledgement that supersedes it")
        assert "non_delivery" in former(ke, document)
        until(
            lambda: any(each["kind"] == "evidence" for each in tz.api("GET", f"/v1/matters/{matter}/documents")), "it"
        )
        tz.kill()  # what it showed is noted, and not stated yet
        tz.start().wait_online()
        until(lambda: current(ke, document)["retrieval"] == "retrieval", "the statement that it was opened")
        assert sorted(former(ke, document)) == ["non_delivery", "non_retrieval"]
        until(lambda: current(tz, document).get("retrieval") == "retrieval", "its own statement in the log")

        said = [each["code"] for each in ke.events("evidence") if each["document"] == document]
        assert said == ["non_delivery", "non_retrieval", "delivery", "retrieval"]
        shown = ke.cli_text("document", "show", document)
        assert "not seen by tz.central until" in shown
        assert "says the node of ke.central" in shown
        assert "opened by an officer of tz.central on" in shown


def test_a_relay_signs_that_it_takes_no_more_of_an_authority(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ], {"quotas": {"stored_bytes": 200_000}}) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        texts = [f"{number} " + "x" * 19_000 for number in range(14)]
        for text in texts:
            say(ke, matter, text)
        refused = ke.wait_event("evidence", code="rejection")
        assert "relay.one refused it on" in refused["summary"]
        assert "quota" in refused["summary"]
        assert current(ke, refused["document"]) == {"submission": "rejection"}
