"""How parties go: by notice, or because the directory has struck them off. Those who stay commit it in turn."""

from __future__ import annotations

from rogatory.node.channels.commands import wish_remove
from rogatory.node.channels.states import ChannelState
from rogatory.node.store import channels, counters
from rogatory.node.store.leavers import put_leaver
from rogatory.node.store.matters import all_matters, present_parties
from rogatory.node.transaction import Tx

_CHECKED = "parties_checked_at_targets"


def leave_arrived(tx: Tx, channel: bytes, author: str) -> None:
    """A notice to leave stands in the log."""
    put_leaver(tx.connection, channel, author)
    if author != tx.authority:
        wish_remove(tx, channel, author, in_turn=True)


def remove_struck_off(tx: Tx) -> None:
    """Once per directory version: have parties removed that it does not hold any longer."""
    version = tx.directory.targets_version
    if counters.get_number(tx.connection, _CHECKED) == version:
        return
    counters.set_number(tx.connection, _CHECKED, version)
    for matter in all_matters(tx.connection):
        row = channels.get(tx.connection, matter.channel)
        if row is None or row.state != ChannelState.OPEN:
            continue
        for party in present_parties(tx.connection, matter.channel) - {tx.authority}:
            if tx.directory.struck_off(party, version):
                wish_remove(tx, matter.channel, party, in_turn=True)
