"""MLS with the product's hybrid suite: messages, and commits by the number of members."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

from rogatory.protocol.mls import (
    Add,
    ApplicationOpened,
    CommitOpened,
    Group,
    KeyPackageSecrets,
    new_key_package,
    new_signature_key,
)
from rogatory.protocol.mls.suite import PRODUCT_SUITE
from tests.benchmarks.figures import Figure, Spent, watch
from tests.benchmarks.signing import ED25519_VERIFY

REPEATS = 5


def measure(messages: int, sizes: tuple[int, ...]) -> Iterator[Figure]:
    """`messages` of 1 KiB; commits in groups of each of `sizes` members."""
    yield from _messages(messages)
    for size in sizes:
        yield from _commits(size)


def _messages(count: int) -> Iterator[Figure]:
    first, second = _package(0), _package(1)
    outcome = _alone(first).commit([Add(second.key_package)], random=os.urandom)
    sender, receiver = outcome.pending, Group.join(outcome.welcome or b"", second).group
    data, sent = os.urandom(1024), []
    with watch() as spent:
        for _ in range(count):
            sender, message = sender.protect(data, random=os.urandom)
            sent.append(message)
    yield spent.per_second("MLS protect", count)
    with watch() as spent:
        for message in sent:
            opened = receiver.open(message)
            assert isinstance(opened, ApplicationOpened)
            receiver = opened.group
    yield spent.per_second("MLS unprotect", count, against=ED25519_VERIFY)


def _commits(size: int) -> Iterator[Figure]:
    packages = [_package(number) for number in range(size)]
    alone, adds = _alone(packages[0]), [Add(package.key_package) for package in packages[1:]]
    with watch() as spent:
        outcome = alone.commit(adds, random=os.urandom, inline_tree=False)
    yield _milliseconds(f"commit that adds {size - 1}", spent, 1)
    yield _kib(f"commit that adds {size - 1}, its size", outcome.message)
    with watch() as spent:
        after_add = outcome.pending.commit(random=os.urandom)
    yield _milliseconds(f"first commit of {size} after that", spent, 1)
    yield _kib(f"first commit of {size} after that, its size", after_add.message)
    full = _filled(outcome.pending, packages)
    first = _as_member(full, 0, packages[0])
    with watch() as spent:
        for _ in range(REPEATS):
            usual = first.commit(random=os.urandom)
    yield _milliseconds(f"commit in a full tree of {size}", spent, REPEATS)
    yield _kib(f"commit in a full tree of {size}, its size", usual.message)
    with watch() as spent:
        for _ in range(REPEATS):
            opened = full.open(usual.message)
            assert isinstance(opened, CommitOpened)
    yield _milliseconds(f"the same, processed by a member of {size}", spent, REPEATS)


def _filled(group: Group, packages: list[KeyPackageSecrets]) -> Group:
    """The last committer's view after every second leaf has committed, so that no parent node is blank."""
    # Far apart first: as long as half a tree is blank, every commit is encrypted to each of its leaves.
    bits = (len(packages) - 1).bit_length()
    for leaf in sorted(range(0, len(packages) - 1, 2), key=lambda leaf: f"{leaf:0{bits}b}"[::-1]):
        group = _as_member(group, leaf, packages[leaf]).commit(random=os.urandom).pending
    return group


def _as_member(group: Group, leaf: int, package: KeyPackageSecrets) -> Group:
    """The same group as the member at `leaf` holds it, with no more keys than committing takes."""
    if leaf == group.own_leaf:
        return group
    state = replace(group.state, own_leaf=leaf, private_keys={2 * leaf: package.leaf_private}, signer=package.signer)
    return replace(group, state=state)


def _alone(package: KeyPackageSecrets) -> Group:
    return Group.create(PRODUCT_SUITE, bytes(32), package, random=os.urandom)


def _package(number: int) -> KeyPackageSecrets:
    now = int(time.time())
    return new_key_package(
        PRODUCT_SUITE,
        f"ke.m{number}".encode(),
        new_signature_key(PRODUCT_SUITE, os.urandom),
        not_before=now - 60,
        not_after=now + 3600,
        random=os.urandom,
    )


def _milliseconds(name: str, spent: Spent, count: int) -> Figure:
    return Figure(name=name, value=spent.wall / count * 1000, unit="ms", cpu=spent.cpu / count * 1e6)


def _kib(name: str, data: bytes) -> Figure:
    return Figure(name=name, value=len(data) / 1024, unit="KiB")
