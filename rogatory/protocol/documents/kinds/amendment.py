"""The amendment of a charter: further parties, agreed to by every existing one."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Body, Payload, check_distinct, is_blank
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Hex32, Parties, Text
from rogatory.protocol.text import message


class Amendment(Body, frozen=True, kw_only=True):
    """Proposed by its author; every other party signs the same payload bytes (`consent.py`)."""

    KIND: ClassVar[str] = "amendment"
    ADDRESSED: ClassVar[bool] = False

    charter: Hex32
    """Digest of the charter."""
    previous: Hex32 | None = None
    """Digest of the amendment before this one."""
    adds: Parties
    reason: Text

    def check(self, payload: Payload) -> None:
        """It adds somebody, and says why."""
        check_distinct(self.adds, "adds")
        if not self.adds:
            raise UnsoundDocument(message("an amendment names the authorities that it adds"))
        if payload.author in self.adds:
            raise UnsoundDocument(message("an authority cannot add itself"))
        if is_blank(self.reason):
            raise UnsoundDocument(message("an amendment gives its reason"))
