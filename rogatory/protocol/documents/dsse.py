"""The envelope: DSSE v1 with exactly two signatures, Ed25519 and ML-DSA-65 (secure-systems-lab/dsse, protocol.md).

Narrower than DSSE allows: one encoding of an envelope (the fields in this order, no white space,
padded base64), so that no byte of it can be changed without a refusal. The payload's bytes are kept
as they were signed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

import msgspec

from rogatory.protocol.documents.errors import DocumentTooLarge, MalformedDocument
from rogatory.protocol.text import message

PAYLOAD_TYPE: Final = "application/vnd.rogatory.document+json"
MAX_ENVELOPE: Final = 960 * 1024
"""Bytes; leaves room for padding and MLS within an entry's 1 MiB."""
ED25519_SIGNATURE: Final = 64
MLDSA65_SIGNATURE: Final = 3309
"""FIPS 204 table 2."""

_KEYID = re.compile(r"\A([a-z]{2}\.[a-z0-9-]{1,40})#(0|[1-9][0-9]{0,8})/(ed25519|mldsa65)\Z")


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: bytes
    """Base64 in JSON, as the payload."""


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payloadType: str  # noqa: N815 (DSSE's name)
    payload: bytes
    signatures: list[_Signature]


_decoder = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope's parts. Nothing is verified."""

    payload: bytes
    signer: str
    key_set: int
    ed25519: bytes
    mldsa65: bytes


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """DSSE's pre-authentication encoding: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def document_digest(payload: bytes) -> bytes:
    """SHA-256 of what is signed, 32 bytes: the same whatever the signatures (ML-DSA's are randomised)."""
    return hashlib.sha256(pae(payload)).digest()


def encode_envelope(envelope: Envelope, payload_type: str = PAYLOAD_TYPE, most: int = MAX_ENVELOPE) -> bytes:
    """The envelope's one encoding, of at most `most` bytes; raises DocumentTooLarge."""
    signatures = [
        _Signature(f"{envelope.signer}#{envelope.key_set}/{algorithm}", signature)
        for algorithm, signature in (("ed25519", envelope.ed25519), ("mldsa65", envelope.mldsa65))
    ]
    data = _encoder.encode(_Envelope(payload_type, envelope.payload, signatures))
    _check_size(data, most)
    return data


def decode_envelope(data: bytes, payload_type: str = PAYLOAD_TYPE, most: int = MAX_ENVELOPE) -> Envelope:
    """The parts of an envelope; raises MalformedDocument, DocumentTooLarge."""
    _check_size(data, most)
    try:
        raw = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedDocument(message("not a DSSE envelope: {why}", why=_brief(error))) from None
    if raw.payloadType != payload_type:
        raise MalformedDocument(
            message("the payload type in the envelope is not {payload_type}", payload_type=payload_type)
        )
    if len(raw.signatures) != 2:
        raise MalformedDocument(message("a document has exactly one Ed25519 and one ML-DSA-65 signature"))
    keys = [_KEYID.match(signature.keyid) for signature in raw.signatures]
    if keys[0] is None or keys[1] is None or (keys[0][3], keys[1][3]) != ("ed25519", "mldsa65"):
        raise MalformedDocument(message("a document's key ids are <authority>#<key set>/ed25519, then /mldsa65"))
    if keys[0].group(1, 2) != keys[1].group(1, 2):
        raise MalformedDocument(message("both signatures of a document are of one key set"))
    ed25519, mldsa65 = (signature.sig for signature in raw.signatures)
    if (len(ed25519), len(mldsa65)) != (ED25519_SIGNATURE, MLDSA65_SIGNATURE):
        raise MalformedDocument(message("a signature has the wrong length"))
    envelope = Envelope(raw.payload, keys[0][1], int(keys[0][2]), ed25519, mldsa65)
    if encode_envelope(envelope, payload_type, most) != data:
        raise MalformedDocument(message("an envelope has one encoding only, and this is another"))
    return envelope


def payload_of(data: bytes) -> bytes:
    """The payload in an envelope that was checked before; raises MalformedDocument."""
    return kept_parts(data)[0]


def kept_parts(data: bytes) -> tuple[bytes, str, int]:
    """Payload, signer and key set of an envelope that was checked before; raises MalformedDocument."""
    try:
        raw = _decoder.decode(data)
        signer, _, key_set = raw.signatures[0].keyid.partition("/")[0].partition("#")
        return raw.payload, signer, int(key_set)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, IndexError) as error:
        raise MalformedDocument(message("not a DSSE envelope: {why}", why=_brief(error))) from None


def _check_size(data: bytes, most: int) -> None:
    if len(data) > most:
        raise DocumentTooLarge(message("an envelope has at most {most} bytes: put long parts into annexes", most=most))


def _brief(error: Exception) -> str:
    """An error's words without the bytes that it was raised for."""
    return str(error) if isinstance(error, msgspec.MsgspecError) else message("no sound JSON or base64")
