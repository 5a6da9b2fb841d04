"""Members and groups to try rules on. Randomness comes from one seed, so that a failure can be had again."""

from __future__ import annotations

import random as seeded
from collections.abc import Iterable
from typing import Any

import pytest

from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.extension import Extension, Extensions
from rogatory.protocol.mls.framed_content import WireFormat
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackageSecrets, new_key_package
from rogatory.protocol.mls.leaf_node import Capabilities
from rogatory.protocol.mls.opening import ApplicationOpened, CommitOpened, ProposalOpened
from rogatory.protocol.mls.proposal import Add
from rogatory.protocol.mls.psk import NO_PSKS, PskStore
from rogatory.protocol.mls.suite import new_signature_key

SUITE = 1
NOW = 1_800_000_000
WEEK = 7 * 24 * 3600
GROUP_ID = b"a group to break rules in"
PUBLIC, PRIVATE = WireFormat.PUBLIC_MESSAGE, WireFormat.PRIVATE_MESSAGE

randbytes = seeded.Random(9420).randbytes


def client(
    name: bytes,
    suite_id: int = SUITE,
    *,
    capabilities: Capabilities | None = None,
    leaf_extensions: Iterable[Extension] = (),
    extensions: Iterable[Extension] = (),
) -> KeyPackageSecrets:
    """A fresh key package that is valid at NOW."""
    return new_key_package(
        suite_id,
        name,
        new_signature_key(suite_id, randbytes),
        not_before=NOW - WEEK,
        not_after=NOW + WEEK,
        random=randbytes,
        capabilities=capabilities,
        leaf_extensions=leaf_extensions,
        extensions=extensions,
    )


def found(
    *names: bytes,
    suite_id: int = SUITE,
    group_id: bytes = GROUP_ID,
    extensions: Extensions = (),
    capabilities: Capabilities | None = None,
    path: bool = True,
) -> list[Group]:
    """A group of these members in epoch 1, by leaf index; in epoch 0 for one name.

    Without `path` all parents of the tree are blank.
    """
    people = [client(name, suite_id, capabilities=capabilities) for name in names]
    first = Group.create(suite_id, group_id, people[0], random=randbytes, extensions=extensions, now=NOW)
    if len(people) == 1:
        return [first]
    adds = [Add(person.key_package) for person in people[1:]]
    made = first.commit(adds, random=randbytes, path=path, now=NOW)
    assert made.welcome is not None
    return [made.pending, *(Group.join(made.welcome, person).group for person in people[1:])]


def deliver(members: Iterable[Group], message: bytes, psks: PskStore = NO_PSKS) -> list[Group]:
    """The members after a message of somebody else, those that it removes left out."""
    after: list[Group] = []
    for member in members:
        opened = member.open(message, psks=psks, now=NOW)
        if isinstance(opened, CommitOpened):
            after.extend([opened.staged.group] if opened.staged.group else [])
        else:
            assert isinstance(opened, (ApplicationOpened, ProposalOpened))
            after.append(opened.group)
    return after


def committed(groups: list[Group], author: int, **options: Any) -> list[Group]:
    """The same members after a plain commit of one of them."""
    made = groups[author].commit((), random=randbytes, now=NOW, **options)
    others = deliver([group for group in groups if group.own_leaf != groups[author].own_leaf], made.message)
    return sorted([made.pending, *others], key=lambda group: group.own_leaf)


def agree(groups: Iterable[Group]) -> bool:
    """Whether all are in the same epoch with the same tree."""
    return len({(group.epoch, group.epoch_authenticator, group.tree_hash) for group in groups}) == 1


def refuses(member: Group, message: bytes, error: type[MLSError], *, psks: PskStore = NO_PSKS) -> None:
    """The member refuses the message with exactly this error, and it names its rule."""
    with pytest.raises(error) as caught:
        member.open(message, psks=psks, now=NOW)
    assert type(caught.value) is error


def refuses_welcome(person: KeyPackageSecrets, welcome: bytes, error: type[MLSError], **options: Any) -> None:
    """The client refuses the Welcome with exactly this error."""
    with pytest.raises(error) as caught:
        Group.join(welcome, person, **options)
    assert type(caught.value) is error
