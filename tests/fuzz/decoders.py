"""Every decoder of `rogatory.protocol`: by what name it stands there, what it may raise, and valid input for it.

`test_registry.py` sees that none is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from rogatory.protocol.content import Content, SentContent, SharedContent, decode_content, encode_content
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, decode_declaration, encode_declaration
from rogatory.protocol.documents import open_consent, open_document, peek_document, sign_document
from rogatory.protocol.documents.consent import open_either
from rogatory.protocol.documents.document import open_signed
from rogatory.protocol.documents.dsse import decode_envelope, encode_envelope
from rogatory.protocol.documents.errors import DocumentError
from rogatory.protocol.documents.registry import decode_payload, encode_payload, read_payload
from rogatory.protocol.dossier.archive import Member, local_header, read_header
from rogatory.protocol.dossier.manifest import Entry, File, Manifest, Remark, decode_manifest, encode_manifest
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.extensions import (
    Departed,
    JoinInfo,
    MatterGroup,
    NetworkGroup,
    OpenRejoin,
    decode_channel_extension,
    decode_join_extension,
    encode_extension,
)
from rogatory.protocol.frames.codec import decode_client_frame, decode_server_frame, encode_frame
from rogatory.protocol.header import Form
from rogatory.protocol.invitation import Shared, decode_shared, encode_shared, open_tree, seal_tree
from rogatory.protocol.mls import extension, framed_content, message, proposal
from rogatory.protocol.mls.codec import Reader, Structure, vector
from rogatory.protocol.mls.epoch_state import EpochState
from rogatory.protocol.mls.errors import MLSDecodeError, MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.message_state import MessageState
from rogatory.protocol.mls.opening import open_message
from rogatory.protocol.mls.ratchet_tree import RatchetTree
from rogatory.protocol.mls.secret_tree import SecretTree
from rogatory.protocol.mls.suite import suite_by_id
from rogatory.protocol.proof import Proof, ProofLine, ProvenDocument, decode_proof

from ..protocol.examples import BODIES, KENYA, keys_of, payload
from ..protocol.test_frames import ACKNOWLEDGEMENT, CLIENT, RECEIPT, SERVER
from .mls_examples import live

MLS_PACKAGE = "rogatory.protocol.mls"
LIFE = live()
SUITE = suite_by_id(1)


@dataclass(frozen=True)
class Decoder:
    """`encode` gives the bytes again that were decoded, where there is one encoding of a value only."""

    decode: Callable[[bytes], Any]
    errors: type[Exception]
    examples: tuple[bytes, ...]
    encode: Callable[[Any], bytes] | None = None


def of_structure(kind: type[Structure]) -> Decoder:
    return Decoder(kind.decode, MLSDecodeError, tuple(LIFE.structures[kind]), lambda value: value.encode())


def structures() -> list[type[Structure]]:
    """All that can be read. A class with slots leaves the one behind that it was made from: that is none."""
    found: list[type[Structure]] = []
    waiting: list[type[Structure]] = [Structure]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting.extend(below)
        found.extend(kind for kind in below if "read" in vars(kind) and is_in_the_library(kind))
    return found


def is_in_the_library(kind: type[Structure]) -> bool:
    return getattr(sys.modules[kind.__module__], kind.__name__, None) is kind and kind.__module__.startswith(
        MLS_PACKAGE
    )


def whole(read: Callable[[Reader], Any]) -> Callable[[bytes], Any]:
    """A function of a reader, for exactly its bytes."""

    def decode(data: bytes) -> Any:
        reader = Reader(data)
        value = read(reader)
        reader.finish()
        return value

    return decode


EPOCH_STATE, MESSAGE_STATE = LIFE.states
TREE = LIFE.reader.ratchet_tree()
PROPOSALS = tuple(
    proposal.encode_proposal(kind.decode(data)) for kind in proposal.KNOWN.values() for data in LIFE.structures[kind]
)
ENCODED_CONTENT = framed_content.encode_content(b"data")
AUTH_DATA = b"\x02ok\x03tag"
CONFIRMATION_TAG = EpochState.decode(EPOCH_STATE).confirmation_tag
SECRET_TREE = MessageState.decode(SUITE, MESSAGE_STATE, CONFIRMATION_TAG).keys.encode()


def restore_with_message_state(data: bytes) -> Group:
    return Group.restore(EPOCH_STATE, data)


MLS_FUNCTIONS = {
    "epoch_state.EpochState.decode": Decoder(EpochState.decode, MLSDecodeError, (EPOCH_STATE,)),
    "message_state.MessageState.decode": Decoder(
        lambda data: MessageState.decode(SUITE, data, CONFIRMATION_TAG), MLSDecodeError, (MESSAGE_STATE,)
    ),
    "group.Group.restore": Decoder(restore_with_message_state, MLSDecodeError, (MESSAGE_STATE,)),
    "secret_tree.SecretTree.restore": Decoder(
        whole(lambda reader: SecretTree.restore(SUITE, reader)), MLSDecodeError, (SECRET_TREE,)
    ),
    "ratchet_tree.RatchetTree.decode": Decoder(
        lambda data: RatchetTree.decode(SUITE, data), MLSDecodeError, (TREE,), RatchetTree.encode
    ),
    "ratchet_tree.RatchetTree.read": Decoder(
        whole(lambda reader: RatchetTree.read(SUITE, reader)), MLSDecodeError, (TREE,), RatchetTree.encode
    ),
    "extension.read_extensions": Decoder(
        whole(extension.read_extensions), MLSDecodeError, (b"\x05\x0a\x0a\x02ab",), vector
    ),
    "framed_content.read_content_type": Decoder(whole(framed_content.read_content_type), MLSDecodeError, (b"\x01",)),
    "framed_content.read_content": Decoder(
        whole(lambda reader: framed_content.read_content(reader, framed_content.read_content_type(reader))),
        MLSDecodeError,
        (b"\x01" + ENCODED_CONTENT, b"\x02" + PROPOSALS[0]),
    ),
    "framed_content.read_auth_data": Decoder(
        whole(lambda reader: framed_content.read_auth_data(reader, framed_content.ContentType.COMMIT)),
        MLSDecodeError,
        (AUTH_DATA,),
    ),
    "proposal.read_proposal": Decoder(
        whole(proposal.read_proposal), MLSDecodeError, PROPOSALS, proposal.encode_proposal
    ),
    "proposal.decode_proposal": Decoder(proposal.decode_proposal, MLSDecodeError, PROPOSALS, proposal.encode_proposal),
    "message.peek": Decoder(message.peek, MLSError, (LIFE.private, LIFE.public, LIFE.public_commit)),
    "opening.open_message": Decoder(
        lambda data: open_message(LIFE.reader, data),
        MLSError,
        (LIFE.private, LIFE.public, LIFE.private_commit, LIFE.public_commit),
    ),
}

ENVELOPES = tuple(sign_document(payload(body), KENYA) for body in BODIES.values())
PAYLOADS = tuple(encode_payload(payload(body)) for body in BODIES.values())
DECLARATIONS = (
    Declaration(DirectoryPin(3, 1), Seen(9, b"h" * 32)),
    Declaration(DirectoryPin(3), Seen(0, b"h" * 32), b"d" * 32, ["ke.central", "tz.central"], b"a" * 32, [4, 7]),
)
CONTENTS: tuple[Content, ...] = (
    SentContent(b"i" * 16, b"s" * 32, b"envelope"),
    SharedContent(b"i" * 16, b"s" * 32, b"envelope", 12),
)
JOIN = JoinInfo(
    Seen(4, b"h" * 32),
    DirectoryPin(3, 1),
    b"charter",
    [[b"amendment", b"consent"]],
    [b"notice"],
    [OpenRejoin(3, b"rejoin")],
    [Departed("ug.central", 1)],
    ["tz.central"],
    1,
)

PROOF = Proof(
    "rogatory proof 1",
    b"c" * 32,
    4,
    b"p" * 32,
    [ProofLine("ke.central", Form.MLS, b"h" * 32)],
    [ProvenDocument(4, b"s" * 32, b"body", b"envelope")],
    [RECEIPT],
    [ACKNOWLEDGEMENT],
)

MANIFEST = Manifest(
    program="0.1.0",
    authority="ke.central",
    key_set=1,
    channel="ab" * 32,
    exported_at="2026-11-23T12:00:00Z",
    members=(Entry(name="README.txt", size=9, sha256="cd" * 32),),
    files=(File(number=2, place=1, member="attachments/002-1 a.pdf"), File(number=2, place=2, missing="lost")),
    remarks=(Remark(number=1, seq=1), Remark(number=3, void="from before it joined")),
)
MEMBERS = (Member("README.txt", 9, 0x01020304), Member("attachments/001-1 é", (1 << 32) + 1, 5))

OTHERS = {
    "dossier.archive.read_header": Decoder(
        read_header, MalformedError, tuple(map(local_header, MEMBERS)), local_header
    ),
    "dossier.manifest.decode_manifest": Decoder(
        decode_manifest, MalformedError, (encode_manifest(MANIFEST),), encode_manifest
    ),
    "proof.decode_proof": Decoder(decode_proof, MalformedError, (msgspec.msgpack.encode(PROOF),)),
    "content.decode_content": Decoder(decode_content, MalformedError, tuple(map(encode_content, CONTENTS))),
    "declaration.decode_declaration": Decoder(
        decode_declaration, MalformedError, tuple(map(encode_declaration, DECLARATIONS))
    ),
    "extensions.decode_channel_extension": Decoder(
        decode_channel_extension,
        MalformedError,
        (encode_extension(MatterGroup(b"c" * 32)), encode_extension(NetworkGroup("wacap"))),
    ),
    "invitation.decode_shared": Decoder(decode_shared, MalformedError, (encode_shared(Shared(b"i" * 20, b"t" * 20)),)),
    "extensions.decode_join_extension": Decoder(decode_join_extension, MalformedError, (encode_extension(JOIN),)),
    "frames.codec.decode_client_frame": Decoder(decode_client_frame, MalformedError, tuple(map(encode_frame, CLIENT))),
    "frames.codec.decode_server_frame": Decoder(decode_server_frame, MalformedError, tuple(map(encode_frame, SERVER))),
    "documents.dsse.decode_envelope": Decoder(decode_envelope, DocumentError, ENVELOPES, encode_envelope),
    "documents.registry.decode_payload": Decoder(decode_payload, DocumentError, PAYLOADS),
    "documents.registry.read_payload": Decoder(read_payload, DocumentError, PAYLOADS),
    "documents.document.open_document": Decoder(
        lambda data: open_document(data, keys_of), DocumentError, ENVELOPES, lambda document: document.envelope
    ),
    "documents.document.open_signed": Decoder(
        lambda data: open_signed(data, keys_of), DocumentError, ENVELOPES, lambda document: document.envelope
    ),
    "documents.document.peek_document": Decoder(
        peek_document, DocumentError, ENVELOPES, lambda document: document.envelope
    ),
    "documents.consent.open_either": Decoder(
        lambda data: open_either(data, keys_of), DocumentError, ENVELOPES, lambda document: document.envelope
    ),
    "invitation.open_tree": Decoder(
        lambda data: open_tree(SUITE, bytes(SUITE.key_length), b"group", data),
        MLSError,
        (seal_tree(SUITE, bytes(SUITE.key_length), b"group", b"a ratchet tree"),),
        None,
    ),
    "documents.consent.open_consent": Decoder(
        lambda data: open_consent(data, keys_of),
        DocumentError,
        (sign_document(payload(BODIES["amendment"]), KENYA),),
        lambda document: document.envelope,
    ),
}

DECODERS: dict[str, Decoder] = {
    **{f"{kind.__module__}.{kind.__name__}.read": of_structure(kind) for kind in structures()},
    **{f"{MLS_PACKAGE}.{name}": decoder for name, decoder in MLS_FUNCTIONS.items()},
    **{f"rogatory.protocol.{name}": decoder for name, decoder in OTHERS.items()},
}
