"""New keys on their way from the command that made them to the running daemon: sealed under what both hold.

Both know the database's key out of the vault. A key derived from it seals, so that whoever may call the local API
and does not hold the vault can neither read new keys nor put in their own.
"""

from __future__ import annotations

import hashlib

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from rogatory.keys.errors import DamagedVault
from rogatory.keys.identity import Identity
from rogatory.node.errors import RefusedInput
from rogatory.protocol.text import message


def handover_key(database_key: bytes) -> bytes:
    """The key of 32 bytes under which new keys are handed over."""
    return hashlib.blake2b(b"rogatory handover of keys 1", key=database_key, digest_size=SecretBox.KEY_SIZE).digest()


def seal_identity(identity: Identity, key: bytes) -> bytes:
    """A key set, sealed."""
    return bytes(SecretBox(key).encrypt(identity.encode()))


def open_identity(sealed: bytes, key: bytes) -> Identity:
    """The key set. Raises RefusedInput for what another key sealed."""
    try:
        return Identity.decode(SecretBox(key).decrypt(sealed))
    except (CryptoError, ValueError, TypeError, DamagedVault):
        raise RefusedInput(
            message("the keys handed over are not from this node's vault"), message("restart the daemon instead")
        ) from None
