"""Who vouches for a new key set besides the trustees: the key set before it, or the recovery key made at enrolment.

Both keys sign `label | parts`, each part with its length (u32) before it: authority, number of the key set, its three
public keys, and the two of the recovery key in force from then on. A key set that is endorsed by neither is in force
like any other (members judge from the directory alone), and waits for a person to confirm its fingerprint.
"""

from enum import StrEnum

import msgspec

from rogatory.keys.directory.model import AuthorityEntry, Endorsement, KeySet, RecoveryKeys, in_force
from rogatory.keys.errors import BadSignature
from rogatory.keys.signatures import check_ed25519, check_mldsa65
from rogatory.protocol.documents.signing import DocumentKeys, DocumentSigner

RECOVERY = 0
"""Stands for the recovery key where a key set's number is named: no key set has it."""

_LABEL = b"rogatory endorsement of a key set 1"


class Standing(StrEnum):
    """What a key set rests on."""

    ENROLLED = "enrolled"
    """The first: trustees checked its fingerprint with the authority."""
    ENDORSED_BY_KEY_SET = "endorsed_by_key_set"
    ENDORSED_BY_RECOVERY_KEY = "endorsed_by_recovery_key"
    UNENDORSED = "unendorsed"
    """On the trustees' word alone: each correspondent confirms the fingerprint."""

    @property
    def waits_for_confirmation(self) -> bool:
        """Whether a person has to confirm the fingerprint."""
        return self is Standing.UNENDORSED


def endorsement_input(authority: str, key_set: KeySet, recovery: RecoveryKeys | None) -> bytes:
    """The bytes under an endorsement. `recovery` is the recovery key in force from this key set on."""
    parts = [authority.encode(), str(key_set.version).encode(), key_set.online, key_set.ed25519, key_set.mldsa65]
    if recovery is not None:
        parts += [recovery.ed25519, recovery.mldsa65]
    return _LABEL + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def endorse(authority: str, key_set: KeySet, recovery: RecoveryKeys | None, signer: DocumentSigner) -> KeySet:
    """The key set, endorsed by an earlier key set or the recovery key (a signer of key set 0)."""
    data = endorsement_input(authority, key_set, recovery)
    made = Endorsement(by=signer.key_set, ed25519=signer.sign_ed25519(data), mldsa65=signer.sign_mldsa65(data))
    return msgspec.structs.replace(key_set, endorsement=made)


def standing(entry: AuthorityEntry, key_set: KeySet) -> Standing:
    """What a key set of this entry rests on. An endorsement that proves nothing counts as none."""
    if key_set.version == 1:
        return Standing.ENROLLED
    endorser = _endorser(entry, key_set)
    if key_set.endorsement is None or endorser is None:
        return Standing.UNENDORSED
    data = endorsement_input(entry.id, key_set, entry.recovery_at(key_set.since))
    try:
        check_ed25519(endorser.ed25519, key_set.endorsement.ed25519, data)
        check_mldsa65(endorser.mldsa65, key_set.endorsement.mldsa65, data)
    except BadSignature:
        return Standing.UNENDORSED
    by_recovery = key_set.endorsement.by == RECOVERY
    return Standing.ENDORSED_BY_RECOVERY_KEY if by_recovery else Standing.ENDORSED_BY_KEY_SET


def _endorser(entry: AuthorityEntry, key_set: KeySet) -> DocumentKeys | None:
    """The keys that may endorse: in force until then, and never another's since."""
    if key_set.endorsement is None:
        return None
    before = key_set.since - 1
    if key_set.endorsement.by == RECOVERY:
        recovery = entry.recovery_at(before)
        return None if recovery is None else DocumentKeys(recovery.ed25519, recovery.mldsa65)
    for held in entry.key_sets:
        if held.version == key_set.endorsement.by < key_set.version:
            sound = in_force(held.since, held.until, before) and held.compromised_since is None
            return DocumentKeys(held.ed25519, held.mldsa65) if sound else None
    return None
