"""The node's folder: its lock, its token, and how it is made."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rogatory.keys.errors import WrongPassphrase
from rogatory.keys.identity import Identity
from rogatory.keys.vault import CHEAPEST
from rogatory.node.config import NodeConfig
from rogatory.node.errors import Conflict, DaemonUnreachable, NotFound
from rogatory.node.folder import Address, NodeFolder
from rogatory.node.setup import open_key_sets, set_up

PASSPHRASE = b"correct horse battery staple"


@pytest.fixture
def folder(tmp_path: Path) -> NodeFolder:
    made = NodeFolder(tmp_path / "node")
    identity = Identity.generate("ke.central", os.urandom)
    set_up(made, identity, NodeConfig(authority="ke.central"), PASSPHRASE, root=b"{}", cost=CHEAPEST)
    return made


def test_two_processes_cannot_hold_one_folder(folder: NodeFolder) -> None:
    with folder.locked(), pytest.raises(Conflict, match="another daemon"), folder.locked():
        pass
    with folder.locked():
        pass


def test_the_token_is_private_and_stays(folder: NodeFolder) -> None:
    token = folder.ensure_token()
    assert len(token) >= 40
    assert stat.S_IMODE(folder.token.stat().st_mode) == 0o600
    assert folder.ensure_token() == token


def test_without_a_daemon_there_is_no_address(folder: NodeFolder) -> None:
    with pytest.raises(DaemonUnreachable):
        folder.read_address()
    folder.write_address(Address("http://127.0.0.1:1", 1))
    assert folder.read_address() == Address("http://127.0.0.1:1", 1)
    folder.clear_address()
    folder.clear_address()
    with pytest.raises(DaemonUnreachable):
        folder.read_address()


def test_secrets_open_with_the_passphrase_alone(folder: NodeFolder) -> None:
    (identity,), key = open_key_sets(folder, PASSPHRASE)
    assert identity.authority == "ke.central"
    assert len(key) == 32
    with pytest.raises(WrongPassphrase):
        open_key_sets(folder, b"another passphrase")


def test_a_folder_is_never_made_over_another(folder: NodeFolder) -> None:
    before = folder.vault.read_bytes()
    identity = Identity.generate("ke.central", os.urandom)
    with pytest.raises(Conflict):
        set_up(folder, identity, NodeConfig(authority="ke.central"), PASSPHRASE, root=None, cost=CHEAPEST)
    assert folder.vault.read_bytes() == before


def test_another_folder_is_no_node(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no node's folder"):
        NodeFolder(tmp_path).check()
