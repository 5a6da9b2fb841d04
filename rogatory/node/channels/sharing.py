"""After a rejoin: documents that the member never acknowledged are sent again by their author (DESIGN section 4)."""

from __future__ import annotations

import msgspec

from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import closings, members, outbox
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.content import SALT


def share_again(work: Work, channel: Channel, authority: str) -> None:
    """Queue this node's own documents that `authority` was a member for and does not have."""
    if authority == work.tx.authority:
        return
    connection = work.tx.connection
    member = members.get(connection, channel.id, authority)
    if member is None:
        return
    newest = members.acknowledgement(connection, channel.id, authority)
    last = None if newest is None else msgspec.msgpack.decode(newest[1], type=Acknowledgement)
    closed_at = closings.closed_at(connection, channel.id)
    for row in outbox.logged_from(connection, channel.id, member.first_seq):
        if row.envelope is None or row.seq is None:
            continue
        # Who is let in again to a closed matter has to learn that it is closed, whatever it knew before.
        if row.seq != closed_at and last is not None and last.covers(row.seq):
            continue
        outbox.add(
            connection,
            channel.id,
            row.message_id,
            row.envelope,
            work.tx.random(SALT),
            work.tx.now,
            original_seq=row.seq,
            document=row.document,
        )
