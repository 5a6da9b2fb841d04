"""An authority is struck off: how soon connected members' nodes have removed it, over real processes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.node.process import NodeProcess
from tests.relay.process import free_port
from tests.scenarios import publishing
from tests.scenarios.scene import Scene, said, say, until

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"

WITHIN = 30.0
"""Seconds after the relay mirrors the directory. At once if the first member by leaf is connected; each one that is
not costs 5 to 9 seconds (`channels.turns`)."""


@pytest.mark.parametrize("off", [None, TZ])
def test_members_remove_a_struck_off_authority_by_themselves(tmp_path: Path, off: str | None) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter = scene.consult(ug, [ke, tz])
        say(ug, matter, "before")
        until(lambda: all((UG, "before") in said(node, matter) for node in (ke, tz)), "what was said before")
        if off is not None:
            scene.nodes[off].stop()
        ug.kill()
        scene.simulator.strike_off(UG, int(time.time()))
        scene.relay.publish()
        begun = time.monotonic()
        ke.wait_until(
            lambda: UG not in ke.api("GET", f"/v1/matters/{matter}")["members"], "remove the authority", WITHIN
        )
        print(f"removed {time.monotonic() - begun:.1f} s after the relay mirrored the directory")
        ke.wait_event("keys_changed", author=UG, code="struck_off")
        if off is not None:
            scene.start(off)
        until(lambda: UG not in tz.api("GET", f"/v1/matters/{matter}")["members"], "the others to follow")
        say(ke, matter, "among us")
        until(lambda: (KE, "among us") in said(tz, matter), "the matter to go on")
        assert (UG, "before") in said(ke, matter)


def titles(node: NodeProcess) -> list[str]:
    """What was announced, in the order of the log."""
    feed = node.api("GET", "/v1/networks/gljcn/announcements?limit=500")
    return [each["body"]["wordings"][0]["title"] for each in feed["announcements"]]


def announce(node: NodeProcess, number: int) -> None:
    """One of a series."""
    node.api("POST", "/v1/networks/gljcn/announcements", {"title": f"number {number}", "text": "To all."})


def test_a_member_is_struck_off_in_the_middle_of_a_broadcast(tmp_path: Path) -> None:
    """From the trustees' draft at the publisher to the last node: all that was announced reaches the others."""
    port = free_port()
    with Scene(tmp_path, [KE, TZ, UG, RW], settings=publishing.mirrored(port)) as scene:
        scene.simulator.add_network("gljcn", members=[TZ, UG, RW], coordinators=[KE])
        with publishing.start(scene, port) as office:
            ke, tz, ug, rw = scene.start(KE, TZ, UG, RW)

            def present(node: NodeProcess) -> list[str]:
                members: list[str] = node.api("GET", "/v1/networks/gljcn")["present"]
                return members

            whole = [KE, RW, TZ, UG]
            until(lambda: all(present(node) == whole for node in (ke, tz, ug, rw)), "the network to be whole")
            draft = office.draft("authority", "strike-off", UG, "--compromised-since", "2026-01-01T00:00:00")
            count = 0
            while count < 20:
                announce(ke, count := count + 1)
            draft.replace(office.directory / "incoming" / draft.name)
            begun = time.monotonic()
            while UG in present(ke):
                announce(ke, count := count + 1)
                assert time.monotonic() - begun < WITHIN + 10.0, "it is still in the channel"
            for _ in range(20):
                announce(ke, count := count + 1)
            everything = [f"number {number}" for number in range(1, count + 1)]
            until(lambda: titles(ke) == titles(tz) == titles(rw) == everything, "all announcements, in order")
            until(lambda: present(tz) == present(rw) == [KE, RW, TZ], "the others to follow")
            assert titles(ug) == everything[: len(titles(ug))]
            assert len(titles(ug)) <= count - 20, "nothing that was said after its removal"
            for node in (ke, tz, rw):
                assert {event["code"] for event in node.events("trouble")} <= {"no_key_package"}, "before they were up"
                assert node.events("commit_void") == []


def test_members_keep_a_compromised_key_set_out_by_themselves(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter = scene.consult(ug, [ke, tz])
        ug.kill()
        scene.simulator.mark_compromised(UG, [1], int(time.time()))
        scene.relay.publish()
        ke.wait_until(
            lambda: UG not in ke.api("GET", f"/v1/matters/{matter}")["members"], "keep the authority out", WITHIN
        )
        ke.wait_event("keys_changed", author=UG, code="compromised")
        until(lambda: UG not in tz.api("GET", f"/v1/matters/{matter}")["members"], "the other to follow")
        say(ke, matter, "among us")
        until(lambda: (KE, "among us") in said(tz, matter), "the matter to go on")
