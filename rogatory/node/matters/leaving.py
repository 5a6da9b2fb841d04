"""How parties go by notice: those who stay commit it in turn (who is struck off: `channels.striking_off`)."""

from __future__ import annotations

from rogatory.node.channels.commands import wish_remove
from rogatory.node.store.leavers import put_leaver
from rogatory.node.transaction import Tx


def leave_arrived(tx: Tx, channel: bytes, author: str) -> None:
    """A notice to leave stands in the log."""
    put_leaver(tx.connection, channel, author)
    if author != tx.authority:
        wish_remove(tx, channel, author, in_turn=True)
