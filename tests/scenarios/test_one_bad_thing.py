"""Processes that meet one bad thing, and go on with all the others: what a node holds of a matter is spoilt, or a relay
leaves a question unanswered."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from rogatory.node.store import courses
from tests.node.letters import BANK_RECORDS
from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, said, say, until
from tests.scenarios.stopped_node import run_in
from tests.scenarios.tap import Moment

KE, TZ = "ke.central", "tz.central"


def request(ke: NodeProcess, tz: NodeProcess) -> str:
    """A request that Tanzania's node has signed for; gives its matter."""
    matter: str = ke.api("POST", "/v1/requests", {"to": [TZ], "request": BANK_RECORDS})["matter"]
    until(lambda: state(ke, matter) == "received", "the request to be received")
    return matter


def state(node: NodeProcess, matter: str) -> str | None:
    """Where a matter stands at a node."""
    found = {each["matter"]: each["state"] for each in node.api("GET", "/v1/matters")}
    return found.get(matter)


def troubles(node: NodeProcess) -> list[tuple[str | None, str]]:
    """(matter, code) of the troubles told."""
    events = node.api("GET", "/v1/inbox?limit=500")["events"]
    return [(each.get("matter"), each["code"]) for each in events if each["kind"] == "trouble"]


def step(node: NodeProcess, matter: str) -> dict[str, Any]:
    """How the last step of the request stands at its author."""
    steps = [each for each in node.api("GET", f"/v1/matters/{matter}/documents") if each["kind"] == "reply"]
    found: dict[str, Any] = steps[-1]
    return found


def test_a_matter_that_a_node_fails_on_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ], tapped=False) as scene:
        ke, tz = scene.start(KE, TZ)
        spoilt, sound = request(ke, tz), request(ke, tz)
        channel = bytes.fromhex(spoilt)
        tz.kill()
        before = run_in(tz, lambda tx: courses.get(tx.connection, channel))
        assert before is not None
        run_in(tz, lambda tx: courses.put(tx.connection, channel, b"no course"))
        tz.start()
        ke.api("POST", f"/v1/requests/{spoilt}/replies", {"outcome": "no_longer_required", "text": "Settled."})
        for number in range(1, 4):
            say(ke, sound, f"round {number}")
            until(partial(_has_said, tz, sound, f"round {number}"), "the sound matter to go on")
            assert troubles(tz) == [(spoilt, "set_aside")] * number
            assert step(ke, spoilt)["stage"] == "accepted"
            tz.kill()
            tz.start()
        assert "channel_set_aside" in tz.log
        assert "no course" not in tz.log
        tz.kill()
        run_in(tz, lambda tx: courses.put(tx.connection, channel, before))
        tz.start()
        until(lambda: state(tz, spoilt) == state(ke, spoilt) == "no_longer_required", "the matter to go on")
        until(lambda: step(ke, spoilt)["stage"] == "delivered", "the step to be delivered")


def test_a_question_that_a_relay_never_answers_does_not_stop_a_node(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        for authority in (KE, TZ):
            scene.place(authority).environment["ROGATORY_NODE_LINK_PATIENCE"] = "2"
        ke, tz = scene.start(KE, TZ)
        hold = scene.tap.hold(KE, Moment.ACCEPTED)
        asked = {"to": [TZ], "subject": "Vessel", "text": "first"}
        matter = ke.api("POST", "/v1/consultations", asked)["matter"]
        assert hold.reached.wait(180)
        hold.release()  # later sessions are served; this one hears nothing but answers to its pings
        until(lambda: said(tz, matter) == [(KE, "first")], "the consultation to arrive")
        (link,) = ke.api("GET", "/v1/status")["relays"]
        assert link["unanswered"] == 1
        assert "link_unanswered" in ke.log


def _has_said(node: NodeProcess, matter: str, text: str) -> bool:
    return (KE, text) in said(node, matter)
