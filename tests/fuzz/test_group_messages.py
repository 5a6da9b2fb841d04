"""Bytes that reach a group: no changed message is taken for one of a member's, no state for another's."""

from __future__ import annotations

from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from rogatory.protocol.mls.errors import MLSDecodeError, MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.proposal import Add

from ..protocol.mls.rules.groups import NOW, client, found, randbytes
from .decoders import LIFE
from .mutation import bombs, mutations

modest = settings(max_examples=40, deadline=None)
MESSAGES = {
    "application": LIFE.private,
    "public proposal": LIFE.public,
    "private commit": LIFE.private_commit,
    "public commit": LIFE.public_commit,
}


@pytest.mark.parametrize("kind", MESSAGES)
@modest
@given(data=st.data())
def test_a_changed_message_is_refused(kind: str, data: st.DataObject) -> None:
    """Every byte of a message is authenticated: signed, tagged, or encrypted with what is not."""
    message = MESSAGES[kind]
    changed = data.draw(mutations([message, *MESSAGES.values()]))
    if changed not in MESSAGES.values():
        with pytest.raises(MLSError):
            LIFE.reader.open(changed, now=NOW)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_with_any_byte_flipped_is_refused(kind: str) -> None:
    message = MESSAGES[kind]
    for at in range(len(message)):
        changed = bytearray(message)
        changed[at] ^= 0x10
        with pytest.raises(MLSError):
            LIFE.reader.open(bytes(changed), now=NOW)


def welcome_of(size: int) -> tuple[bytes, list[object]]:
    alice = found(b"alice")[0]
    people = [client(b"joiner %d" % number) for number in range(size)]
    made = alice.commit([Add(person.key_package) for person in people], random=randbytes, now=NOW)
    assert made.welcome is not None
    return made.welcome, list(people)


WELCOME, PEOPLE = welcome_of(2)


@modest
@given(changed=st.one_of(mutations([WELCOME]), bombs))
def test_a_changed_welcome_gives_the_same_group_or_none(changed: bytes) -> None:
    """Only another joiner's part can differ: it is not this one's to check."""
    person = PEOPLE[0]
    expected = Group.join(WELCOME, person).group.epoch_state()  # type: ignore[arg-type]
    with suppress(MLSError):
        assert Group.join(changed, person).group.epoch_state() == expected  # type: ignore[arg-type]


@modest
@given(changed=mutations(list(LIFE.states)))
def test_a_damaged_state_is_refused_or_read(changed: bytes) -> None:
    epoch_state, message_state = LIFE.states
    with suppress(MLSDecodeError):
        Group.restore(changed, message_state)
    with suppress(MLSDecodeError):
        Group.restore(epoch_state, changed)
