"""Appending an entry within a transaction: repetition, founding, base, access list, invitation."""

from __future__ import annotations

import hashlib
from typing import Final

from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Head, genesis, next_header
from rogatory.protocol.receipt import Stamped
from rogatory.relay import log
from rogatory.relay.errors import Refusal
from rogatory.relay.log import ChannelState
from rogatory.relay.store.answers import Placed
from rogatory.relay.store.interface import InvitationsWaiting, NewEntry
from rogatory.relay.store.postgresql import access, blobs
from rogatory.relay.store.postgresql.transaction import Needs, Stood, Transaction, columns

_ADD_CHANNEL: Final = """
    INSERT INTO channels (channel, founder, created, seq, head, last_commit, access, cleared)
    VALUES ($1, $2, $3, 0, $4, 0, '', 0) RETURNING number"""
_ADD_INVITATION: Final = """
    INSERT INTO invitations (channel, seq, author, time, size, info) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"""
_ADD_JOINERS: Final = """
    INSERT INTO joiners (invitation, authority, secrets)
    SELECT $1, authority, secrets FROM unnest($2::text[], $3::bytea[]) AS given (authority, secrets)"""


class AppendEntry:
    """The operation: append `entry`, or find that it stands already; once refused, refused for its whole lane."""

    __slots__ = ("_hash", "entry")

    def __init__(self, entry: NewEntry) -> None:
        self.entry = entry
        self._hash = hashlib.sha256(entry.body).digest()

    def note(self, needs: Needs) -> None:
        """See Operation."""
        entry = self.entry
        needs.channels.add(entry.channel)
        needs.members.add((entry.channel, entry.author))
        needs.bodies.add((entry.channel, self._hash))
        needs.charged.add(entry.author)

    async def run(self, transaction: Transaction) -> Placed:
        """See Operation."""
        lane = self.entry.lane
        try:
            if lane.refused or lane in transaction.refused:
                raise Refusal(Code.NOT_RESUMED, log.NOT_RESUMED)
            return await _append(transaction, self.entry, self._hash)
        except Refusal:
            transaction.refused.add(lane)
            raise


async def _append(transaction: Transaction, entry: NewEntry, body_hash: bytes) -> Placed:
    """The order of the checks is API.md's, under `append`."""
    state = transaction.channel(entry.channel)
    if state is not None:
        stood = transaction.find(state.number, body_hash)
        if stood is not None:
            log.check_repeated(stood.author, entry.author)
            return _placed(entry.channel, stood, repeated=True)
        log.check_member(transaction.member(state.number, entry.author))
        log.check_base(state, entry.base)
    else:
        log.check_founding(entry.base, entry.commit, entry.access, entry.may_found)
    if entry.access is not None:
        log.check_access(entry.access, entry.author)
    if entry.invitation is not None:
        log.check_invitation_base(state, entry.seen)
        log.check_joiners(entry.invitation.joiners, entry.access or await access.declared(transaction, state))
    attached = await blobs.check(transaction, entry.author, entry.blobs) if entry.blobs else []
    size = len(entry.body) + log.invitation_size(entry.invitation)
    transaction.charge(entry.author, size, founded=int(state is None))
    if state is None:
        state = await _found(transaction, entry)
    header = next_header(entry.channel, state.head, entry.author, entry.form, body_hash)
    head = Head(header.seq, header.hash())
    if entry.access is not None:
        await access.declare(transaction, entry.channel, state, entry.access, entry.author, head.seq)
    stood = transaction.add_entry(entry, state, head, body_hash)
    if attached:
        await blobs.refer(transaction, attached, state.number, head.seq)
    if entry.commit:
        state.last_commit = head.seq
    if entry.invitation is not None:
        await _invite(transaction, entry, state.number, stood, entry.invitation)
    return _placed(entry.channel, stood, repeated=False)


def _placed(channel: bytes, stood: Stood, repeated: bool) -> Placed:
    return Placed(Stamped(channel, stood.seq, stood.head, stood.time), repeated)


async def _found(transaction: Transaction, entry: NewEntry) -> ChannelState:
    """Raises UniqueViolationError, on which the batch is run again, if another replica founds it at this moment."""
    head = genesis(entry.channel)
    number = await transaction.connection.fetchval(
        _ADD_CHANNEL, entry.channel, entry.author, transaction.now, head.hash
    )
    state = ChannelState(number, head, 0, b"")
    transaction.add_channel(entry.channel, state)
    return state


async def _invite(transaction: Transaction, entry: NewEntry, number: int, stood: Stood, invitation: Invitation) -> None:
    connection, size = transaction.connection, log.invitation_size(invitation)
    invitation_id = await connection.fetchval(
        _ADD_INVITATION, number, stood.seq, entry.author, stood.time, size, invitation.info
    )
    joiners = [(joiner.authority, joiner.secrets) for joiner in invitation.joiners]
    if joiners:
        await connection.execute(_ADD_JOINERS, invitation_id, *columns(joiners))
    transaction.events.extend(InvitationsWaiting(joiner.authority) for joiner in invitation.joiners)
