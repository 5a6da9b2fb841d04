"""Requests that name earlier ones: checked before they are sent, and found from both ends by the earlier digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rogatory.node.errors import RefusedInput
from rogatory.node.matters.course import request_of
from rogatory.node.matters.views import RelatedMatter, Succession
from rogatory.node.store import relations
from rogatory.node.store.documents import DocumentRow, document_with_digest, get_envelope
from rogatory.node.store.matters import MatterRow, get_matter, get_parties
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Payload, Related, Relation, Request, dropped_limits, peek_document
from rogatory.protocol.text import Message, in_words, message


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a reference, what to do about it, and whether one may send it all the same."""

    text: Message
    remedy: Message
    insistable: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A request that is held here; `parties`: of its matter, those who left too."""

    row: DocumentRow
    payload: Payload
    parties: frozenset[str]


def check_related(tx: Tx, addressees: Sequence[str], request: Request, *, insist: bool) -> None:
    """Raise RefusedInput for a request whose references to earlier ones do not hold, or that drops their limits."""
    for fault in faults_of(tx, addressees, request):
        if not (insist and fault.insistable):
            raise RefusedInput(fault.text, fault.remedy)


def faults_of(tx: Tx, addressees: Sequence[str], request: Request) -> Iterator[Fault]:
    """What is wrong with the references of a request that is to be sent to these authorities."""
    seen = set()
    for related in request.related:
        if related.digest is None:
            continue
        if related.digest in seen:
            yield Fault(
                message("the earlier request {reference} is named twice", reference=related.reference),
                message("name it once"),
            )
        else:
            yield from _faults(tx, addressees, request, related, bytes.fromhex(related.digest))
        seen.add(related.digest)


def related_matters(tx: Tx, matter: MatterRow) -> tuple[RelatedMatter, ...]:
    """The requests that the matter's request names, then those that name it."""
    own = _request_of(tx, matter)
    if own is None:
        return ()
    shown = [_earlier(tx, own.payload.author, related) for related in _related(own.payload)]
    for channel in relations.naming(tx.connection, own.row.digest):
        row = get_matter(tx.connection, channel)
        later = None if row is None else _request_of(tx, row)
        if row is None or later is None or later.payload.author not in own.parties:
            continue
        named = (each for each in _related(later.payload) if each.digest == own.row.digest.hex())
        shown += [
            _shown(Succession.LATER, related, later.row.digest.hex(), row, _reference(later.payload))
            for related in named
        ]
    return tuple(shown)


def _faults(tx: Tx, addressees: Sequence[str], request: Request, related: Related, digest: bytes) -> Iterator[Fault]:
    row = document_with_digest(tx.connection, digest)
    if row is None:
        yield Fault(
            message("no request with the digest {digest} is known here", digest=digest.hex()),
            message(
                "take it from the earlier matter: rogatory-node request follow-up MATTER; "
                "or name that request by its reference alone"
            ),
        )
        return
    if row.kind != Request.KIND or row.void is not None:
        yield Fault(
            message(
                "the digest {digest} is that of a document of kind {kind}, and not of a request that had effect",
                digest=digest.hex(),
                kind=in_words(row.kind),
            ),
            message("take the digest of the earlier request: rogatory-node request follow-up MATTER"),
        )
        return
    found = _held(tx, row)
    reference = related.reference
    yield from _of_parties(addressees, found, reference)
    earlier = found.payload.body
    assert isinstance(earlier, Request)
    if related.relation is Relation.PRESERVATION and earlier.form != "preservation":
        yield Fault(
            message("the earlier request {reference} asked for no preservation", reference=reference),
            message("name another relation: supplement, transfer, or other with words"),
        )
    if dropped := dropped_limits(found.payload, request):
        yield _of_limits(tx, found.payload.author, reference, dropped)


def _of_parties(addressees: Sequence[str], found: _Found, reference: str) -> Iterator[Fault]:
    if strangers := tuple(sorted({*addressees} - found.parties)):
        yield Fault(
            message(
                "no party to the earlier request {reference}, so it could not find it: {strangers}",
                reference=reference,
                strangers=strangers,
            ),
            message("name it to such an authority by its reference alone, without the digest"),
        )


def _of_limits(tx: Tx, author: str, reference: str, dropped: tuple[Message, ...]) -> Fault:
    """UNTOC 18(19): what another authority limited is used otherwise with its consent alone."""
    text = message(
        "the earlier request {reference} limits its use, and this one does not keep: {limits}",
        reference=reference,
        limits=dropped,
    )
    if author == tx.authority:
        return Fault(text, message("keep them, or send it all the same with: --insist"), insistable=True)
    return Fault(text, message("keep them: {author}, which set them, can allow more", author=author))


def _earlier(tx: Tx, author: str, related: Related) -> RelatedMatter:
    """Found where it is a request of a matter that the later one's author was a party of, too."""
    row = None if related.digest is None else document_with_digest(tx.connection, bytes.fromhex(related.digest))
    if row is None or row.kind != Request.KIND or row.void is not None or author not in _held(tx, row).parties:
        return _shown(Succession.EARLIER, related, related.digest, None, related.reference)
    return _shown(
        Succession.EARLIER, related, related.digest, get_matter(tx.connection, row.channel), related.reference
    )


def _shown(
    stands: Succession, related: Related, digest: str | None, matter: MatterRow | None, reference: str
) -> RelatedMatter:
    return RelatedMatter(
        stands=stands,
        relation="" if related.relation is None else related.relation.value,
        words=related.words,
        reference=reference,
        digest=digest,
        matter=None if matter is None else matter.channel.hex(),
        subject=None if matter is None else matter.subject,
        state=None if matter is None else matter.state,
    )


def _request_of(tx: Tx, matter: MatterRow) -> _Found | None:
    row = request_of(tx, matter)
    return None if row is None else _held(tx, row)


def _held(tx: Tx, row: DocumentRow) -> _Found:
    payload = peek_document(get_envelope(tx.connection, row.row)).payload
    return _Found(row, payload, frozenset(party.authority for party in get_parties(tx.connection, row.channel)))


def _related(payload: Payload) -> tuple[Related, ...]:
    assert isinstance(payload.body, Request)
    return payload.body.related


def _reference(payload: Payload) -> str:
    assert isinstance(payload.body, Request)
    return payload.body.reference
