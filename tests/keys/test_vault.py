"""The vault file: opens with its passphrase, and with nothing else."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rogatory.keys import vault
from rogatory.keys.errors import DamagedVault, MissingSecret, VaultExists, VaultMissing, WrongPassphrase

PASSPHRASE = b"correct horse battery staple"
CONTENT = {"identity": b"\x00secret\xff", "database_key": bytes(32)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "node.vault"
    vault.create_vault(path, PASSPHRASE, CONTENT, cost=vault.CHEAPEST)
    return path


def test_content_comes_back(path: Path) -> None:
    content = vault.open_vault(path, PASSPHRASE)
    assert dict(content) == CONTENT
    assert content.secret("identity") == CONTENT["identity"]


def test_no_secret_in_repr_and_only_the_owner_reads_the_file(path: Path) -> None:
    assert "secret" not in repr(vault.open_vault(path, PASSPHRASE))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"secret" not in path.read_bytes()


def test_wrong_passphrase(path: Path) -> None:
    with pytest.raises(WrongPassphrase, match=r"node\.vault"):
        vault.open_vault(path, b"wrong")
    with pytest.raises(WrongPassphrase):
        vault.rewrite_vault(path, b"wrong", {})
    assert dict(vault.open_vault(path, PASSPHRASE)) == CONTENT


def test_damage_at_any_byte_is_told_from_a_wrong_passphrase(path: Path) -> None:
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 0x40
        path.write_bytes(damaged)
        with pytest.raises(DamagedVault, match=r"node\.vault"):
            vault.open_vault(path, PASSPHRASE)


def test_truncation_anywhere_is_damage(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedVault):
            vault.open_vault(path, PASSPHRASE)


@given(st.binary(max_size=300))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_bytes_are_damage(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    with pytest.raises(DamagedVault):
        vault.open_vault(path, PASSPHRASE)


def test_header_that_asks_for_all_memory_is_refused_before_it_is_spent(path: Path) -> None:
    import hashlib
    import struct

    data = bytearray(path.read_bytes()[:-32])
    start = len(b"rogatory vault 1\n") + 4
    data[start : start + 8] = struct.pack(">Q", 2**40)
    path.write_bytes(bytes(data) + hashlib.sha256(data).digest())
    with pytest.raises(DamagedVault):
        vault.open_vault(path, PASSPHRASE)


def test_rewriting_replaces_the_content_and_leaves_nothing_beside(path: Path) -> None:
    content = vault.open_vault(path, PASSPHRASE).with_secret("api_token", b"t").without("database_key")
    vault.rewrite_vault(path, PASSPHRASE, content)
    assert dict(vault.open_vault(path, PASSPHRASE)) == {"identity": CONTENT["identity"], "api_token": b"t"}
    assert os.listdir(path.parent) == ["node.vault"]


def test_changing_the_passphrase(path: Path) -> None:
    vault.change_passphrase(path, PASSPHRASE, b"another", cost=vault.CHEAPEST)
    assert dict(vault.open_vault(path, b"another")) == CONTENT
    with pytest.raises(WrongPassphrase):
        vault.open_vault(path, PASSPHRASE)


def test_two_vaults_of_the_same_content_differ(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    vault.create_vault(other, PASSPHRASE, CONTENT, cost=vault.CHEAPEST)
    assert path.read_bytes() != other.read_bytes()


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    with pytest.raises(VaultExists, match=r"node\.vault"):
        vault.create_vault(path, PASSPHRASE, {}, cost=vault.CHEAPEST)
    assert dict(vault.open_vault(path, PASSPHRASE)) == CONTENT


def test_missing_file_and_missing_secret(path: Path) -> None:
    with pytest.raises(VaultMissing, match="nowhere"):
        vault.open_vault(path.with_name("nowhere"), PASSPHRASE)
    with pytest.raises(MissingSecret, match="api_token"):
        vault.open_vault(path, PASSPHRASE).secret("api_token")
