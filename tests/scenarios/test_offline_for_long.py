"""A node that was away through many epochs and messages catches up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, until
from tests.scenarios.stopped_node import group_of

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
EPOCHS = 50
MESSAGES = 2000
PAGE = 1000


def titles(node: NodeProcess) -> list[str]:
    """All announcements that the node has, in the order of the log."""
    found: list[str] = []
    after = 0
    while True:
        feed = node.api("GET", f"/v1/networks/gljcn/announcements?after={after}&limit={PAGE}")
        found += [each["body"]["wordings"][0]["title"] for each in feed["announcements"]]
        if not feed["announcements"]:
            return found
        after = feed["last"]


def present(node: NodeProcess) -> list[str]:
    """Who is in the network's channel."""
    members: list[str] = node.api("GET", "/v1/networks/gljcn")["present"]
    return members


def is_present(node: NodeProcess, seats: list[str]) -> bool:
    """Whether these are in the channel, and nobody else."""
    return present(node) == seats


def test_a_node_that_was_away_for_long_catches_up(tmp_path: Path) -> None:
    """Each epoch is a change of the roster, so that 50 directories are new to it as well."""
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        channel = scene.simulator.add_network("gljcn", members=[KE, TZ], coordinators=[KE], observers=[UG])
        scene.relay.publish()
        ke, tz, ug = scene.start(KE, TZ, UG)
        until(lambda: all(present(node) == [KE, TZ, UG] for node in (ke, tz, ug)), "the network to be whole")
        matter = scene.consult(ke, [tz])
        tz.stop()
        first = group_of(tz, channel).epoch
        announced: list[str] = []
        for epoch in range(EPOCHS):
            observers = [] if epoch % 2 == 0 else [UG]
            scene.simulator.set_seats("gljcn", observers=observers)
            scene.relay.publish()
            for _ in range(MESSAGES // EPOCHS):
                title = f"number {len(announced)}"
                ke.api("POST", "/v1/networks/gljcn/announcements", {"title": title, "text": "To all."})
                announced.append(title)
            until(partial(is_present, ke, [KE, TZ, *observers]), "the roster's change to be carried out")
        until(lambda: titles(ke) == announced, "the relay to have everything", every=1)
        scene.start(TZ)
        until(lambda: titles(tz) == announced, "the node to catch up", every=1)
        assert present(tz) == [KE, TZ, UG]
        assert tz.events("trouble") == tz.events("commit_void") == tz.events("document_void") == []
        tz.api("POST", f"/v1/matters/{matter}/messages", {"text": "We were away."})
        ke.wait_event("document_received", author=TZ)
        for node in (ke, tz):
            node.stop()
        groups = [group_of(node, channel) for node in (ke, tz)]
        assert groups[0].epoch_authenticator == groups[1].epoch_authenticator
        assert groups[1].epoch - first >= EPOCHS
