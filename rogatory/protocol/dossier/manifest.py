"""The manifest: what a dossier holds, by hash, signed with the document keys of the authority that exported it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from rogatory.protocol.documents.base import check_date
from rogatory.protocol.documents.document import KeysOf
from rogatory.protocol.documents.dsse import decode_envelope, encode_envelope
from rogatory.protocol.documents.errors import DocumentError, UnsoundDocument
from rogatory.protocol.documents.fields import AuthorityId, Hex32, Seq, Timestamp
from rogatory.protocol.documents.signing import DocumentSigner, sign_envelope, verify_envelope
from rogatory.protocol.dossier.archive import MAX_MEMBERS, MAX_NAME
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.limits import MIB
from rogatory.protocol.text import message, text_of

PAYLOAD_TYPE: Final = "application/vnd.rogatory.dossier+json"
MAX_MANIFEST: Final = 64 * MIB
MAX_SEAL: Final = 2 * MAX_MANIFEST

README: Final = "README.txt"
CHRONOLOGY: Final = "chronology.txt"
MANIFEST: Final = "machine/manifest.json"
SEAL: Final = "machine/manifest.dsse.json"
ROOT: Final = "machine/root.json"
HISTORY: Final = "machine/directory.history"
DOCUMENTS: Final = "documents/"
ATTACHMENTS: Final = "attachments/"
PROOFS: Final = "machine/proofs/"
LOOSE: Final = "machine/unproven/"

_Text = Annotated[str, Meta(max_length=4_000)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown fields are refused: nothing is signed that no reader sees."""


class Entry(_Part, frozen=True, kw_only=True):
    """A member of the archive."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    size: Seq
    sha256: Hex32


class File(_Part, frozen=True, kw_only=True):
    """A file that document `number` names as its `place`th: in `member`, or `missing` says why it is not here."""

    number: Seq
    place: Seq
    member: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    missing: _Text = ""


class Remark(_Part, frozen=True, kw_only=True):
    """Document `number`: `void` says why the exporter's node gave it no effect; `seq` where it stands in the log, if no
    proof shows that."""

    number: Seq
    void: _Text | None = None
    seq: Seq | None = None


class Manifest(_Part, frozen=True, kw_only=True):
    """What the exporter signs. `members` stand in the archive in this order, then the manifest and its seal.

    `program`: the version of the program that wrote the texts.
    """

    format: Literal["rogatory dossier 1"] = "rogatory dossier 1"
    program: Annotated[str, Meta(max_length=40)]
    authority: AuthorityId
    key_set: Seq
    channel: Hex32
    exported_at: Timestamp
    members: Annotated[tuple[Entry, ...], Meta(max_length=MAX_MEMBERS)]
    files: Annotated[tuple[File, ...], Meta(max_length=MAX_MEMBERS)] = ()
    remarks: Annotated[tuple[Remark, ...], Meta(max_length=MAX_MEMBERS)] = ()


def loose_name(number: int) -> str:
    """The member of a document that stands in no proof file."""
    return f"{LOOSE}{number:06d}.json"


def proof_name(part: int) -> str:
    """The member of a proof file, counted from 1."""
    return f"{PROOFS}{part:06d}.proof"


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Manifest)


def encode_manifest(manifest: Manifest) -> bytes:
    """Its one encoding: indented, so that people can read it too."""
    return msgspec.json.format(_encoder.encode(manifest), indent=1) + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """The manifest, unverified; raises MalformedError."""
    if len(data) > MAX_MANIFEST:
        raise MalformedError(message("a manifest has at most {most} bytes", most=MAX_MANIFEST))
    try:
        manifest = _decoder.decode(data)
        check_date(manifest.exported_at, "exported_at")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, UnsoundDocument) as error:
        raise MalformedError(message("not a dossier's manifest: {error}", error=text_of(error))) from None
    if encode_manifest(manifest) != data:
        raise MalformedError(message("a manifest has one encoding only, and this is another"))
    return manifest


def seal(manifest: bytes, signer: DocumentSigner) -> bytes:
    """The manifest in a DSSE envelope with both signatures. Raises DocumentTooLarge."""
    return encode_envelope(sign_envelope(manifest, signer, PAYLOAD_TYPE), PAYLOAD_TYPE, MAX_SEAL)


def check_seal(data: bytes, manifest: bytes, keys_of: KeysOf) -> None:
    """Raise MalformedError unless `data` is an envelope of this manifest by the authority and key set that it names,
    DocumentError (WrongSignature, UnknownKeySet) where the signatures are not theirs."""
    try:
        envelope = decode_envelope(data, PAYLOAD_TYPE, MAX_SEAL)
    except DocumentError as error:
        raise MalformedError(message("the manifest's signature is damaged: {error}", error=text_of(error))) from None
    named = decode_manifest(manifest)
    if envelope.payload != manifest or (envelope.signer, envelope.key_set) != (named.authority, named.key_set):
        raise MalformedError(message("the manifest is not the one that was signed"))
    verify_envelope(envelope, keys_of(envelope.signer, envelope.key_set), PAYLOAD_TYPE)
