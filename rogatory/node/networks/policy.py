"""By what a network's commits and documents are judged: the roster that its coordinators signed."""

from __future__ import annotations

from collections.abc import Mapping

from rogatory.node.channels.awaiting import has_ended
from rogatory.node.channels.hooks import JoinInfo, JoinRefused
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.notices import take_notices
from rogatory.node.store.leavers import leavers_of
from rogatory.node.transaction import Tx
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement import NetworkPolicy, RejoinNotice
from rogatory.protocol.text import message


def network_policy(
    tx: Tx,
    channel: bytes,
    network: str,
    last_pin: DirectoryPin,
    rejoins: Mapping[int, RejoinNotice] | None = None,
) -> NetworkPolicy:
    """The policy as the log stands here. Its roster raises UnknownVersion for one newer than our directory."""
    directory = tx.directory
    return NetworkPolicy(
        roster=lambda version: directory.roster_at(network, version),
        leavers=leavers_of(tx.connection, channel),
        rejoins=rejoins or {},
        last_pin=last_pin,
        struck_off=lambda authority, pin: directory.struck_off(authority, pin.targets),
        ended=lambda authority, key, pin: has_ended(directory, authority, key, pin),
    )


def joined(tx: Tx, channel: bytes, info: JoinInfo) -> None:
    """Come into a network's channel, or back. Raises JoinRefused if the roster does not warrant it, UnknownVersion."""
    roster = tx.directory.roster_of_channel(channel)
    if roster is None or info.network != roster.id:
        raise JoinRefused(
            message(
                "{committer} invited this authority to a channel that belongs to no network of the directory",
                committer=info.committer,
            ),
            message("ask that authority by another way what it meant to do"),
        )
    view = tx.directory.roster_at(roster.id, info.pin.network)
    strangers = sorted(set(info.members) - view.everybody)
    if strangers:
        raise JoinRefused(
            message(
                "{committer} invited this authority to {network} with {strangers}, not on its roster",
                committer=info.committer,
                network=roster.id,
                strangers=tuple(strangers),
            ),
            message("tell the network's coordinators"),
        )
    if info.committer not in (view.writers if info.rejoined else view.coordinators):
        raise JoinRefused(
            message(
                "{committer} does not coordinate {network} and cannot add anybody to it",
                committer=info.committer,
                network=roster.id,
            )
        )
    take_notices(tx, channel, info.committer, info.notices)
    record(
        tx,
        EventKind.JOINED,
        message("back in the network {network}", network=roster.id)
        if info.rejoined
        else message("the network {network} is open", network=roster.id),
        channel=channel,
        author=info.committer,
    )
