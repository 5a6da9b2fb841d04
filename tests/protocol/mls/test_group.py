"""The life of a group: created, joined, written in, changed, stored."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from rogatory.protocol.mls import (
    PRODUCT_SUITE,
    SUITES,
    Add,
    ApplicationOpened,
    CommitOpened,
    Group,
    ProposalOpened,
    Remove,
    WireFormat,
    new_signature_key,
    peek,
)
from rogatory.protocol.mls.errors import (
    KeyAlreadyUsed,
    OwnMessage,
    RatchetTreeMissing,
    WelcomeNotForUs,
    WrongEpoch,
)

from .members import GROUP_ID, agree, follow, group_of, key_package, staged, take


@pytest.mark.parametrize("suite", SUITES)
def test_members_agree_and_read_each_other(suite: int) -> None:
    ke, tz, ug = group_of(suite, "ke", "tz", "ug")
    agree(ke, tz, ug)
    assert [member.leaf_node.identity for member in ug.members()] == [b"ke", b"tz", b"ug"]
    _, message = tz.protect(b"a request", b"for all to see", random=os.urandom)
    seen = peek(message)
    assert (seen.group_id, seen.epoch, seen.authenticated_data) == (GROUP_ID, 1, b"for all to see")
    for reader in (ke, ug):
        opened = reader.open(message)
        assert isinstance(opened, ApplicationOpened)
        assert (opened.data, opened.sender_leaf, opened.epoch, opened.generation) == (b"a request", 1, 1, 0)


def test_a_tree_beside_the_welcome() -> None:
    ke, tz = group_of(PRODUCT_SUITE, "ke", "tz", inline_tree=False)
    agree(ke, tz)
    joiner = key_package(PRODUCT_SUITE, "ug")
    outcome = ke.commit([Add(joiner.key_package)], random=os.urandom, inline_tree=False)
    assert outcome.welcome is not None
    with pytest.raises(RatchetTreeMissing):
        Group.join(outcome.welcome, joiner)


def test_each_joiner_opens_its_own_welcome_only() -> None:
    creator, first, second = (key_package(1, name) for name in ("ke", "tz", "ug"))
    group = Group.create(1, GROUP_ID, creator, random=os.urandom)
    outcome = group.commit([Add(first.key_package), Add(second.key_package)], random=os.urandom)
    with pytest.raises(WelcomeNotForUs):
        Group.join(outcome.welcome_for(first.key_package.ref()), second)
    with pytest.raises(WelcomeNotForUs):
        outcome.welcome_for(b"nobody")
    assert outcome.welcome is not None
    agree(Group.join(outcome.welcome, second).group, Group.join(outcome.welcome, first).group)


@pytest.mark.parametrize("wire_format", [WireFormat.PRIVATE_MESSAGE, WireFormat.PUBLIC_MESSAGE])
def test_proposals_by_reference(wire_format: WireFormat) -> None:
    ke, tz, ug = group_of(1, "ke", "tz", "ug")
    joiner = key_package(1, "ng")
    ke, add = ke.propose_add(joiner.key_package, random=os.urandom, wire_format=wire_format)
    tz, update = tz.propose_update(random=os.urandom, wire_format=wire_format, new_identity=b"tz.new")
    messages = {"ke": add, "tz": update}
    views = {"ke": ke, "tz": tz, "ug": ug}
    for author, message in messages.items():
        for name, view in views.items():
            if name != author:
                opened = view.open(message)
                assert isinstance(opened, ProposalOpened)
                views[name] = opened.group
    outcome = views["ug"].commit(random=os.urandom, wire_format=wire_format)
    assert outcome.welcome is not None
    change = staged(views["ke"], outcome.message)
    assert [each.by_reference for each in change.proposals] == [True, True]
    assert [member.leaf_index for member in change.added] == [3]
    assert {leaf.leaf_index for leaf in change.updated} == {1, 2}
    joined = Group.join(outcome.welcome, joiner).group
    after = [follow(views[name], outcome.message) for name in ("ke", "tz")]
    agree(outcome.pending, joined, *after)
    assert joined.members()[1].leaf_node.identity == b"tz.new"


def test_a_removed_member_learns_it_and_no_more() -> None:
    ke, tz, ug = group_of(1, "ke", "tz", "ug")
    outcome = ke.commit([Remove(2)], random=os.urandom)
    change = staged(ug, outcome.message)
    assert change.removes_this_member
    assert change.removed[0].leaf_node.identity == b"ug"
    agree(outcome.pending, follow(tz, outcome.message))
    _, message = outcome.pending.protect(b"without ug", random=os.urandom)
    with pytest.raises(WrongEpoch):
        ug.open(message)


def test_a_rotated_signature_key_is_used_from_the_next_epoch_on() -> None:
    ke, tz = group_of(PRODUCT_SUITE, "ke", "tz")
    signer = new_signature_key(PRODUCT_SUITE, os.urandom)
    outcome = ke.commit(random=os.urandom, new_signer=signer)
    tz = follow(tz, outcome.message)
    assert tz.members()[0].leaf_node.signature_key == signer.public
    _, message = outcome.pending.protect(b"signed anew", random=os.urandom)
    assert isinstance(tz.open(message), ApplicationOpened)


def test_of_two_rival_commits_either_can_win() -> None:
    ke, tz, ug = group_of(1, "ke", "tz", "ug")
    first, second = ke.commit(random=os.urandom), tz.commit(random=os.urandom)
    agree(first.pending, follow(tz, first.message), follow(ug, first.message))
    agree(second.pending, follow(ke, second.message), follow(ug, second.message))


def test_a_void_commit_leaves_the_group_going() -> None:
    ke, tz = group_of(1, "ke", "tz")
    outcome = ke.commit(random=os.urandom)
    opened = tz.open(outcome.message)
    assert isinstance(opened, CommitOpened)
    after, message = outcome.sent.protect(b"still here", random=os.urandom)
    assert after.epoch == 1
    assert isinstance(opened.group_before.open(message), ApplicationOpened)


def test_an_own_message_is_recognised() -> None:
    ke, _ = group_of(1, "ke", "tz")
    after, message = ke.protect(b"mine", random=os.urandom)
    with pytest.raises(OwnMessage):
        after.open(message)


def test_a_key_is_used_once() -> None:
    ke, tz = group_of(1, "ke", "tz")
    _, message = ke.protect(b"once", random=os.urandom)
    after = take(tz, message)
    with pytest.raises(KeyAlreadyUsed):
        after.open(message)


@pytest.mark.parametrize("suite", [1, PRODUCT_SUITE])
def test_stored_and_restored_anywhere(suite: int) -> None:
    def reload(group: Group) -> Group:
        return Group.restore(group.epoch_state(), group.message_state())

    ke, tz = (reload(group) for group in group_of(suite, "ke", "tz"))
    epoch_state = tz.epoch_state()
    for turn in range(3):
        ke, message = reload(ke).protect(b"%d" % turn, random=os.urandom)
        tz = reload(take(tz, message))
    assert tz.epoch_state() == epoch_state
    outcome = reload(ke).commit(random=os.urandom)
    agree(reload(outcome.pending), follow(reload(tz), outcome.message))


def test_padding_hides_the_length() -> None:
    ke, tz = group_of(1, "ke", "tz")
    pad: Callable[[int], int] = lambda length: -(-length // 512) * 512  # noqa: E731
    lengths = set()
    for size in (1, 50, 300):
        _, message = ke.protect(b"x" * size, random=os.urandom, pad_to=pad)
        lengths.add(len(message))
        opened = tz.open(message)
        assert isinstance(opened, ApplicationOpened)
        assert opened.data == b"x" * size
    assert len(lengths) == 1
