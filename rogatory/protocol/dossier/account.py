"""What a matter's documents say and do, one after the other, told from the machine part of a dossier alone.

Whoever exports and whoever verifies derive the same account from the same bytes, and so the same texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.protocol.documents import DocumentReceipt, Payload, Reply, Request, UnverifiedDocument, limits_of
from rogatory.protocol.documents.fields import Annex
from rogatory.protocol.documents.requests.parts import Related
from rogatory.protocol.dossier.statements import Statements
from rogatory.protocol.dossier.statements import Told as Statement
from rogatory.protocol.life.course import Course, advance, begin, receive
from rogatory.protocol.life.table import IllegalStep
from rogatory.protocol.proof import Proof
from rogatory.protocol.text import message, text_of

MAX_TITLE: Final = 100


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a document stands in the log, when at the latest (Unix milliseconds, says `relay`), who has opened it."""

    seq: int | None
    at: int | None = None
    relay: str | None = None
    opened_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One document of the account, numbered from 1 in the order of the log.

    `state`: of the request after it, None without one; `void`: why it has no effect; `judged`: the exporter's node said
    so, and not the table; `gap`: it is no step for want of others before it, which the dossier does not have.
    """

    number: int
    place: Placed
    id: str
    digest: str
    kind: str
    author: str
    signer: str
    key_set: int
    addressees: tuple[str, ...]
    written_at: str
    title: str
    annexes: tuple[Annex, ...]
    related: tuple[Related, ...]
    state: str | None
    void: str | None
    judged: bool
    gap: bool = False


class Account:
    """Takes documents in the order of the log, and follows the request through the table of its life."""

    def __init__(self) -> None:
        self.course: Course | None = None
        self.limits: list[str] = []
        """Use limits, handling codes and confidentiality that documents of the matter set, a line each."""
        self.subject = ""
        self.statements = Statements()
        self._seen: set[str] = set()
        self._broken = False
        self._count = 0

    def tell(self, document: UnverifiedDocument, place: Placed, judged: str | None) -> Told:
        """The next document. `judged`: why the exporter's node gave it no effect, whatever the table says."""
        payload, digest = document.payload, document.digest.hex()
        self._count += 1
        void, gap = judged, False
        if judged is None and not document.is_consent:
            try:
                self._follow(payload, document.digest)
            except IllegalStep as error:
                void, gap = text_of(error), self._is_gap(payload)
            self._note_limits(payload)
        if void is None and not document.is_consent:
            self.statements.take(payload, self._count)
        self._seen.add(digest)
        if not self.subject:
            self.subject = str(getattr(payload.body, "subject", ""))
        return Told(
            number=self._count,
            place=place,
            id=payload.id,
            digest=digest,
            kind="consent" if document.is_consent else payload.kind,
            author=payload.author,
            signer=document.signer,
            key_set=document.key_set,
            addressees=payload.addressees,
            written_at=payload.written_at,
            title=_title(payload),
            annexes=() if document.is_consent else getattr(payload.body, "annexes", ()),
            related=() if document.is_consent else getattr(payload.body, "related", ()),
            state=None if self.course is None else self.course.state.value,
            void=void,
            judged=judged is not None,
            gap=gap,
        )

    def stated_of(self, told: Told) -> list[Statement]:
        """What nodes state of a document, once all are told."""
        return (
            [] if told.kind == "consent" else list(self.statements.of(told.digest, told.author, told.place.opened_by))
        )

    def _follow(self, payload: Payload, digest: bytes) -> None:
        body = payload.body
        if isinstance(body, Request):
            if self.course is not None:
                raise IllegalStep(message("the matter has its request already"))
            self.course = begin(payload, digest)
        elif isinstance(body, Reply):
            if self.course is None:
                raise IllegalStep(message("the request that it belongs to is not in the dossier"))
            self.course = advance(self.course, payload.author, body, digest)
        elif isinstance(body, DocumentReceipt) and self.course is not None and body.document.id == self.course.request:
            if body.document.digest != self.course.first.hex():
                raise IllegalStep(message("it refers to another request than this matter's"))
            self.course = receive(self.course, payload.author)

    def _is_gap(self, payload: Payload) -> bool:
        """Whether a step fails because another one is missing here; then nothing is known of those that follow."""
        body = payload.body
        self._broken = self._broken or (isinstance(body, Reply) and body.previous not in self._seen)
        return self._broken

    def _note_limits(self, payload: Payload) -> None:
        for line in limits_of(payload):
            if line not in self.limits:
                self.limits.append(line)


def place_in(proof: Proof, seq: int, signer: str) -> Placed:
    """What a proof file says of an entry; receipts and acknowledgements are not verified here."""
    receipts = [each for each in proof.receipts if each.seq >= seq]
    earliest = min(receipts, key=lambda each: (each.time, each.seq), default=None)
    opened = {each.member for each in proof.acknowledgements if each.covers(seq) and each.member != signer}
    return Placed(
        seq,
        None if earliest is None else earliest.time,
        None if earliest is None else earliest.relay,
        tuple(sorted(opened)),
    )


def named_together(told: Sequence[Told]) -> list[str]:
    """Every authority that wrote or was written to."""
    return sorted({each.signer for each in told} | {name for each in told for name in each.addressees})


def _title(payload: Payload) -> str:
    body = payload.body
    outcome = getattr(body, "outcome", None)
    said = str(getattr(body, "subject", "") or getattr(body, "text", "") or getattr(body, "reason", ""))
    words = [] if outcome is None else [str(outcome.value).replace("_", " ")]
    title = ": ".join([*words, " ".join(said.split())] if said.strip() else words)
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"
