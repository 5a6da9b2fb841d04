"""What leaves this authority for the one that executes a request: with every limit that its author set."""

from __future__ import annotations

import msgspec

from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.inbox.queries import shown_time
from rogatory.node.inbox.views import View
from rogatory.node.matters.course import request_of
from rogatory.node.matters.lookup import find_matter
from rogatory.node.store.documents import documents_of, get_envelope
from rogatory.node.store.matters import MatterRow, get_parties
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import (
    Kept,
    Outcome,
    Payload,
    Reply,
    Request,
    UnsoundDocument,
    keep_limits,
    letter_of,
    limits_of,
    peek_document,
)
from rogatory.protocol.documents.requests.letter import Say
from rogatory.protocol.text import message, text_of


class Letter(View, frozen=True, kw_only=True):
    """A request to be printed. `limits` stand above and below it, those of later information too."""

    matter: str
    document: str
    digest: str
    author: str
    addressees: list[str]
    received_at: str | None
    references: dict[str, str]
    limits: list[str]
    letter: str


def keep_when_forwarded(tx: Tx, matter: MatterRow, step: Reply) -> Reply:
    """The step; one that forwards the request carries the limits of all that the other side has said in the matter."""
    if step.outcome is not Outcome.FORWARDED:
        return step
    try:
        kept = keep_limits(_said_by_others(tx, matter), Kept(step.use_limits, step.confidentiality))
    except UnsoundDocument as error:
        raise RefusedInput(text_of(error), message("ask the requesting authority for shorter ones")) from None
    return msgspec.structs.replace(step, use_limits=kept.use_limits, confidentiality=kept.confidentiality)


def letter_to_hand_on(tx: Tx, matter: str, say: Say = str) -> Letter:
    """The matter's request as a letter, worded by `say`. Raises NotFound, Conflict, RefusedInput."""
    row = find_matter(tx, matter)
    request = request_of(tx, row)
    if request is None:
        raise Conflict(
            message("the matter has no request that the log has"),
            message("see where the matter stands: rogatory-node matter show MATTER"),
        )
    payload = peek_document(get_envelope(tx.connection, request.row)).payload
    assert isinstance(payload.body, Request)
    lines = [line for each in (payload, *_said_by_others(tx, row)) for line in limits_of(each)]
    parties = get_parties(tx.connection, row.channel)
    return Letter(
        matter=row.channel.hex(),
        document=payload.id,
        digest=request.digest.hex(),
        author=payload.author,
        addressees=list(payload.addressees),
        received_at=None if request.logged_at is None else shown_time(request.logged_at),
        references={party.authority: party.reference for party in parties if party.reference},
        limits=list(dict.fromkeys(lines)),
        letter=letter_of(payload.body, say),
    )


def _said_by_others(tx: Tx, matter: MatterRow) -> list[Payload]:
    """What stands in the log by other authorities and is not void: the request, and what was told about it later."""
    return [
        peek_document(get_envelope(tx.connection, row.row)).payload
        for row in documents_of(tx.connection, matter.channel)
        if row.author != tx.authority and row.void is None and row.kind in (Request.KIND, Reply.KIND)
    ]
