"""What an authority has stored, against its quotas. No SQL."""

from __future__ import annotations

from rogatory.protocol.frames.server import Code
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Quotas


class Usage:
    """`stored` bytes and `founded` channels, as the running transaction sees them."""

    __slots__ = ("_taken", "founded", "quotas", "stored")

    def __init__(self, quotas: Quotas, stored: int = 0, founded: int = 0) -> None:
        self.quotas = quotas
        self.stored = stored
        self.founded = founded
        self._taken = (stored, founded)

    def charge(self, size: int, founded: int = 0) -> None:
        """Count; raises Refusal where a quota is full, and then counts nothing."""
        if self.stored + size > self.quotas.stored_bytes:
            raise Refusal(
                Code.QUOTA, message("what this authority keeps at the relay is at its limit until retention ends")
            )
        if founded and self.founded + founded > self.quotas.channels:
            raise Refusal(
                Code.QUOTA,
                message("this authority has founded its {channels} channels here", channels=self.quotas.channels),
            )
        self.stored += size
        self.founded += founded

    def discharge(self, size: int) -> None:
        """What retention deleted counts no longer."""
        self.stored = max(0, self.stored - size)

    def taken(self) -> tuple[int, int]:
        """Bytes and channels that were added since the last call, for who writes differences."""
        stored, founded = self._taken
        self._taken = (self.stored, self.founded)
        return self.stored - stored, self.founded - founded
