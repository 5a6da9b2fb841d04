"""The vault: named secrets in one file under a passphrase.

    "rogatory vault 1\\n" | operations u32 | memory u64 | salt 16 | nonce 24 | ciphertext | SHA-256 of all before

Integers are big-endian. The key is Argon2id (RFC 9106) of the passphrase with the two limits (memory in bytes) and the
salt; the ciphertext is XChaCha20-Poly1305 with everything before it as associated data, over a MessagePack map from
name to bytes. The plain checksum at the end tells a damaged file from a wrong passphrase.
"""

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import nacl.bindings as sodium
import nacl.exceptions
import nacl.pwhash.argon2id as argon2id

from rogatory.keys.errors import DamagedVault, MissingSecret, VaultExists, VaultMissing, WrongPassphrase
from rogatory.keys.files import write_atomically
from rogatory.protocol.text import message

_MAGIC = b"rogatory vault 1\n"
_HEADER = struct.Struct(f">{len(_MAGIC)}sIQ16s24s")
_CHECKSUM = 32
_MAX_FILE = 4 * 1024 * 1024
# A doctored header must not make us spend a day or all memory before anything is verified.
_MAX_OPERATIONS = 16
_MAX_MEMORY = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What a guess at the passphrase costs: passes over memory, and memory in bytes (RFC 9106 section 3.1)."""

    operations: int
    memory: int


MODERATE = Cost(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
INTERACTIVE = Cost(argon2id.OPSLIMIT_INTERACTIVE, argon2id.MEMLIMIT_INTERACTIVE)
SENSITIVE = Cost(argon2id.OPSLIMIT_SENSITIVE, argon2id.MEMLIMIT_SENSITIVE)
CHEAPEST = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)


class VaultContent(Mapping[str, bytes]):
    """Named secrets. Shows its names only."""

    def __init__(self, secrets: Mapping[str, bytes] | None = None) -> None:
        self._secrets = dict(secrets or {})

    def __getitem__(self, name: str) -> bytes:
        return self._secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"<VaultContent of {', '.join(sorted(self._secrets))}>"

    def secret(self, name: str) -> bytes:
        """The secret with this name. Raises MissingSecret."""
        if name not in self._secrets:
            raise MissingSecret(
                message("the vault holds no {name}: is it the vault of another program, or of another role?", name=name)
            )
        return self._secrets[name]

    def with_secret(self, name: str, secret: bytes) -> Self:
        """A copy that holds one more, or another, secret."""
        return type(self)({**self._secrets, name: secret})

    def without(self, name: str) -> Self:
        """A copy that does not hold this secret."""
        return type(self)({key: value for key, value in self._secrets.items() if key != name})


def create_vault(path: Path, passphrase: bytes, content: Mapping[str, bytes], *, cost: Cost = MODERATE) -> None:
    """Write a new vault, mode 0600. Raises VaultExists, OSError."""
    if path.exists():
        raise VaultExists(
            message("{path} exists and is not overwritten: choose another name, or move it away", path=path)
        )
    write_atomically(path, _seal(passphrase, content, cost))


def open_vault(path: Path, passphrase: bytes) -> VaultContent:
    """Read a vault. Raises VaultMissing, DamagedVault, WrongPassphrase, OSError."""
    content, _ = _open(path, passphrase)
    return content


def rewrite_vault(path: Path, passphrase: bytes, content: Mapping[str, bytes]) -> None:
    """Replace a vault's content at the same cost, after proving the passphrase. Raises what `open_vault` does."""
    _, cost = _open(path, passphrase)
    write_atomically(path, _seal(passphrase, content, cost))


def change_passphrase(path: Path, old: bytes, new: bytes, *, cost: Cost = MODERATE) -> None:
    """Lock the same content under another passphrase. Raises what `open_vault` does."""
    content, _ = _open(path, old)
    write_atomically(path, _seal(new, content, cost))


def _seal(passphrase: bytes, content: Mapping[str, bytes], cost: Cost) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(24)
    header = _HEADER.pack(_MAGIC, cost.operations, cost.memory, salt, nonce)
    plain = msgspec.msgpack.encode(dict(sorted(content.items())))
    key = _key(passphrase, salt, cost)
    sealed = header + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, header, nonce, key)
    return sealed + hashlib.sha256(sealed).digest()


def _open(path: Path, passphrase: bytes) -> tuple[VaultContent, Cost]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise VaultMissing(
            message("{path} does not exist: give the right path, or create it first", path=path)
        ) from None
    damaged = DamagedVault(message("{path} is damaged: restore it from a backup", path=path))
    if not data.startswith(_MAGIC):
        raise DamagedVault(message("{path} is no vault of this program, or its beginning is damaged", path=path))
    if not _HEADER.size + _CHECKSUM < len(data) <= _MAX_FILE:
        raise damaged
    sealed, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if hashlib.sha256(sealed).digest() != checksum:
        raise damaged
    header = sealed[: _HEADER.size]
    _, operations, memory, salt, nonce = _HEADER.unpack(header)
    if not (argon2id.OPSLIMIT_MIN <= operations <= _MAX_OPERATIONS and argon2id.MEMLIMIT_MIN <= memory <= _MAX_MEMORY):
        raise damaged
    cost = Cost(operations, memory)
    try:
        plain = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed[_HEADER.size :], header, nonce, _key(passphrase, salt, cost)
        )
        return VaultContent(msgspec.msgpack.decode(plain, type=dict[str, bytes])), cost
    except nacl.exceptions.CryptoError:
        raise WrongPassphrase(message("the passphrase does not open {path}", path=path)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise damaged from None


def _key(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    return argon2id.kdf(32, passphrase, salt, cost.operations, cost.memory)
