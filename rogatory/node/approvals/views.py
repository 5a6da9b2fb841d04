"""Drafts as officers see them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from rogatory.node.inbox.queries import shown_time
from rogatory.node.inbox.views import View
from rogatory.node.store import drafts
from rogatory.node.store.drafts import DraftRow
from rogatory.node.transaction import Tx


class DraftState(StrEnum):
    """What became of a draft."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"


class DraftView(View, frozen=True, kw_only=True):
    """A draft. `given`: what is to be sent, and to whom or where; `sent_as`: the document that it became."""

    draft: str
    doing: str
    given: dict[str, Any]
    prepared_by: str
    prepared_at: str
    state: DraftState
    decided_by: str | None = None
    decided_at: str | None = None
    reason: str | None = None
    sent_as: str | None = None


def list_drafts(tx: Tx, *, waiting: bool) -> list[DraftView]:
    """Drafts, the newest first; with `waiting` only those that nobody has decided on."""
    return [draft_view(row) for row in drafts.all_drafts(tx.connection, DraftState.WAITING if waiting else None)]


def draft_view(row: DraftRow) -> DraftView:
    """A draft as it is shown."""
    return DraftView(
        draft=row.id.hex(),
        doing=row.act,
        given=row.given,
        prepared_by=row.prepared_by,
        prepared_at=shown_time(row.prepared_at),
        state=DraftState(row.state),
        decided_by=row.decided_by,
        decided_at=None if row.decided_at is None else shown_time(row.decided_at),
        reason=row.reason,
        sent_as=None if row.document is None else row.document.hex(),
    )
