"""A node that was away through 50 epochs and 2,000 messages catches up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rogatory.node.channels.commands import wish_refresh
from rogatory.node.matters.commands import say
from tests.node.channels.looking import consult, texts, troubles
from tests.node.harness import World

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
EPOCHS = 50
MESSAGES = 2_000


def test_fifty_epochs_and_two_thousand_messages(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, TZ, UG])
    world.start(KE, TZ, UG)
    world.settle()
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    world.nodes[TZ].disconnect("relay.one")
    writers = [world.nodes[KE], world.nodes[UG]]
    for number in range(MESSAGES):
        writers[number % 2].run(partial(say, matter=matter, text=f"message {number}", subject="s"))
        if number % (MESSAGES // EPOCHS) == 0:
            world.settle()
            writers[number // (MESSAGES // EPOCHS) % 2].run(lambda tx: wish_refresh(tx, channel))
    world.settle()
    assert world.group(world.nodes[KE], channel).epoch >= EPOCHS
    world.start(TZ)
    world.settle()
    read = texts(world.nodes[TZ], matter)
    assert len(read) == MESSAGES + 1
    assert read == texts(world.nodes[KE], matter)
    assert world.epochs(channel) == 1
    assert world.relay.logs[channel].acknowledgements[TZ].seq == world.relay.logs[channel].head.seq
    assert all(troubles(node) == [] for node in world.nodes.values())
    world.close()
