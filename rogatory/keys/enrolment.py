"""Enrolment files: what an authority or a relay asks to have in the directory, with proof that it holds the keys."""

import msgspec

from rogatory.keys import proofs
from rogatory.keys.directory import entries
from rogatory.keys.directory.model import AuthorityEntry, RelayEntry
from rogatory.keys.errors import EnrolmentRefused, EntryMismatch
from rogatory.keys.identity import Identity, RecoveryKey, RelayKeys
from rogatory.protocol.text import message, text_of

AUTHORITY_FORMAT = "rogatory enrolment of an authority 1"
RELAY_FORMAT = "rogatory enrolment of a relay 1"


def enrol_authority(entry: AuthorityEntry, identity: Identity, recovery: RecoveryKey) -> bytes:
    """An enrolment file for an authority: the entry with these keys put in, and five proofs."""
    entry = msgspec.structs.replace(
        entry, id=identity.authority, key_sets=(identity.key_set(),), recovery=recovery.public()
    )
    made = {**proofs.identity_proofs(identity), **proofs.recovery_proofs(recovery)}
    return proofs.make_file(AUTHORITY_FORMAT, entries.encode_document(entry), made)


def check_enrolment(data: bytes) -> AuthorityEntry:
    """The entry of an enrolment file whose every proof verifies. Raises EnrolmentRefused."""
    file = proofs.read_file(data, AUTHORITY_FORMAT)
    entry = proofs.read_payload(file, AuthorityEntry)
    if len(entry.key_sets) != 1 or entry.recovery is None:
        raise EnrolmentRefused(message("an enrolment file carries one key set and a recovery key: make it anew"))
    (keys,) = entry.key_sets
    try:  # as the directory's readers will
        entries.decode_authority(entries.encode_document(_as_published(entry)), entry.id, 1)
    except EntryMismatch as error:
        raise EnrolmentRefused(message("the enrolment file is refused: {error}", error=text_of(error))) from None
    file.check_key_set(keys)
    file.check_recovery(entry.recovery)
    return entry


def enrol_relay(keys: RelayKeys, urls: tuple[str, ...], certificate_sha256: str | None = None) -> bytes:
    """An enrolment file for a relay, with two proofs."""
    return proofs.make_file(
        RELAY_FORMAT,
        entries.encode_document(keys.entry(urls, certificate_sha256)),
        {"identity": keys.identity.sign, "receipt": keys.receipt.sign},
    )


def check_relay_enrolment(data: bytes) -> RelayEntry:
    """The entry of a relay's enrolment file whose every proof verifies. Raises EnrolmentRefused."""
    file = proofs.read_file(data, RELAY_FORMAT)
    entry = proofs.read_payload(file, RelayEntry)
    file.check_ed25519("identity", entry.identity)
    file.check_ed25519("receipt", entry.receipt)
    return entry


def _as_published(entry: AuthorityEntry) -> AuthorityEntry:
    """As a first enrolment would stand in the directory, whatever history the file claims for itself."""
    first = msgspec.structs.replace(entry.key_sets[0], version=1, since=1, until=None)
    return msgspec.structs.replace(entry, since=1, until=None, key_sets=(first,), former_terms=(), former_recovery=())
