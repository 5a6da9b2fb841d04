"""Networks' channels in line with their rosters: a work of the coordinators' nodes, who take it in turn.

The first coordinator by id acts at once; each further one some time later, and only if it is still to be done.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from rogatory.keys.directory.model import Roster
from rogatory.keys.errors import DirectoryExpired
from rogatory.node.channels.commands import found, wish_add, wish_remove, wish_suspend
from rogatory.node.channels.hooks import Kind
from rogatory.node.channels.states import ChannelState
from rogatory.node.duties import Duty, attempt
from rogatory.node.store import channels, counters, members
from rogatory.node.store.alignments import AlignmentRow, get_alignments, hasten, put_alignment
from rogatory.node.transaction import Tx

TURN: Final = 30.0
"""Seconds that a coordinator leaves to the one before."""

STEP: Final = 5.0
"""Seconds that a coordinator leaves to the one before, where a member's keys are compromised."""

GRACE: Final = 10.0
"""Seconds that this member has to renew its leaf, if it has new keys."""

_CHECKED: Final = "members_checked_at_targets"

RETRY: Final = 3600.0
"""Seconds until an expired roster is looked at again."""


def align_networks(tx: Tx) -> float | None:
    """Do what is due; when there is more to do (Unix seconds), or None."""
    directory = tx.directory
    rows = get_alignments(tx.connection)
    due: list[float] = []
    for roster in directory.rosters():
        version = directory.network_versions[roster.id]
        row = rows.get(roster.id)
        if row is None or row.version != version:
            row = AlignmentRow(roster.id, version, _turn(tx, roster))
            put_alignment(tx.connection, row)
        if row.due_at is not None and row.due_at <= tx.now:
            align, later = partial(_align, tx, roster), partial(float, tx.now + RETRY)
            row = AlignmentRow(roster.id, version, attempt(tx, Duty.ALIGNMENT, roster.channel_id, align, later))
            put_alignment(tx.connection, row)
        if row.due_at is not None:
            due.append(row.due_at)
    return min(due, default=None)


def suspend_ended(tx: Tx) -> None:
    """Once per directory version: have members removed whose keys are compromised, and those added that are back."""
    directory, version = tx.directory, tx.directory.targets_version
    if counters.get_number(tx.connection, _CHECKED) == version:
        return
    counters.set_number(tx.connection, _CHECKED, version)
    for roster in directory.rosters():
        row = channels.get(tx.connection, roster.channel_id)
        place = _place(tx, roster)
        if place is None or row is None or row.state != ChannelState.OPEN:
            continue
        for member in members.present(tx.connection, row.id):
            name = member.authority
            if name != tx.authority and directory.has_compromised_keys(name):
                wish_suspend(tx, row.id, name, delay=place * STEP + (GRACE if _in_force(tx, name) else 0.0))
        look_again(tx, roster.id)


def look_again(tx: Tx, network: str) -> None:
    """Something changed in the network's channel: compare it with the roster when it is this node's turn."""
    turn = _turn(tx, tx.directory.roster(network))
    if turn is not None:
        hasten(tx.connection, network, turn)


def _turn(tx: Tx, roster: Roster) -> float | None:
    """When this node is to act; None if it does not coordinate the network."""
    place = _place(tx, roster)
    return None if place is None else tx.now + place * TURN


def _place(tx: Tx, roster: Roster) -> int | None:
    """This node's place among the coordinators."""
    view = tx.directory.roster_at(roster.id, tx.directory.network_versions[roster.id])
    coordinators = sorted(name for name in view.coordinators if _in_force(tx, name))
    return coordinators.index(tx.authority) if tx.authority in coordinators else None


def _align(tx: Tx, roster: Roster) -> float | None:
    """Found the channel, or wish for what it lacks; gives when to try again, if it could not be done."""
    try:
        tx.directory.may_trust_new(tx.now, roster.id)
    except DirectoryExpired:
        return tx.now + RETRY
    view = tx.directory.roster_at(roster.id, tx.directory.network_versions[roster.id])
    wanted = {name for name in view.everybody if _in_force(tx, name)}
    row = channels.get(tx.connection, roster.channel_id)
    if row is None:
        found(
            tx,
            channel=roster.channel_id,
            kind=Kind.NETWORK,
            relay=roster.relay,
            members=sorted(wanted - {tx.authority}),
            network=roster.id,
        )
    elif row.state == ChannelState.OPEN:
        present = {member.authority for member in members.present(tx.connection, row.id)}
        for name in sorted(wanted - present):
            wish_add(tx, row.id, name)
        for name in sorted(present - view.everybody):
            wish_remove(tx, row.id, name)
    elif row.state == ChannelState.FOUNDING:
        return tx.now + TURN
    return None


def _in_force(tx: Tx, authority: str) -> bool:
    directory = tx.directory
    if authority not in directory.authority_entries:
        return False
    return bool(directory.key_sets_in_force(authority, directory.targets_version))
