"""Groups that continue another (RFC 9420 sections 11.2, 11.3 and 12.4.3.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import PskUnavailable, ResumedGroupMismatch
from rogatory.protocol.mls.extension import Extension, Extensions
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.group_context import GroupContext
from rogatory.protocol.mls.key_package import KeyPackageSecrets
from rogatory.protocol.mls.proposal import Add, PreSharedKey, ReInit
from rogatory.protocol.mls.psk import PreSharedKeyID, PskStore, ResumptionPsk, ResumptionUsage

from . import forge
from .groups import NOW, SUITE, client, committed, deliver, found, randbytes, refuses_welcome

NEXT = b"the next group"
REINIT, BRANCH = ResumptionUsage.REINIT, ResumptionUsage.BRANCH


def ended(suite_id: int = SUITE, extensions: Extensions = ()) -> list[Group]:
    """A group of three after its ReInit."""
    groups = found(b"alice", b"bob", b"carol")
    made = groups[0].commit([ReInit(NEXT, 1, suite_id, extensions)], random=randbytes)
    return [made.pending, *deliver(groups[1:], made.message)]


def resumption(old: Group, usage: ResumptionUsage, epoch: int | None = None) -> PreSharedKeyID:
    named = ResumptionPsk(usage, old.group_id, old.epoch if epoch is None else epoch)
    return PreSharedKeyID(named, bytes(32))


def successor(
    names: list[bytes], suite_id: int = SUITE, group_id: bytes = NEXT, extensions: Extensions = ()
) -> tuple[Group, KeyPackageSecrets]:
    """A new group of these in epoch 1, without any resumption key, and the second member's keys."""
    first, *others = (client(name, suite_id) for name in names)
    start = Group.create(suite_id, group_id, first, random=randbytes, extensions=extensions, now=NOW)
    adds = [Add(other.key_package) for other in others]
    return start.commit(adds, random=randbytes, path=False, now=NOW).pending, others[0]


def joined(
    old: Group,
    usage: ResumptionUsage,
    new: tuple[Group, KeyPackageSecrets],
    psk: PreSharedKeyID | None = None,
    edit: object = forge.keep,
) -> tuple[KeyPackageSecrets, bytes, dict[str, object]]:
    """The second member, its Welcome with the old group's key, and what it joins with."""
    host, bob = new
    key = psk or resumption(old, usage)
    source = key.source
    assert isinstance(source, ResumptionPsk)
    store = PskStore(resumption={(source.group_id, source.epoch): old.resumption_psk})
    message = forge.welcome(host, bob, psk_ids=[key], psks=store, edit_context=edit)  # type: ignore[arg-type]
    return bob, message, {"psks": store, "previous": old}


NAMES = [b"alice", b"bob", b"carol"]


def test_a_successor_is_joined() -> None:
    old = ended()[1]
    bob, message, how = joined(old, REINIT, successor(NAMES))
    assert Group.join(message, bob, **how).group.group_id == NEXT  # type: ignore[arg-type]


def test_a_successor_made_by_the_library_is_joined() -> None:
    """With another cipher suite and other extensions, as ReInit is for."""
    extensions = (Extension(1, b"of the successor"),)
    alice_before, bob_before, _ = ended(2, extensions)
    alice, bob, carol = (client(name, 2) for name in NAMES)
    start = Group.create(2, NEXT, alice, random=randbytes, extensions=extensions, now=NOW)
    key = PreSharedKey(PreSharedKeyID(ResumptionPsk(REINIT, bob_before.group_id, bob_before.epoch), bytes(32)))
    made = start.commit(
        [Add(bob.key_package), Add(carol.key_package), key],
        random=randbytes,
        now=NOW,
        psks=alice_before.psks_with_own(PskStore()),
    )
    assert made.welcome
    new = Group.join(made.welcome, bob, previous=bob_before).group
    assert new.epoch_authenticator == made.pending.epoch_authenticator


def test_a_subgroup_is_joined() -> None:
    old = found(*NAMES)[1]
    bob, message, how = joined(old, BRANCH, successor([b"alice", b"bob"], group_id=b"sub"))
    assert Group.join(message, bob, **how).group.group_id == b"sub"  # type: ignore[arg-type]


# Reinitialization (section 11.2)


def test_reinit_was_agreed() -> None:
    old = found(*NAMES)[1]
    bob, message, how = joined(old, REINIT, successor(NAMES))
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)


@pytest.mark.parametrize("difference", ["group id", "suite", "extensions"])
def test_reinit_is_what_was_agreed(difference: str) -> None:
    extensions = (Extension(1, b"agreed"),)
    old = ended(SUITE, extensions)[1]
    others = {
        "group id": successor(NAMES, group_id=b"another", extensions=extensions),
        "suite": successor(NAMES, 3, extensions=extensions),
        "extensions": successor(NAMES, extensions=(Extension(1, b"other"),)),
    }
    bob, message, how = joined(old, REINIT, others[difference])
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)


def test_reinit_takes_all_members_along() -> None:
    old = ended()[1]
    bob, message, how = joined(old, REINIT, successor([b"alice", b"bob"]))
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)


# Branching (section 11.3)


def test_branch_keeps_the_suite() -> None:
    old = found(*NAMES)[1]
    bob, message, how = joined(old, BRANCH, successor([b"alice", b"bob"], 3))
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)


def test_branch_takes_members_only() -> None:
    old = found(*NAMES)[1]
    bob, message, how = joined(old, BRANCH, successor([b"alice", b"bob", b"mallory"]))
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)


# Both (section 12.4.3.1)


@pytest.mark.parametrize("usage", [REINIT, BRANCH])
def test_epoch_is_1(usage: ResumptionUsage) -> None:
    old = ended()[1] if usage is REINIT else found(*NAMES)[1]

    def later(context: GroupContext) -> GroupContext:
        return replace(context, epoch=2)

    bob, message, how = joined(old, usage, successor(NAMES), edit=later)
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)


@pytest.mark.parametrize("usage", [REINIT, BRANCH])
def test_old_group_is_at_hand(usage: ResumptionUsage) -> None:
    old = ended()[1] if usage is REINIT else found(*NAMES)[1]
    bob, message, how = joined(old, usage, successor(NAMES))
    refuses_welcome(bob, message, ResumedGroupMismatch, psks=how["psks"])
    refuses_welcome(bob, message, PskUnavailable)


@pytest.mark.parametrize("usage", [REINIT, BRANCH])
def test_old_group_is_in_the_epoch_that_is_named(usage: ResumptionUsage) -> None:
    groups = ended() if usage is REINIT else committed(found(*NAMES), 0)
    old = groups[1]
    bob, message, how = joined(old, usage, successor(NAMES), resumption(old, usage, epoch=1))
    refuses_welcome(bob, message, ResumedGroupMismatch, **how)
