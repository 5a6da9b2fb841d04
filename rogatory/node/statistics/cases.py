"""Each request as the few facts that are counted, and when it reached each stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from rogatory.node.matters.course import MOVES
from rogatory.node.store.documents import DocumentRow, documents_of_kinds, get_envelope
from rogatory.node.store.matters import all_matters
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import DocumentReceipt, Outcome, Reply, Request, peek_document

MEASURED = ("received", "accepted", "executed", "answered", "refused")
"""Stages whose time since the sending is measured."""

_STAGE_OF = {
    Outcome.ACCEPTED: "accepted",
    Outcome.EXECUTED: "executed",
    Outcome.ANSWERED: "answered",
    Outcome.REFUSED: "refused",
}


@dataclass(slots=True)
class Case:
    """One request. `sent_at` and `reached` (by stage, when first) in Unix seconds of the relay's clock."""

    direction: str
    states: tuple[str, ...]
    form: str
    article: str
    offences: tuple[str, ...]
    urgency: str
    outcome: str
    sent_at: float
    reached: dict[str, float] = field(default_factory=dict)


def cases(tx: Tx) -> Iterator[Case]:
    """Every request that the log has, sent and received."""
    outcomes = {row.channel: row.state for row in all_matters(tx.connection)}
    rows = documents_of_kinds(tx.connection, sorted(MOVES))
    for channel, documents in groupby(rows, key=lambda row: row.channel):
        found = _case(tx, list(documents), outcomes.get(channel, ""))
        if found is not None:
            yield found


def _case(tx: Tx, documents: list[DocumentRow], outcome: str) -> Case | None:
    case = None
    for row in documents:
        if row.logged_at is None:
            continue
        payload = peek_document(get_envelope(tx.connection, row.row)).payload
        body = payload.body
        if isinstance(body, Request) and case is None:
            sent = payload.author == tx.authority
            others = payload.addressees if sent else (payload.author,)
            case = Case(
                direction="sent" if sent else "received",
                states=tuple(sorted({other.split(".")[0].upper() for other in others})),
                form=body.form,
                article=body.ARTICLE,
                offences=tuple(sorted({offence.name for offence in body.offences})),
                urgency=body.urgency.value,
                outcome=outcome,
                sent_at=row.logged_at,
            )
        elif case is not None and isinstance(body, DocumentReceipt):
            case.reached.setdefault("received", row.logged_at)
        elif case is not None and isinstance(body, Reply) and body.outcome in _STAGE_OF:
            case.reached.setdefault(_STAGE_OF[body.outcome], row.logged_at)
    return case
