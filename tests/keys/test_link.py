"""Link proofs serve one relay, one authority, one direction and one connection."""

import os
from typing import Any

import pytest

from rogatory.keys import link
from rogatory.keys.errors import LinkAuthenticationError
from rogatory.keys.identity import Identity, RelayKeys

RELAY = RelayKeys.generate("relay.one", os.urandom)
KENYA = Identity.generate("ke.central", os.urandom)


def session() -> dict[str, Any]:
    return {
        "relay": "relay.one",
        "authority": "ke.central",
        "client_nonce": b"c" * 32,
        "relay_nonce": b"r" * 32,
        "binding": link.certificate_binding(b"certificate"),
    }


def test_both_sides_prove_themselves() -> None:
    proof = RELAY.identity.sign(link.relay_proof_input(**session()))
    link.check_relay_proof(proof, RELAY.identity.public, **session())
    proof = KENYA.sign_online(link.authority_proof_input(**session()))
    link.check_authority_proof(proof, KENYA.online_public, **session())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("relay", "relay.two"),
        ("authority", "tz.central"),
        ("client_nonce", b"x" * 32),
        ("relay_nonce", b"x" * 32),
        ("binding", link.PLAIN_BINDING),
    ],
)
def test_a_proof_serves_no_other_session(field: str, value: Any) -> None:
    other = session() | {field: value}
    with pytest.raises(LinkAuthenticationError):
        link.check_relay_proof(RELAY.identity.sign(link.relay_proof_input(**other)), RELAY.identity.public, **session())
    with pytest.raises(LinkAuthenticationError):
        link.check_authority_proof(
            KENYA.sign_online(link.authority_proof_input(**other)), KENYA.online_public, **session()
        )


def test_a_proof_of_one_direction_is_none_of_the_other() -> None:
    with pytest.raises(LinkAuthenticationError):
        link.check_authority_proof(
            KENYA.sign_online(link.relay_proof_input(**session())), KENYA.online_public, **session()
        )


def test_names_cannot_run_into_each_other() -> None:
    one = session() | {"relay": "relay.a", "authority": "bke.central"}
    two = session() | {"relay": "relay.ab", "authority": "ke.central"}
    assert link.relay_proof_input(**one) != link.relay_proof_input(**two)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), bytes(65)])
def test_garbage_is_no_signature(signature: bytes) -> None:
    with pytest.raises(LinkAuthenticationError):
        link.check_relay_proof(signature, RELAY.identity.public, **session())


def test_receipt_key_is_no_identity_key() -> None:
    with pytest.raises(LinkAuthenticationError):
        link.check_relay_proof(
            RELAY.receipt.sign(link.relay_proof_input(**session())), RELAY.identity.public, **session()
        )


def test_short_nonces_are_refused() -> None:
    with pytest.raises(LinkAuthenticationError):
        link.relay_proof_input(**session() | {"client_nonce": b"short"})
