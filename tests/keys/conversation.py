"""A matter's log as relay and members leave it behind: real signatures, headers and receipts around sealed bodies."""

from collections.abc import Iterable
from datetime import datetime

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.content import document_commitment
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, encode_declaration
from rogatory.protocol.documents import Body, Consultation, DocumentReceipt, DocumentRef, Thread, compose, sign_document
from rogatory.protocol.documents.dsse import decode_envelope, document_digest
from rogatory.protocol.header import Form, Head, Header, body_hash, genesis, next_header
from rogatory.protocol.mls.framed_content import ContentType
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.private_message import PrivateMessage
from rogatory.protocol.proof import ProvenDocument, build_proof
from rogatory.protocol.receipt import Receipt, Stamped, issue
from tests.keys.simulator import DirectorySimulator

CHANNEL = bytes(range(32))


class Conversation:
    """Documents, receipts and acknowledgements of one channel; `proof()` exports them."""

    def __init__(self, simulator: DirectorySimulator, relay: str = "relay.one", channel: bytes = CHANNEL) -> None:
        self.simulator = simulator
        self.relay = relay
        self.channel = channel
        self.headers: list[Header] = []
        self.documents: list[ProvenDocument] = []
        self.receipts: list[Receipt] = []
        self.acknowledgements: list[Acknowledgement] = []

    @property
    def head(self) -> Head:
        """Of the log now."""
        return Head(len(self.headers), self.headers[-1].hash()) if self.headers else genesis(self.channel)

    def write(
        self,
        author: str = "ke.central",
        to: Iterable[str] = ("tz.central",),
        body: Body | None = None,
        *,
        key_set: int | None = None,
        pin: int | None = None,
        receipted_at: datetime | None = None,
        receipted: bool = True,
    ) -> ProvenDocument:
        """A document in the log, and the relay's receipt to its author."""
        identity = self.simulator.identity(author, key_set)
        number = len(self.headers) + 1
        payload = compose(
            body or Consultation(text="May we speak before you apply to the court?", language="en"),
            author=author,
            key_set=identity.key_set_version,
            addressees=tuple(to),
            channel=self.channel,
            message_id=number.to_bytes(16, "big"),
            written_at=1_790_000_000,
            thread=Thread(id="ab" * 16, subject="Bank records"),
        )
        envelope = sign_document(payload, identity.document_signer())
        salt = bytes([number]) * 32
        digest = document_digest(decode_envelope(envelope).payload)
        declaration = Declaration(
            DirectoryPin(self.simulator.directory().targets_version if pin is None else pin),
            Seen(self.head.seq, self.head.hash),
            document_commitment(salt, digest),
        )
        body_bytes = sealed(self.channel, encode_declaration(declaration))
        self.append(author, body_bytes)
        document = ProvenDocument(number, salt, body_bytes, envelope)
        self.documents.append(document)
        if receipted:
            self.receipt(receipted_at)
        return document

    def append(self, author: str, body: bytes) -> None:
        """Any entry."""
        self.headers.append(next_header(self.channel, self.head, author, Form.MLS, body_hash(body)))

    def receipt(self, at: datetime | None = None) -> None:
        """The relay's receipt for the last entry."""
        when = at or self.simulator.now()
        stamped = Stamped(self.channel, self.head.seq, self.head.hash, int(when.timestamp() * 1000))
        others = [Stamped(bytes(32), 1, bytes(32), stamped.time) for _ in range(2)]
        sign = self.simulator.relay_keys(self.relay).receipt.sign
        self.receipts.append(issue(self.relay, [others[0], stamped, others[1]], sign)[1])

    def acknowledge(
        self, member: str = "tz.central", excepted: Iterable[int] = (), *, key_set: int | None = None
    ) -> None:
        """A member's acknowledgement of the log as it is."""
        identity = self.simulator.identity(member, key_set)
        unsigned = Acknowledgement(
            self.channel, member, identity.key_set_version, self.head.seq, self.head.hash, sorted(excepted)
        )
        signature = identity.sign_online(unsigned.signing_input())
        self.acknowledgements.append(
            Acknowledgement(
                self.channel,
                member,
                unsigned.key_set,
                unsigned.seq,
                unsigned.head,
                unsigned.excepted,
                signature,
            )
        )

    def confirm(self, document: ProvenDocument, member: str = "tz.central", author: str = "ke.central") -> None:
        """A signed document that says that another one was received."""
        payload = decode_envelope(document.envelope).payload
        body = DocumentReceipt(
            document=DocumentRef(id=document.seq.to_bytes(16, "big").hex(), digest=document_digest(payload).hex()),
            seq=document.seq,
            head=self.headers[document.seq - 1].hash().hex(),
            received_at="2026-09-22T08:00:00Z",
            reference="TZ/2026/4",
        )
        self.write(member, (author,), body)

    def proof(self) -> bytes:
        """The file."""
        return build_proof(self.headers, self.documents, self.receipts, self.acknowledgements)


def sealed(channel: bytes, declaration: bytes, kind: ContentType = ContentType.APPLICATION) -> bytes:
    """An entry's body: the clear part as in use, and a ciphertext that nobody here can open."""
    return MLSMessage(PrivateMessage(channel, 3, kind, declaration, b"s" * 32, b"c" * 300)).encode()
