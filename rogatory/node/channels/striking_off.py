"""Who was struck off the directory leaves every channel, by whichever member's node is there to commit it."""

from __future__ import annotations

from rogatory.node.channels.commands import wish_remove
from rogatory.node.channels.states import ChannelState
from rogatory.node.store import channels, counters, members
from rogatory.node.transaction import Tx

_CHECKED = "parties_checked_at_targets"


def remove_struck_off(tx: Tx) -> None:
    """Once per directory version: have members removed that it does not hold any longer."""
    version = tx.directory.targets_version
    if counters.get_number(tx.connection, _CHECKED) == version:
        return
    counters.set_number(tx.connection, _CHECKED, version)
    for row in channels.every(tx.connection, (ChannelState.OPEN,)):
        remove_struck_off_from(tx, row.id)


def remove_struck_off_from(tx: Tx, channel: bytes) -> None:
    """As `remove_struck_off`, in a channel that this node just came into."""
    for member in members.present(tx.connection, channel):
        if member.authority != tx.authority and _struck_off(tx, member.authority):
            wish_remove(tx, channel, member.authority, in_turn=True)


def _struck_off(tx: Tx, authority: str) -> bool:
    return tx.directory.struck_off(authority, tx.directory.targets_version)
