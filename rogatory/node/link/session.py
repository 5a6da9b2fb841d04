"""One session with a relay, from Hello to Goodbye, without input or output (PROTOCOL.md, Link).

GREETING  --Challenge--> PROVING  --Ready--> OPEN  --any other frame--> OPEN
any state --Goodbye--> ENDED; every other pair is a fault of the relay
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from rogatory.keys.errors import LinkAuthenticationError
from rogatory.keys.identity import Identity
from rogatory.keys.link import authority_proof_input, check_relay_proof
from rogatory.protocol.errors import ProtocolError, UnsupportedVersion
from rogatory.protocol.frames.client import ClientFrame, Hello, Proof
from rogatory.protocol.frames.codec import VERSIONS
from rogatory.protocol.frames.server import Challenge, Goodbye, Ready, ServerFrame
from rogatory.protocol.limits import NONCE
from rogatory.protocol.text import message


class State(Enum):
    """Where a session stands."""

    GREETING = "greeting"
    PROVING = "proving"
    OPEN = "open"
    ENDED = "ended"


class UnexpectedFrame(ProtocolError):
    """The relay sent a frame that has no place at this point of the session."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A frame to send."""

    frame: ClientFrame


@dataclass(frozen=True, slots=True)
class Opened:
    """The session stands."""

    ready: Ready


@dataclass(frozen=True, slots=True)
class Delivered:
    """A frame for the core."""

    frame: ServerFrame


@dataclass(frozen=True, slots=True)
class Ended:
    """The relay said goodbye."""

    goodbye: Goodbye


Step = Answer | Opened | Delivered | Ended


class Session:
    """Proves this authority to `relay`, and the relay to this authority, on a connection bound by `binding`."""

    def __init__(self, relay: str, relay_key: bytes, identity: Identity, binding: bytes, nonce: bytes) -> None:
        """`relay_key` is the relay's identity key from the directory; `nonce` is fresh: 32 random bytes."""
        self.state = State.GREETING
        self._relay = relay
        self._relay_key = relay_key
        self._identity = identity
        self._binding = binding
        self._nonce = nonce

    def hello(self) -> Hello:
        """The first frame."""
        return Hello(self._identity.authority, self._nonce, list(VERSIONS))

    def receive(self, frame: ServerFrame) -> Step:
        """What follows from a frame.

        Raises LinkAuthenticationError if the relay is not who it should be, UnsupportedVersion, UnexpectedFrame.
        """
        if isinstance(frame, Goodbye):
            self.state = State.ENDED
            return Ended(frame)
        take = _TABLE.get((self.state, type(frame)))
        if take is not None:
            return take(self, frame)
        if self.state is State.OPEN and not isinstance(frame, Challenge | Ready):
            return Delivered(frame)
        raise UnexpectedFrame(
            message(
                "{relay} sent {frame} while the session was {state}",
                relay=self._relay,
                frame=type(frame).__name__,
                state=self.state.value,
            )
        )

    def _challenged(self, frame: ServerFrame) -> Step:
        assert isinstance(frame, Challenge)
        if frame.version not in VERSIONS:
            raise UnsupportedVersion(
                message(
                    "{relay} chose version {version} of the frames, which was not offered",
                    relay=self._relay,
                    version=frame.version,
                )
            )
        if frame.relay != self._relay or len(frame.nonce) != NONCE:
            raise LinkAuthenticationError(
                message(
                    "the server at the address of {relay} calls itself {called}: check the relay's address in the"
                    " directory",
                    relay=self._relay,
                    called=repr(frame.relay[:60]),
                )
            )
        check_relay_proof(
            frame.signature,
            self._relay_key,
            relay=self._relay,
            authority=self._identity.authority,
            client_nonce=self._nonce,
            relay_nonce=frame.nonce,
            binding=self._binding,
        )
        self.state = State.PROVING
        proof = authority_proof_input(self._relay, self._identity.authority, self._nonce, frame.nonce, self._binding)
        return Answer(Proof(self._identity.key_set_version, self._identity.sign_online(proof)))

    def _opened(self, frame: ServerFrame) -> Step:
        assert isinstance(frame, Ready)
        self.state = State.OPEN
        return Opened(frame)


_TABLE: Final[dict[tuple[State, type], Callable[[Session, ServerFrame], Step]]] = {
    (State.GREETING, Challenge): Session._challenged,
    (State.PROVING, Ready): Session._opened,
}
