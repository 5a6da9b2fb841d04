"""What tests look at in a node."""

from __future__ import annotations

from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import Event, EventKind
from rogatory.node.inbox.queries import events
from rogatory.node.matters.commands import open_consultation, say
from rogatory.node.matters.queries import documents_in
from rogatory.node.store import channels
from tests.node.harness import SimulatedNode, World


def events_of(node: SimulatedNode, kind: EventKind) -> list[Event]:
    """The inbox's events of a kind."""
    return [event for event in node.read(events) if event.kind is kind]


def troubles(node: SimulatedNode) -> list[Trouble]:
    """Codes of the troubles told, in their order."""
    return [Trouble(event.code) for event in events_of(node, EventKind.TROUBLE) if event.code]


def state(node: SimulatedNode, channel: bytes) -> ChannelState:
    """A channel's state at a node."""
    row = node.read(lambda tx: channels.get(tx.connection, channel))
    assert row is not None
    return ChannelState(row.state)


def texts(node: SimulatedNode, matter: str) -> list[str]:
    """What was said in a matter, in the order of the log."""
    return [
        str(each.body["text"]) for each in node.read(lambda tx: documents_in(tx, matter)) if each.kind == "consultation"
    ]


def consult(world: World, opener: str, *others: str, first: str = "first") -> str:
    """A consultation, with its first words delivered; gives the matter's id."""
    matter = world.nodes[opener].run(lambda tx: open_consultation(tx, list(others), "Vessel", first)).matter
    world.settle()
    return matter


def write(node: SimulatedNode, matter: str, text: str) -> None:
    """Say something in a matter; it waits to be sent."""
    node.run(lambda tx: say(tx, matter, text, subject="s"))
