"""Who came into a matter, and who went, by the commits that stand."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.matters.amendments import settle
from rogatory.node.matters.joining import CHARTER_SEQ
from rogatory.node.store.matters import MatterRow, party_left, put_party, touch
from rogatory.node.transaction import Tx
from rogatory.protocol.life.table import Role


def members_changed(
    tx: Tx, matter: MatterRow, seq: int, committer: str, came: Sequence[str], gone: Sequence[str]
) -> None:
    """A commit added and removed these parties."""
    for authority in came:
        put_party(tx.connection, matter.channel, authority, Role.CONSULTED)
    for authority in gone:
        party_left(tx.connection, matter.channel, authority)
    if came and seq != CHARTER_SEQ:
        record(
            tx,
            EventKind.PARTY_ADDED,
            f"{', '.join(came)} came into the matter: {matter.subject}",
            channel=matter.channel,
            author=committer,
        )
    if gone:
        record(
            tx,
            EventKind.PARTY_LEFT,
            f"{', '.join(gone)} left the matter: {matter.subject}",
            channel=matter.channel,
            author=committer,
        )
        settle(tx, matter)
    touch(tx.connection, matter.channel, tx.now)
