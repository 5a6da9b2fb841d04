"""The relay's secret keys on disk: plain JSON that only its owner can read, or a vault."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import msgspec

from rogatory.keys.files import write_atomically
from rogatory.keys.identity import SEED_LENGTH, RelayKeys
from rogatory.keys.passphrase import read_passphrase
from rogatory.keys.vault import create_vault, open_vault
from rogatory.languages.system import reason_of
from rogatory.protocol.text import message
from rogatory.relay.errors import ConfigError

SECRET: Final = "relay"  # noqa: S105 the name of the secret in a vault
_MAX_FILE: Final = 4096


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    relay: str
    identity: bytes
    receipt: bytes


def write_plain(path: Path, keys: RelayKeys) -> None:
    """Write the keys for a relay that starts unattended; mode 0600. Raises ConfigError if there is a file."""
    if path.exists():
        raise ConfigError(
            message("{path} exists and is not overwritten: choose another folder, or move it away", path=path)
        )
    data = msgspec.json.encode(_Stored(keys.relay, keys.identity_seed, keys.receipt_seed))
    write_atomically(path, data + b"\n")


def write_vault(path: Path, keys: RelayKeys, passphrase: bytes) -> None:
    """Write the keys under a passphrase. Raises VaultExists."""
    create_vault(path, passphrase, {SECRET: keys.encode()})


def read_keys(path: Path, passphrase_file: Path | None) -> RelayKeys:
    """The relay's keys; raises ConfigError, and KeysError for a vault that does not open."""
    if passphrase_file is not None:
        content = open_vault(path, read_passphrase(str(path), passphrase_file, environment={}))
        return RelayKeys.decode(content.secret(SECRET))
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            data = file.read(_MAX_FILE)
    except OSError as error:
        raise ConfigError(
            message("the relay's keys {path} cannot be read: {error}", path=path, error=reason_of(error))
        ) from None
    if mode & 0o077:
        raise ConfigError(
            message(
                "the relay's keys {path} are open to others (mode {mode}): chmod 600 {path}",
                path=path,
                mode=f"{mode:o}",
            )
        )
    try:
        stored = msgspec.json.decode(data, type=_Stored)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ConfigError(
            message("{path} holds no relay keys: for a vault set passphrase_file, else restore it", path=path)
        ) from None
    if len(stored.identity) != SEED_LENGTH or len(stored.receipt) != SEED_LENGTH:
        raise ConfigError(message("the relay's keys {path} are damaged: restore them from a backup", path=path))
    return RelayKeys(stored.relay, stored.identity, stored.receipt)
