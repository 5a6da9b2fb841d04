"""Closing a matter: by who founded it, for everybody, from its place in the log on (PROTOCOL.md, Closing a matter)."""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.hooks import Arrival
from rogatory.node.errors import Conflict, NotAllowed
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.inbox.views import Direction, Stage
from rogatory.node.matters.course import MOVES, replay
from rogatory.node.store import closings, members
from rogatory.node.store.closings import ClosingRow
from rogatory.node.store.documents import documents_of, set_void
from rogatory.node.store.matters import MatterRow
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Closing, UnverifiedDocument
from rogatory.protocol.judgement import VoidCode
from rogatory.protocol.text import in_words, message

CLOSE_TERM: Final = 7 * 24 * 3600.0
"""Seconds from the closing on, unless set otherwise, in which members that lost their state can still learn of it."""


def check_may_close(tx: Tx, matter: MatterRow) -> None:
    """Raise NotAllowed or Conflict unless this authority may close the matter now."""
    if matter.creator != tx.authority:
        raise NotAllowed(
            message("{creator} founded the matter, and alone may close it", creator=matter.creator),
            message("ask it to; to go alone, use: rogatory-node matter leave MATTER"),
        )
    closing = closings.get(tx.connection, matter.channel)
    if closing is not None and closing.seq is None:
        raise Conflict(
            message("the matter's closing is signed and on its way"),
            message("see whether it was taken: rogatory-node matter show MATTER"),
        )
    if closing is not None:
        raise Conflict(
            message("the matter was closed at entry {seq} already", seq=closing.seq), message("nothing is left to do")
        )


def closing_sent(tx: Tx, document: UnverifiedDocument) -> None:
    """This authority's closing waits to be sent: nothing is queued after it."""
    payload = document.payload
    closings.put(tx.connection, ClosingRow(payload.channel_id, payload.author, payload.message_id))


def closing_void(tx: Tx, channel: bytes, message_id: bytes) -> None:
    """The log has a closing of ours at a place where it does not count: the matter goes on."""
    closing = closings.get(tx.connection, channel)
    if closing is not None and closing.seq is None and closing.message_id == message_id:
        closings.delete(tx.connection, channel)


def closing_arrived(tx: Tx, matter: MatterRow, arrival: Arrival, body: Closing, term: float) -> None:
    """The matter is closed; what of it did not come before is not delivered. `term` in seconds."""
    seq = _place(tx, matter.channel, arrival)
    closings.put(
        tx.connection,
        ClosingRow(matter.channel, arrival.author, arrival.message_id, seq, tx.now, tx.now + term),
    )
    _void_what_came_late(tx, matter, arrival.message_id, seq)
    told = message(
        "{author} closed the matter at entry {seq}: {subject}", author=arrival.author, seq=seq, subject=matter.subject
    )
    record(
        tx,
        EventKind.MATTER_CLOSED,
        message("{told} ({reason})", told=told, reason=body.reason) if body.reason else told,
        channel=matter.channel,
        document=arrival.message_id,
        author=arrival.author,
    )


def _place(tx: Tx, channel: bytes, arrival: Arrival) -> int:
    """Where the log has the closing: who was let in after that, and is told again, could not read it there."""
    own = members.get(tx.connection, channel, tx.authority)
    if arrival.original_seq is not None and own is not None and arrival.original_seq < own.since_seq:
        return arrival.original_seq
    return arrival.seq


def _void_what_came_late(tx: Tx, matter: MatterRow, closing: bytes, seq: int) -> None:
    moved = False
    for row in documents_of(tx.connection, matter.channel):
        waiting = row.seq is None and row.direction == Direction.SENT
        late = row.seq is not None and row.seq > seq and row.stage != Stage.SHARED
        if row.id == closing or row.stage == Stage.VOID or not (waiting or late):
            continue
        reason = message("not delivered: the matter was closed at entry {seq}", seq=seq)
        set_void(tx.connection, row.row, reason, Stage.VOID)
        record(
            tx,
            EventKind.DOCUMENT_VOID,
            message("the {kind} was {reason}: {title}", kind=in_words(row.kind), reason=reason, title=row.title),
            channel=matter.channel,
            document=row.id,
            author=row.author,
            code=VoidCode.CLOSED.value,
        )
        moved = moved or row.kind in MOVES
    if moved:
        replay(tx, matter)
