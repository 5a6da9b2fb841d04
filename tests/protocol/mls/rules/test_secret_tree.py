"""Message keys: each used once, none too far ahead, none kept too long (RFC 9420 sections 9 and 15.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.mls.errors import (
    DecryptionFailed,
    GenerationsExhausted,
    GenerationTooFar,
    KeyAlreadyUsed,
)
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.opening import ApplicationOpened
from rogatory.protocol.mls.proposal import Remove
from rogatory.protocol.mls.secret_tree import MAX_GENERATION, RatchetKind, SkipPolicy

from . import forge
from .groups import PRIVATE, deliver, found, randbytes, refuses


def sent(alice: Group, count: int) -> list[bytes]:
    messages = []
    for number in range(count):
        alice, message = alice.protect(b"message %d" % number, random=randbytes)
        messages.append(message)
    return messages


def test_a_message_opens_once() -> None:
    alice, bob = found(b"alice", b"bob")
    (message,) = sent(alice, 1)
    (bob,) = deliver([bob], message)
    refuses(bob, message, KeyAlreadyUsed)


def test_a_handshake_opens_once() -> None:
    alice, bob, _ = found(b"alice", b"bob", b"carol")
    message = forge.proposal(alice, Remove(2), PRIVATE)
    (bob,) = deliver([bob], message)
    refuses(bob, message, KeyAlreadyUsed)


def test_a_skipped_key_is_gone_without_retention() -> None:
    alice, bob = found(b"alice", b"bob")
    first, second = sent(alice, 2)
    (bob,) = deliver([bob], second)
    refuses(bob, first, KeyAlreadyUsed)


def test_a_skipped_key_is_kept_by_policy_and_used_once() -> None:
    alice, bob = found(b"alice", b"bob")
    bob = replace(bob, skip_policy=SkipPolicy(max_retained=2))
    messages = sent(alice, 4)
    (bob,) = deliver([bob], messages[3])
    refuses(bob, messages[0], KeyAlreadyUsed)
    (bob,) = deliver([bob], messages[1])
    refuses(bob, messages[1], KeyAlreadyUsed)
    bob = Group.restore(bob.epoch_state(), bob.message_state(), skip_policy=bob.skip_policy)
    (bob,) = deliver([bob], messages[2])
    refuses(bob, messages[2], KeyAlreadyUsed)


@pytest.mark.parametrize("ahead", [1025, 2**31, MAX_GENERATION])
def test_a_generation_too_far_ahead(ahead: int) -> None:
    """Section 15.3: no member makes another derive billions of keys."""
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.private(alice, b"data", generation=ahead), GenerationTooFar)


def test_a_generation_as_far_ahead_as_the_policy_lets() -> None:
    alice, bob = found(b"alice", b"bob")
    bob = replace(bob, skip_policy=SkipPolicy(max_forward=3))
    messages = sent(alice, 5)
    refuses(bob, messages[4], GenerationTooFar)
    assert deliver([bob], messages[3])


def test_a_generation_claimed_for_another_key() -> None:
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.private(alice, b"data", generation=1), DecryptionFailed)


def test_a_refused_message_uses_up_nothing() -> None:
    """Section 9.2 counts a key as consumed when it decrypted something."""
    alice, bob = found(b"alice", b"bob")
    refuses(bob, forge.private(alice, b"data", generation=5), DecryptionFailed)
    opened = bob.open(sent(alice, 1)[0])
    assert isinstance(opened, ApplicationOpened)
    assert opened.generation == 0


@pytest.mark.parametrize("kind", [RatchetKind.APPLICATION, RatchetKind.HANDSHAKE])
def test_generations_end(kind: RatchetKind) -> None:
    alice, bob = found(b"alice", b"bob")
    alice = at_generation(alice, 0, kind, MAX_GENERATION)
    bob = at_generation(bob, 0, kind, MAX_GENERATION)
    if kind is RatchetKind.APPLICATION:
        alice, message = alice.protect(b"the last", random=randbytes)
        (bob,) = deliver([bob], message)
        with pytest.raises(GenerationsExhausted):
            alice.protect(b"one too many", random=randbytes)
    else:
        alice, message = alice.propose_remove(1, random=randbytes)
        (bob,) = deliver([bob], message)
        with pytest.raises(GenerationsExhausted):
            alice.propose_remove(1, random=randbytes)
    restored = Group.restore(alice.epoch_state(), alice.message_state())
    assert restored.messages.keys.next_generation(0, kind) == MAX_GENERATION + 1


def at_generation(group: Group, leaf: int, kind: RatchetKind, generation: int) -> Group:
    """The group as if so many messages had been sent: the secret differs from the true one, alike for all."""
    keys, *_ = group.messages.keys.next(leaf, kind)
    moved = replace(keys.ratchets[leaf, kind], secret=bytes(32), generation=generation)
    keys = replace(keys, ratchets={**keys.ratchets, (leaf, kind): moved})
    return replace(group, messages=replace(group.messages, keys=keys))


def test_used_secrets_are_deleted() -> None:
    """Section 9.2: neither key nor path secret nor the ratchet secret of a used generation is in the state."""
    alice, bob = found(b"alice", b"bob")
    keys = bob.messages.keys
    root_secret = next(iter(keys.nodes.values()))
    opened = deliver([bob], sent(alice, 1)[0])[0]
    kept = opened.message_state() + opened.epoch_state()
    _, key, nonce = keys.at(0, RatchetKind.APPLICATION, 0, bob.skip_policy)
    assert key not in kept
    assert nonce not in kept
    assert root_secret not in kept
    started, *_ = keys.next(0, RatchetKind.HANDSHAKE)
    assert started.ratchets[0, RatchetKind.APPLICATION].secret not in kept
