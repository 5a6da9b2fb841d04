"""Invitations: those that wait for an authority, and taking them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rogatory.protocol.frames.server import Invited
from rogatory.relay.store.postgresql.connection import Connection
from rogatory.relay.store.postgresql.transaction import Transaction

_NEXT: Final = """
    SELECT joiners.id, channels.channel, invitations.seq, invitations.author, invitations.time, invitations.info,
        joiners.secrets
    FROM joiners JOIN invitations ON invitations.id = joiners.invitation
        JOIN channels ON channels.number = invitations.channel
    WHERE joiners.authority = $1 AND joiners.id > $2 ORDER BY joiners.id LIMIT 1"""
# The invitations are locked first: of two last joiners that take at the same moment, one sees the other gone.
_LOCK: Final = """
    SELECT id FROM invitations
    WHERE id IN (SELECT invitation FROM joiners WHERE authority = $1 AND id = ANY($2::bigint[]))
    ORDER BY id FOR UPDATE"""
_TAKE: Final = "DELETE FROM joiners WHERE authority = $1 AND id = ANY($2::bigint[])"
_DELETE_TAKEN: Final = """
    DELETE FROM invitations WHERE id = ANY($1::bigint[])
        AND NOT EXISTS (SELECT FROM joiners WHERE joiners.invitation = invitations.id)
    RETURNING author, size"""
_DELETE_JOINERS: Final = "DELETE FROM joiners WHERE invitation = ANY($1::bigint[])"
_DELETE: Final = "DELETE FROM invitations WHERE id = ANY($1::bigint[]) RETURNING author, size"


async def next_invitation(connection: Connection, authority: str, after: int) -> Invited | None:
    """The authority's oldest invitation with an id above `after`."""
    row = await connection.fetchrow(_NEXT, authority, after)
    return None if row is None else Invited(*row)


async def take(transaction: Transaction, authority: str, ids: Sequence[int]) -> None:
    """Forget this authority's invitations; the large part goes with the last joiner's."""
    connection = transaction.connection
    invitations = [invitation for (invitation,) in await connection.fetch(_LOCK, authority, list(ids))]
    if invitations:
        await connection.execute(_TAKE, authority, list(ids))
        await transaction.discharge(freed(await connection.fetch(_DELETE_TAKEN, invitations)))


async def delete(connection: Connection, ids: list[int]) -> Counter[str]:
    """Delete invitations that are not needed any more; what that frees for their authors."""
    if not ids:
        return Counter()
    await connection.execute(_DELETE_JOINERS, ids)
    return freed(await connection.fetch(_DELETE, ids))


def freed(rows: Sequence[tuple[str, int]]) -> Counter[str]:
    """Bytes by author, of rows (author, size) that were deleted."""
    total: Counter[str] = Counter()
    for author, size in rows:
        total[author] += size
    return total
