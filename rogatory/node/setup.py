"""Making a node's folder: keys, settings, and what the trustees of the directory are given."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from rogatory.keys.directory.model import AuthorityEntry
from rogatory.keys.enrolment import enrol_authority
from rogatory.keys.files import sync_folder, write_atomically
from rogatory.keys.fingerprint import key_set_fingerprint, root_fingerprint
from rogatory.keys.identity import Identity, RecoveryKey
from rogatory.keys.vault import MODERATE, Cost, VaultContent, create_vault, open_vault
from rogatory.node.config import NodeConfig, write_config
from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.folder import NodeFolder
from rogatory.node.link.address import parse_address
from rogatory.protocol.text import message, text_of

IDENTITY: Final = "identity"
NEXT_IDENTITY: Final = "identity_next"
"""Of a key set that waits for the directory, or is in use already: then `IDENTITY` is the one before it."""
DATABASE_KEY: Final = "database_key"
RECOVERY_KEY: Final = "recovery_key"
KEY_LENGTH: Final = 32
FIRST: Final = 1
"""Number of the key set that is enrolled; each further one counts on."""

Random = Callable[[int], bytes]


def set_up(
    folder: NodeFolder,
    identity: Identity,
    config: NodeConfig,
    passphrase: bytes,
    *,
    root: bytes | None,
    files: dict[str, bytes] | None = None,
    random: Random = os.urandom,
    cost: Cost = MODERATE,
) -> None:
    """Make the folder, whole or not at all, with `files` beside what every node has.

    `root` is the directory's root of trust; without it, it is put in as root.json before the first run.
    Raises Conflict if something is there already.
    """
    if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        raise Conflict(
            message("{path} exists and is not empty: nothing was changed", path=folder.path),
            message("name another folder; a node's keys are never overwritten"),
        )
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.path.parent, prefix=f".{folder.path.name}-") as scratch:
        made = NodeFolder(Path(scratch) / "node")
        made.path.mkdir(mode=0o700)
        secrets = VaultContent({IDENTITY: identity.encode(), DATABASE_KEY: random(KEY_LENGTH)})
        create_vault(made.vault, passphrase, secrets, cost=cost)
        write_config(made.config, config)
        if root is not None:
            write_atomically(made.root, root, mode=0o644)
        for name, data in (files or {}).items():
            write_atomically(made.path / name, data)
        made.path.rename(folder.path)
    sync_folder(folder.path.parent)


class MadeNode(msgspec.Struct, frozen=True, kw_only=True):
    """What `init` made. `fingerprint` is compared in person with what the trustees see."""

    authority: str
    folder: str
    enrolment: str
    recovery: str
    fingerprint: str
    root_fingerprint: str | None


def describe_authority(details: dict[str, Any]) -> AuthorityEntry:
    """A directory entry without keys, from its fields. Raises RefusedInput, naming the field."""
    unknown = details.keys() - set(AuthorityEntry.__struct_fields__)
    if unknown:
        raise RefusedInput(
            message("a directory entry has no field {unknown}", unknown=tuple(sorted(unknown))),
            message("correct or leave them out"),
        )
    # Keys come later; the rules for every other field are checked now, before a secret is made.
    nobody = {"version": 1, "online": _blank(32), "ed25519": _blank(32), "mldsa65": _blank(1952)}
    try:
        return msgspec.convert({**details, "key_sets": [nobody]}, AuthorityEntry)
    except msgspec.ValidationError as error:
        raise RefusedInput(
            message("the directory entry cannot be made: {error}", error=text_of(error)), message("correct that field")
        ) from None


def _blank(length: int) -> str:
    return base64.b64encode(bytes(length)).decode()


def enrol_node(
    folder: NodeFolder,
    entry: AuthorityEntry,
    config: NodeConfig,
    passphrase: bytes,
    *,
    root: bytes | None,
    recovery_file: Path,
    recovery_passphrase: bytes,
    key_set: int = FIRST,
    random: Random = os.urandom,
    cost: Cost = MODERATE,
) -> MadeNode:
    """New keys, their folder, the enrolment file in it, and the recovery key in a file of its own.

    `key_set` counts on where the authority was enrolled before and has lost all its keys.
    Raises RefusedInput for an address that is none, Conflict and VaultExists where something is in the way.
    """
    if key_set < FIRST:
        raise RefusedInput(
            message("{key_set} cannot be the number of a key set", key_set=key_set),
            message("ask a trustee for the next one"),
        )
    for url in config.relay_urls:
        parse_address(url)
    if recovery_file.exists():
        raise Conflict(
            message("{recovery_file} exists: nothing was changed", recovery_file=recovery_file),
            message("name another file for the recovery key"),
        )
    identity = Identity.generate(entry.id, random, key_set)
    recovery = RecoveryKey.generate(entry.id, random)
    enrolment = enrol_authority(entry, identity, recovery)
    set_up(
        folder,
        identity,
        config,
        passphrase,
        root=root,
        files={folder.enrolment.name: enrolment},
        random=random,
        cost=cost,
    )
    create_vault(recovery_file, recovery_passphrase, {RECOVERY_KEY: recovery.encode()}, cost=cost)
    return MadeNode(
        authority=entry.id,
        folder=str(folder.path),
        enrolment=str(folder.enrolment),
        recovery=str(recovery_file),
        fingerprint=key_set_fingerprint(entry.id, identity.key_set(), recovery.public()),
        root_fingerprint=root_fingerprint(root) if root is not None else None,
    )


def open_key_sets(folder: NodeFolder, passphrase: bytes) -> tuple[list[Identity], bytes]:
    """All key sets in the vault, oldest first, and the database's key.

    Raises WrongPassphrase, DamagedVault, MissingSecret.
    """
    vault = open_vault(folder.vault, passphrase)
    return identities_in(vault), vault.secret(DATABASE_KEY)


def identities_in(vault: VaultContent) -> list[Identity]:
    """The key sets in a node's vault, oldest first. Raises DamagedVault, MissingSecret."""
    held = [Identity.decode(vault.secret(IDENTITY))]
    if NEXT_IDENTITY in vault:
        held.append(Identity.decode(vault.secret(NEXT_IDENTITY)))
    return held
