"""Appending an entry within a transaction: repetition, founding, base, access list, invitation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Form, Head, genesis, next_header
from rogatory.protocol.receipt import Stamped
from rogatory.relay import log
from rogatory.relay.errors import Refusal
from rogatory.relay.log import ChannelState
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


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry's place among the transaction's stamped ones: its receipt is issued after the commit."""

    index: int
    repeated: bool


class AppendEntry:
    """The operation: append `entry`, or find that it stands already; once refused, refused for its whole lane."""

    __slots__ = ("entry",)

    def __init__(self, entry: NewEntry) -> None:
        self.entry = entry

    def __call__(self, transaction: Transaction) -> Placed:
        """Run within a transaction."""
        try:
            if self.entry.lane.refused:
                raise Refusal(Code.NOT_RESUMED, log.NOT_RESUMED)
            return _append(transaction, self.entry)
        except Refusal:
            self.entry.lane.refused = True
            raise


def _append(transaction: Transaction, entry: NewEntry) -> Placed:
    body_hash = hashlib.sha256(entry.body).digest()
    state = transaction.channel(entry.channel)
    if state is not None:
        # Repetition is judged before anything else: the first answer may have been lost (DESIGN section 1).
        repeated = _repeated(transaction, state, entry, body_hash)
        if repeated is not None:
            return repeated
        log.check_member(transaction.member(state.number, entry.author))
        if entry.form is not Form.REJOIN:  # a member that lost its state does not know the base
            log.check_base(state, entry.base)
    else:
        log.check_founding(entry.base, entry.commit, entry.access, entry.may_found)
    if entry.access is not None:
        log.check_access(entry.access, entry.author)
    if entry.invitation is not None:
        log.check_invitation_base(state, entry.seen)
        log.check_joiners(entry.invitation.joiners, entry.access or access.declared(transaction, state))
    attached = blobs.check(transaction, entry.author, entry.blobs) if entry.blobs else []
    size = len(entry.body) + _size(entry.invitation)
    transaction.charge(entry.author, size, founded=int(state is None))
    if state is None:
        state = _found(transaction, entry)
    header = next_header(entry.channel, state.head, entry.author, entry.form, body_hash)
    head = Head(header.seq, header.hash())
    if entry.access is not None:
        access.declare(transaction, entry.channel, state, entry.access, entry.author, head.seq)
    transaction.add_entry(entry, state, head, body_hash)
    if attached:
        blobs.refer(transaction, attached, state.number, head.seq)
    if entry.commit:
        state.last_commit = head.seq
    if entry.invitation is not None:
        _invite(transaction, entry, state.number, head.seq, entry.invitation)
    return _stamp(transaction, Stamped(entry.channel, head.seq, head.hash, transaction.now), repeated=False)


def _repeated(transaction: Transaction, state: ChannelState, entry: NewEntry, body_hash: bytes) -> Placed | None:
    found = transaction.find(state.number, body_hash)
    if found is None:
        return None
    seq, author, head, time = found
    if author != entry.author:
        raise Refusal(Code.MALFORMED, "another member's entry has this very body: it is not this authority's to append")
    return _stamp(transaction, Stamped(entry.channel, seq, head, time), repeated=True)


def _stamp(transaction: Transaction, stamped: Stamped, repeated: bool) -> Placed:
    transaction.stamped.append(stamped)
    return Placed(len(transaction.stamped) - 1, repeated)


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
        "size": _size(invitation),
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


def _size(invitation: Invitation | None) -> int:
    if invitation is None:
        return 0
    return len(invitation.info) + sum(len(joiner.secrets) for joiner in invitation.joiners)
