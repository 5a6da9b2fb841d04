"""The inbox and its documents, as shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from rogatory.node.inbox.events import Event, EventKind
from rogatory.node.inbox.lookup import find_document
from rogatory.node.inbox.views import (
    Delivery,
    Direction,
    DocumentLine,
    DocumentView,
    EvidenceView,
    RelayReceipt,
    Stage,
    Thread,
)
from rogatory.node.store import channels
from rogatory.node.store.documents import DocumentRow, deliveries_of, get_envelope
from rogatory.node.store.events import EventRow, events_after, last_event
from rogatory.node.store.evidences import EvidenceRow, evidences_of, superseded_of
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import limits_of, peek_document
from rogatory.protocol.dossier.moments import moment_of
from rogatory.protocol.evidence.rules import Finding
from rogatory.protocol.evidence.rules import Stage as EvidenceStage
from rogatory.protocol.evidence.wording import wording
from rogatory.protocol.receipt import Receipt

MAX_EVENTS = 1000


def shown_time(seconds: float) -> str:
    """Unix seconds as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def events(tx: Tx, after: int = 0, limit: int = 100) -> list[Event]:
    """What happened after the event with id `after`, oldest first; at most 1000 at once."""
    networks = {row.id: row.network for row in channels.every(tx.connection) if row.network is not None}
    rows = events_after(tx.connection, after, max(0, min(limit, MAX_EVENTS)))
    return [_event(row, None if row.channel is None else networks.get(row.channel)) for row in rows]


def latest_event(tx: Tx) -> int:
    """The id of the newest event, 0 if nothing has happened yet."""
    return last_event(tx.connection)


def show_document(tx: Tx, document: str) -> DocumentView:
    """A document by the first digits of its id. Raises NotFound, RefusedInput."""
    return document_view(tx, find_document(tx, document))


def envelope(tx: Tx, document: str) -> bytes:
    """The document as it was signed, to be checked elsewhere. Raises NotFound, RefusedInput."""
    return get_envelope(tx.connection, find_document(tx, document).row)


def document_line(row: DocumentRow) -> DocumentLine:
    """A document in a list."""
    return DocumentLine(
        id=row.id.hex(),
        matter=row.channel.hex(),
        kind=row.kind,
        author=row.author,
        direction=Direction(row.direction),
        stage=Stage(row.stage),
        title=row.title,
        written_at=row.written_at,
        logged_at=None if row.logged_at is None else shown_time(row.logged_at),
        seq=row.seq,
        thread=_thread(row),
        in_reply_to=row.in_reply_to,
    )


def document_view(tx: Tx, row: DocumentRow) -> DocumentView:
    """A whole document with its evidences."""
    document = peek_document(get_envelope(tx.connection, row.row))  # its signatures were checked when it came
    acknowledged = {delivery.authority: delivery for delivery in deliveries_of(tx.connection, row.row)}
    return DocumentView(
        id=row.id.hex(),
        matter=row.channel.hex(),
        kind=row.kind,
        author=row.author,
        key_set=document.key_set,
        addressees=list(document.payload.addressees),
        direction=Direction(row.direction),
        stage=Stage(row.stage),
        title=row.title,
        written_at=row.written_at,
        digest=row.digest.hex(),
        body=_body(document.payload.body),
        limits=limits_of(document.payload),
        seq=row.seq,
        logged_at=None if row.logged_at is None else shown_time(row.logged_at),
        thread=_thread(row),
        in_reply_to=row.in_reply_to,
        void=row.void,
        receipt=None if row.receipt is None else _receipt(row.receipt),
        deliveries=[
            Delivery(
                authority=name,
                acknowledged_at=shown_time(acknowledged[name].at)
                if name in acknowledged and not acknowledged[name].excepted
                else None,
                excepted=name in acknowledged and acknowledged[name].excepted,
            )
            for name in sorted({*row.recipients, *acknowledged})
        ],
        evidences=_evidences(evidences_of(tx.connection, row.row)),
        superseded=_evidences(superseded_of(tx.connection, row.row)),
    )


def _evidences(rows: Sequence[EvidenceRow]) -> list[EvidenceView]:
    """The stages in the order of a document's way."""
    return [_evidence(row) for stage in EvidenceStage for row in rows if row.stage == stage]


def _evidence(row: EvidenceRow) -> EvidenceView:
    said = wording(Finding(row.finding), of=row.authority, by=row.by, at=moment_of(row.at), detail=row.detail)
    return EvidenceView(
        stage=row.stage,
        authority=row.authority,
        finding=row.finding,
        at=shown_time(row.at / 1000),
        by=row.by,
        says=said,
    )


def _body(body: object) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(body)
    return built


def _receipt(encoded: bytes) -> RelayReceipt:
    receipt = msgspec.msgpack.decode(encoded, type=Receipt)
    return RelayReceipt(
        relay=receipt.relay,
        seq=receipt.seq,
        head=receipt.head.hex(),
        time=shown_time(receipt.time / 1000),
        signature=receipt.signature.hex(),
    )


def _thread(row: DocumentRow) -> Thread | None:
    return None if row.thread_id is None else Thread(id=row.thread_id, subject=row.thread_subject or "")


def _event(row: EventRow, network: str | None) -> Event:
    return Event(
        id=row.id,
        at=shown_time(row.at),
        kind=EventKind(row.kind),
        summary=row.summary,
        matter=None if row.channel is None or network is not None else row.channel.hex(),
        network=network,
        document=None if row.document is None else row.document.hex(),
        author=row.author,
        code=row.code,
    )
