"""One transaction's work on channels: its database, what memory holds, and who is asked what documents mean."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rogatory.node.channels.hooks import Hooks, JudgingFacts
from rogatory.node.channels.open_rejoins import open_rejoins
from rogatory.node.channels.profile import members_of, restore_group
from rogatory.node.channels.session import Session
from rogatory.node.channels.states import TRANSITIONS, ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import NotFound
from rogatory.node.faults import FAULTS, NOT_OF_ONE
from rogatory.node.store import channels, groups, log
from rogatory.node.store.channels import ChannelRow
from rogatory.node.store.groups import Role
from rogatory.node.store.log import HeaderRow
from rogatory.node.store.rejoins import waiting_rejoins
from rogatory.node.transaction import Tx
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.header import Form, Head, Header, genesis
from rogatory.protocol.judgement import ChannelPolicy, CommitFacts, RejoinNotice
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackage
from rogatory.protocol.text import message

END: Final = 2**53 - 1
"""After every entry that a log may have."""

CACHED_CHANNELS = 256
CACHED_HEADS = 512
"""Of each channel: entries rarely say that their author saw a log much shorter."""


class ChannelFailed(Exception):
    """A fault of this program in one channel; its cause is what was raised. Nothing of the transaction may stand.

    No relative of what is caught on the way: what it tells is for the core alone.
    """

    def __init__(self, channel: bytes) -> None:
        super().__init__(channel.hex())
        self.channel = channel


class Channel:
    """A channel's working copy. Groups are frozen values: what differs from the stored one is written."""

    def __init__(self, row: ChannelRow, group: Group | None, pending: Group | None) -> None:
        self.row = row
        self.group = group
        self.pending = pending
        self._stored = {Role.CURRENT: group, Role.PENDING: pending}
        self._fresh: dict[int, HeaderRow] = {}
        self._heads: OrderedDict[int, bytes] = OrderedDict()
        self._row_before = _snapshot(row)

    @classmethod
    def load(cls, tx: Tx, row: ChannelRow) -> Channel:
        """A channel as stored. A group that cannot be restored is absent: the channel is to be rejoined."""
        return cls(row, _load_group(tx, row.id, Role.CURRENT), _load_group(tx, row.id, Role.PENDING))

    @property
    def id(self) -> bytes:
        """Channel id, 32 bytes."""
        return self.row.id

    @property
    def state(self) -> ChannelState:
        """Where it is in its life."""
        return ChannelState(self.row.state)

    @property
    def head(self) -> Head:
        """The log as processed."""
        return Head(self.row.head_seq, self.row.head_hash)

    @property
    def last_pin(self) -> DirectoryPin:
        """Of the last commit that stands."""
        return DirectoryPin(self.row.pin_targets, self.row.pin_network)

    @property
    def has_keys(self) -> bool:
        """Whether a group of it stands in the database or is about to."""
        return any(each is not None for each in (self.group, self.pending, *self._stored.values()))

    def enter(self, state: ChannelState) -> None:
        """Move to another state of the table in `states.py`."""
        if state not in TRANSITIONS[self.state]:
            raise RuntimeError(f"a channel does not go from {self.state} to {state}")
        self.row.state = state

    @property
    def resume_after(self) -> int:
        """Where the relay is to read on: who asks to be let in again can open nothing, and wants no entries."""
        return END if self.state is ChannelState.REJOINING else self.row.head_seq

    def in_group(self) -> Group:
        """The group in its present epoch."""
        if self.group is None:
            raise NotFound(message("the group of channel {id} is not here", id=self.id.hex()))
        return self.group

    def members(self) -> list[str]:
        """Members in leaf order; empty where there is no group."""
        return [] if self.group is None else members_of(self.group)

    def advance(self, header: Header) -> None:
        """Entry `header` is processed."""
        row = HeaderRow(self.id, header.seq, header.author, header.form, header.body_hash, header.hash())
        self._fresh[row.seq] = self._remember(row)
        self.row.head_seq, self.row.head_hash = row.seq, row.hash

    def head_at(self, tx: Tx, seq: int) -> bytes | None:
        """The head up to an entry, if this node holds that header."""
        if seq == 0:
            return genesis(self.id).hash
        known = self._heads.get(seq)
        return known if known is not None else log.head_hash(tx.connection, self.id, seq)

    def body_hash_at(self, tx: Tx, seq: int) -> bytes | None:
        """The body hash of an entry, if this node holds its header."""
        held = self.header_at(tx, seq)
        return None if held is None else held[2]

    def header_at(self, tx: Tx, seq: int) -> tuple[str, Form, bytes] | None:
        """Author, form and body hash of an entry, if this node holds its header."""
        fresh = self._fresh.get(seq)
        rows = [fresh] if fresh is not None else log.headers_between(tx.connection, self.id, seq, seq)
        return (rows[0].author, rows[0].form, rows[0].body_hash) if rows else None

    def _remember(self, row: HeaderRow) -> HeaderRow:
        self._heads[row.seq] = row.hash
        if len(self._heads) > CACHED_HEADS and next(iter(self._heads)) not in self._fresh:
            self._heads.popitem(last=False)
        return row

    def save(self, tx: Tx) -> None:
        """Write what changed."""
        for role, group in ((Role.CURRENT, self.group), (Role.PENDING, self.pending)):
            self._save_group(tx, role, group)
        log.append(tx.connection, list(self._fresh.values()))
        self._fresh = {}
        if _snapshot(self.row) != self._row_before:
            channels.update(tx.connection, self.row)
            self._row_before = _snapshot(self.row)

    def _save_group(self, tx: Tx, role: Role, group: Group | None) -> None:
        stored = self._stored[role]
        if group is stored:
            return
        if group is None:
            groups.delete(tx.connection, self.id, role)
        else:
            if stored is None or stored.state is not group.state:
                groups.put_epoch(tx.connection, self.id, role, group.epoch_state())
            if stored is None or stored.messages is not group.messages:
                groups.put_messages(tx.connection, self.id, role, group.message_state())
        self._stored[role] = group


@dataclass(slots=True)
class Memory:
    """What outlives a transaction and not the process."""

    sessions: dict[str, Session] = field(default_factory=dict)
    channels: OrderedDict[bytes, Channel] = field(default_factory=OrderedDict)
    packages: dict[str, list[KeyPackage]] = field(default_factory=dict)
    """Claimed for commits that are not made yet, by authority."""
    told: set[tuple[bytes | None, Trouble, str]] = field(default_factory=set)
    """Troubles that last and were told once in this process."""
    aside: set[bytes] = field(default_factory=set)
    """Channels that are left alone for as long as this process runs: a fault of this program came of each."""


@dataclass(slots=True)
class Work:
    """See the module's text."""

    tx: Tx
    hooks: Hooks
    memory: Memory
    helpers: Executor | None = None
    """Threads for what can be done beside the core's own."""
    touched: set[bytes] = field(default_factory=set)
    wake: list[float] = field(default_factory=list)
    """When something falls due (Unix seconds)."""

    def channel(self, channel: bytes) -> Channel | None:
        """A channel's working copy."""
        cached = self.memory.channels.get(channel)
        if cached is None:
            row = channels.get(self.tx.connection, channel)
            if row is None:
                return None
            cached = Channel.load(self.tx, row)
            self.memory.channels[channel] = cached
        self.memory.channels.move_to_end(channel)
        self.touched.add(channel)
        return cached

    @contextmanager
    def on_account_of(self, channel: bytes) -> Iterator[None]:
        """What is done within is done for this channel alone. Raises ChannelFailed for a fault of this program."""
        try:
            yield
        except NOT_OF_ONE:
            raise
        except FAULTS as error:
            raise ChannelFailed(channel) from error

    def session(self, relay: str) -> Session | None:
        """The link to a relay, if it stands."""
        return self.memory.sessions.get(relay)

    def policy(self, channel: Channel, facts: CommitFacts | None = None) -> ChannelPolicy:
        """By what the channel's next commit, whose facts these are, is judged; without any: one of this node's now."""
        pin = self.pin(channel) if facts is None else facts.declaration.directory
        counting = {row.seq for row in open_rejoins(self.tx, channel.id, pin)}
        rejoins = {
            row.seq: RejoinNotice(row.authority, row.key_package_ref, counts=row.seq in counting)
            for row in waiting_rejoins(self.tx.connection, channel.id)
        }
        return self.hooks.policy(self.tx, channel.id, JudgingFacts(channel.last_pin, rejoins))

    def pin(self, channel: Channel) -> DirectoryPin:
        """The directory in use, as an entry of this channel names it."""
        directory = self.tx.directory
        network = 0 if channel.row.network is None else directory.network_versions.get(channel.row.network, 0)
        return DirectoryPin(directory.targets_version, network)

    def trouble(self, channel: bytes | None, code: Trouble, explanation: str) -> None:
        """Tell the officer."""
        self.hooks.trouble(self.tx, channel, code, explanation)

    def trouble_once(self, channel: bytes | None, code: Trouble, explanation: str) -> None:
        """Tell the officer, once while the process runs, of something that lasts."""
        if (channel, code, explanation) not in self.memory.told:
            self.memory.told.add((channel, code, explanation))
            self.trouble(channel, code, explanation)

    def save(self) -> None:
        """Write all working copies, and keep the newest in memory."""
        for channel in self.touched:
            with self.on_account_of(channel):
                self.memory.channels[channel].save(self.tx)
        while len(self.memory.channels) > CACHED_CHANNELS:
            self.memory.channels.popitem(last=False)


def _snapshot(row: ChannelRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in row.__slots__)


def _load_group(tx: Tx, channel: bytes, role: Role) -> Group | None:
    stored = groups.get(tx.connection, channel, role)
    if stored is None:
        return None
    try:
        return restore_group(*stored)
    except MLSError:
        return None
