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
            f"{info.committer} invited this authority to a channel that belongs to no network of the directory",
            "ask that authority by another way what it meant to do",
        )
    view = tx.directory.roster_at(roster.id, info.pin.network)
    strangers = sorted(set(info.members) - view.everybody)
    if strangers:
        raise JoinRefused(
            f"{info.committer} invited this authority to {roster.id} with {', '.join(strangers)}, not on its roster",
            "tell the network's coordinators",
        )
    if info.committer not in (view.writers if info.rejoined else view.coordinators):
        raise JoinRefused(f"{info.committer} does not coordinate {roster.id} and cannot add anybody to it")
    take_notices(tx, channel, info.committer, info.notices)
    record(
        tx,
        EventKind.JOINED,
        f"back in the network {roster.id}" if info.rejoined else f"the network {roster.id} is open",
        channel=channel,
        author=info.committer,
    )
