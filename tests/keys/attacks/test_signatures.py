"""One key signs for several purposes: no signature made for one may pass for another."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import combinations

import pytest

from rogatory.keys.directory.endorsement import endorse
from rogatory.keys.directory.model import AuthorityEntry, Purpose
from rogatory.keys.enrolment import enrol_authority
from rogatory.keys.identity import Ed25519Key, Identity, RecoveryKey, RelayKeys
from rogatory.keys.link import authority_proof_input, relay_proof_input
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.documents import SeedSigner, compose, sign_document
from rogatory.protocol.documents.kinds.leave import Leave
from rogatory.protocol.mls import Add, Group, SignatureKeyPair, new_key_package
from rogatory.protocol.mls.codec import Reader
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.signature import Ed25519
from rogatory.protocol.mls.suite import PRODUCT_SUITE
from rogatory.protocol.receipt import Stamped, issue

KENYA = Identity.generate("ke.central", os.urandom)
NONCE, BINDING, CHANNEL = b"n" * 32, b"b" * 32, b"c" * 32


def record(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[bytes]:
    """What goes under the signatures of one method."""
    seen: list[bytes] = []
    sign = getattr(owner, name)

    def recording(self: object, *arguments: bytes) -> bytes:
        seen.append(arguments[-1])
        signature = sign(self, *arguments)
        assert isinstance(signature, bytes)
        return signature

    monkeypatch.setattr(owner, name, recording)
    return seen


def live(identity: Identity) -> None:
    """A life in MLS: key packages, a group, commits, messages."""
    signer = SignatureKeyPair(identity.online_seed, identity.online_public)
    first, second = (
        new_key_package(PRODUCT_SUITE, b"ke.central", key, not_before=0, not_after=2**40, random=os.urandom)
        for key in (signer, SignatureKeyPair(*reversed(new_pair())))
    )
    group = Group.create(PRODUCT_SUITE, CHANNEL, first, random=os.urandom)
    group = group.commit([Add(second.key_package)], random=os.urandom).pending
    group.protect(b"data", random=os.urandom)
    group.group_info()


def new_pair() -> tuple[bytes, bytes]:
    seed = os.urandom(32)
    return Ed25519Key(seed).public, seed


def label_of(data: bytes) -> bytes:
    """The label of MLS's SignContent (RFC 9420 section 5.1.2); raises MLSError for what is none."""
    reader = Reader(data)
    label = reader.opaque()
    reader.opaque()
    reader.finish()
    return label


def test_nothing_else_that_the_online_key_signs_is_a_sign_content_of_mls(monkeypatch: pytest.MonkeyPatch) -> None:
    in_mls = record(monkeypatch, Ed25519, "sign")
    besides = record(monkeypatch, Ed25519Key, "sign")
    live(KENYA)
    KENYA.sign_online(authority_proof_input("relay.one", "ke.central", NONCE, NONCE, BINDING))
    KENYA.sign_online(Acknowledgement(CHANNEL, "ke.central", 1, 9, b"h" * 32, [3]).signing_input())
    enrol(KENYA, RecoveryKey.generate("ke.central", os.urandom))
    assert {label_of(data) for data in in_mls} == {
        b"MLS 1.0 " + label for label in (b"LeafNodeTBS", b"KeyPackageTBS", b"FramedContentTBS", b"GroupInfoTBS")
    }
    assert len(besides) == 3
    for data in besides:
        with pytest.raises(MLSError):
            label_of(data)
    assert_apart(besides)


def enrol(identity: Identity, recovery: RecoveryKey) -> bytes:
    entry = AuthorityEntry(
        id=identity.authority,
        state="KE",
        names={"en": "Kenya"},
        competences=(Purpose.MUTUAL_LEGAL_ASSISTANCE,),
        relay="relay.one",
        key_sets=(),
    )
    return enrol_authority(entry, identity, recovery)


def assert_apart(inputs: list[bytes]) -> None:
    """No two begin alike, so that none can be another with something behind it."""
    for one, other in combinations({data[:16] for data in inputs}, 2):
        assert not one.startswith(other[:12])


@pytest.mark.parametrize("algorithm", ["sign_ed25519", "sign_mldsa65"])
def test_document_keys_sign_documents_endorsements_and_enrolments_apart(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = record(monkeypatch, SeedSigner, algorithm)
    signer = KENYA.document_signer()
    payload = compose(
        Leave(), author="ke.central", key_set=1, addressees=(), channel=CHANNEL, message_id=b"m" * 16, written_at=0
    )
    sign_document(payload, signer)
    endorse("ke.central", Identity.generate("ke.central", os.urandom, 2).key_set(), None, signer)
    enrol(KENYA, RecoveryKey.generate("ke.central", os.urandom))
    assert [data[:12] for data in inputs[:2]] == [b"DSSEv1 38 ap", b"rogatory end"]
    assert {data[:12] for data in inputs[2:]} == {b"rogatory enr"}
    assert_apart(inputs[:3])


def test_a_relays_keys_sign_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    relay = RelayKeys.generate("relay.one", os.urandom)
    inputs = record(monkeypatch, Ed25519Key, "sign")
    relay.identity.sign(relay_proof_input("relay.one", "ke.central", NONCE, NONCE, BINDING))
    issue("relay.one", [Stamped(CHANNEL, 1, b"h" * 32, 1)], relay.receipt.sign)
    assert inputs[0].startswith(b"rogatory link 1: relay proof\0")
    assert inputs[1].startswith(b"rogatory receipt root 1")


Prove = Callable[[str, str, bytes, bytes, bytes], bytes]


@pytest.mark.parametrize("prove", [relay_proof_input, authority_proof_input])
def test_no_two_links_have_one_proof(prove: Prove) -> None:
    # Names of any lengths do not run into each other, and each part counts.
    inputs = {
        prove(relay, authority, ours, theirs, binding)
        for relay in ("relay.a", "relay.ab", "relay.")
        for authority in ("ke.central", "ake.central", "bke.central")
        for ours in (b"1" * 32, b"2" * 32)
        for theirs in (b"1" * 32, b"2" * 32)
        for binding in (bytes(32), b"3" * 32)
    }
    assert len(inputs) == 3 * 3 * 2 * 2 * 2


def test_neither_side_can_hand_the_others_proof_back() -> None:
    fields = ("relay.one", "ke.central", NONCE, NONCE, BINDING)
    assert relay_proof_input(*fields) != authority_proof_input(*fields)
