"""What arrives in a matter: judged, entered, and given its effect."""

from __future__ import annotations

from rogatory.node.channels.hooks import Arrival
from rogatory.node.evidences.arriving import check_evidence, document_came, evidence_arrived
from rogatory.node.inbox.arrivals import check_place, enter
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.matters.amendments import amendment_arrived
from rogatory.node.matters.closing import closing_arrived
from rogatory.node.matters.course import MOVES, acknowledge_request, apply, object_to, replay
from rogatory.node.matters.leaving import leave_arrived
from rogatory.node.matters.policy import matter_policy
from rogatory.node.store.documents import DocumentRow, get_document
from rogatory.node.store.matters import MatterRow, get_parties, touch
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Amendment, Charter, Closing, Evidence, Leave, Request
from rogatory.protocol.judgement import VoidCode, VoidDocument, judge_document
from rogatory.protocol.text import in_words, message


def arrived(tx: Tx, matter: MatterRow, arrival: Arrival, close_term: float) -> None:
    """A document in a matter. `close_term` in seconds. Raises VoidDocument."""
    _judge(tx, matter, arrival)
    document = arrival.document
    if document.kind == Amendment.KIND and not arrival.shared:
        amendment_arrived(tx, matter, document, arrival.last_pin)
    if document.signer != document.payload.author:
        return  # an agreement is entered with its amendment
    row = enter(tx, matter.channel, arrival)
    if row is None:
        return
    body = document.payload.body
    if not isinstance(body, Evidence):
        touch(tx.connection, matter.channel, tx.now)
    if arrival.shared:
        document_came(tx, row)
    if isinstance(body, Closing):
        closing_arrived(tx, matter, arrival, body, close_term)
    elif row.kind in MOVES:
        _move(tx, matter, row, arrival)
    elif isinstance(body, Evidence):
        evidence_arrived(tx, matter.channel, row, body)
    elif row.kind == Leave.KIND and not arrival.shared:
        leave_arrived(tx, matter.channel, row.author, document.envelope)


def _judge(tx: Tx, matter: MatterRow, arrival: Arrival) -> None:
    check_place(matter.channel, arrival)
    kind = arrival.document.kind
    policy = matter_policy(tx, matter, arrival.last_pin)
    judge_document(kind, arrival.author, policy, arrival.pin, shared=arrival.shared)
    if kind == Evidence.KIND:
        check_evidence(tx, matter.channel, arrival.document.payload)
    if arrival.shared:
        parties = {party.authority for party in get_parties(tx.connection, matter.channel)}
        if kind == Charter.KIND or arrival.document.payload.author not in parties:
            raise VoidDocument(
                VoidCode.NOT_A_PARTY,
                message("{author} shares a document of somebody who never was a party", author=arrival.author),
            )


def _move(tx: Tx, matter: MatterRow, row: DocumentRow, arrival: Arrival) -> None:
    if arrival.shared:
        replay(tx, matter)
    else:
        apply(tx, row)
    moved = get_document(tx.connection, row.channel, row.id, row.author)
    if moved is None:
        return
    if moved.void is not None:
        record(
            tx,
            EventKind.DOCUMENT_VOID,
            message(
                "the {kind} of {author} changes nothing: {void}",
                kind=in_words(row.kind),
                author=row.author,
                void=moved.void,
            ),
            channel=row.channel,
            document=row.id,
            author=row.author,
            code="illegal_step",
        )
        if not arrival.own and not arrival.shared:
            object_to(tx, moved)
    elif row.kind == Request.KIND and not arrival.own:
        acknowledge_request(tx, row.channel, arrival.document.payload, row.digest, arrival.seq, arrival.head)
