"""Fingerprints: public keys as digits that two people compare by diplomatic note or on the telephone."""

import hashlib

from rogatory.keys.directory.model import AuthorityEntry, KeySet, RecoveryKeys

_DIGITS = 60
_GROUP = 5


def key_set_fingerprint(authority: str, key_set: KeySet, recovery: RecoveryKeys | None = None) -> str:
    """The fingerprint of an authority's key set and recovery key: 12 groups of 5 digits."""
    parts = [str(key_set.version).encode(), key_set.online, key_set.ed25519, key_set.mldsa65]
    if recovery is not None:
        parts += [recovery.ed25519, recovery.mldsa65]
    return _digits(b"rogatory fingerprint 1: authority", authority, parts)


def entry_fingerprint(entry: AuthorityEntry, key_set: int | None = None) -> str:
    """The fingerprint of a key set of an entry (of its newest by default) and the recovery key of that time."""
    wanted = max(found.version for found in entry.key_sets) if key_set is None else key_set
    (found,) = (found for found in entry.key_sets if found.version == wanted)
    return key_set_fingerprint(entry.id, found, entry.recovery_at(found.since))


def relay_fingerprint(relay: str, identity: bytes, receipt: bytes) -> str:
    """The fingerprint of a relay's two public keys: 12 groups of 5 digits."""
    return _digits(b"rogatory fingerprint 1: relay", relay, [identity, receipt])


def role_key_fingerprint(role: str, public: bytes) -> str:
    """The fingerprint of a trustee's, coordinator's or publisher's public key: 12 groups of 5 digits."""
    return _digits(b"rogatory fingerprint 1: role key", role, [public])


def root_fingerprint(root: bytes) -> str:
    """The fingerprint of a root.json, from which a client's trust starts: 12 groups of 5 digits."""
    return _digits(b"rogatory fingerprint 1: root", "root", [root])


def _digits(label: bytes, name: str, parts: list[bytes]) -> str:
    """SHA-256 over length-prefixed parts, as a number modulo 10^60: the bias is 2^-56, the strength 199 bits."""
    data = b"".join(len(part).to_bytes(4, "big") + part for part in (label, name.encode(), *parts))
    digits = f"{int.from_bytes(hashlib.sha256(data).digest()) % 10**_DIGITS:0{_DIGITS}d}"
    return " ".join(digits[start : start + _GROUP] for start in range(0, _DIGITS, _GROUP))
