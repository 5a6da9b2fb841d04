"""Appending an entry within a transaction: repetition, founding, base, access list, invitation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import null, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.protocol.declaration import access_digest
from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Form, Head, genesis, next_header
from rogatory.protocol.receipt import Stamped
from rogatory.relay import log
from rogatory.relay.errors import Refusal
from rogatory.relay.log import ChannelState
from rogatory.relay.store.interface import InvitationsWaiting, NewEntry
from rogatory.relay.store.schema import channels, coverage_due, invitations, joiners, members
from rogatory.relay.store.sqlite.statements import key, parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

_ADD_CHANNEL = sql(
    channels.insert().values(
        {name: parameter(name) for name in channels.c.keys() if name != "number"}  # noqa: SIM118 a column collection
    )
)
_MEMBERS = sql(select(members.c.authority, members.c.first, members.c.until).where(key(members, "channel")))
_ADMIT = sql(
    insert(members)
    .values(channel=parameter("channel"), authority=parameter("authority"), first=parameter("seq"))
    .on_conflict_do_update(
        index_elements=["channel", "authority"], set_={"first": parameter("seq"), "until": null(), "access": null()}
    )
)
_REMOVE = sql(
    members.update()
    .values(until=parameter("seq"), access=parameter("access"))
    .where(key(members, "channel", "authority"))
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
COVERAGE_DUE = sql(insert(coverage_due).values(channel=parameter("channel")).on_conflict_do_nothing())


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
        log.check_joiners(entry.invitation.joiners, entry.access or _current(transaction, state))
    size = len(entry.body) + _size(entry.invitation)
    transaction.charge(entry.author, size, founded=int(state is None))
    if state is None:
        state = _found(transaction, entry)
    header = next_header(entry.channel, state.head, entry.author, entry.form, body_hash)
    head = Head(header.seq, header.hash())
    joined = [joiner.authority for joiner in entry.invitation.joiners] if entry.invitation is not None else []
    if entry.access is not None or joined:
        _set_access(transaction, entry.channel, state, entry.access, joined, head.seq)
    transaction.add_entry(entry, state, head, body_hash)
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


def _current(transaction: Transaction, state: ChannelState | None) -> set[str]:
    if state is None:
        return set()
    rows = transaction.connection.execute(_MEMBERS, {"channel_": state.number})
    return {authority for authority, _, until in rows if until is None}


def _set_access(
    transaction: Transaction,
    channel: bytes,
    state: ChannelState,
    access: list[str] | None,
    joined: list[str],
    seq: int,
) -> None:
    """Who joins, also anew, reads from `seq` on; who is removed up to `seq`; who stays keeps what it may read."""
    connection = transaction.connection
    digest = state.access if access is None else access_digest(access)
    if digest == state.access and not joined:
        return
    held = {row[0]: (row[1], row[2]) for row in connection.execute(_MEMBERS, {"channel_": state.number})}
    current = {authority for authority, (_, until) in held.items() if until is None}
    after = current if access is None else set(access)
    admitted = sorted(after - current | set(joined))
    removed = sorted(current - after)
    connection.executemany(
        _ADMIT, [{"channel": state.number, "authority": authority, "seq": seq} for authority in admitted]
    )
    connection.executemany(
        _REMOVE,
        [{"channel_": state.number, "authority_": authority, "seq": seq, "access": digest} for authority in removed],
    )
    connection.execute(COVERAGE_DUE, {"channel": state.number})
    state.access = digest
    changed: list[tuple[str, int, int | None]] = [(authority, seq, None) for authority in admitted]
    changed += [(authority, held[authority][0], seq) for authority in removed]
    transaction.access_changed(channel, state.number, changed)


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
