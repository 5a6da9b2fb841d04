"""The recorder of key use sees what it is there to see."""

from __future__ import annotations

import os
from pathlib import Path

from rogatory.node.channels.commands import wish_refresh
from tests.node.channels.looking import consult, write
from tests.node.harness import World
from tests.scenarios.key_use import KeyUse, follow, key_use

KE, TZ = "ke.central", "tz.central"


def test_a_key_used_twice_is_seen_in_any_epoch(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, TZ])
    world.start(KE, TZ)
    world.settle()
    channel = bytes.fromhex(matter := consult(world, KE, TZ))
    observer, ke = world.group(world.nodes[TZ], channel), world.nodes[KE]
    for _ in range(3):
        ke.run(lambda tx: wish_refresh(tx, channel))
        world.settle()
        write(ke, matter, "a document")
        world.settle()
    bodies = [entry.body for entry in world.relay.logs[channel].entries if entry.body is not None]
    epochs = follow(observer, bodies)
    assert sorted(epochs) == [1, 2, 3, 4]
    # Nothing in the log used a key that something else in it used; the founding commit is of before.
    used = [key_use(epochs, body) for body in bodies]
    assert used[0] is None
    assert len(set(used)) == len(used) == 8
    # A sender whose state was set back uses a key again, and the bytes differ.
    sender = world.group(ke, channel)
    bytes_of = [sender.protect(b"data", random=os.urandom)[1] for _ in range(2)]
    assert bytes_of[0] != bytes_of[1]
    again = [key_use(epochs, body) for body in bytes_of]
    assert again == [KeyUse(4, sender.own_leaf, False, 1)] * 2
    world.close()
