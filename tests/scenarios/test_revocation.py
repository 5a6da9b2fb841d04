"""An authority is struck off: how soon connected members' nodes have removed it, over real processes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.scenarios.scene import Scene, said, say, until

KE, TZ, UG = "ke.central", "tz.central", "ug.central"

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
