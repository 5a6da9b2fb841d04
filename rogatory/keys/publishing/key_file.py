"""Key files of trustees, coordinators and the publisher.

FILE holds the secret key, in a vault of its own; FILE.pub the public key as JSON, for whoever sets up the directory.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from securesystemslib.signer import Key, Signer

from rogatory.keys import vault
from rogatory.keys.errors import DamagedVault, PublishError
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import role_key_fingerprint
from rogatory.keys.identity import Ed25519Key
from rogatory.keys.publishing.role_keys import role_key, role_signer
from rogatory.protocol.text import message

_FORMAT = "rogatory role key 1"


class KeyKind(StrEnum):
    """What a key is made for."""

    TRUSTEE = "trustee"
    PUBLISHER = "publisher"
    COORDINATOR = "coordinator"


class PublicKeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """The public half, as it stands in FILE.pub."""

    format: str = _FORMAT
    kind: KeyKind
    ed25519: Annotated[bytes, Meta(min_length=32, max_length=32)]

    @property
    def key(self) -> Key:
        """As it stands in metadata."""
        return role_key(self.ed25519)

    @property
    def fingerprint(self) -> str:
        """To be compared by voice."""
        return role_key_fingerprint(self.kind, self.ed25519)


def public_path(path: Path) -> Path:
    """Where the public half of a key file lies."""
    return path.with_name(path.name + ".pub")


def create_key_file(
    path: Path, kind: KeyKind, passphrase: bytes, *, cost: vault.Cost = vault.MODERATE
) -> PublicKeyFile:
    """Make a new key; write FILE and FILE.pub. Raises VaultExists, OSError."""
    seed = os.urandom(32)
    public = PublicKeyFile(kind=kind, ed25519=Ed25519Key(seed).public)
    vault.create_vault(path, passphrase, {"kind": kind.encode(), "seed": seed}, cost=cost)
    write_atomically(public_path(path), msgspec.json.format(msgspec.json.encode(public), indent=2) + b"\n", mode=0o644)
    return public


def open_key_file(path: Path, passphrase: bytes) -> Signer:
    """The signer of a key file. Raises VaultMissing, WrongPassphrase, DamagedVault, MissingSecret."""
    seed = vault.open_vault(path, passphrase).secret("seed")
    if len(seed) != 32:
        raise DamagedVault(message("{path} holds no key of this program: use another copy of it", path=path))
    return role_signer(seed)


def read_public_key(path: Path, kind: KeyKind) -> PublicKeyFile:
    """The public half, which must be of this kind. Raises PublishError, OSError."""
    public = decode_public_key(path.read_bytes(), str(path))
    if public.kind is not kind:
        raise PublishError(
            message(
                "{path} is the key of a {kind}, where a {wanted}'s is wanted", path=path, kind=public.kind, wanted=kind
            )
        )
    return public


def decode_public_key(data: bytes, name: str) -> PublicKeyFile:
    """The public half from bytes. Raises PublishError."""
    try:
        public = msgspec.json.decode(data, type=PublicKeyFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PublishError(
            message("{name} is no public key file: give the FILE.pub that was made beside the key", name=name)
        ) from None
    if public.format != _FORMAT:
        raise PublishError(message("{name} is of another format: a newer program may read it", name=name))
    return public
