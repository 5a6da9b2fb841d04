"""Joining by a Welcome (RFC 9420 sections 12.4.3 and 12.4.3.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    ConfirmationTagInvalid,
    DecryptionFailed,
    DuplicateExtension,
    GroupAlreadyJoined,
    GroupInfoSignatureInvalid,
    GroupInfoSignerUnknown,
    KeyMismatch,
    MLSDecodeError,
    OwnLeafMissing,
    PathSecretMismatch,
    PskUnavailable,
    RatchetTreeMissing,
    SeveralResumptionPsks,
    UnsupportedVersion,
    WelcomeNotForUs,
    WelcomeSuiteMismatch,
    WrongWireFormat,
)
from rogatory.protocol.mls.extension import Extension
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackageSecrets
from rogatory.protocol.mls.proposal import Add
from rogatory.protocol.mls.psk import PreSharedKeyID, PskStore, ResumptionPsk, ResumptionUsage
from rogatory.protocol.mls.welcome import Welcome

from . import forge
from .groups import GROUP_ID, NOW, client, found, randbytes, refuses_welcome


def about_to_join(path: bool = False) -> tuple[Group, KeyPackageSecrets]:
    """A host in a group of three, and the client at leaf 2 that has its Welcome to come."""
    alice = found(b"alice", b"bob")[0]
    carol = client(b"carol")
    return alice.commit([Add(carol.key_package)], random=randbytes, path=path, now=NOW).pending, carol


# Whose it is


def test_welcome_is_for_one_of_the_key_packages() -> None:
    host, carol = about_to_join()
    refuses_welcome(client(b"dave"), forge.welcome(host, carol), WelcomeNotForUs)


def test_welcome_is_of_the_key_packages_suite() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_welcome=lambda welcome: replace(welcome, cipher_suite=3))
    refuses_welcome(carol, message, WelcomeSuiteMismatch)


def test_group_is_of_the_key_packages_suite() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_context=lambda context: replace(context, cipher_suite=3))
    refuses_welcome(carol, message, WelcomeSuiteMismatch)


def test_version_is_mls10() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_context=lambda context: replace(context, version=2))
    refuses_welcome(carol, message, UnsupportedVersion)


def test_private_keys_are_the_key_packages() -> None:
    host, carol = about_to_join()
    mixed = replace(carol, leaf_private=client(b"x").leaf_private)
    refuses_welcome(mixed, forge.welcome(host, carol), KeyMismatch)


def test_welcome_is_a_welcome() -> None:
    host, carol = about_to_join()
    refuses_welcome(carol, host.group_info(), WrongWireFormat)


# What is encrypted


def test_group_secrets_open() -> None:
    host, carol = about_to_join()

    def damage(welcome: Welcome) -> Welcome:
        entry = welcome.secrets[0]
        sealed = replace(entry.encrypted_group_secrets, ciphertext=bytes(100))
        return replace(welcome, secrets=(replace(entry, encrypted_group_secrets=sealed),))

    refuses_welcome(carol, forge.welcome(host, carol, edit_welcome=damage), DecryptionFailed)


def test_group_secrets_are_bound_to_the_group_info() -> None:
    host, carol = about_to_join()
    other = bytes(200)
    message = forge.welcome(host, carol, edit_welcome=lambda welcome: replace(welcome, encrypted_group_info=other))
    refuses_welcome(carol, message, DecryptionFailed)


def test_group_info_opens_with_the_joiner_secret() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_secrets=lambda secrets: replace(secrets, joiner_secret=bytes(32)))
    refuses_welcome(carol, message, DecryptionFailed)


# GroupInfo


def test_group_info_signature() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_signed_info=lambda info: replace(info, signature=bytes(64)))
    refuses_welcome(carol, message, GroupInfoSignatureInvalid)


def test_group_info_is_signed_by_the_leaf_it_names() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_info=lambda info: replace(info, signer=1))
    refuses_welcome(carol, message, GroupInfoSignatureInvalid)


@pytest.mark.parametrize("signer", [3, 4, 2**32 - 1], ids=["blank", "beyond", "far"])
def test_group_info_signer_is_a_member(signer: int) -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_info=lambda info: replace(info, signer=signer))
    refuses_welcome(carol, message, GroupInfoSignerUnknown)


def test_group_info_confirmation_tag() -> None:
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_info=lambda info: replace(info, confirmation_tag=bytes(32)))
    refuses_welcome(carol, message, ConfirmationTagInvalid)


def test_group_info_extensions_of_one_type() -> None:
    twice = (Extension(0x0A0A, b"1"), Extension(0x0A0A, b"2"))
    host, carol = about_to_join()
    message = forge.welcome(host, carol, edit_info=lambda info: replace(info, extensions=(*info.extensions, *twice)))
    refuses_welcome(carol, message, DuplicateExtension)
    message = forge.welcome(host, carol, edit_context=lambda context: replace(context, extensions=twice))
    refuses_welcome(carol, message, DuplicateExtension)


def test_group_info_extensions_that_are_unknown_are_ignored() -> None:
    host, carol = about_to_join()
    grease = Extension(0x0A0A, b"whatever")
    message = forge.welcome(host, carol, edit_info=lambda info: replace(info, extensions=(*info.extensions, grease)))
    assert Group.join(message, carol)


def test_group_is_not_joined_already() -> None:
    host, carol = about_to_join()
    refuses_welcome(carol, forge.welcome(host, carol), GroupAlreadyJoined, known_groups={GROUP_ID})


# Tree and path secret


def test_tree_is_at_hand() -> None:
    host, carol = about_to_join()
    refuses_welcome(carol, forge.welcome(host, carol, inline_tree=False), RatchetTreeMissing)


def test_own_leaf_is_in_the_tree() -> None:
    host, carol = about_to_join()
    tree = forge.tree_with(host.state.tree, {4: client(b"dave").key_package.leaf_node})
    refuses_welcome(carol, forge.welcome(host, carol, tree=tree), OwnLeafMissing)


def test_path_secret_gives_the_trees_keys() -> None:
    host, carol = about_to_join(path=True)
    message = forge.welcome(host, carol, edit_secrets=lambda secrets: replace(secrets, path_secret=bytes(32)))
    refuses_welcome(carol, message, PathSecretMismatch)


def test_path_secret_is_for_a_node_that_is_set() -> None:
    alice = found(b"alice")[0]
    bob = client(b"bob")
    host = alice.commit([Add(bob.key_package)], random=randbytes, path=False, now=NOW).pending
    message = forge.welcome(host, bob, edit_secrets=lambda secrets: replace(secrets, path_secret=bytes(32)))
    refuses_welcome(bob, message, PathSecretMismatch)


def test_path_secret_from_oneself_is_none() -> None:
    """A GroupInfo that claims the joiner's own leaf as its signer, with the joiner's key."""
    host, carol = about_to_join(path=True)
    posing = replace(host, state=replace(host.state, own_leaf=2, signer=carol.signer))
    message = forge.welcome(posing, carol, edit_secrets=lambda secrets: replace(secrets, path_secret=bytes(32)))
    refuses_welcome(carol, message, PathSecretMismatch)


# Pre-shared keys (section 8.4)

NONCE = bytes(32)


def test_psk_is_at_hand() -> None:
    host, carol = about_to_join()
    store = PskStore({b"key": b"secret"})
    message = forge.welcome(host, carol, psk_ids=[PreSharedKeyID(b"key", NONCE)], psks=store)
    refuses_welcome(carol, message, PskUnavailable)
    assert Group.join(message, carol, psks=store)


def test_one_resumption_key_of_reinit_or_branch() -> None:
    host, carol = about_to_join()
    keys = [
        PreSharedKeyID(ResumptionPsk(usage, b"old", 1), NONCE)
        for usage in (ResumptionUsage.REINIT, ResumptionUsage.BRANCH)
    ]
    store = PskStore(resumption={(b"old", 1): b"secret"})
    message = forge.welcome(host, carol, psk_ids=keys, psks=store)
    refuses_welcome(carol, message, SeveralResumptionPsks, psks=store)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x01\x00\x03", b"\x00\x01\x00\x03\x00\x01\xff\xff"])
def test_welcome_is_well_formed(data: bytes) -> None:
    refuses_welcome(client(b"carol"), data, MLSDecodeError)
