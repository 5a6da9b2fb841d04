"""Keys of trustees, coordinators and the publisher: Ed25519, as python-tuf signs with them."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, Key, Signer, SSlibKey


def role_signer(seed: bytes) -> Signer:
    """A signer from a 32-byte seed."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed))


def role_key(public: bytes) -> Key:
    """The public key as it stands in metadata, from its 32 bytes."""
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(public))
