"""How a node and a relay prove to each other who they are, on one connection.

Each side contributes a nonce; each signs both, both names and the connection's binding under its own label, so
that a signature serves no other relay, authority, direction or connection. The signer's key comes from the
directory. The binding is the hash of the server's certificate (the idea of RFC 5929 section 4,
tls-server-end-point, always with SHA-256); on plain loopback it is 32 zero bytes.
"""

import hashlib

import nacl.bindings
import nacl.exceptions

from rogatory.keys.errors import LinkAuthenticationError
from rogatory.protocol.text import message

NONCE_LENGTH = 32
PLAIN_BINDING = bytes(32)

_RELAY_LABEL = b"rogatory link 1: relay proof"
_AUTHORITY_LABEL = b"rogatory link 1: authority proof"


def certificate_binding(certificate_der: bytes) -> bytes:
    """The binding of a TLS connection: SHA-256 of the server certificate in DER form, 32 bytes."""
    return hashlib.sha256(certificate_der).digest()


def relay_proof_input(relay: str, authority: str, client_nonce: bytes, relay_nonce: bytes, binding: bytes) -> bytes:
    """The bytes that a relay signs with its identity key. Nonces and binding are 32 bytes each."""
    return _proof_input(_RELAY_LABEL, relay, authority, client_nonce, relay_nonce, binding)


def authority_proof_input(relay: str, authority: str, client_nonce: bytes, relay_nonce: bytes, binding: bytes) -> bytes:
    """The bytes that an authority's node signs with its online key. Nonces and binding are 32 bytes each."""
    return _proof_input(_AUTHORITY_LABEL, relay, authority, client_nonce, relay_nonce, binding)


def check_relay_proof(
    signature: bytes,
    identity_key: bytes,
    *,
    relay: str,
    authority: str,
    client_nonce: bytes,
    relay_nonce: bytes,
    binding: bytes,
) -> None:
    """Raise LinkAuthenticationError unless the relay signed this connection's proof."""
    data = relay_proof_input(relay, authority, client_nonce, relay_nonce, binding)
    if not _verifies(signature, data, identity_key):
        raise LinkAuthenticationError(
            message(
                "this server did not prove that it is {relay}: check the relay's address; if it is right,"
                " something stands between, or the relay's keys were changed: ask its operator",
                relay=relay,
            )
        )


def check_authority_proof(
    signature: bytes,
    online_key: bytes,
    *,
    relay: str,
    authority: str,
    client_nonce: bytes,
    relay_nonce: bytes,
    binding: bytes,
) -> None:
    """Raise LinkAuthenticationError unless the authority's node signed this connection's proof."""
    data = authority_proof_input(relay, authority, client_nonce, relay_nonce, binding)
    if not _verifies(signature, data, online_key):
        raise LinkAuthenticationError(message("the client did not prove that it is {authority}", authority=authority))


def _proof_input(label: bytes, relay: str, authority: str, *fixed: bytes) -> bytes:
    if any(len(part) != NONCE_LENGTH for part in fixed):
        raise LinkAuthenticationError(message("nonces and the connection's binding are 32 bytes each"))
    names = (relay.encode(), authority.encode())
    if any(len(name) > 255 for name in names):
        raise LinkAuthenticationError(message("a name in the link's proof is too long"))
    return b"".join([label, b"\0", *(bytes([len(name)]) + name for name in names), *fixed])


def _verifies(signature: bytes, data: bytes, public_key: bytes) -> bool:
    if len(signature) != nacl.bindings.crypto_sign_BYTES or len(public_key) != 32:
        return False
    try:
        nacl.bindings.crypto_sign_open(signature + data, public_key)
    except nacl.exceptions.BadSignatureError:
        return False
    return True
