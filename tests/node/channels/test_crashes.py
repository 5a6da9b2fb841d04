"""Crashes and lost links at any moment: every message arrives once, in order, and no MLS key is used twice."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from rogatory.node.channels.commands import wish_refresh
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import events
from rogatory.node.matters.commands import open_consultation, say
from rogatory.node.matters.queries import documents_in
from rogatory.node.store import own_entries
from tests.node.harness import SimulatedNode, World

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
RELAY = "relay.one"


def said(node: SimulatedNode, matter: str, author: str) -> list[str]:
    """Texts by one author, in the order of the log."""
    documents = node.read(lambda tx: documents_in(tx, matter))
    return [str(each.body["text"]) for each in documents if each.kind == "consultation" and each.author == author]


def check_keys(node: SimulatedNode, used: Counter[tuple[object, ...]]) -> None:
    """Count (channel, epoch, leaf, kind, generation) of everything that was ever sealed; the hash tells bytes apart."""
    columns = "channel, epoch, leaf, kind, generation, body_hash"
    with node.database.begin() as connection:
        for row in connection.execute(text(f"SELECT {columns} FROM own_entries WHERE epoch IS NOT NULL")):
            used[tuple(row[:5])] += 1


def disturb(world: World, node: SimulatedNode, dice: random.Random) -> None:
    """Something goes wrong with one node: its link breaks, or it dies, with some of its frames sent and some not."""
    line = world.relay.lines.get(node.authority)
    for _ in range(dice.randrange(4)):
        if node.outgoing and line is not None:
            relay, frame = node.outgoing.pop(0)
            world.relays[relay].handle(node.authority, frame)
    if line is not None and dice.random() < 0.5:
        frames = world.relay.take(node.authority)
        kept = frames[: dice.randrange(len(frames) + 1)]
        if kept:
            node.take(node.core.receive(RELAY, kept))
    if dice.random() < 0.5:
        node.crash()
    elif RELAY in node.connected:
        node.disconnect(RELAY)
    if dice.random() < 0.8:
        world.start(node.authority)


def nudge(world: World, dice: random.Random) -> None:
    """A few frames move, in no particular order of nodes."""
    for node in dice.sample(list(world.nodes.values()), len(world.nodes)):
        for _ in range(dice.randrange(5)):
            if node.outgoing:
                relay, frame = node.outgoing.pop(0)
                world.relays[relay].handle(node.authority, frame)
        if RELAY in node.connected and dice.random() < 0.6:
            frames = world.relay.take(node.authority)
            if frames:
                node.take(node.core.receive(RELAY, frames))


@pytest.mark.parametrize("seed", range(6))
def test_messages_survive_crashes_and_rival_commits(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    world = World(tmp_path, [KE, TZ, UG])
    world.start(KE, TZ, UG)
    world.settle()
    matter = world.nodes[KE].run(lambda tx: open_consultation(tx, [TZ, UG], "Vessel", "ke 0")).matter
    world.settle()
    channel = bytes.fromhex(matter)
    sent: dict[str, list[str]] = {KE: ["ke 0"], TZ: [], UG: []}
    for number in range(1, 41):
        author = dice.choice([KE, TZ, UG])
        message = f"{author[:2]} {number}"
        world.nodes[author].run(partial(say, matter=matter, text=message, subject="s"))
        sent[author].append(message)
        if dice.random() < 0.25:
            world.nodes[dice.choice([KE, TZ, UG])].run(lambda tx: wish_refresh(tx, channel))
        nudge(world, dice)
        if dice.random() < 0.3:
            disturb(world, dice.choice(list(world.nodes.values())), dice)
    for _ in range(3):
        world.start(KE, TZ, UG)
        world.advance(60)
    used: Counter[tuple[object, ...]] = Counter()
    for node in world.nodes.values():
        for author, texts in sent.items():
            assert said(node, matter, author) == texts, (node.authority, author)
        check_keys(node, used)
        assert node.read(lambda tx: own_entries.outgoing(tx.connection)) == []
        assert node.read(lambda tx: [each for each in events(tx) if each.kind is EventKind.TROUBLE]) == []
    assert used
    assert max(used.values()) == 1
    assert world.relay.logs[channel].last_commit > 1
    assert world.epochs(channel) == 1
    world.close()
