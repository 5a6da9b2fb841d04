"""A node whose disk is lost, and of which there is no backup: new keys, signed by the recovery key."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rogatory.keys.fingerprint import key_set_fingerprint, root_fingerprint
from rogatory.keys.identity import Identity, RecoveryKey
from rogatory.keys.renewal import renew
from rogatory.keys.vault import MODERATE, Cost, open_vault
from rogatory.node.config import NodeConfig
from rogatory.node.errors import RefusedInput
from rogatory.node.folder import NodeFolder
from rogatory.node.link.address import parse_address
from rogatory.node.setup import FIRST, RECOVERY_KEY, MadeNode, set_up
from rogatory.protocol.text import message

Random = Callable[[int], bytes]


def open_recovery_key(file: Path, passphrase: bytes) -> RecoveryKey:
    """The recovery key in its file. Raises VaultMissing, WrongPassphrase, DamagedVault, MissingSecret."""
    return RecoveryKey.decode(open_vault(file, passphrase).secret(RECOVERY_KEY))


def recover_node(
    folder: NodeFolder,
    recovery: RecoveryKey,
    recovery_file: Path,
    key_set: int,
    config: NodeConfig,
    passphrase: bytes,
    *,
    root: bytes | None,
    random: Random = os.urandom,
    cost: Cost = MODERATE,
) -> MadeNode:
    """New keys as key set `key_set`, their folder, and in it the renewal file, endorsed by the recovery key.

    The directory's trustees take it in with `rogatory-keys authority renew`. The recovery key stays what it was.
    Raises RefusedInput for another authority's recovery key or an impossible number, Conflict as `set_up` does.
    """
    if recovery.authority != config.authority:
        raise RefusedInput(
            message(
                "{recovery_file} holds the recovery key of {authority}, not of {own}",
                recovery_file=recovery_file,
                authority=recovery.authority,
                own=config.authority,
            ),
            message("name the right file"),
        )
    if key_set <= FIRST:
        raise RefusedInput(
            message("{key_set} cannot be the number of the new key set", key_set=key_set),
            message("give one more than the directory's newest: ask a trustee, or see rogatory-keys authority find"),
        )
    for url in config.relay_urls:
        parse_address(url)
    identity = Identity.generate(config.authority, random, key_set)
    renewal = folder.path / f"renewal-{key_set}.json"
    file = renew(identity, recovery.public(), recovery.signer())
    files = {renewal.name: file}
    set_up(folder, identity, config, passphrase, root=root, files=files, random=random, cost=cost)
    return MadeNode(
        authority=config.authority,
        folder=str(folder.path),
        enrolment=str(renewal),
        recovery=str(recovery_file),
        fingerprint=key_set_fingerprint(config.authority, identity.key_set(), recovery.public()),
        root_fingerprint=root_fingerprint(root) if root is not None else None,
    )
