"""An evidence is entered: the rules say whether it is the current one of its document, stage and authority now."""

from __future__ import annotations

from enum import Enum

from rogatory.node.store.evidences import (
    EvidenceRow,
    get_current,
    keep_superseded,
    put_first,
    replace_current,
)
from rogatory.node.transaction import Tx
from rogatory.protocol.evidence.rules import STAGE_OF, Evidence, Finding, supersedes


class Entered(Enum):
    """What entering an evidence changed."""

    NOTHING = "nothing"
    FIRST = "first"
    """It is the first of its document, stage and authority."""
    STRONGER = "stronger"
    """It took another one's place."""


def enter(
    tx: Tx, document: int, authority: str, finding: Finding, *, at: int, by: str, source: bytes = b"", detail: str = ""
) -> Entered:
    """Enter an evidence of the document in a row.

    `authority`: the addressee, or the relay; `at`: Unix milliseconds; `detail`: why a relay refused, or who opened it.
    Entering one again changes nothing.
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
    if not supersedes(value_of(row), value_of(held)):
        keep_superseded(tx.connection, row)
        return Entered.NOTHING
    replace_current(tx.connection, row, held)
    return Entered.STRONGER


def value_of(row: EvidenceRow) -> Evidence:
    """What the rules compare."""
    return Evidence(Finding(row.finding), row.at, row.by, row.source)
