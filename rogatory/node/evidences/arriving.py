"""What other nodes state of documents, and this node's own statements once they stand in the log."""

from __future__ import annotations

from datetime import datetime

from rogatory.node.inbox.evidences import Entered, enter
from rogatory.node.inbox.recording import tell_evidence
from rogatory.node.store.documents import DocumentRow, documents_of, get_documents, get_envelope
from rogatory.node.store.matters import get_parties
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Evidence, Payload, Stated, Statement, peek_document
from rogatory.protocol.evidence.rules import Finding
from rogatory.protocol.judgement import VoidCode, VoidDocument
from rogatory.protocol.text import message

_FINDINGS = {
    Stated.NON_DELIVERY: Finding.NON_DELIVERY,
    Stated.RETRIEVAL: Finding.RETRIEVAL,
    Stated.NON_RETRIEVAL: Finding.NON_RETRIEVAL,
}


def check_evidence(tx: Tx, channel: bytes, payload: Payload) -> None:
    """Raise VoidDocument where a statement is about another document than the one here, or is not its author's to make.

    What is said of documents that are not here yet is taken when they come.
    """
    assert isinstance(payload.body, Evidence)
    parties = {party.authority for party in get_parties(tx.connection, channel)}
    for each in payload.body.statements:
        if each.authority not in parties:
            raise VoidDocument(
                VoidCode.WRONG_EVIDENCE,
                message("it is about {authority}, which is no party", authority=each.authority),
            )
        document = _meant(tx, channel, each)
        if document is not None:
            _check(document, payload.author, each)


def evidence_arrived(tx: Tx, channel: bytes, row: DocumentRow, body: Evidence) -> None:
    """Enter what an evidence that stands says of the documents that are here."""
    for each in body.statements:
        document = _meant(tx, channel, each)
        if document is not None:
            _enter(tx, document, row, each)


def document_came(tx: Tx, row: DocumentRow) -> None:
    """A document came after its place in the log: enter what was said of it meanwhile."""
    for other in documents_of(tx.connection, row.channel):
        if other.kind != Evidence.KIND or other.void is not None or other.seq is None:
            continue
        body = peek_document(get_envelope(tx.connection, other.row)).payload.body  # verified when it came
        assert isinstance(body, Evidence)
        for each in body.statements:
            if each.document.id != row.id.hex():
                continue
            try:
                _check(row, other.author, each)
            except VoidDocument:
                continue
            _enter(tx, row, other, each)


def _meant(tx: Tx, channel: bytes, statement: Statement) -> DocumentRow | None:
    """The document here with the digest; else one with the id: an id can be copied, a digest cannot."""
    found = get_documents(tx.connection, channel, bytes.fromhex(statement.document.id))
    exactly = (row for row in found if row.digest.hex() == statement.document.digest)
    return next(exactly, found[0] if found else None)


def _check(document: DocumentRow, author: str, statement: Statement) -> None:
    if document.digest.hex() != statement.document.digest:
        raise VoidDocument(
            VoidCode.WRONG_EVIDENCE, message("it is about another document than the one with the id that it names")
        )
    if (document.author == author) == (statement.stated is Stated.RETRIEVAL):
        raise VoidDocument(
            VoidCode.WRONG_EVIDENCE,
            message("that nobody has seen a document says its author, that it was opened says another"),
        )


def _enter(tx: Tx, document: DocumentRow, evidence: DocumentRow, statement: Statement) -> None:
    at = int(datetime.fromisoformat(statement.at).timestamp() * 1000)
    finding = _FINDINGS[statement.stated]
    of, by, officer = statement.authority, evidence.author, statement.officer
    done = enter(tx, document.row, of, finding, at=at, by=by, source=evidence.id, detail=officer)
    if done in (Entered.FIRST, Entered.STRONGER):
        tell_evidence(tx, document, finding, of=of, by=by, at=at, detail=officer)
