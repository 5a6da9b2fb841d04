"""What arrives in a network's channel, and who comes and goes there."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.channels.hooks import Arrival
from rogatory.node.inbox.arrivals import check_place, enter
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.networks.alignment import look_again
from rogatory.node.networks.policy import network_policy
from rogatory.node.store.leavers import put_leaver
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Announcement, Leave
from rogatory.protocol.judgement import VoidCode, VoidDocument, judge_document
from rogatory.protocol.text import counted, message

MOST_NAMES = 10
"""Names shown of those who came or went together."""


def arrived(tx: Tx, channel: bytes, network: str, arrival: Arrival) -> None:
    """A document in a network's channel. Raises VoidDocument, UnknownVersion."""
    check_place(channel, arrival)
    if not arrival.own:  # which was judged before it was queued, under the roster of then
        policy = network_policy(tx, channel, network, arrival.last_pin)
        for who in {arrival.author, arrival.document.payload.author}:  # shared again, it may be another's
            judge_document(arrival.document.kind, who, policy, arrival.pin)
    body, author = arrival.document.payload.body, arrival.document.payload.author
    if author != arrival.author and not arrival.shared:
        raise VoidDocument(
            VoidCode.WRONG_AUTHOR, message("{author} cannot announce for {named}", author=arrival.author, named=author)
        )
    if isinstance(body, Announcement) and body.network != network:
        raise VoidDocument(
            VoidCode.WRONG_CHANNEL,
            message("an announcement for {network} stands in {channel}", network=body.network, channel=network),
        )
    if enter(tx, channel, arrival) is not None and isinstance(body, Leave):
        put_leaver(tx.connection, channel, author, arrival.document.envelope)  # its coordinators take it off the roster


def members_changed(
    tx: Tx, channel: bytes, network: str, committer: str, came: Sequence[str], gone: Sequence[str]
) -> None:
    """A commit added and removed these members."""
    for kind, names, summary in (
        (
            EventKind.PARTY_ADDED,
            came,
            message("{names} came into the network {network}", names=_some(came), network=network),
        ),
        (EventKind.PARTY_LEFT, gone, message("{names} left the network {network}", names=_some(gone), network=network)),
    ):
        if names:
            record(tx, kind, summary, channel=channel, author=committer)
    if came or gone:
        look_again(tx, network)


def _some(names: Sequence[str]) -> tuple[str, ...] | str:
    shown = tuple(names[:MOST_NAMES])
    if len(names) <= MOST_NAMES:
        return shown
    return counted("{names} and {count} more", "{names} and {count} more", count=len(names) - MOST_NAMES, names=shown)
