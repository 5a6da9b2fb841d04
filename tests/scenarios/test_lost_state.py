"""A node whose database is gone, its vault kept, comes back by itself: into every matter and network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, said, say, until
from tests.scenarios.stopped_node import group_of

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def lose_database(node: NodeProcess) -> None:
    """The disk with the database is replaced by an empty one; vault, settings and root are put back."""
    node.kill()
    for path in node.folder.path.glob("node.db*"):
        path.unlink()
    assert not node.folder.database.exists()


def titles(node: NodeProcess) -> list[str]:
    """What was announced in the network, as the node shows it."""
    feed = node.api("GET", "/v1/networks/gljcn/announcements?limit=1000")
    return [each["body"]["wordings"][0]["title"] for each in feed["announcements"]]


def announce(node: NodeProcess, title: str) -> None:
    """Announce something."""
    node.api("POST", "/v1/networks/gljcn/announcements", {"title": title, "text": "To all."})


def texts(node: NodeProcess, matter: str) -> list[str]:
    """What was said in a matter, whoever said it."""
    return [text for _, text in said(node, matter)]


def joined(node: NodeProcess) -> bool:
    """Whether it is in the network's channel."""
    view: dict[str, Any] = node.api("GET", "/v1/networks/gljcn")
    return bool(view["joined"])


def same_epoch(channel: bytes, *nodes: NodeProcess) -> bool:
    """Whether the nodes, which are stopped, are in one epoch of the channel."""
    return len({group_of(node, channel).epoch_authenticator for node in nodes}) == 1


def test_a_node_without_its_database_rejoins_everything(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        network = scene.simulator.add_network("gljcn", members=[KE, TZ, UG], coordinators=[KE])
        scene.relay.publish()
        ke, tz, ug = scene.start(KE, TZ, UG)
        two, three = scene.consult(ke, [tz]), scene.consult(ug, [ke, tz])
        until(lambda: all(joined(node) for node in (ke, tz, ug)), "the network to be whole")
        announce(ke, "old")
        say(tz, two, "said before")
        until(lambda: titles(tz) == ["old"] and texts(ke, two) == ["first", "said before"], "what is old to arrive")
        until(lambda: len(ke.events("document_delivered")) >= 3, "acknowledgements of what is old")

        lose_database(tz)
        for number in range(3):
            say(ke, two, f"missed {number}")
            say(ug, three, f"missed {number}")
            announce(ke, f"missed {number}")
        scene.start(TZ)
        missed = [f"missed {number}" for number in range(3)]
        # What it had acknowledged comes not again: only its correspondents' officers may give it a second time.
        until(lambda: texts(tz, two) == texts(tz, three) == titles(tz) == missed, "what it missed to be shared again")

        say(tz, two, "here again")
        say(ke, two, "good")
        say(ug, three, "good")
        announce(ke, "good")
        until(lambda: texts(tz, two)[3:] == ["here again", "good"], "the matter of two to go on")
        until(lambda: texts(tz, three)[3:] == titles(tz)[3:] == ["good"], "matter and network to go on")
        until(lambda: texts(ke, two)[-2:] == ["here again", "good"], "its own words to arrive")
        assert titles(ug) == ["old", *missed, "good"]
        told = [event["summary"] for event in ke.events("rejoin") if "network share gljcn" in event["summary"]]
        assert "It had 1 document that it says it lost" in told[0]
        assert len(ke.cli("network", "share", "gljcn", "--lost-by", TZ)["shared"]) == 1
        until(lambda: "old" in titles(tz), "what it had read, on the coordinator's word")
        assert titles(ug) == ["old", *missed, "good"], "others have one of each"
        # Others open matters to it as before: its key packages were replaced.
        fourth = scene.consult(ke, [tz], "new")
        assert {event["code"] for event in tz.events("trouble")} == {"rejoin"}
        # The network's coordinator was up before the others' key packages were.
        assert {event["code"] for event in ke.events("trouble")} <= {"no_key_package"}
        assert ug.events("trouble") == []
        for node in (ke, tz, ug):
            node.stop()
        assert same_epoch(bytes.fromhex(two), ke, tz)
        assert same_epoch(bytes.fromhex(three), ke, tz, ug)
        assert same_epoch(network, ke, tz, ug)
        assert same_epoch(bytes.fromhex(fourth), ke, tz)


def test_the_coordinator_that_founded_everything_comes_back_too(tmp_path: Path) -> None:
    """It holds the lowest leaf everywhere, so that others let it in; and it is its turn to found the network anew."""
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        network = scene.simulator.add_network("gljcn", members=[KE, TZ, UG], coordinators=[KE])
        scene.relay.publish()
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter = scene.consult(ke, [tz, ug])
        until(lambda: all(joined(node) for node in (ke, tz, ug)), "the network to be whole")
        lose_database(ke)
        say(tz, matter, "missed")
        scene.start(KE)
        until(lambda: joined(ke) and matter in {each["matter"] for each in ke.api("GET", "/v1/matters")}, "its return")
        announce(ke, "back")
        until(lambda: titles(tz) == titles(ug) == ["back"], "an announcement of it")
        until(lambda: texts(ke, matter) == ["missed"], "what it missed")
        say(ke, matter, "back")
        until(lambda: texts(ug, matter) == ["first", "missed", "back"], "its words")
        assert {event["code"] for event in ke.events("trouble")} == {"rejoin"}
        for node in (ke, tz, ug):
            node.stop()
        assert same_epoch(network, ke, tz, ug)
        assert same_epoch(bytes.fromhex(matter), ke, tz, ug)
