"""Tokens for HTTP: gained over a proven link, good for a short while, checked without looking anything up.

Every replica of a relay holds the same keys, so each takes the tokens of all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from rogatory.keys.identity import RelayKeys
from rogatory.protocol.text import message

LIFETIME: Final = 15 * 60 * 1000
"""Milliseconds. A transfer that has begun goes on; the next one takes a new token."""

_MAC: Final = hashlib.sha256().digest_size


class BadToken(Exception):
    """It is none of this relay's, was changed, or has run out."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who was given a token, proven with which key set."""

    authority: str
    key_set: int


class Tokens:
    """Issues and checks a relay's tokens."""

    def __init__(self, keys: RelayKeys) -> None:
        self._key = hmac.digest(keys.identity_seed, b"rogatory blob token 1", "sha256")

    def issue(self, bearer: Bearer, now: int) -> tuple[str, int]:
        """A token, and when it runs out. Times are Unix milliseconds."""
        expires = now + LIFETIME
        said = msgspec.msgpack.encode((bearer.authority, bearer.key_set, expires))
        token = base64.urlsafe_b64encode(said + hmac.digest(self._key, said, "sha256")).decode()
        return token, expires

    def check(self, token: str, now: int) -> Bearer:
        """Whom the token was given to. Raises BadToken."""
        try:
            data = base64.b64decode(token.encode(errors="replace"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadToken(message("no token")) from None
        said, code = data[:-_MAC], data[-_MAC:]
        if not hmac.compare_digest(hmac.digest(self._key, said, "sha256"), code):
            raise BadToken(message("not a token of this relay"))
        authority, key_set, expires = msgspec.msgpack.decode(said, type=tuple[str, int, int])
        if expires <= now:
            raise BadToken(message("the token has run out"))
        return Bearer(authority, key_set)
