"""Commits and their update paths (RFC 9420 sections 7.5, 7.6, 12.4 and 12.4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    ConfirmationTagInvalid,
    MLSDecodeError,
    ParentHashInvalid,
    PathCiphertextCountWrong,
    PathKeyMalformed,
    PathKeyMismatch,
    PathKeyReused,
    PathLeafKeyUnchanged,
    PathLengthWrong,
    PathMissing,
    PathSecretUnreadable,
    PathUndecryptable,
    WrongEpoch,
    WrongGroup,
)
from rogatory.protocol.mls.framed_content import WireFormat
from rogatory.protocol.mls.opening import CommitOpened
from rogatory.protocol.mls.proposal import Add, GroupContextExtensions, Proposal, ReInit, Remove, Update
from rogatory.protocol.mls.suite import HPKECiphertext, suite_by_id
from rogatory.protocol.mls.update_path import UpdatePath, UpdatePathNode

from . import forge
from .groups import NOW, PRIVATE, PUBLIC, SUITE, client, committed, deliver, found, randbytes, refuses

EditPath = Callable[[UpdatePath], UpdatePath]


# The path field (section 12.4)


@pytest.mark.parametrize(
    "proposals", [[], [Remove(2)], [GroupContextExtensions(())]], ids=["nothing", "remove", "extensions"]
)
def test_path_is_there_where_it_has_to_be(proposals: list[Proposal]) -> None:
    alice, bob, _ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, proposals, with_path=False), PathMissing)
    with pytest.raises(PathMissing):
        alice.commit(proposals, path=False, random=randbytes)


def test_path_is_there_for_an_update() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    update = Update(forge.update_leaf(carol))
    alice, bob = deliver([alice, bob], forge.proposal(carol, update))
    refuses(bob, forge.commit(alice, [forge.pending(carol, update)], with_path=False), PathMissing)


@pytest.mark.parametrize("kind", ["add", "reinit"])
def test_path_may_be_left_out_elsewhere(kind: str) -> None:
    alice, bob = found(b"alice", b"bob")
    proposal = Add(client(b"carol").key_package) if kind == "add" else ReInit(b"next", 1, SUITE, ())
    assert deliver([bob], forge.commit(alice, [proposal], with_path=False))


# The path's shape (sections 7.5 and 7.6)


def longer(path: UpdatePath) -> UpdatePath:
    return replace(path, nodes=(*path.nodes, UpdatePathNode(fresh_key(), ())))


def shorter(path: UpdatePath) -> UpdatePath:
    return replace(path, nodes=path.nodes[:-1])


def fresh_key() -> bytes:
    return suite_by_id(SUITE).generate_key_pair(randbytes)[1]


@pytest.mark.parametrize("edit", [longer, shorter])
def test_path_is_as_long_as_the_filtered_direct_path(edit: EditPath) -> None:
    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, edit_path=edit), PathLengthWrong)


def with_ciphertexts(path: UpdatePath, sealed: tuple[HPKECiphertext, ...]) -> UpdatePath:
    first = replace(path.nodes[0], encrypted_path_secret=sealed)
    return replace(path, nodes=(first, *path.nodes[1:]))


@pytest.mark.parametrize("change", ["none", "one too many"])
def test_path_has_a_ciphertext_for_each_node_of_the_resolution(change: str) -> None:
    def edit(path: UpdatePath) -> UpdatePath:
        sealed = path.nodes[0].encrypted_path_secret
        return with_ciphertexts(path, () if change == "none" else sealed * 2)

    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, edit_path=edit), PathCiphertextCountWrong)


def test_path_is_not_encrypted_to_new_members() -> None:
    """Section 7.5: the resolution leaves out who is added in the same commit."""

    def edit(path: UpdatePath) -> UpdatePath:
        sealed = path.nodes[0].encrypted_path_secret
        return with_ciphertexts(path, (*sealed, sealed[0]))

    alice, bob = found(b"alice", b"bob")
    message = forge.commit(alice, [Add(client(b"carol").key_package)], edit_path=edit)
    refuses(bob, message, PathCiphertextCountWrong)


def test_ciphertext_opens() -> None:
    def edit(path: UpdatePath) -> UpdatePath:
        sealed = path.nodes[0].encrypted_path_secret[0]
        broken = replace(sealed, ciphertext=bytes(len(sealed.ciphertext)))
        return with_ciphertexts(path, (broken,))

    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, edit_path=edit), PathSecretUnreadable)


@pytest.mark.parametrize("kem_output", [b"", bytes(31), bytes(32)], ids=["empty", "short", "small order"])
def test_kem_output_is_one(kem_output: bytes) -> None:
    def edit(path: UpdatePath) -> UpdatePath:
        sealed = path.nodes[0].encrypted_path_secret[0]
        return with_ciphertexts(path, (replace(sealed, kem_output=kem_output),))

    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, edit_path=edit), PathSecretUnreadable)


def test_path_secret_gives_the_paths_keys() -> None:
    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    message = forge.commit(alice, edit_keys=lambda keys: [*keys[:-1], fresh_key()])
    refuses(bob, message, PathKeyMismatch)


def test_path_secret_is_for_a_key_that_is_held() -> None:
    """A member that lost its private keys cannot follow; it says so instead of going astray."""
    alice, _, carol = found(b"alice", b"bob", b"carol")
    emptied = replace(carol, state=replace(carol.state, private_keys={}))
    refuses(emptied, alice.commit(random=randbytes).message, PathUndecryptable)


# Its keys (section 12.4.2)


def test_leaf_key_is_a_new_one() -> None:
    alice, bob = found(b"alice", b"bob")
    old = alice.own_leaf_node.encryption_key
    message = forge.commit(alice, edit_leaf=lambda leaf: replace(leaf, encryption_key=old))
    refuses(bob, message, PathLeafKeyUnchanged)


def test_path_keys_are_not_in_the_tree() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    leaf_key = carol.own_leaf_node.encryption_key
    refuses(bob, forge.commit(alice, edit_keys=lambda keys: [leaf_key, *keys[1:]]), PathKeyReused)
    parent_key = next(node for _, node in bob.state.tree.parents()).encryption_key
    refuses(bob, forge.commit(alice, edit_keys=lambda keys: [parent_key, *keys[1:]]), PathKeyReused)


def test_path_keys_differ() -> None:
    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, edit_keys=lambda keys: [keys[0]] * len(keys)), PathKeyReused)


def test_path_keys_are_of_the_suite() -> None:
    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, edit_keys=lambda keys: [b"none", *keys[1:]]), PathKeyMalformed)


# Parent hash and confirmation (sections 7.9.2 and 8.1)


@pytest.mark.parametrize("claimed", [b"", bytes(32)], ids=["empty", "other"])
def test_parent_hash_of_the_leaf(claimed: bytes) -> None:
    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, edit_leaf=lambda leaf: replace(leaf, source=claimed)), ParentHashInvalid)


def test_parent_hash_covers_the_whole_path() -> None:
    """A key that was changed after the leaf was signed."""

    def edit(path: UpdatePath) -> UpdatePath:
        return replace(path, nodes=(*path.nodes[:-1], replace(path.nodes[-1], encryption_key=fresh_key())))

    alice, bob, *_ = found(b"alice", b"bob", b"carol")
    refuses(bob, forge.commit(alice, edit_path=edit), ParentHashInvalid)


@pytest.mark.parametrize("edit", [lambda tag: bytes(len(tag)), lambda tag: tag[:-1], lambda tag: b""])
def test_confirmation_tag(edit: Callable[[bytes], bytes]) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, edit_tag=edit), ConfirmationTagInvalid)


@pytest.mark.parametrize("wire_format", [PUBLIC, PRIVATE])
def test_confirmation_tag_is_there(wire_format: WireFormat) -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.commit(alice, edit_tag=lambda _: None, wire_format=wire_format), MLSDecodeError)


# When and where


def test_epoch_is_the_groups() -> None:
    groups = found(b"alice", b"bob", b"carol")
    early = forge.commit(groups[0])
    groups = committed(groups, 1)
    refuses(groups[2], early, WrongEpoch)
    refuses(groups[2], forge.commit(committed(groups, 0)[0]), WrongEpoch)


def test_group_is_this_one() -> None:
    bob = found(b"alice", b"bob")[1]
    other = found(b"alice", b"bob", group_id=b"another group")[0]
    refuses(bob, forge.commit(other), WrongGroup)
    refuses(bob, forge.private(other, b"data"), WrongGroup)


def test_making_a_commit_changes_nothing() -> None:
    """Section 14: the group goes on as before until the commit is accepted."""
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    before = (alice.epoch_state(), alice.message_state())
    alice.commit([Remove(2)], random=randbytes)
    assert (alice.epoch_state(), alice.message_state()) == before
    (alice,) = deliver([alice], bob.commit(random=randbytes).message)
    assert alice.member(carol.own_leaf) is not None


def test_a_refused_commit_changes_nothing() -> None:
    alice, bob, _ = found(b"alice", b"bob", b"carol")
    before = (bob.epoch_state(), bob.message_state())
    refuses(bob, forge.commit(alice, edit_tag=lambda tag: bytes(len(tag))), ConfirmationTagInvalid)
    assert (bob.epoch_state(), bob.message_state()) == before
    assert deliver([bob], alice.commit(random=randbytes).message)


def test_a_removed_member_learns_that_only() -> None:
    alice, bob, carol = found(b"alice", b"bob", b"carol")
    message = forge.commit(alice, [Remove(carol.own_leaf)])
    opened = carol.open(message, now=NOW)
    assert isinstance(opened, CommitOpened)
    assert opened.staged.removes_this_member
    assert opened.staged.group is None
    assert deliver([bob], message)
