"""Keys in channels are renewed by and by: where documents pass, and much later where none do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from rogatory.node.channels.states import ChannelState
from rogatory.node.matters.commands import leave
from rogatory.node.store import groups
from rogatory.node.store.groups import Role
from rogatory.node.transaction import Tx
from tests.node.channels.looking import consult, state, troubles, write
from tests.node.harness import World

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
DAY = 24 * 3600


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path, [KE, TZ, UG])
    opened.start(KE, TZ, UG)
    opened.settle()
    yield opened
    opened.close()


def commits(world: World, channel: bytes, *, after: int = 0) -> list[str]:
    """Authors of what stands in the log after an entry."""
    return [entry.author for entry in world.relay.logs[channel].entries[after:]]


def days(world: World, count: int) -> None:
    """Let days pass, in which the publisher confirms the directory."""
    for _ in range(count):
        world.advance(DAY)
        world.simulator.shift += timedelta(days=1)
        world.simulator.renew()
        world.publish()
        world.settle()


def _group(channel: bytes, role: Role, tx: Tx) -> object:
    return groups.get(tx.connection, channel, role)


def test_each_member_of_a_channel_in_use_renews_its_keys_within_two_days(world: World) -> None:
    channel = bytes.fromhex(consult(world, KE, TZ, UG))
    leaves = {member.leaf_node.encryption_key for member in world.group(world.nodes[KE], channel).members()}
    write(world.nodes[TZ], channel.hex(), "activity")
    world.settle()
    before = len(world.relay.logs[channel].entries)
    days(world, 2)
    assert sorted(commits(world, channel, after=before)) == [KE, TZ, UG]
    after = {member.leaf_node.encryption_key for member in world.group(world.nodes[KE], channel).members()}
    assert not leaves & after
    assert world.epochs(channel) == 1
    assert not troubles(world.nodes[KE])


def test_commits_alone_are_no_activity(world: World) -> None:
    channel = bytes.fromhex(consult(world, KE, TZ, UG))
    days(world, 2)
    before = len(world.relay.logs[channel].entries)
    days(world, 20)
    stated = [KE]  # that nobody has opened the consultation: nodes write that by themselves, it is no activity
    assert commits(world, channel, after=before) == stated
    days(world, 14)
    assert sorted(commits(world, channel, after=before)) == sorted([*stated, KE, TZ, UG])


def test_who_left_holds_no_keys_of_the_channel(world: World) -> None:
    channel = bytes.fromhex(consult(world, KE, TZ, UG))
    ug = world.nodes[UG]
    ug.run(lambda tx: leave(tx, channel.hex(), "done"))
    world.advance(60)
    assert state(ug, channel) is ChannelState.CLOSED
    for role in (Role.CURRENT, Role.PENDING):
        assert ug.read(partial(_group, channel, role)) is None
