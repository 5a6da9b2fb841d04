"""Appending an entry within a transaction: repetition, founding, base, access list, invitation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Head, genesis, header_hash
from rogatory.protocol.receipt import Stamped
from rogatory.relay import log
from rogatory.relay.errors import Refusal
from rogatory.relay.log import ChannelState
from rogatory.relay.store.answers import Placed
from rogatory.relay.store.interface import InvitationsWaiting, NewEntry
from rogatory.relay.store.schema import channels, invitations, joiners
from rogatory.relay.store.sqlite import access, blobs
from rogatory.relay.store.sqlite.statements import parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

_ADD_CHANNEL = sql(
    channels.insert().values(
        {name: parameter(name) for name in channels.c.keys() if name != "number"}  # noqa: SIM118 a column collection
    )
)
_ADD_INVITATION = sql(
    invitations.insert().values(
        {name: parameter(name) for name in invitations.c.keys() if name != "id"}  # noqa: SIM118
    )
)
_ADD_JOINER = sql(
    joiners.insert().values(
        invitation=parameter("invitation"), authority=parameter("authority"), secrets=parameter("secrets")
    )
)


def body_hashes(new: Sequence[NewEntry]) -> list[bytes]:
    """What `append` wants of each entry; no transaction is held up by it."""
    sha256 = hashlib.sha256
    return [sha256(entry.body).digest() for entry in new]


def append(transaction: Transaction, entry: NewEntry, body_hash: bytes) -> Placed | Refusal:
    """Append `entry`, or find that it stands already; once refused, refused for its whole lane."""
    lane = entry.lane
    if lane.refused:
        return Refusal(Code.NOT_RESUMED, log.NOT_RESUMED)
    try:
        return _append(transaction, entry, body_hash)
    except Refusal as refusal:
        if transaction.learns_of(entry.channel, body_hash):  # that it stands comes before every other judgement
            return append(transaction, entry, body_hash)
        lane.refused = True
        transaction.refused.append(lane)
        return refusal


def _append(transaction: Transaction, entry: NewEntry, body_hash: bytes) -> Placed:
    state, member = transaction.channel(entry.channel), None
    if state is not None:
        # Repetition is judged before anything else: the first answer may have been lost (DESIGN section 1).
        found = transaction.find(state.number, body_hash)
        if found is not None:
            return _repeated(entry, *found)
        member = transaction.member(state.number, entry.author)
        log.check_member(member)
        log.check_base(state, entry.base)
    else:
        log.check_founding(entry.base, entry.commit, entry.access, entry.may_found)
    if entry.access is not None:
        log.check_access(entry.access, entry.author)
    if entry.invitation is not None:
        log.check_invitation_base(state, entry.seen)
        log.check_joiners(entry.invitation.joiners, entry.access or access.declared(transaction, state))
    attached = blobs.check(transaction, entry.author, entry.blobs) if entry.blobs else []
    size = len(entry.body) + log.invitation_size(entry.invitation)
    transaction.charge(entry.author, size, founded=int(state is None))
    if state is None:
        state = _found(transaction, entry)
    seq = state.head.seq + 1
    head = Head(seq, header_hash(entry.channel, seq, entry.author, entry.form, body_hash, state.head.hash))
    if entry.access is not None:
        access.declare(transaction, entry.channel, state, entry.access, entry.author, head.seq)
    if member is None or member.wrote_first is None:
        transaction.wrote(state.number, entry.author, seq)
    transaction.add_entry(entry, state, head, body_hash)
    if attached:
        blobs.refer(transaction, attached, state.number, head.seq)
    if entry.commit:
        state.last_commit = head.seq
    if entry.invitation is not None:
        _invite(transaction, entry, state.number, head.seq, entry.invitation)
    return Placed(Stamped(entry.channel, seq, head.hash, transaction.now), repeated=False)


def _repeated(entry: NewEntry, seq: int, author: str, head: bytes, time: int) -> Placed:
    log.check_repeated(author, entry.author)
    return Placed(Stamped(entry.channel, seq, head, time), repeated=True)


def _found(transaction: Transaction, entry: NewEntry) -> ChannelState:
    head = genesis(entry.channel)
    row = {
        "channel": entry.channel,
        "founder": entry.author,
        "created": transaction.now,
        "seq": 0,
        "head": head.hash,
        "last_commit": 0,
        "access": b"",
        "cleared": 0,
    }
    number = transaction.connection.execute(_ADD_CHANNEL, row).lastrowid
    assert number is not None
    state = ChannelState(number, head, 0, b"")
    transaction.add_channel(entry.channel, state)
    return state


def _invite(transaction: Transaction, entry: NewEntry, number: int, seq: int, invitation: Invitation) -> None:
    row = {
        "channel": number,
        "seq": seq,
        "author": entry.author,
        "time": transaction.now,
        "size": log.invitation_size(invitation),
        "info": invitation.info,
    }
    invitation_id = transaction.connection.execute(_ADD_INVITATION, row).lastrowid
    transaction.connection.executemany(
        _ADD_JOINER,
        [
            {"invitation": invitation_id, "authority": joiner.authority, "secrets": joiner.secrets}
            for joiner in invitation.joiners
        ],
    )
    transaction.events.extend(InvitationsWaiting(joiner.authority) for joiner in invitation.joiners)
