"""Welcome: how new members get the group's secrets (RFC 9420 section 12.4.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Reader, Structure, opaque, uint16, vector
from .group_info import GroupInfo
from .key_package import KeyPackage
from .key_schedule import welcome_key_and_nonce
from .psk import PreSharedKeyID
from .suite import CipherSuite, HPKECiphertext


@dataclass(frozen=True, slots=True, repr=False)
class GroupSecrets(Structure):
    joiner_secret: bytes
    path_secret: bytes | None
    psks: tuple[PreSharedKeyID, ...]

    @classmethod
    def read(cls, reader: Reader) -> GroupSecrets:
        joiner_secret = reader.opaque()
        path_secret = reader.optional(Reader.opaque)
        return cls(joiner_secret, path_secret, reader.vector(PreSharedKeyID.read))

    def encode(self) -> bytes:
        path_secret = b"\x00" if self.path_secret is None else b"\x01" + opaque(self.path_secret)
        return opaque(self.joiner_secret) + path_secret + vector(self.psks)


@dataclass(frozen=True, slots=True)
class EncryptedGroupSecrets(Structure):
    """`new_member` is the KeyPackageRef of the joiner's key package."""

    new_member: bytes
    encrypted_group_secrets: HPKECiphertext

    @classmethod
    def read(cls, reader: Reader) -> EncryptedGroupSecrets:
        return cls(reader.opaque(), HPKECiphertext.read(reader))

    def encode(self) -> bytes:
        return opaque(self.new_member) + self.encrypted_group_secrets.encode()


@dataclass(frozen=True, slots=True)
class Welcome(Structure):
    cipher_suite: int
    secrets: tuple[EncryptedGroupSecrets, ...]
    encrypted_group_info: bytes

    @classmethod
    def read(cls, reader: Reader) -> Welcome:
        return cls(reader.uint16(), reader.vector(EncryptedGroupSecrets.read), reader.opaque())

    def encode(self) -> bytes:
        return uint16(self.cipher_suite) + vector(self.secrets) + opaque(self.encrypted_group_info)


def encrypt_group_info(suite: CipherSuite, welcome_secret: bytes, info: GroupInfo) -> bytes:
    key, nonce = welcome_key_and_nonce(suite, welcome_secret)
    return suite.seal(key, nonce, b"", info.encode())


def decrypt_group_info(suite: CipherSuite, welcome_secret: bytes, encrypted: bytes) -> GroupInfo:
    """Raises DecryptionFailed or MLSDecodeError."""
    key, nonce = welcome_key_and_nonce(suite, welcome_secret)
    return GroupInfo.decode(suite.unseal(key, nonce, b"", encrypted))


def encrypt_group_secrets(
    suite: CipherSuite, package: KeyPackage, secrets: GroupSecrets, encrypted_group_info: bytes
) -> EncryptedGroupSecrets:
    """Raises InvalidKey."""
    sealed = suite.encrypt_with_label(package.init_key, b"Welcome", encrypted_group_info, secrets.encode())
    return EncryptedGroupSecrets(package.ref(suite), sealed)


def decrypt_group_secrets(
    suite: CipherSuite, init_private: bytes, entry: EncryptedGroupSecrets, encrypted_group_info: bytes
) -> GroupSecrets:
    """Raises DecryptionFailed or MLSDecodeError."""
    sealed = entry.encrypted_group_secrets
    return GroupSecrets.decode(suite.decrypt_with_label(init_private, b"Welcome", encrypted_group_info, sealed))
