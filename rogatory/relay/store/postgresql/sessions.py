"""Which process has the session of an authority: the newest one counts, wherever it is (one live session each)."""

from __future__ import annotations

from typing import Final

from rogatory.relay.store.interface import Entered
from rogatory.relay.store.postgresql.transaction import Transaction

# The row's lock puts the sessions of one authority in an order, and the number of the later one is higher.
_ENTER: Final = """
    INSERT INTO sessions (authority, session, replica) VALUES ($1, 1, $2)
    ON CONFLICT (authority) DO UPDATE SET session = sessions.session + 1, replica = excluded.replica
    RETURNING session"""


async def enter(transaction: Transaction, authority: str, replica: str) -> int:
    """See Store."""
    number: int = await transaction.connection.fetchval(_ENTER, authority, replica)
    transaction.events.append(Entered(authority, number))
    return number
