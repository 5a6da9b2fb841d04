"""Proof files: documents with all that shows a stranger where they stood in the log (PROTOCOL.md, Proof files).

Here is what needs no directory: the chain of headers, and that an entry commits to its document. Who signed, and when,
is checked against the directory's history by `rogatory.keys.verification`.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.content import SALT, document_commitment
from rogatory.protocol.declaration import Declaration, decode_declaration
from rogatory.protocol.documents.dsse import MAX_ENVELOPE, decode_envelope, document_digest
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.header import Form, Head, Header, body_hash, extend
from rogatory.protocol.limits import CHANNEL_ID, HASH, MAX_APPLICATION, MAX_AUTHORITY_ID, MIB
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.framed_content import ContentType, WireFormat
from rogatory.protocol.mls.message import peek
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.text import message, text_of
from rogatory.protocol.timestamp import Timestamp

MAX_PROOF: Final = 256 * MIB
MAX_PROOF_LINES: Final = 1_000_000
MAX_PROOF_DOCUMENTS: Final = 1_000
MAX_PROOF_EVIDENCE: Final = 10_000
"""Receipts, and acknowledgements."""

_Hash = Annotated[bytes, Meta(min_length=HASH, max_length=HASH)]
_Seq = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]


class ProofBroken(ProtocolError):
    """The parts of a proof file contradict each other: it was altered, or whoever exported it is at fault."""


class ProofLine(msgspec.Struct, frozen=True, array_like=True):
    """A header of the log, without what follows from its place."""

    author: Annotated[str, Meta(min_length=1, max_length=MAX_AUTHORITY_ID)]
    form: Form
    body_hash: _Hash


class ProvenDocument(msgspec.Struct, frozen=True, array_like=True):
    """A document and the entry that carried it.

    `body` is the entry's body (an encrypted MLSMessage: its clear part holds the declaration), `salt` what stood
    beside the document inside the ciphertext, `envelope` the document.
    """

    seq: _Seq
    salt: Annotated[bytes, Meta(min_length=SALT, max_length=SALT)]
    body: Annotated[bytes, Meta(max_length=MAX_APPLICATION)]
    envelope: Annotated[bytes, Meta(max_length=MAX_ENVELOPE)]


class Proof(msgspec.Struct, frozen=True, array_like=True):
    """Documents of one channel. `lines` are its headers from seq `first` on; `previous` is the head before them."""

    format: Literal["rogatory proof 1"]
    channel: Annotated[bytes, Meta(min_length=CHANNEL_ID, max_length=CHANNEL_ID)]
    first: _Seq
    previous: _Hash
    lines: Annotated[list[ProofLine], Meta(min_length=1, max_length=MAX_PROOF_LINES)]
    documents: Annotated[list[ProvenDocument], Meta(min_length=1, max_length=MAX_PROOF_DOCUMENTS)]
    receipts: Annotated[list[Receipt], Meta(max_length=MAX_PROOF_EVIDENCE)]
    acknowledgements: Annotated[list[Acknowledgement], Meta(max_length=MAX_PROOF_EVIDENCE)]
    timestamps: Annotated[list[Timestamp], Meta(max_length=MAX_PROOF_EVIDENCE)] = []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Proof)


def build_proof(
    headers: Sequence[Header],
    documents: Sequence[ProvenDocument],
    receipts: Iterable[Receipt],
    acknowledgements: Iterable[Acknowledgement],
    timestamps: Iterable[Timestamp] = (),
) -> bytes:
    """A proof file, for whoever holds the log.

    `headers` follow each other, from the first document's entry (or before) to the last entry that a receipt or
    acknowledgement names. Raises ProofBroken, ChainBroken, MalformedError: nothing is exported that does not fit.
    """
    if not headers:
        raise ProofBroken(message("a proof needs the headers of the log"))
    first = headers[0]
    proof = Proof(
        format="rogatory proof 1",
        channel=first.channel,
        first=first.seq,
        previous=first.previous,
        lines=[ProofLine(header.author, header.form, header.body_hash) for header in headers],
        documents=list(documents),
        receipts=list(receipts),
        acknowledgements=list(acknowledgements),
        timestamps=list(timestamps),
    )
    data = _encoder.encode(proof)
    log = ProofLog.of(decode_proof(data))
    head = extend(Head(first.seq - 1, first.previous), headers)
    if log.head_at(head.seq) != head.hash:
        raise ProofBroken(message("the headers given are not of one channel"))
    for document in documents:
        open_entry(proof, log, document)
    for receipt in proof.receipts:
        check_place(proof, log, receipt)
    for acknowledgement in proof.acknowledgements:
        check_place(proof, log, acknowledgement)
    for timestamp in proof.timestamps:
        check_stamped(log, timestamp)
    return data


def decode_proof(data: bytes) -> Proof:
    """A proof file, unverified; raises MalformedError."""
    if len(data) > MAX_PROOF:
        raise MalformedError(message("a proof file has at most {most} bytes", most=MAX_PROOF))
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not a proof file: {error}", error=text_of(error))) from None


@dataclass(frozen=True, slots=True)
class ProofLog:
    """The heads of the log that a proof's headers lead to, from the one before the first on."""

    first: int
    heads: Sequence[bytes]

    @classmethod
    def of(cls, proof: Proof) -> ProofLog:
        """Computed from the headers: whatever is compared with these heads is compared with the whole chain."""
        head = Head(proof.first - 1, proof.previous)
        heads = [head.hash]
        for line in proof.lines:
            header = Header(proof.channel, head.seq + 1, line.author, line.form, line.body_hash, head.hash)
            head = Head(header.seq, header.hash())
            heads.append(head.hash)
        return cls(proof.first, heads)

    def head_at(self, seq: int) -> bytes | None:
        """The head after entry `seq`, 32 bytes, or None outside of what the proof holds."""
        at = seq - self.first + 1
        return self.heads[at] if 0 <= at < len(self.heads) else None


def line_of(proof: Proof, seq: int) -> ProofLine:
    """The header of an entry; raises ProofBroken."""
    at = seq - proof.first
    if not 0 <= at < len(proof.lines):
        raise ProofBroken(message("entry {seq} lies outside of the headers in the file", seq=seq))
    return proof.lines[at]


def open_entry(proof: Proof, log: ProofLog, document: ProvenDocument) -> Declaration:
    """The declaration of the entry that carried a document, after checking that it commits to this document.

    Raises ProofBroken; MalformedError for an envelope or declaration that is none.
    """
    line = line_of(proof, document.seq)
    if line.form is not Form.MLS or not hmac.compare_digest(body_hash(document.body), line.body_hash):
        raise ProofBroken(message("the body in the file is not that of entry {seq} of the log", seq=document.seq))
    try:
        entry = peek(document.body)
    except MLSError as error:
        raise ProofBroken(
            message("the body of entry {seq} is no MLS message: {error}", seq=document.seq, error=text_of(error))
        ) from None
    if entry.wire_format is not WireFormat.PRIVATE_MESSAGE or entry.content_type is not ContentType.APPLICATION:
        raise ProofBroken(message("entry {seq} carries no document", seq=document.seq))
    if entry.group_id != proof.channel:
        raise ProofBroken(message("the body of entry {seq} belongs to another channel", seq=document.seq))
    declaration = decode_declaration(entry.authenticated_data)
    digest = document_digest(decode_envelope(document.envelope).payload)
    declared = declaration.document or b""
    if not hmac.compare_digest(document_commitment(document.salt, digest), declared):
        raise ProofBroken(message("entry {seq} commits to another document than the one in the file", seq=document.seq))
    held = log.head_at(declaration.seen.seq)
    if held is not None and held != declaration.seen.head:
        raise ProofBroken(
            message("the author of entry {seq} had seen another log than the one in the file", seq=document.seq)
        )
    return declaration


def check_place(proof: Proof, log: ProofLog, evidence: Receipt | Acknowledgement) -> None:
    """Raise ProofBroken unless a receipt or acknowledgement speaks of this log; its signature is not checked."""
    what = message("a receipt") if isinstance(evidence, Receipt) else message("an acknowledgement")
    if evidence.channel != proof.channel:
        raise ProofBroken(message("{what} in the file is about another channel", what=what))
    head = log.head_at(evidence.seq)
    if head is None:
        raise ProofBroken(
            message("{what} in the file is about entry {seq}, whose header is not in it", what=what, seq=evidence.seq)
        )
    if not hmac.compare_digest(head, evidence.head):
        raise ProofBroken(
            message(
                "{what} in the file is about another log: its head of entry {seq} differs", what=what, seq=evidence.seq
            )
        )


def check_stamped(log: ProofLog, timestamp: Timestamp) -> None:
    """Raise ProofBroken unless a timestamp is of a head of this log; its signature is not checked."""
    head = log.head_at(timestamp.seq)
    if head is None or not hmac.compare_digest(head, timestamp.head):
        raise ProofBroken(message("a timestamp in the file is about another log, at entry {seq}", seq=timestamp.seq))
