"""The key schedule: from the secrets of one epoch to those of the next (RFC 9420 section 8)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .codec import Reader, Structure, opaque
from .group_context import GroupContext
from .suite import CipherSuite


@dataclass(frozen=True, slots=True, repr=False)
class EpochSecrets(Structure):
    """What an epoch keeps. The encryption secret is not here: it goes into the secret tree and is deleted."""

    init_secret: bytes
    sender_data_secret: bytes
    exporter_secret: bytes
    external_secret: bytes
    confirmation_key: bytes
    membership_key: bytes
    resumption_psk: bytes
    epoch_authenticator: bytes

    @classmethod
    def read(cls, reader: Reader) -> EpochSecrets:
        return cls(*(reader.opaque() for _ in fields(cls)))

    def encode(self) -> bytes:
        return b"".join(opaque(getattr(self, each.name)) for each in fields(self))


@dataclass(frozen=True, slots=True, repr=False)
class EpochKeys:
    """What joiner secret and PSK secret give, all at once."""

    welcome_secret: bytes
    encryption_secret: bytes
    secrets: EpochSecrets


def joiner_secret(suite: CipherSuite, init_secret: bytes, commit_secret: bytes, context: GroupContext) -> bytes:
    intermediate = suite.extract(init_secret, commit_secret)
    return suite.expand_with_label(intermediate, b"joiner", context.encode(), suite.hash_length)


def _member_secret(suite: CipherSuite, joiner: bytes, psk: bytes) -> bytes:
    return suite.extract(joiner, psk)


def welcome_secret(suite: CipherSuite, joiner: bytes, psk: bytes) -> bytes:
    return suite.derive_secret(_member_secret(suite, joiner, psk), b"welcome")


def epoch_keys(suite: CipherSuite, joiner: bytes, psk: bytes, context: GroupContext) -> EpochKeys:
    member = _member_secret(suite, joiner, psk)
    epoch_secret = suite.expand_with_label(member, b"epoch", context.encode(), suite.hash_length)
    return keys_of_epoch_secret(suite, epoch_secret, suite.derive_secret(member, b"welcome"))


def keys_of_epoch_secret(suite: CipherSuite, epoch_secret: bytes, welcome: bytes = b"") -> EpochKeys:
    """The keys below an epoch secret; a new group starts from a random one (section 11)."""

    def derive(label: bytes) -> bytes:
        return suite.derive_secret(epoch_secret, label)

    secrets = EpochSecrets(
        init_secret=derive(b"init"),
        sender_data_secret=derive(b"sender data"),
        exporter_secret=derive(b"exporter"),
        external_secret=derive(b"external"),
        confirmation_key=derive(b"confirm"),
        membership_key=derive(b"membership"),
        resumption_psk=derive(b"resumption"),
        epoch_authenticator=derive(b"authentication"),
    )
    return EpochKeys(welcome, derive(b"encryption"), secrets)


def welcome_key_and_nonce(suite: CipherSuite, secret: bytes) -> tuple[bytes, bytes]:
    """Section 12.4.3.1."""
    key = suite.expand_with_label(secret, b"key", b"", suite.key_length)
    return key, suite.expand_with_label(secret, b"nonce", b"", suite.nonce_length)


def export(suite: CipherSuite, exporter_secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
    """MLS-Exporter (section 8.5). Raises ValueError for more than 255 hashes' length."""
    secret = suite.derive_secret(exporter_secret, label)
    return suite.expand_with_label(secret, b"exported", suite.digest(context), length)


EXTERNAL_INIT_LABEL = b"MLS 1.0 external init secret"


def external_init_secret(suite: CipherSuite, external_secret: bytes, kem_output: bytes) -> bytes:
    """The init secret that an external joiner chose (section 8.3). Raises DecryptionFailed."""
    private, _ = suite.derive_key_pair(external_secret)
    return suite.export_as_receiver(kem_output, private, EXTERNAL_INIT_LABEL, suite.hash_length)
