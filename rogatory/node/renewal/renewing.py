"""New keys for a node: made beside the old ones in the vault, and the renewal file for the directory's trustees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import AuthorityEntry, RecoveryKeys
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import key_set_fingerprint
from rogatory.keys.identity import Identity
from rogatory.keys.renewal import renew
from rogatory.keys.vault import VaultContent, open_vault, rewrite_vault
from rogatory.node.errors import Conflict
from rogatory.node.folder import NodeFolder
from rogatory.node.renewal.keyring import KeyRing
from rogatory.node.setup import DATABASE_KEY, IDENTITY, NEXT_IDENTITY, identities_in
from rogatory.protocol.text import message

Random = Callable[[int], bytes]
FOR_RECOVERY: Final = "rogatory-keys authority endorse"


@dataclass(frozen=True, slots=True)
class MadeRenewal:
    """What `renew-keys` made. `identity` is the new key set; `database_key` seals it for a running daemon."""

    identity: Identity
    database_key: bytes
    file: Path
    fingerprint: str
    made_before: bool
    """Whether the keys wait for the directory since an earlier call: the file is written again, for the same keys."""

    def __repr__(self) -> str:
        return f"<MadeRenewal {self.identity.authority} key set {self.identity.key_set_version}>"


def renew_node_keys(folder: NodeFolder, passphrase: bytes, random: Random, *, endorsed: bool = True) -> MadeRenewal:
    """Make the next key set, keep it, and write its renewal file, signed by the key set in use if `endorsed`.

    The vault is written before the file: keys that trustees may take in are never lost. Called again while the
    directory lacks the new keys, it makes none and writes the file again. Raises Conflict where the directory holds
    none of this node's keys, and what `open_vault` raises.
    """
    vault = open_vault(folder.vault, passphrase)
    directory = TrustedDirectory(folder.directory, folder.root.read_bytes()).load()
    held = identities_in(vault)
    ring = KeyRing(held)
    entry = directory.authority(ring.authority)
    used = ring.in_use(directory)
    if endorsed:
        _check_in_force(used, directory)
    number = len(entry.key_sets) + 1
    waiting = next((each for each in held if each.key_set_version == number), None)
    made = waiting or Identity.generate(used.authority, random, number)
    rewrite_vault(folder.vault, passphrase, _kept(vault, used, made))
    endorser = used.document_signer() if endorsed else None
    file = folder.path / f"renewal-{number}.json"
    write_atomically(file, renew(made, _recovery(entry), endorser), mode=0o644)
    return MadeRenewal(
        identity=made,
        database_key=vault.secret(DATABASE_KEY),
        file=file,
        fingerprint=key_set_fingerprint(used.authority, made.key_set(), entry.recovery),
        made_before=waiting is not None,
    )


def _kept(vault: VaultContent, used: Identity, made: Identity) -> VaultContent:
    """The key set in use stays until the next renewal; one from before it is needed for nothing any more."""
    return vault.with_secret(IDENTITY, used.encode()).with_secret(NEXT_IDENTITY, made.encode())


def _check_in_force(used: Identity, directory: Directory) -> None:
    in_force = directory.key_sets_in_force(used.authority, directory.targets_version)
    if not any(key_set.online == used.online_public for key_set in in_force):
        raise Conflict(
            message(
                "directory version {version} holds none of this node's keys in force: they can sign for no new ones",
                version=directory.targets_version,
            ),
            message("give --unendorsed, and have the recovery key sign the file: {command}", command=FOR_RECOVERY),
        )


def _recovery(entry: AuthorityEntry) -> RecoveryKeys:
    if entry.recovery is None:
        raise Conflict(
            message("the directory has no recovery key of {authority}, and new keys come with one", authority=entry.id),
            message("enrol anew: ask the directory's trustees"),
        )
    return entry.recovery
