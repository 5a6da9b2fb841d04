"""The root of everything `rogatory.protocol` raises about bytes and values that come from outside."""

from __future__ import annotations


class ProtocolError(Exception):
    """Something received breaks the protocol. The message says whose fault it is and what follows."""


class MalformedError(ProtocolError):
    """Bytes that cannot be decoded, or a value outside its documented bounds."""


class UnsupportedVersion(ProtocolError):
    """The peer speaks a version of the protocol that this side does not know."""


class NotVouched(ProtocolError):
    """Raised by the caller's `vouch`: the pinned directory version does not hold that leaf's key."""
