"""Authorities' registries round a log on paper: what documents mean, tested without MLS and without a relay.

Each office has its own encrypted database and the real Registry. The log carries what the offices queued to every
member in one order, and carries out their wishes if each member's policy allows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from rogatory.keys.identity import Identity
from rogatory.node.channels.hooks import Arrival, JoinInfo, JudgingFacts, Kind
from rogatory.node.channels.states import ChannelState
from rogatory.node.inbox import queries as inbox
from rogatory.node.inbox.events import Event, EventKind
from rogatory.node.registry import Registry
from rogatory.node.store import channels, members, outbox, wishes
from rogatory.node.store.channels import ChannelRow
from rogatory.node.store.database import Database
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.wishes import Wish, WishKind
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import open_consent, open_document, peek_document
from rogatory.protocol.judgement import MatterPolicy, VoidDocument
from rogatory.protocol.receipt import Receipt
from tests.keys.simulator import DirectorySimulator

P = ParamSpec("P")
T = TypeVar("T")
RELAY = "relay.one"


class OneClock:
    """The relay's clock, which every office that is online reads along with every log."""

    def __init__(self, now: float) -> None:
        self._now = now

    def at(self, channel: bytes) -> float | None:
        """As of `RelayClocks`."""
        return self._now

    def latest(self) -> float | None:
        """As of `RelayClocks`."""
        return self._now


class Office:
    """One authority's node, as far as documents are concerned."""

    def __init__(self, folder: Path, identity: Identity, offices: Offices) -> None:
        self.identity = identity
        self.authority = identity.authority
        self.registry = Registry()
        self.database = Database(folder / f"{identity.authority}.db", bytes(32))
        self.live_since: float | None = None
        """Since when its channels are read as their logs grow (`channels.hooks.Live`)."""
        self.online = True
        self.wake_at: float | None = None
        """When it wants to look at due dates again."""
        self._offices = offices
        self._count = 0

    def run(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A command or a query, in one transaction as the core would run it."""
        with self.database.begin() as connection:
            tx = Tx(connection, self.identity, self._offices.now, self._random, self._offices.directory)
            result = work(tx, *args, **kwargs)
            self.registry.due(tx, lambda channel: self.live_since)
            if self.online:
                self.wake_at = self.registry.remind(tx, OneClock(self._offices.now))
        return result

    def store(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A function of a store, in one transaction."""
        with self.database.begin() as connection:
            return work(connection, *args, **kwargs)

    def events(self, kind: EventKind | None = None) -> list[Event]:
        """What its inbox tells."""
        return [event for event in self.run(inbox.events) if kind is None or event.kind is kind]

    def _random(self, length: int) -> bytes:
        self._count += 1
        seed = f"{self.authority} {self._count}".encode()
        return hashlib.shake_256(seed).digest(length)


class Offices:
    """All offices, their directory and clock, and the logs between them."""

    def __init__(self, folder: Path, simulator: DirectorySimulator, *authorities: str) -> None:
        self.simulator = simulator
        self.now = float(int(simulator.now().timestamp()))
        self.directory = simulator.directory()
        self._logs: dict[bytes, list[str]] = {}
        self.members: dict[bytes, list[str]] = {}
        self._offices = {name: Office(folder, simulator.identity(name), self) for name in authorities}

    def __getitem__(self, authority: str) -> Office:
        return self._offices[authority]

    def close(self) -> None:
        """Close the databases."""
        for office in self._offices.values():
            office.database.close()

    def refresh(self) -> None:
        """Everybody has the directory as published now."""
        self.directory = self.simulator.directory()

    def settle(self) -> None:
        """Let the log carry everything until nobody has anything to do."""
        busy = True
        while busy:
            busy = False
            for office in self._offices.values():
                busy |= self._found(office) or self._carry(office) or self._grant(office)

    def acknowledge(
        self, channel: bytes, member: str, seq: int | None = None, excepted: list[int] | None = None
    ) -> None:
        """`member` acknowledges the log, up to its end or up to `seq`, to all others."""
        seq = len(self._logs[channel]) if seq is None else seq
        acknowledgement = Acknowledgement(channel, member, 1, seq, bytes(32), excepted or [])
        for name in self.members[channel]:
            if name != member:
                self[name].run(self[name].registry.acknowledged, channel, acknowledgement)

    def deliver(self, channel: bytes, author: str, envelope: bytes, *, original_seq: int | None = None) -> int:
        """Put a document into the log, whatever its author's own node would say; gives its seq."""
        seq = self._append(channel, author)
        pin = self._pin(channel)
        peeked = peek_document(envelope)
        opener = open_consent if peeked.is_consent else open_document
        document = opener(envelope, self.directory.document_keys)
        for name in self.members[channel]:
            arrival = Arrival(
                seq=seq,
                author=author,
                time=int(self.now * 1000),
                message_id=document.payload.message_id,
                document=document,
                pin=pin,
                own=name == author,
                shared=original_seq is not None,
                original_seq=original_seq,
            )
            self[name].run(_arrive, self[name], channel, arrival)
        return seq

    def log(self, channel: bytes) -> list[str]:
        """The authors of a log's entries."""
        return self._logs[channel]

    def _append(self, channel: bytes, author: str) -> int:
        self._logs.setdefault(channel, []).append(author)
        self.now += 1
        return len(self._logs[channel])

    def _pin(self, channel: bytes) -> DirectoryPin:
        roster = self.directory.roster_of_channel(channel)
        network = 0 if roster is None else self.directory.network_versions[roster.id]
        return DirectoryPin(self.directory.targets_version, network)

    def _found(self, office: Office) -> bool:
        rows = office.store(channels.every, [ChannelState.FOUNDING])
        for row in rows:
            joiners = [wish.authority for wish in office.store(_take_wishes, row.id, self.now)]
            self.members[row.id] = [office.authority]
            seq = self._append(row.id, office.authority)
            row.state = ChannelState.OPEN
            office.store(channels.update, row)
            office.store(members.added, row.id, [office.authority], seq)
            office.run(office.registry.founded, row.id)
            self._join(office, row, seq, joiners, None)
        return bool(rows)

    def _carry(self, office: Office) -> bool:
        queued = [
            row
            for channel in office.store(outbox.channels_with_queued)
            for row in office.store(outbox.queued, channel, 100)
        ]
        for row in queued:
            assert row.envelope is not None
            office.store(outbox.set_state, [row.number], OutboxState.LOGGED)
            seq = self.deliver(row.channel, office.authority, row.envelope, original_seq=row.original_seq)
            receipt = Receipt(RELAY, row.channel, seq, bytes(32), int(self.now * 1000), 0, 1, [], bytes(64))
            office.run(office.registry.accepted, row.channel, row.message_id, receipt)
        return bool(queued)

    def _grant(self, office: Office) -> bool:
        busy = False
        for channel in office.store(wishes.channels):
            row = office.store(channels.get, channel)
            assert row is not None
            for wish in office.store(_take_wishes, channel, self.now):
                present = wish.authority in self.members[channel]
                if wish.kind is WishKind.ADD and not present:
                    self._check_amendment(channel, wish)
                    self._join(office, row, self._append(channel, office.authority), [wish.authority], wish.amendment)
                elif wish.kind is WishKind.REMOVE and present:
                    self._commit(office, channel, [], [wish.authority])
                busy = True
        return busy

    def _check_amendment(self, channel: bytes, wish: Wish) -> None:
        """Every member's policy allows the addition, as it would where a commit is judged."""
        for name in self.members[channel]:
            policy = self[name].run(self[name].registry.policy, channel, JudgingFacts(self._pin(channel), {}))
            if isinstance(policy, MatterPolicy):
                assert wish.amendment is not None
                assert wish.authority in policy.amendments[wish.amendment]

    def _commit(self, office: Office, channel: bytes, added: list[str], removed: list[str]) -> None:
        seq = self._append(channel, office.authority)
        for name in self.members[channel]:
            self._apply(self[name], channel, seq, office.authority, added, removed, None)
        self.members[channel] = [name for name in self.members[channel] if name not in removed] + added

    def _apply(
        self,
        office: Office,
        channel: bytes,
        seq: int,
        committer: str,
        added: list[str],
        removed: list[str],
        amendment: bytes | None,
    ) -> None:
        def apply(tx: Tx) -> None:
            members.removed(tx.connection, channel, removed, seq)
            members.added(tx.connection, channel, added, seq)
            time = int(self.now * 1000)
            office.registry.commit_applied(tx, channel, seq, time, committer, added, removed, amendment)

        office.run(apply)

    def _join(self, office: Office, row: ChannelRow, seq: int, joiners: list[str], amendment: bytes | None) -> None:
        introduction = office.run(office.registry.introduction, row.id)
        policy = office.run(office.registry.policy, row.id, JudgingFacts(self._pin(row.id), {}))
        matter = policy if isinstance(policy, MatterPolicy) else MatterPolicy()
        for name in self.members[row.id]:
            self._apply(self[name], row.id, seq, office.authority, joiners, [], amendment)
        self.members[row.id] += joiners
        info = JoinInfo(
            kind=Kind(row.kind or ""),
            relay=row.relay,
            network=row.network,
            charter_digest=row.charter_digest,
            introduction=introduction,
            committer=office.authority,
            members=tuple(self.members[row.id]),
            pin=self._pin(row.id),
            notices=tuple(introduction.notices.values()),
            rejoined=False,
            left=matter.left,
            suspended=matter.suspended,
        )
        for name in joiners:
            self[name].run(_come_in, self[name], row, info, seq)


def _come_in(tx: Tx, office: Office, row: ChannelRow, info: JoinInfo, seq: int) -> None:
    if channels.get(tx.connection, row.id) is None:
        known = ChannelRow(row.id, row.relay, ChannelState.OPEN, tx.now, row.kind, row.network, row.charter_digest)
        channels.insert(tx.connection, known)
    members.added(tx.connection, row.id, list(info.members), seq)
    office.registry.joined(tx, row.id, info)


def _take_wishes(connection: Connection, channel: bytes, now: float) -> list[Wish]:
    found = [wish for wish in wishes.of_channel(connection, channel) if wish.due_at is None or wish.due_at <= now]
    wishes.delete(connection, [wish.number for wish in found])
    return found


def _arrive(tx: Tx, office: Office, channel: bytes, arrival: Arrival) -> None:
    try:
        office.registry.document_arrived(tx, channel, arrival)
    except VoidDocument as void:
        office.registry.document_void(tx, channel, arrival, void)
