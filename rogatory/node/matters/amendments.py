"""Further parties: proposed by one, signed by all, then added.

Of several amendments that follow the same one, the first that is complete in the log counts; the others are
superseded everywhere alike, and are proposed anew if they are still wanted.
"""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.commands import wish_add
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.matters.policy import matter_policy
from rogatory.node.store.absences import get_absences
from rogatory.node.store.amendments import (
    AmendmentRow,
    get_amendments,
    get_signatures,
    put_amendment,
    put_signature,
    set_complete,
)
from rogatory.node.store.matters import MatterRow, present_parties
from rogatory.node.transaction import Tx
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import (
    Amendment,
    Document,
    IncompleteAmendment,
    UnverifiedDocument,
    check_amendment,
)
from rogatory.protocol.judgement import VoidCode, VoidDocument, judge_amendment
from rogatory.protocol.judgement.policy import NO_PIN
from rogatory.protocol.text import message

PROPOSER_TURN: Final = 600.0
TURN: Final = 60.0
"""Seconds that the proposer, and then each further party, has to add whom all agreed to."""


def enter_amendment(tx: Tx, document: Document | UnverifiedDocument, *, logged: bool) -> None:
    """Enter a signature under an amendment, and the amendment with its proposer's; it counts once it is in the log."""
    body = document.payload.body
    if not isinstance(body, Amendment):
        raise TypeError("not an amendment")
    channel = document.payload.channel_id
    if document.signer == document.payload.author:
        previous = None if body.previous is None else bytes.fromhex(body.previous)
        put_amendment(
            tx.connection,
            AmendmentRow(channel, document.digest, document.signer, previous, list(body.adds), body.reason),
        )
    put_signature(tx.connection, channel, document.digest, document.signer, document.envelope, logged=logged)


def amendment_arrived(tx: Tx, matter: MatterRow, document: Document, last_pin: DirectoryPin) -> None:
    """A proposal or an agreement in the log. Raises VoidDocument."""
    body = document.payload.body
    if not isinstance(body, Amendment):
        raise TypeError("not an amendment")
    proposal = document.signer == document.payload.author
    if proposal:
        judge_amendment(document, matter_policy(tx, matter, last_pin))
        suspended = get_absences(tx.connection, matter.channel).suspended
        already = sorted((present_parties(tx.connection, matter.channel) | suspended) & set(body.adds))
        if already:
            raise VoidDocument(VoidCode.WRONG_AMENDMENT, message("{already}: a party already", already=tuple(already)))
    else:
        _check_open(tx, matter, document)
    enter_amendment(tx, document, logged=True)
    if proposal and document.signer != tx.authority:
        record(
            tx,
            EventKind.AMENDMENT_WAITING,
            message(
                "{signer} proposes to add {adds}: {reason}",
                signer=document.signer,
                adds=tuple(body.adds),
                reason=body.reason,
            ),
            channel=matter.channel,
            document=document.payload.message_id,
            author=document.signer,
        )
    settle(tx, matter, last_pin)


def _check_open(tx: Tx, matter: MatterRow, document: Document) -> None:
    row = next((row for row in get_amendments(tx.connection, matter.channel) if row.digest == document.digest), None)
    if row is None:
        raise VoidDocument(
            VoidCode.WRONG_AMENDMENT,
            message("{signer} agrees to an amendment that nobody proposed", signer=document.signer),
        )
    if row.place is not None:  # its signatures are those of the parties of then, and joiners are handed them
        raise VoidDocument(
            VoidCode.WRONG_AMENDMENT, message("{signer} agrees to what every party has signed", signer=document.signer)
        )


def settle(tx: Tx, matter: MatterRow, last_pin: DirectoryPin = NO_PIN) -> None:
    """See whether an amendment is complete now: every party's signature stands in the log.

    Suspended parties sign too, but for those that were struck off as of `last_pin`.
    """
    suspended = get_absences(tx.connection, matter.channel).suspended
    awaited = {party for party in suspended if not tx.directory.struck_off(party, last_pin.targets)}
    parties = present_parties(tx.connection, matter.channel) | awaited
    rows = get_amendments(tx.connection, matter.channel)
    complete = [row for row in rows if row.place is not None]
    last = complete[-1].digest if complete else None
    for row in rows:
        if row.place is not None or row.previous != last:
            continue
        signatures = get_signatures(tx.connection, matter.channel, row.digest)
        envelopes = [envelope for signer, envelope in signatures.items() if signer in parties]
        try:
            check_amendment(envelopes, parties, tx.directory.document_keys)
        except IncompleteAmendment:
            continue
        set_complete(tx.connection, matter.channel, row.digest, len(complete) + 1)
        record(
            tx,
            EventKind.AMENDMENT_COMPLETE,
            message("every party agrees to add {adds}", adds=tuple(row.adds)),
            channel=matter.channel,
            author=row.proposer,
        )
        for authority in row.adds if tx.authority in parties else []:
            wish_add(tx, matter.channel, authority, row.digest, delay=_turn(tx, row.proposer, parties))
        return


def _turn(tx: Tx, proposer: str, parties: frozenset[str]) -> float:
    """Seconds until it is this node's turn to add whom all agreed to: its proposer's comes first."""
    if tx.authority == proposer:
        return 0.0
    return PROPOSER_TURN + sorted(parties - {proposer}).index(tx.authority) * TURN
