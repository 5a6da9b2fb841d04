"""An evidence is entered: the rules say whether it is the current one of its document, stage and authority now."""

from __future__ import annotations

from enum import Enum

from rogatory.node.store.evidences import (
    EvidenceRow,
    get_current,
    keep_superseded,
    put_current,
    put_first,
    superseded_of,
)
from rogatory.node.transaction import Tx
from rogatory.protocol.evidence.rules import STAGE_OF, Evidence, Finding, supersedes


class Entered(Enum):
    """What entering an evidence changed."""

    NOTHING = "nothing"
    FIRST = "first"
    """It is the first of its document, stage and authority."""
    EARLIER = "earlier"
    """It took the place of one that found the same."""
    STRONGER = "stronger"
    """It took the place of one that found something else."""


def enter(
    tx: Tx, document: int, authority: str, finding: Finding, *, at: int, by: str, source: bytes = b"", detail: str = ""
) -> Entered:
    """Enter an evidence of the document in a row.

    `authority`: the addressee, or the relay; `at`: Unix milliseconds; `detail`: why a relay refused, or who opened it.
    Entering one again changes nothing. Of each finding one is kept, of a rejection one of each code: else whoever
    states the same again and again could fill this database.
    """
    row = EvidenceRow(
        document=document,
        stage=STAGE_OF[finding],
        authority=authority,
        finding=finding,
        at=at,
        by=by,
        source=source,
        detail=detail,
    )
    if put_first(tx.connection, row):
        return Entered.FIRST
    held = get_current(tx.connection, document, row.stage, authority)
    assert held is not None
    if value_of(row) == value_of(held):
        return Entered.NOTHING
    same = _what(row) == _what(held)
    if not supersedes(value_of(row), value_of(held)):
        if not same:
            _keep(tx, row)
        return Entered.NOTHING
    put_current(tx.connection, row)
    if same:
        return Entered.EARLIER
    _keep(tx, held)
    return Entered.STRONGER


def _keep(tx: Tx, row: EvidenceRow) -> None:
    """Keep a superseded one unless one of the same finding is kept."""
    kept = superseded_of(tx.connection, row.document)
    if all((each.authority, *_what(each)) != (row.authority, *_what(row)) for each in kept):
        keep_superseded(tx.connection, row)


def _what(row: EvidenceRow) -> tuple[str, str]:
    """The finding; a relay's rejections are told apart by their code."""
    return row.finding, row.detail if row.finding == Finding.REJECTION else ""


def value_of(row: EvidenceRow) -> Evidence:
    """What the rules compare."""
    return Evidence(Finding(row.finding), row.at, row.by, row.source)
