"""Enrolment files: what an authority or a relay asks to have in the directory, with proof that it holds the keys.

JSON: `format`, `payload` (base64 of the entry's JSON, signed as these exact bytes) and `proofs`, one signature for
each key over `label | 0 | key name | 0 | payload`.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

from rogatory.keys.directory import entries
from rogatory.keys.directory.model import AuthorityEntry, Document, RelayEntry
from rogatory.keys.errors import EnrolmentRefused, EntryMismatch
from rogatory.keys.identity import Identity, RecoveryKey, RelayKeys

_AUTHORITY = "rogatory enrolment of an authority 1"
_RELAY = "rogatory enrolment of a relay 1"
_MAX_FILE = 1024 * 1024

D = TypeVar("D", AuthorityEntry, RelayEntry)


class _EnrolmentFile(msgspec.Struct, frozen=True):
    format: str
    payload: bytes
    proofs: dict[str, bytes]


def enrol_authority(entry: AuthorityEntry, identity: Identity, recovery: RecoveryKey) -> bytes:
    """An enrolment file for an authority: the entry with these keys put in, and five proofs."""
    entry = msgspec.structs.replace(
        entry, id=identity.authority, key_sets=(identity.key_set(),), recovery=recovery.public()
    )
    documents, offline = identity.document_signer(), recovery.signer()
    return _file(
        _AUTHORITY,
        entry,
        {
            "online": identity.sign_online,
            "ed25519": documents.sign_ed25519,
            "mldsa65": documents.sign_mldsa65,
            "recovery ed25519": offline.sign_ed25519,
            "recovery mldsa65": offline.sign_mldsa65,
        },
    )


def check_enrolment(data: bytes) -> AuthorityEntry:
    """The entry of an enrolment file whose every proof verifies. Raises EnrolmentRefused."""
    file, payload = _read(data, _AUTHORITY)
    entry = _entry(payload, AuthorityEntry)
    if len(entry.key_sets) != 1 or entry.recovery is None:
        raise EnrolmentRefused("an enrolment file carries one key set and a recovery key: make it anew")
    stamped = msgspec.structs.replace(entry.key_sets[0], since=1, until=None)
    try:  # as the directory's readers will
        as_published = msgspec.structs.replace(entry, since=1, until=None, key_sets=(stamped,))
        entries.decode_authority(entries.encode_document(as_published), entry.id, 1)
    except EntryMismatch as error:
        raise EnrolmentRefused(f"the enrolment file is refused: {error}") from None
    (keys,) = entry.key_sets
    _check_ed25519(file, payload, "online", keys.online)
    _check_ed25519(file, payload, "ed25519", keys.ed25519)
    _check_mldsa65(file, payload, "mldsa65", keys.mldsa65)
    _check_ed25519(file, payload, "recovery ed25519", entry.recovery.ed25519)
    _check_mldsa65(file, payload, "recovery mldsa65", entry.recovery.mldsa65)
    return entry


def enrol_relay(keys: RelayKeys, urls: tuple[str, ...], certificate_sha256: str | None = None) -> bytes:
    """An enrolment file for a relay, with two proofs."""
    return _file(
        _RELAY,
        keys.entry(urls, certificate_sha256),
        {"identity": keys.identity.sign, "receipt": keys.receipt.sign},
    )


def check_relay_enrolment(data: bytes) -> RelayEntry:
    """The entry of a relay's enrolment file whose every proof verifies. Raises EnrolmentRefused."""
    file, payload = _read(data, _RELAY)
    entry = _entry(payload, RelayEntry)
    _check_ed25519(file, payload, "identity", entry.identity)
    _check_ed25519(file, payload, "receipt", entry.receipt)
    return entry


def _file(kind: str, entry: Document, signers: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    payload = entries.encode_document(entry)
    proofs = {name: sign(_proof_input(kind, name, payload)) for name, sign in signers.items()}
    return msgspec.json.format(msgspec.json.encode(_EnrolmentFile(kind, payload, proofs)), indent=2) + b"\n"


def _proof_input(kind: str, name: str, payload: bytes) -> bytes:
    return b"\0".join([kind.encode(), name.encode(), payload])


def _read(data: bytes, kind: str) -> tuple[_EnrolmentFile, bytes]:
    if len(data) > _MAX_FILE:
        raise EnrolmentRefused(f"an enrolment file is smaller than {_MAX_FILE} bytes: this is none")
    try:
        file = msgspec.json.decode(data, type=_EnrolmentFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EnrolmentRefused("this is no enrolment file, or a damaged one: ask for it again") from None
    if file.format != kind:
        raise EnrolmentRefused(f"this file is of another kind ({file.format[:60]!r}); expected is {kind!r}")
    return file, file.payload


def _entry(payload: bytes, kind: type[D]) -> D:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnrolmentRefused(f"the entry in the enrolment file is malformed: {error}") from None


def _check_ed25519(file: _EnrolmentFile, payload: bytes, name: str, public: bytes) -> None:
    signature = file.proofs.get(name, b"")
    try:
        if len(signature) != nacl.bindings.crypto_sign_BYTES:
            raise _unproved(name)
        nacl.bindings.crypto_sign_open(signature + _proof_input(file.format, name, payload), public)
    except nacl.exceptions.BadSignatureError:
        raise _unproved(name) from None


def _check_mldsa65(file: _EnrolmentFile, payload: bytes, name: str, public: bytes) -> None:
    try:
        key = MLDSA65PublicKey.from_public_bytes(public)
        key.verify(file.proofs.get(name, b""), _proof_input(file.format, name, payload))
    except (InvalidSignature, ValueError):
        raise _unproved(name) from None


def _unproved(name: str) -> EnrolmentRefused:
    return EnrolmentRefused(
        f"the enrolment file does not prove that its maker holds the key {name!r}: it was altered, or made by another"
        " than the keys' holder; do not enrol it, and ask the authority for a new one"
    )
