"""The nodes start; coordinators' nodes open the networks' channels by themselves; announcements reach the members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deploy.demo.cast import GLJCN, NETWORKS, OFFICES, SN, WACAP, Network, office
from deploy.demo.desk import ARRIVE_SECONDS
from deploy.demo.errors import expect
from deploy.demo.lines import ANNOUNCEMENTS
from deploy.demo.stage import Stage

OPEN_SECONDS = 40.0


def open_channels(stage: Stage) -> None:
    """Start every node, and wait until both networks' members have joined."""
    # A coordinator's node adds whom it finds key packages of; for others it looks again a minute later.
    coordinators = {network.coordinator for network in NETWORKS}
    stage.start_nodes(*(one for one in OFFICES if one.id not in coordinators))
    stage.start_nodes(*(one for one in OFFICES if one.id in coordinators))
    stage.screen.shown("five nodes run; each has proved itself to the relay, and the relay to it")
    for network in NETWORKS:
        for member in network.members:
            stage.wait(f"{member} is in the channel of {network.id}", OPEN_SECONDS, _joined(stage, network, member))
        present = stage.tools.node(office(network.coordinator).key, "network", "show", network.id)["present"]
        expect(sorted(present) == sorted(network.members), f"{network.id} has other members: {present}")
        stage.screen.shown(
            f"{network.id.upper()}: opened by the node of {network.coordinator}, {', '.join(present)} are in"
        )


def announce(stage: Stage) -> None:
    """Each coordinator announces once; every member of that network reads it, and nobody else."""
    for network in NETWORKS:
        message = ANNOUNCEMENTS[network.id]
        wording = ("--title", message.title, "--text", message.text)
        stage.tools.node(office(network.coordinator).key, "network", "announce", network.id, *wording)
        for member in network.members:
            feed = stage.wait(f"{member} reads the announcement", ARRIVE_SECONDS, _feed(stage, network, member))
            wording_read = feed[0]["body"]["wordings"][0]
            expect(wording_read["text"] == message.text, f"{member} reads something else: {wording_read}")
        stage.screen.letter(f"{network.id.upper()}: {message.title}", message.text)
        stage.screen.shown(f"read by {', '.join(network.members)}; one copy at the relay")
    strangers = stage.tools.node(SN.key, "network", "feed", GLJCN.id)["announcements"]
    expect(strangers == [], f"{SN.id}, a member of {WACAP.id} only, reads an announcement of {GLJCN.id}")
    stage.screen.shown(f"{SN.id} is no member of {GLJCN.id.upper()} and reads nothing of it")


def _joined(stage: Stage, network: Network, member: str) -> Callable[[], bool | None]:
    return lambda: _seen(stage, member, f"networks/{network.id}").get("joined") or None


def _feed(stage: Stage, network: Network, member: str) -> Callable[[], list[dict[str, Any]] | None]:
    return lambda: _seen(stage, member, f"networks/{network.id}/announcements").get("announcements") or None


def _seen(stage: Stage, member: str, path: str) -> dict[str, Any]:
    return stage.look(office(member), path) or {}
