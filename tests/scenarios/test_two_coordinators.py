"""Coordinators of one network act at once, over real processes: the log's order settles it, and nobody is lost."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, until
from tests.scenarios.stopped_node import group_of

KE, TZ, UG, COURT = "ke.central", "tz.central", "ug.central", "xa.court"
CHANGES = 6


def present(node: NodeProcess) -> list[str]:
    """Who is in the network's channel."""
    members: list[str] = node.api("GET", "/v1/networks/gljcn")["present"]
    return members


def all_hold(nodes: list[NodeProcess], seats: list[str]) -> bool:
    """Whether each of these nodes has exactly these members."""
    return all(present(node) == seats for node in nodes)


def test_two_coordinators_change_the_channel_at_once(tmp_path: Path) -> None:
    """Each roster's change reaches both at the same moment; in every second one, one of them is killed meanwhile."""
    with Scene(tmp_path, [KE, TZ, UG, COURT]) as scene:
        channel = scene.simulator.add_network("gljcn", members=[UG], coordinators=[KE, TZ], observers=[COURT])
        scene.relay.publish()
        ke, tz, ug, _ = scene.start(KE, TZ, UG, COURT)
        until(partial(all_hold, [ke, tz, ug], [KE, TZ, UG, COURT]), "the network to be whole")
        for change in range(CHANGES):
            observers = [] if change % 2 == 0 else [COURT]
            scene.simulator.set_seats("gljcn", observers=observers)
            scene.relay.publish()
            if change % 2:
                (ke, tz)[change // 2 % 2].restart()
            until(partial(all_hold, [ke, tz, ug], [KE, TZ, UG, *observers]), "the roster to be carried out")
        for node in (ke, tz):
            node.wait_online()
            node.api("POST", "/v1/networks/gljcn/announcements", {"title": f"By {node.authority}", "text": "To all."})
        for author in (KE, TZ):
            ug.wait_event("document_received", author=author)
        for node in (ke, tz, ug):
            assert node.events("commit_void") == node.events("document_void") == []
            node.stop()
        groups = [group_of(node, channel) for node in (ke, tz, ug)]
        assert len({group.epoch_authenticator for group in groups}) == 1
        assert groups[0].epoch <= 3 * CHANGES + 12, "no storm of commits"
