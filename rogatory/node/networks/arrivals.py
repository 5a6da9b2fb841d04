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
        raise VoidDocument(VoidCode.WRONG_AUTHOR, f"{arrival.author} cannot announce for {author}")
    if isinstance(body, Announcement) and body.network != network:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, f"an announcement for {body.network} stands in {network}")
    if enter(tx, channel, arrival) is not None and isinstance(body, Leave):
        put_leaver(tx.connection, channel, author, arrival.document.envelope)  # its coordinators take it off the roster


def members_changed(
    tx: Tx, channel: bytes, network: str, committer: str, came: Sequence[str], gone: Sequence[str]
) -> None:
    """A commit added and removed these members."""
    for kind, names, what in (
        (EventKind.PARTY_ADDED, came, "came into"),
        (EventKind.PARTY_LEFT, gone, "left"),
    ):
        if names:
            summary = f"{_some(names)} {what} the network {network}"
            record(tx, kind, summary, channel=channel, author=committer)
    if came or gone:
        look_again(tx, network)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
