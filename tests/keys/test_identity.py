"""Identities, recovery keys and relay keys: what they sign, how they are kept, what they never show."""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

from rogatory.keys.errors import BadIdentifier, DamagedVault
from rogatory.keys.fingerprint import key_set_fingerprint
from rogatory.keys.identity import Identity, RecoveryKey, RelayKeys, check_authority_id, check_relay_id


@pytest.fixture
def identity() -> Identity:
    return Identity.generate("ke.central", os.urandom)


def test_every_key_signs_under_its_public_half(identity: Identity) -> None:
    public, signer = identity.key_set(), identity.document_signer()
    Ed25519PublicKey.from_public_bytes(public.online).verify(identity.sign_online(b"link"), b"link")
    Ed25519PublicKey.from_public_bytes(public.ed25519).verify(signer.sign_ed25519(b"letter"), b"letter")
    MLDSA65PublicKey.from_public_bytes(public.mldsa65).verify(signer.sign_mldsa65(b"letter"), b"letter")
    assert public.online != public.ed25519


def test_all_come_back_from_a_vault(identity: Identity) -> None:
    assert Identity.decode(identity.encode()) == identity
    recovery = RecoveryKey.generate("ke.central", os.urandom)
    assert RecoveryKey.decode(recovery.encode()) == recovery
    relay = RelayKeys.generate("relay.nairobi", os.urandom)
    assert RelayKeys.decode(relay.encode()) == relay


def test_no_repr_shows_a_seed(identity: Identity) -> None:
    relay = RelayKeys.generate("relay.nairobi", os.urandom)
    recovery = RecoveryKey.generate("ke.central", os.urandom)
    for seed, shown in (
        (identity.online_seed, repr(identity)),
        (identity.doc_mldsa65_seed, repr(identity) + repr(identity.document_signer())),
        (relay.receipt_seed, repr(relay) + repr(relay.receipt)),
        (recovery.ed25519_seed, repr(recovery)),
    ):
        assert repr(seed) not in shown
        assert seed.hex() not in shown


@pytest.mark.parametrize("kind", [Identity, RecoveryKey, RelayKeys])
def test_damaged_secrets_are_told(kind: type[Identity] | type[RecoveryKey] | type[RelayKeys]) -> None:
    whole = kind.generate("relay.one" if kind is RelayKeys else "ke.central", os.urandom).encode()
    for data in (b"", whole[:-1], whole[:10], b"\x93\xa1a\xc4\x01a\xc4\x01a"):
        with pytest.raises(DamagedVault):
            kind.decode(data)


@pytest.mark.parametrize(
    "name", ["", "ke", "KE.central", "ke.", "ke.central\n", "kenya.central", "ke.c e", "ke." + "a" * 41]
)
def test_malformed_authority_ids_are_refused(name: str) -> None:
    with pytest.raises(BadIdentifier):
        check_authority_id(name)


def test_malformed_relay_ids_are_refused() -> None:
    assert check_relay_id("relay.nairobi") == "relay.nairobi"
    with pytest.raises(BadIdentifier):
        check_relay_id("nairobi/../x")


def test_a_fingerprint_is_twelve_groups_of_digits_and_covers_every_key(identity: Identity) -> None:
    recovery = RecoveryKey.generate("ke.central", os.urandom).public()
    other = Identity.generate("ke.central", os.urandom)
    digits = key_set_fingerprint("ke.central", identity.key_set(), recovery)
    groups = digits.split()
    assert [len(group) for group in groups] == [5] * 12
    assert "".join(groups).isdecimal()
    for field in ("online_seed", "doc_ed25519_seed", "doc_mldsa65_seed"):
        seeds = {
            name: getattr(other if name == field else identity, name)
            for name in ("online_seed", "doc_ed25519_seed", "doc_mldsa65_seed")
        }
        changed = Identity("ke.central", 1, **seeds)
        assert key_set_fingerprint("ke.central", changed.key_set(), recovery) != digits
    assert key_set_fingerprint("ke.central", identity.key_set()) != digits
    assert key_set_fingerprint("tz.central", identity.key_set(), recovery) != digits
