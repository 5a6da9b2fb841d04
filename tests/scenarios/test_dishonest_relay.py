"""A relay that lies is noticed, reported to the officer, and believed in nothing (DESIGN section 1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import access_digest
from rogatory.protocol.frames.client import Append
from rogatory.protocol.frames.server import ClaimedPackage, Code, Entries, Entry, Refused
from rogatory.protocol.header import Head, body_hash, next_header
from rogatory.protocol.receipt import Receipt, Stamped, issue
from tests.node.channels.looking import consult, state, texts, troubles, write
from tests.node.harness import World
from tests.scenarios.simulated_relay import Line, Log, Membership, SimulatedRelay, Stored

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
Build = Callable[[type[SimulatedRelay]], tuple[World, str]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A world of three at that relay, with a consultation among them."""

    def world_of(relay_type: type[SimulatedRelay]) -> tuple[World, str]:
        world = World(tmp_path, [KE, TZ, UG], relay_type=relay_type)
        world.start(KE, TZ, UG)
        world.settle()
        return world, consult(world, KE, TZ, UG)

    return world_of


class Liar(SimulatedRelay):
    """Lies to `victim` once `lying` is set."""

    lying = False
    victim = TZ

    def lies_to(self, line: Line) -> bool:
        """Whether this reader is lied to now."""
        return self.lying and line.authority == self.victim


class Dropping(Liar):
    """Leaves an entry out for one member, and chains its log without it."""

    def deliver(self, line: Line, log: Log) -> None:
        """Show another log."""
        if not self.lies_to(line):
            super().deliver(line, log)
            return
        cursor = line.cursors.get(log.id)
        if cursor is None or log.head.seq < cursor + 2:
            return
        kept = log.entries[cursor + 1]
        before = log.entries[cursor - 1]
        header = next_header(log.id, Head(before.seq, before.head), kept.author, kept.form, kept.body_hash)
        line.cursors[log.id] = log.head.seq
        entry = Entry(header.seq, kept.author, kept.form, kept.time, kept.body)
        self.put(line, Entries(log.id, [entry], header.hash()))


class Reordering(Liar):
    """Swaps two entries for one member."""

    def deliver(self, line: Line, log: Log) -> None:
        """Deliver the two newest the wrong way round."""
        cursor = line.cursors.get(log.id)
        if not self.lies_to(line) or cursor is None or log.head.seq < cursor + 2:
            if not self.lies_to(line):
                super().deliver(line, log)
            return
        membership = log.memberships[line.authority]
        page = [self.shown(line, log, membership, each) for each in reversed(log.entries[cursor:])]
        line.cursors[log.id] = log.head.seq
        self.put(line, Entries(log.id, page, log.head.hash))


class Altering(Liar):
    """Changes the body of an entry."""

    def shown(self, line: Line, log: Log, membership: Membership, stored: Stored) -> Entry:
        """Flip a bit of what others wrote."""
        entry = super().shown(line, log, membership, stored)
        if self.lies_to(line) and entry.body is not None:
            body = entry.body[:-1] + bytes([entry.body[-1] ^ 1])
            return Entry(entry.seq, entry.author, entry.form, entry.time, body)
        return entry


class Impersonating(Liar):
    """Names another author than the one who sealed the entry, in a log made to fit."""

    def store(self, log: Log, author: str, frame: Append) -> Stored:
        """Write the wrong name down."""
        return super().store(log, UG if self.lying and author == KE else author, frame)


class Replaying(Liar):
    """Appends an old entry again by itself."""

    def find(self, log: Log, body: bytes) -> Stored | None:
        """Do not recognise it."""
        return None if self.lying else super().find(log, body)


class Confused(Liar):
    """Says that another commit is the last one."""

    def judge(self, line: Line, log: Log | None, frame: Append) -> Refused | None:
        """Refuse what stands on the true base."""
        if self.lies_to(line) and log is not None:
            return Refused(frame.ref, Code.STALE_BASE, "read on", log.last_commit)
        return super().judge(line, log, frame)


class Hiding(Liar):
    """Serves an authority that no member declared."""

    def access_told(self, line: Line, log: Log) -> bytes:
        """The digest of the list that it serves."""
        return access_digest([*log.access, "xx.spy"]) if self.lies_to(line) else super().access_told(line, log)


class Forgetful(Liar):
    """Was set back to an earlier state of its log."""


class Overpromising(Liar):
    """Gives receipts for another log than it shows."""

    def receipt(self, log: Log, seq: int, head: bytes, time: int) -> Receipt:
        """Sign another head."""
        if not self.lying:
            return super().receipt(log, seq, head, time)
        return issue(self.id, [Stamped(log.id, seq, body_hash(head), time)], self.keys.receipt.sign)[0]


class Unsigned(Liar):
    """Gives receipts that it did not sign."""

    def receipt(self, log: Log, seq: int, head: bytes, time: int) -> Receipt:
        """Sign with another key."""
        key = self.keys.identity if self.lying else self.keys.receipt
        return issue(self.id, [Stamped(log.id, seq, head, time)], key.sign)[0]


class Swapping(Liar):
    """Hands out its own key package in another's name."""

    def hand_out(self, authority: str) -> ClaimedPackage | None:
        """Uganda's instead of Tanzania's."""
        honest = super().hand_out(UG if self.lying and authority == TZ else authority)
        return None if honest is None else ClaimedPackage(authority, honest.key_package, honest.last_resort)


class Forging(Liar):
    """Makes acknowledgements up."""

    def tell_acknowledgements(self, line: Line, log: Log, current: list[Acknowledgement]) -> None:
        """Pretend that more was read than was."""
        if self.lying:
            head = log.head
            current = [
                Acknowledgement(log.id, each.member, each.key_set, head.seq, head.hash, [], each.signature)
                for each in current
            ]
        super().tell_acknowledgements(line, log, current)


@pytest.mark.parametrize(
    ("relay_type", "told"),
    [
        (Dropping, [Trouble.SEEN, Trouble.UNREADABLE, Trouble.FORK]),  # one member's word, then a second one's
        (Reordering, [Trouble.LOG_BROKEN]),
        (Altering, [Trouble.LOG_BROKEN]),
    ],
)
def test_a_log_that_was_tampered_with_halts_the_channel(
    build: Build, relay_type: type[Liar], told: list[Trouble]
) -> None:
    world, matter = build(relay_type)
    tz = world.nodes[TZ]
    relay = world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    write(world.nodes[KE], matter, "one")
    world.settle()
    write(world.nodes[UG], matter, "two")
    world.settle()
    write(world.nodes[KE], matter, "three")
    world.settle()
    assert troubles(tz) == told
    assert state(tz, bytes.fromhex(matter)) is ChannelState.HALTED
    assert texts(tz, matter) == ["first"]
    write(tz, matter, "not sent")
    world.settle()
    assert "not sent" not in texts(world.nodes[KE], matter)
    world.close()


def test_a_partition_shows_as_soon_as_a_message_crosses_it(build: Build) -> None:
    """Two members are shown different logs; the first entry, receipt or acknowledgement that crosses tells."""
    world, matter = build(SimulatedRelay)
    channel = bytes.fromhex(matter)
    tz = world.nodes[TZ]
    log = world.relay.logs[channel]
    tz.disconnect("relay.one")
    write(world.nodes[KE], matter, "in the one log")
    world.settle()
    other = Log(channel, log.entries[:2], log.last_commit, log.access, log.memberships)
    world.relay.logs[channel] = other
    for name in (KE, UG):
        world.nodes[name].disconnect("relay.one")
    world.start(TZ)
    write(tz, matter, "in the other log")
    world.settle()
    world.relay.logs[channel] = log
    tz.disconnect("relay.one")
    world.start(KE, UG, TZ)
    world.settle()
    assert Trouble.LOG_BROKEN in troubles(tz) or Trouble.FORK in troubles(tz)
    assert state(tz, channel) is ChannelState.HALTED
    world.close()


def test_an_entry_under_another_name_is_not_accepted(build: Build) -> None:
    world, matter = build(Impersonating)
    relay = world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    write(world.nodes[KE], matter, "mine")
    world.settle()
    assert Trouble.AUTHOR in troubles(world.nodes[TZ])
    assert texts(world.nodes[TZ], matter) == ["first"]
    assert world.nodes[TZ].world.relay.logs[bytes.fromhex(matter)].acknowledgements[TZ].excepted == [3]
    world.close()


def test_a_replayed_entry_opens_for_nobody(build: Build) -> None:
    world, matter = build(Replaying)
    channel = bytes.fromhex(matter)
    relay = world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    log = relay.logs[channel]
    old = log.entries[1]
    assert old.body is not None
    relay.store(log, old.author, Append(1, channel, log.last_commit, old.form, old.body))
    relay.broadcast(log)
    world.settle()
    assert troubles(world.nodes[TZ]) == [Trouble.UNREADABLE]
    assert texts(world.nodes[TZ], matter) == ["first"]
    world.close()


def test_a_lie_about_the_base_is_told_and_ends_with_the_lie(build: Build) -> None:
    world, matter = build(Confused)
    tz, relay = world.nodes[TZ], world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    write(tz, matter, "held up")
    world.advance(300)
    assert Trouble.BASE in troubles(tz)
    relay.lying = False
    world.advance(300)
    assert texts(world.nodes[KE], matter) == ["first", "held up"]
    world.close()


def test_a_false_access_list_is_told(build: Build) -> None:
    world, _ = build(Hiding)
    tz, relay = world.nodes[TZ], world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    tz.disconnect("relay.one")
    world.start(TZ)
    world.settle()
    assert troubles(tz) == [Trouble.ACCESS_LIST]
    world.close()


def test_a_relay_that_was_set_back_halts_the_channel(build: Build) -> None:
    world, matter = build(Forgetful)
    tz = world.nodes[TZ]
    tz.disconnect("relay.one")
    world.relay.logs[bytes.fromhex(matter)].entries.pop()
    world.start(TZ)
    world.settle()
    assert troubles(tz) == [Trouble.LOG_ROLLED_BACK]
    assert state(tz, bytes.fromhex(matter)) is ChannelState.HALTED
    world.close()


@pytest.mark.parametrize(
    ("relay_type", "trouble", "after"),
    [
        (Overpromising, Trouble.FORK, ChannelState.HALTED),
        (Unsigned, Trouble.RECEIPT, ChannelState.OPEN),
    ],
)
def test_a_receipt_that_proves_nothing(
    build: Build, relay_type: type[Liar], trouble: Trouble, after: ChannelState
) -> None:
    world, matter = build(relay_type)
    relay = world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    write(world.nodes[KE], matter, "receipted")
    world.settle()
    assert troubles(world.nodes[KE]) == [trouble]
    assert state(world.nodes[KE], bytes.fromhex(matter)) is after
    world.close()


def test_a_swapped_key_package_is_not_used(build: Build) -> None:
    world, _ = build(Swapping)
    relay = world.relay
    assert isinstance(relay, Liar)
    relay.lying = True
    consult(world, KE, TZ)
    assert Trouble.KEY_PACKAGE in troubles(world.nodes[KE])
    assert len(relay.logs) == 1  # nothing was founded for the wrong member
    relay.lying = False
    world.advance(120)
    assert len(relay.logs) == 2
    world.close()


def test_a_forged_acknowledgement_proves_no_delivery(build: Build) -> None:
    world, matter = build(Forging)
    relay = world.relay
    assert isinstance(relay, Liar)
    world.nodes[TZ].disconnect("relay.one")
    write(world.nodes[KE], matter, "not read by Tanzania")
    world.settle()
    relay.lying = True
    world.nodes[KE].disconnect("relay.one")
    world.start(KE)
    world.settle()
    assert Trouble.ACKNOWLEDGEMENT in troubles(world.nodes[KE])
    world.close()
