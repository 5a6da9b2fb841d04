"""The session's state machine: who proves what to whom, and which frame has its place where."""

from __future__ import annotations

import os

import pytest

from rogatory.keys.errors import LinkAuthenticationError
from rogatory.keys.identity import Identity, RelayKeys
from rogatory.keys.link import PLAIN_BINDING, check_authority_proof, relay_proof_input
from rogatory.node.link.session import Answer, Delivered, Ended, Opened, Session, State, UnexpectedFrame
from rogatory.protocol.errors import UnsupportedVersion
from rogatory.protocol.frames.client import Proof
from rogatory.protocol.frames.server import Challenge, Code, DirectoryChanged, Goodbye, Ready

RELAY = "relay.one"
AUTHORITY = "ke.central"
READY = Ready(0, 0, False, bytes(32), 1, 1, 1, 1)
CHANGED = DirectoryChanged(bytes(32))


class Ends:
    """A session, and the relay that it talks to."""

    def __init__(self, binding: bytes = PLAIN_BINDING) -> None:
        self.keys = RelayKeys.generate(RELAY, os.urandom)
        self.identity = Identity.generate(AUTHORITY, os.urandom)
        self.nonce = os.urandom(32)
        self.relay_nonce = os.urandom(32)
        self.session = Session(RELAY, self.keys.identity.public, self.identity, binding, self.nonce)

    def challenge(
        self, *, signer: RelayKeys | None = None, binding: bytes = PLAIN_BINDING, relay: str = RELAY, version: int = 1
    ) -> Challenge:
        data = relay_proof_input(RELAY, AUTHORITY, self.nonce, self.relay_nonce, binding)
        return Challenge(version, relay, self.relay_nonce, (signer or self.keys).identity.sign(data))


def test_a_session_opens_after_both_proofs() -> None:
    ends = Ends()
    hello = ends.session.hello()
    assert (hello.authority, hello.nonce) == (AUTHORITY, ends.nonce)
    answer = ends.session.receive(ends.challenge())
    assert isinstance(answer, Answer)
    assert isinstance(answer.frame, Proof)
    check_authority_proof(
        answer.frame.signature,
        ends.identity.online_public,
        relay=RELAY,
        authority=AUTHORITY,
        client_nonce=ends.nonce,
        relay_nonce=ends.relay_nonce,
        binding=PLAIN_BINDING,
    )
    assert ends.session.receive(READY) == Opened(READY)
    assert ends.session.receive(CHANGED) == Delivered(CHANGED)
    assert ends.session.state is State.OPEN


def test_a_relay_with_another_key_gets_no_proof() -> None:
    ends = Ends()
    with pytest.raises(LinkAuthenticationError, match=r"did not prove that it is relay\.one"):
        ends.session.receive(ends.challenge(signer=RelayKeys.generate(RELAY, os.urandom)))
    assert ends.session.state is State.GREETING


def test_a_relay_proof_of_another_connection_is_refused() -> None:
    ends = Ends(binding=os.urandom(32))
    with pytest.raises(LinkAuthenticationError):
        ends.session.receive(ends.challenge(binding=os.urandom(32)))


def test_a_relay_under_another_name_is_refused() -> None:
    ends = Ends()
    with pytest.raises(LinkAuthenticationError, match=r"relay\.two"):
        ends.session.receive(ends.challenge(relay="relay.two"))


def test_a_version_that_was_not_offered_is_refused() -> None:
    ends = Ends()
    with pytest.raises(UnsupportedVersion):
        ends.session.receive(ends.challenge(version=2))


@pytest.mark.parametrize("frame", [READY, CHANGED])
def test_nothing_is_taken_before_the_relay_proved_itself(frame: Ready | DirectoryChanged) -> None:
    with pytest.raises(UnexpectedFrame):
        Ends().session.receive(frame)


def test_a_second_challenge_is_refused() -> None:
    ends = Ends()
    ends.session.receive(ends.challenge())
    with pytest.raises(UnexpectedFrame):
        ends.session.receive(ends.challenge())


def test_a_second_ready_is_refused() -> None:
    ends = Ends()
    ends.session.receive(ends.challenge())
    ends.session.receive(READY)
    with pytest.raises(UnexpectedFrame):
        ends.session.receive(READY)


def test_a_goodbye_ends_the_session_at_any_point() -> None:
    goodbye = Goodbye(Code.NOT_ENROLLED, "not enrolled")
    ends = Ends()
    assert ends.session.receive(goodbye) == Ended(goodbye)
    assert ends.session.state is State.ENDED
    with pytest.raises(UnexpectedFrame):
        ends.session.receive(CHANGED)
