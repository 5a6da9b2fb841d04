"""Who came into a matter, and who went, by the commits that stand."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.matters.amendments import settle
from rogatory.node.matters.joining import CHARTER_SEQ
from rogatory.node.matters.leaving import bring_back
from rogatory.node.store.absences import put_left, put_suspended, settle_absences
from rogatory.node.store.amendments import get_amendments
from rogatory.node.store.matters import MatterRow, party_left, put_party, touch
from rogatory.node.transaction import Tx
from rogatory.protocol.life.table import Role
from rogatory.protocol.text import message


def members_changed(
    tx: Tx,
    matter: MatterRow,
    seq: int,
    committer: str,
    came: Sequence[str],
    gone: Sequence[str],
    suspended: Sequence[str],
) -> None:
    """A commit added and removed these parties; the suspended ones of them stay parties."""
    settle_absences(tx.connection, matter.channel, came)
    agreed = sum(row.place is not None for row in get_amendments(tx.connection, matter.channel))
    for authority in came:
        put_party(tx.connection, matter.channel, authority, Role.CONSULTED)
    for authority in gone:
        party_left(tx.connection, matter.channel, authority)
        if authority in suspended:
            put_suspended(tx.connection, matter.channel, authority)
        else:
            put_left(tx.connection, matter.channel, authority, agreed)
    if came and seq != CHARTER_SEQ:
        record(
            tx,
            EventKind.PARTY_ADDED,
            message("{came} came into the matter: {subject}", came=tuple(came), subject=matter.subject),
            channel=matter.channel,
            author=committer,
        )
    left = [authority for authority in gone if authority not in suspended]
    for names, summary in (
        (left, message("{names} left the matter: {subject}", names=tuple(left), subject=matter.subject)),
        (
            suspended,
            message(
                "{names} is kept out of the matter until it has new keys: {subject}",
                names=tuple(suspended),
                subject=matter.subject,
            ),
        ),
    ):
        if names:
            record(tx, EventKind.PARTY_LEFT, summary, channel=matter.channel, author=committer)
    if gone:
        settle(tx, matter)
    bring_back(tx, matter.channel)
    touch(tx.connection, matter.channel, tx.now)
