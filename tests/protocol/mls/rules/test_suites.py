"""Keys and KEM outputs that are none, for every cipher suite (RFC 9420 sections 5.1 and 10, RFC 9180 section 7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    DecryptionFailed,
    EncryptionKeyMalformed,
    InitKeyMalformed,
    LeafSignatureInvalid,
    PathKeyMalformed,
    PathSecretUnreadable,
)
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.proposal import Add
from rogatory.protocol.mls.suite import SUITES, HPKECiphertext
from rogatory.protocol.mls.update_path import UpdatePath

from . import forge
from .groups import client, found, randbytes, refuses

P = 2**255 - 19
SMALL_ORDER = [
    number.to_bytes(32, "little")
    for number in (
        0,
        1,
        P - 1,
        P,
        P + 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        2**255,
        2**255 + P + 1,
    )
]


def no_keys(suite_id: int) -> Iterator[tuple[str, bytes]]:
    key = SUITES[suite_id].generate_key_pair(randbytes)[1]
    yield "empty", b""
    yield "short", key[:-1]
    yield "long", key + b"\x00"
    if suite_id in (1, 3):
        yield from ((f"small order {index}", point) for index, point in enumerate(SMALL_ORDER))
    elif suite_id in (2, 5, 7):
        yield "not on the curve", key[:-1] + bytes([key[-1] ^ 1])
        yield "compressed", b"\x02" + key[1 : (len(key) + 1) // 2]
        yield "infinity", bytes(len(key))
    else:
        yield "not reduced", b"\xff" * 1184 + key[1184:]
        yield from ((f"small order {index}", key[:1184] + point) for index, point in enumerate(SMALL_ORDER))


KEYS = [pytest.param(suite, key, id=f"{suite:#06x} {what}") for suite in SUITES for what, key in no_keys(suite)]


def pair(suite_id: int) -> list[Group]:
    return found(b"alice", b"bob", suite_id=suite_id)


GROUPS = {suite: pair(suite) for suite in SUITES}
JOINERS = {suite: client(b"carol", suite) for suite in SUITES}


@pytest.mark.parametrize(("suite", "key"), KEYS)
def test_encryption_key(suite: int, key: bytes) -> None:
    alice, bob = GROUPS[suite]
    package = forge.key_package(JOINERS[suite], edit_leaf=lambda leaf: replace(leaf, encryption_key=key))
    refuses(bob, forge.commit(alice, [Add(package)]), EncryptionKeyMalformed)


@pytest.mark.parametrize(("suite", "key"), KEYS)
def test_init_key(suite: int, key: bytes) -> None:
    alice, bob = GROUPS[suite]
    package = forge.key_package(JOINERS[suite], edit=lambda package: replace(package, init_key=key))
    refuses(bob, forge.commit(alice, [Add(package)]), InitKeyMalformed)


@pytest.mark.parametrize(("suite", "key"), KEYS)
def test_path_key(suite: int, key: bytes) -> None:
    alice, bob = GROUPS[suite]
    refuses(bob, forge.commit(alice, edit_keys=lambda keys: [key, *keys[1:]]), PathKeyMalformed)


@pytest.mark.parametrize("suite", SUITES)
def test_signature_key(suite: int) -> None:
    alice, bob = GROUPS[suite]
    good = JOINERS[suite].signer.public
    for key in (b"", good[:-1], good + b"\x00", bytes(len(good)), b"\x02" + good[1:33]):
        package = forge.key_package(JOINERS[suite], edit_leaf=lambda leaf, key=key: replace(leaf, signature_key=key))  # type: ignore[misc]
        refuses(bob, forge.commit(alice, [Add(package)]), LeafSignatureInvalid)


def no_kem_outputs(suite_id: int) -> list[bytes]:
    good = SUITES[suite_id].kem.encapsulate(SUITES[suite_id].generate_key_pair(randbytes)[1], randbytes(64))[1]
    return [b"", good[:-1], good + b"\x00", bytes(len(good)), b"\xff" * len(good), good]


@pytest.mark.parametrize("suite", SUITES)
def test_kem_output_of_a_path(suite: int) -> None:
    alice, bob = GROUPS[suite]
    for kem_output in no_kem_outputs(suite):

        def edit(path: UpdatePath, kem_output: bytes = kem_output) -> UpdatePath:
            sealed = path.nodes[0].encrypted_path_secret[0]
            node = replace(path.nodes[0], encrypted_path_secret=(HPKECiphertext(kem_output, sealed.ciphertext),))
            return replace(path, nodes=(node, *path.nodes[1:]))

        refuses(bob, forge.commit(alice, edit_path=edit), PathSecretUnreadable)


@pytest.mark.parametrize("suite", SUITES)
def test_kem_output_of_an_external_init(suite: int) -> None:
    alice, bob = GROUPS[suite]
    for kem_output in no_kem_outputs(suite)[:3]:
        message = forge.external_commit(alice, JOINERS[suite], kem_output=kem_output)
        refuses(bob, message, DecryptionFailed)


@pytest.mark.parametrize("suite", SUITES)
def test_external_commit_in_every_suite(suite: int) -> None:
    alice, bob = GROUPS[suite]
    assert bob.open(forge.external_commit(alice, JOINERS[suite]))
