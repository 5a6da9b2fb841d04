"""Access lists within a transaction: additions at once, removals once enough of the others acknowledged the commit."""

from __future__ import annotations

from typing import Final

import msgspec

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import access_digest
from rogatory.relay import log
from rogatory.relay.log import ChannelState
from rogatory.relay.store.postgresql.transaction import Transaction

_SERVED: Final = "SELECT authority, leaving FROM members WHERE channel = $1 AND until IS NULL"
_ADMIT: Final = """
    INSERT INTO members (channel, authority, first)
    SELECT $1, authority, $3 FROM unnest($2::text[]) AS given (authority)
    ON CONFLICT (channel, authority) DO UPDATE
    SET first = excluded.first, until = NULL, access = NULL, last_commit = NULL"""
_SET_LEAVING: Final = "UPDATE members SET leaving = $3 WHERE channel = $1 AND authority = ANY($2::text[])"
_ADD_REMOVAL: Final = "INSERT INTO removals (channel, seq, electors, missing) VALUES ($1, $2, $3, $4)"
_DROP_EMPTY_REMOVALS: Final = """
    DELETE FROM removals WHERE channel = $1 AND NOT EXISTS (
        SELECT FROM members WHERE members.channel = removals.channel AND members.leaving = removals.seq)"""
_REMOVALS: Final = """
    SELECT channel, seq, electors, missing FROM removals WHERE channel = ANY($1::bigint[]) ORDER BY channel, seq"""
_SET_MISSING: Final = "UPDATE removals SET missing = $3 WHERE channel = $1 AND seq = $2"
_DROP_REMOVAL: Final = "DELETE FROM removals WHERE channel = $1 AND seq = $2"
_REMOVE: Final = """
    UPDATE members SET until = $3, access = $4, last_commit = $5, leaving = NULL
    WHERE channel = $1 AND leaving = $2 RETURNING authority, first"""
COVERAGE_DUE: Final = """
    INSERT INTO coverage_due (channel) SELECT DISTINCT unnest($1::bigint[]) ORDER BY 1 ON CONFLICT DO NOTHING"""


class Removal(msgspec.Struct):
    """A commit that leaves members off, and does not count before `missing` more of its `electors` acknowledge it."""

    seq: int
    electors: list[str]
    missing: int


async def declared(transaction: Transaction, state: ChannelState | None) -> set[str]:
    """The access list that the channel's commits declared last."""
    if state is None:
        return set()
    rows = await transaction.connection.fetch(_SERVED, state.number)
    return {authority for authority, leaving in rows if leaving is None}


async def declare(
    transaction: Transaction, channel: bytes, state: ChannelState, access: list[str], author: str, seq: int
) -> None:
    """Commit `seq` of `author` declares `access` (PROTOCOL.md, The log, rule 5)."""
    digest = access_digest(access)
    if digest == state.access:
        return
    connection = transaction.connection
    served = dict(tuple(row) for row in await connection.fetch(_SERVED, state.number))
    change = log.access_change(served, access, author)
    if change.admitted:
        await connection.execute(_ADMIT, state.number, change.admitted, seq)
    if change.back:
        await connection.execute(_SET_LEAVING, state.number, change.back, None)
        await connection.execute(_DROP_EMPTY_REMOVALS, state.number)
    if change.left_off:
        await connection.execute(_SET_LEAVING, state.number, change.left_off, seq)
        electors = msgspec.msgpack.encode(change.electors)
        await connection.execute(_ADD_REMOVAL, state.number, seq, electors, log.majority(len(change.electors)))
    await connection.execute(COVERAGE_DUE, [state.number])
    state.access = digest
    transaction.access_changed(channel, state.number, [(authority, seq, None) for authority in change.admitted])


async def removals_of(transaction: Transaction, numbers: list[int]) -> dict[int, list[Removal]]:
    """The removals that do not count yet, by channel, in the order of the log."""
    found: dict[int, list[Removal]] = {}
    for number, seq, electors, missing in await transaction.connection.fetch(_REMOVALS, numbers):
        removal = Removal(seq, msgspec.msgpack.decode(electors, type=list[str]), missing)
        found.setdefault(number, []).append(removal)
    return found


async def count(
    transaction: Transaction,
    state: ChannelState,
    removals: list[Removal],
    after: int,
    acknowledgement: Acknowledgement,
) -> None:
    """Count the first acknowledgement of its member that covers more than `after` for the `removals` that it covers."""
    for removal in list(removals):
        # To a member that excepts it, the commit was void.
        if not after < removal.seq <= acknowledgement.seq or not acknowledgement.covers(removal.seq):
            continue
        if acknowledgement.member not in removal.electors:
            continue
        removal.missing -= 1
        if removal.missing > 0:
            await transaction.connection.execute(_SET_MISSING, state.number, removal.seq, removal.missing)
        else:
            removals.remove(removal)
            await _remove(transaction, acknowledgement.channel, state, removal.seq)


async def _remove(transaction: Transaction, channel: bytes, state: ChannelState, seq: int) -> None:
    """The removal by commit `seq` counts: those members read up to the log's end of now."""
    until = state.head.seq
    removed = await transaction.connection.fetch(_REMOVE, state.number, seq, until, state.access, state.last_commit)
    await transaction.connection.execute(_DROP_REMOVAL, state.number, seq)
    transaction.access_changed(channel, state.number, [(authority, first, until) for authority, first in removed])
