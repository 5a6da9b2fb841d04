"""How parties go by notice, or for a while because their keys are compromised (struck off: `channels.striking_off`)."""

from __future__ import annotations

from functools import partial

from rogatory.node.channels.commands import wish_add, wish_remove, wish_suspend
from rogatory.node.channels.states import ChannelState
from rogatory.node.duties import Duty, attempt, left_alone
from rogatory.node.store import channels, counters
from rogatory.node.store.absences import get_absences
from rogatory.node.store.leavers import put_leaver
from rogatory.node.store.matters import all_matters, present_parties
from rogatory.node.transaction import Tx

_CHECKED = "keys_of_parties_checked_at_targets"


def leave_arrived(tx: Tx, channel: bytes, author: str, notice: bytes) -> None:
    """A notice to leave stands in the log, by this envelope."""
    put_leaver(tx.connection, channel, author, notice)
    if author != tx.authority:
        wish_remove(tx, channel, author, in_turn=True)


def suspend_compromised(tx: Tx) -> None:
    """Once per directory version: have parties kept out whose keys are compromised, and added who have new ones."""
    version = tx.directory.targets_version
    if counters.get_number(tx.connection, _CHECKED) == version:
        return
    counters.set_number(tx.connection, _CHECKED, version)
    for matter in all_matters(tx.connection):
        attempt(tx, Duty.SUSPENSION, matter.channel, partial(_suspend, tx, matter.channel), left_alone)


def _suspend(tx: Tx, channel: bytes) -> None:
    row = channels.get(tx.connection, channel)
    if row is None or row.state != ChannelState.OPEN:
        return
    for party in present_parties(tx.connection, channel) - {tx.authority}:
        if tx.directory.has_compromised_keys(party):
            wish_suspend(tx, channel, party)
    bring_back(tx, channel)


def bring_back(tx: Tx, channel: bytes) -> None:
    """Have suspended parties added again whose new keys stand in the directory."""
    directory = tx.directory
    for party in get_absences(tx.connection, channel).suspended - {tx.authority}:
        if directory.key_sets_in_force(party, directory.targets_version):
            wish_add(tx, channel, party, in_turn=True)
