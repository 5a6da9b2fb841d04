"""What this node states of documents by itself: whom they have not reached in time, and what its officers opened.

Both wait as rows in the database, by the times of the log, so that they outlast restarts and a clock that was wrong
for a while. One document in the channel states many at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rogatory.node.channels.hooks import Live
from rogatory.node.channels.states import ChannelState
from rogatory.node.duties import LATER as AFTER_FAULT
from rogatory.node.duties import Duty, attempt
from rogatory.node.inbox.writing import send, sign
from rogatory.node.store import channels, closings, members
from rogatory.node.store.documents import DocumentRow, get_by_row, get_document, get_documents, get_envelope
from rogatory.node.store.evidences import (
    Opening,
    Term,
    delete_term,
    due_openings,
    due_terms,
    evidences_of,
    move_term,
    next_opening,
    next_term,
    put_off_openings,
    put_opening,
    put_term,
    resume_terms,
    waiting_channels,
)
from rogatory.node.store.matters import MatterRow, get_matter
from rogatory.node.store.prepared import remembered
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import (
    Consultation,
    DocumentRef,
    Evidence,
    Reply,
    Request,
    Stated,
    Statement,
    Urgency,
    peek_document,
    timestamp,
)
from rogatory.protocol.documents.kinds.evidence import MAX_STATEMENTS
from rogatory.protocol.evidence.rules import Finding, Stage, due_after

HOUR: Final = 3600.0
BY_PEOPLE: Final = frozenset({Request.KIND, Reply.KIND, Consultation.KIND})
"""Kinds that a person writes and a person opens: terms run and openings are stated for these, in matters."""
GATHER: Final = 5.0
"""Seconds after which what was opened is stated, together with what was opened meanwhile."""
SETTLE: Final = 5.0
"""Seconds for which a channel was read to its head before absence is stated: acknowledgements follow entries."""
LATER: Final = 30.0
"""Seconds after which is tried again what cannot be stated now."""
MOST: Final = MAX_STATEMENTS
"""Documents looked at in one transaction."""

_SPEAKS: Final = frozenset({ChannelState.OPEN, ChannelState.REJOINING})


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds from a document's place in the log, in a matter of routine urgency, until its absence is stated.

    `names_officers`: whether a statement that a document was opened says by whom.
    """

    delivery: float = 72 * HOUR
    retrieval: float = 168 * HOUR
    names_officers: bool = False

    def of(self, stage: Stage, urgency: Urgency) -> float:
        """In a matter of this urgency."""
        return due_after(self.delivery if stage is Stage.DELIVERY else self.retrieval, urgency)


def begin_term(tx: Tx, channel: bytes, message_id: bytes, terms: Terms) -> None:
    """A document of our own was read in a matter's log: from its time on others have the term to see it."""
    row, matter = get_document(tx.connection, channel, message_id, tx.authority), get_matter(tx.connection, channel)
    if row is None or matter is None or row.logged_at is None or row.void is not None or row.kind not in BY_PEOPLE:
        return
    due = row.logged_at + terms.of(Stage.DELIVERY, _urgency(tx, matter))
    put_term(tx.connection, Term(row.row, channel, Stage.DELIVERY, due))


def opened(tx: Tx, rows: Iterable[DocumentRow], officer: str) -> None:
    """A person was shown these documents: that is stated, once for each that was written to this authority."""
    for row in rows:
        if row.author == tx.authority or row.kind not in BY_PEOPLE or row.void is not None or row.seq is None:
            continue
        if get_matter(tx.connection, row.channel) is None or not _is_for(tx, row):
            continue
        put_opening(tx.connection, Opening(row.row, tx.now, officer), tx.now + GATHER)


def state_all(tx: Tx, terms: Terms, live: Live) -> float | None:
    """State what is due, each channel's part apart; when to ask again (Unix seconds), or None."""
    for channel in waiting_channels(tx.connection):
        since = live(channel)
        if since is not None:
            resume_terms(tx.connection, channel, since + SETTLE)
    due: dict[bytes, tuple[list[Opening], list[Term]]] = {}
    for opening in due_openings(tx.connection, tx.now, MOST):
        due.setdefault(get_by_row(tx.connection, opening.document).channel, ([], []))[0].append(opening)
    for term in due_terms(tx.connection, tx.now, MOST):
        due.setdefault(term.channel, ([], []))[1].append(term)
    for channel, (openings, of_absence) in due.items():
        state = partial(_state, tx, channel, openings, of_absence, terms, live)
        attempt(tx, Duty.EVIDENCE, channel, state, partial(_put_off, tx, openings, of_absence))
    times = [at for at in (next_opening(tx.connection), next_term(tx.connection)) if at is not None]
    return min(times, default=None)


def _put_off(tx: Tx, openings: list[Opening], of_absence: list[Term]) -> None:
    """What cannot be stated makes room for what can."""
    put_off_openings(tx.connection, [each.document for each in openings], tx.now + AFTER_FAULT)
    for term in of_absence:
        move_term(tx.connection, replace(term, due_at=tx.now + AFTER_FAULT))


def _state(tx: Tx, channel: bytes, openings: list[Opening], of_absence: list[Term], terms: Terms, live: Live) -> None:
    """What is due in one channel, in as few documents as can hold it."""
    said: list[Statement] = []
    for opening in openings:
        _state_opening(tx, opening, terms, said)
    for term in of_absence:
        _look_at(tx, term, terms, live, said)
    for start in range(0, len(said), MAX_STATEMENTS):
        send(tx, sign(tx, channel, Evidence(statements=tuple(said[start : start + MAX_STATEMENTS]))))


def _state_opening(tx: Tx, opening: Opening, terms: Terms, said: list[Statement]) -> None:
    row = get_by_row(tx.connection, opening.document)
    state = _standing(tx, row.channel)
    if state in _SPEAKS or state is None:
        put_off_openings(tx.connection, [opening.document], None)
    else:
        put_off_openings(tx.connection, [opening.document], tx.now + LATER)
    if state in _SPEAKS:
        named = opening.officer if terms.names_officers else ""
        said.append(_statement(row, Stated.RETRIEVAL, tx.authority, opening.at, named))


def _look_at(tx: Tx, term: Term, terms: Terms, live: Live, said: list[Statement]) -> None:
    row, stage = get_by_row(tx.connection, term.document), Stage(term.stage)
    matter, state = get_matter(tx.connection, row.channel), _standing(tx, row.channel)
    if matter is None or state is None or row.void is not None or row.logged_at is None:
        delete_term(tx.connection, term.document)
        return
    since = live(row.channel) if state is ChannelState.OPEN else None
    if since is None or tx.now < since + SETTLE:
        move_term(tx.connection, replace(term, due_at=None if since is None else since + SETTLE))
        return
    stated = Stated.NON_DELIVERY if stage is Stage.DELIVERY else Stated.NON_RETRIEVAL
    absent = _absent(tx, row, stage)
    said.extend(_statement(row, stated, name, tx.now, "") for name in absent)
    if stage is Stage.RETRIEVAL or not _absent(tx, row, Stage.RETRIEVAL):
        delete_term(tx.connection, term.document)
        return
    due = row.logged_at + terms.of(Stage.RETRIEVAL, _urgency(tx, matter))
    move_term(tx.connection, Term(row.row, row.channel, Stage.RETRIEVAL, max(due, tx.now)))


def _absent(tx: Tx, row: DocumentRow, stage: Stage) -> list[str]:
    """Addressees that are in the channel, and of whom there is no evidence that it came so far."""
    found = evidences_of(tx.connection, row.row)
    seen = {each.authority for each in found if each.stage == stage}
    if stage is Stage.DELIVERY:
        seen |= {each.authority for each in found if each.finding == Finding.RETRIEVAL}
    present = {member.authority for member in members.present(tx.connection, row.channel)}
    return [name for name in row.recipients if name not in seen and name in present]


def _statement(row: DocumentRow, stated: Stated, authority: str, at: float, officer: str) -> Statement:
    document = DocumentRef(id=row.id.hex(), digest=row.digest.hex())
    return Statement(document=document, stated=stated, authority=authority, at=timestamp(int(at)), officer=officer)


def _standing(tx: Tx, channel: bytes) -> ChannelState | None:
    """Where the channel stands; None where nothing is said in it any more."""
    row = channels.get(tx.connection, channel)
    if row is None or closings.get(tx.connection, channel) is not None or row.state == ChannelState.CLOSED:
        return None
    return ChannelState(row.state)


def _is_for(tx: Tx, row: DocumentRow) -> bool:
    addressees = peek_document(get_envelope(tx.connection, row.row)).payload.addressees
    return not addressees or tx.authority in addressees


def _urgency(tx: Tx, matter: MatterRow) -> Urgency:
    """Of the matter's request; without one routine. A request never changes, so it is read once."""
    if matter.request is None:
        return Urgency.ROUTINE
    known = remembered(tx.connection, "urgency of requests")
    key = (matter.channel, matter.request)
    if key not in known:
        rows = get_documents(tx.connection, matter.channel, matter.request)
        row = next((each for each in rows if each.kind == Request.KIND and each.void is None), None)
        body = None if row is None else peek_document(get_envelope(tx.connection, row.row)).payload.body
        known[key] = body.urgency if isinstance(body, Request) else Urgency.ROUTINE
    urgency: Urgency = known[key]
    return urgency
