"""Files that prove possession of keys: enrolments and renewals.

JSON: `format`, `payload` (base64 of a JSON document, signed as these exact bytes), `proofs`, one signature for each
new key over `label | 0 | key name | 0 | payload`, and in a renewal perhaps an `endorsement`.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from rogatory.keys.directory.model import Endorsement, KeySet, RecoveryKeys
from rogatory.keys.errors import BadSignature, EnrolmentRefused
from rogatory.keys.identity import Identity, RecoveryKey
from rogatory.keys.signatures import check_ed25519, check_mldsa65
from rogatory.protocol.text import message, text_of

MAX_FILE = 1024 * 1024

P = TypeVar("P", bound=msgspec.Struct)
Proofs = Mapping[str, Callable[[bytes], bytes]]


class ProofFile(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What stands in the file. Nothing is verified."""

    format: str
    payload: bytes
    proofs: dict[str, bytes]
    endorsement: Endorsement | None = None

    def check_ed25519(self, name: str, public: bytes) -> None:
        """Raise EnrolmentRefused unless the holder of this key made the file."""
        self._check(check_ed25519, name, public)

    def check_mldsa65(self, name: str, public: bytes) -> None:
        """Raise EnrolmentRefused unless the holder of this key made the file."""
        self._check(check_mldsa65, name, public)

    def check_key_set(self, key_set: KeySet) -> None:
        """Raise EnrolmentRefused unless the holder of all three keys made the file."""
        self.check_ed25519("online", key_set.online)
        self.check_ed25519("ed25519", key_set.ed25519)
        self.check_mldsa65("mldsa65", key_set.mldsa65)

    def check_recovery(self, recovery: RecoveryKeys) -> None:
        """Raise EnrolmentRefused unless the holder of the recovery key took part in making the file."""
        self.check_ed25519("recovery ed25519", recovery.ed25519)
        self.check_mldsa65("recovery mldsa65", recovery.mldsa65)

    def _check(self, check: Callable[[bytes, bytes, bytes], None], name: str, public: bytes) -> None:
        try:
            check(public, self.proofs.get(name, b""), _proof_input(self.format, name, self.payload))
        except BadSignature:
            raise EnrolmentRefused(
                message(
                    "the file does not prove that its maker holds the key {name!r}: it was altered, or made by"
                    " another than the keys' holder; do not enrol it, and ask for a new one",
                    name=name,
                )
            ) from None


def identity_proofs(identity: Identity) -> Proofs:
    """What proves the three keys of a key set."""
    documents = identity.document_signer()
    return {
        "online": identity.sign_online,
        "ed25519": documents.sign_ed25519,
        "mldsa65": documents.sign_mldsa65,
    }


def recovery_proofs(recovery: RecoveryKey) -> Proofs:
    """What proves a recovery key."""
    offline = recovery.signer()
    return {"recovery ed25519": offline.sign_ed25519, "recovery mldsa65": offline.sign_mldsa65}


def make_file(kind: str, payload: bytes, proofs: Proofs) -> bytes:
    """The file of this format, proved by these keys."""
    signatures = {name: sign(_proof_input(kind, name, payload)) for name, sign in proofs.items()}
    return encode_file(ProofFile(kind, payload, signatures))


def encode_file(file: ProofFile) -> bytes:
    """Its bytes."""
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_file(data: bytes, *kinds: str) -> ProofFile:
    """A file of one of these formats, unverified. Raises EnrolmentRefused."""
    if len(data) > MAX_FILE:
        raise EnrolmentRefused(
            message("an enrolment file is smaller than {max_file} bytes: this is none", max_file=MAX_FILE)
        )
    try:
        file = msgspec.json.decode(data, type=ProofFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EnrolmentRefused(message("this is no enrolment file, or a damaged one: ask for it again")) from None
    if file.format not in kinds:
        expected = tuple(repr(kind) for kind in kinds)
        raise EnrolmentRefused(
            message(
                "this file is of another kind ({format!r}); expected is one of {expected}",
                format=file.format[:60],
                expected=expected,
            )
        )
    return file


def read_payload(file: ProofFile, kind: type[P]) -> P:
    """The document inside, unverified. Raises EnrolmentRefused."""
    try:
        return msgspec.json.decode(file.payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnrolmentRefused(message("the entry in the file is malformed: {error}", error=text_of(error))) from None


def _proof_input(kind: str, name: str, payload: bytes) -> bytes:
    return b"\0".join([kind.encode(), name.encode(), payload])
