"""Renewal files: an authority's next key set, proved by its own keys and endorsed by the old ones or the recovery key.

The payload is `Renewal`. An enrolment file of an authority that lost everything serves as well: with the number of the
next key set, and endorsed by the recovery key, or by nobody; then it waits for persons to confirm its fingerprint.
"""

from dataclasses import dataclass

import msgspec

from rogatory.keys import proofs
from rogatory.keys.directory import endorsement as endorsements
from rogatory.keys.directory import entries
from rogatory.keys.directory.endorsement import Standing, standing
from rogatory.keys.directory.model import (
    AuthorityEntry,
    AuthorityId,
    Document,
    FormerRecoveryKeys,
    KeySet,
    RecoveryKeys,
)
from rogatory.keys.enrolment import AUTHORITY_FORMAT, check_enrolment
from rogatory.keys.errors import EnrolmentRefused, EntryMismatch
from rogatory.keys.identity import Identity, RecoveryKey
from rogatory.protocol.documents.signing import DocumentSigner
from rogatory.protocol.text import message, text_of

RENEWAL_FORMAT = "rogatory renewal of keys 1"


class Renewal(Document, frozen=True, kw_only=True):
    """The next key set of an authority, and the recovery key from then on: the same, or a new one with its proofs."""

    authority: AuthorityId
    key_set: KeySet
    recovery: RecoveryKeys


@dataclass(frozen=True, slots=True)
class CheckedRenewal:
    """A renewal whose proofs verify, and what its key set would rest on in the directory."""

    renewal: Renewal
    standing: Standing


def renew(identity: Identity, recovery: RecoveryKeys | RecoveryKey, endorser: DocumentSigner | None) -> bytes:
    """A renewal file for new keys. `recovery` is the recovery key that stays, or (with its secret part) a new one.

    `endorser` signs with the document keys of the key set before, or is the recovery key's signer.
    """
    made = dict(proofs.identity_proofs(identity))
    if isinstance(recovery, RecoveryKey):
        made |= proofs.recovery_proofs(recovery)
        recovery = recovery.public()
    document = Renewal(authority=identity.authority, key_set=identity.key_set(), recovery=recovery)
    file = proofs.make_file(RENEWAL_FORMAT, entries.encode_document(document), made)
    return file if endorser is None else endorse_file(file, endorser)


def endorse_file(data: bytes, endorser: DocumentSigner) -> bytes:
    """The same renewal or enrolment file, endorsed. Raises EnrolmentRefused."""
    file, renewal = _read(data)
    if renewal.authority != endorser.authority:
        raise EnrolmentRefused(
            message(
                "the file is for {authority} and the key is one of {owner}: nothing was signed",
                authority=renewal.authority,
                owner=endorser.authority,
            )
        )
    endorsed = endorsements.endorse(renewal.authority, renewal.key_set, renewal.recovery, endorser)
    return proofs.encode_file(msgspec.structs.replace(file, endorsement=endorsed.endorsement))


def look_at_renewal(data: bytes) -> Renewal:
    """A renewal whose proofs verify; who endorsed it is not checked. Raises EnrolmentRefused."""
    _, renewal = _read(data)
    return renewal


def check_renewal(data: bytes, held: AuthorityEntry, version: int) -> CheckedRenewal:
    """A renewal of this entry, to be published in this directory version. Raises EnrolmentRefused.

    An endorsement that does not verify is refused; a file without one gives the standing UNENDORSED.
    """
    file, renewal = _read(data)
    expected = len(held.key_sets) + 1
    if renewal.authority != held.id:
        raise EnrolmentRefused(
            message("the file renews keys of {authority}, not of {id}", authority=renewal.authority, id=held.id)
        )
    if renewal.key_set.version != expected:
        raise EnrolmentRefused(
            message(
                "the file brings key set {version}, and the next of {id} is {expected}: an older file, or one"
                " made from an older directory; have the authority make it anew; one that lost its keys,"
                " with: rogatory-node init --key-set {expected}",
                version=renewal.key_set.version,
                id=held.id,
                expected=expected,
            )
        )
    if renewal.recovery != held.recovery:
        file.check_recovery(renewal.recovery)
    begun = begin(held, renewal, version)
    try:
        entries.decode_authority(entries.encode_document(begun), held.id, version)
    except EntryMismatch as error:
        raise EnrolmentRefused(message("the renewal is refused: {error}", error=text_of(error))) from None
    rests_on = standing(begun, begun.key_sets[-1])
    if renewal.key_set.endorsement is not None and rests_on is Standing.UNENDORSED:
        raise EnrolmentRefused(
            message(
                "the new keys of {id} are signed neither by its key set in force nor by its recovery key, as"
                " the file claims: do not take it in; ask the authority by telephone what happened",
                id=held.id,
            )
        )
    return CheckedRenewal(renewal, rests_on)


def begin(held: AuthorityEntry, renewal: Renewal, version: int) -> AuthorityEntry:
    """The entry with the new key set in force from this directory version on, and those before closed."""
    closed = tuple(
        key_set if key_set.until is not None else msgspec.structs.replace(key_set, until=version)
        for key_set in held.key_sets
    )
    begun = msgspec.structs.replace(renewal.key_set, since=version, until=None, compromised_since=None)
    entry = msgspec.structs.replace(held, key_sets=(*closed, begun))
    if renewal.recovery == held.recovery:
        return entry
    former = held.former_recovery
    if (old := held.recovery) is not None:
        former = (*former, FormerRecoveryKeys(ed25519=old.ed25519, mldsa65=old.mldsa65, until=version))
    return msgspec.structs.replace(entry, recovery=renewal.recovery, former_recovery=former)


def _read(data: bytes) -> tuple[proofs.ProofFile, Renewal]:
    file = proofs.read_file(data, RENEWAL_FORMAT, AUTHORITY_FORMAT)
    if file.format == AUTHORITY_FORMAT:
        entry = check_enrolment(data)
        if entry.recovery is None:  # check_enrolment refuses that
            raise EnrolmentRefused(message("an enrolment file carries a recovery key: make it anew"))
        renewal = Renewal(authority=entry.id, key_set=entry.key_sets[0], recovery=entry.recovery)
    else:
        renewal = proofs.read_payload(file, Renewal)
        file.check_key_set(renewal.key_set)
    key_set = msgspec.structs.replace(renewal.key_set, endorsement=file.endorsement)
    return file, msgspec.structs.replace(renewal, key_set=key_set)
