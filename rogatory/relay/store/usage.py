"""What an authority has stored, against its quotas. No SQL."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.protocol.frames.server import Code
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Quotas


@dataclass(slots=True)
class Usage:
    """`stored` bytes and `founded` channels as the database has them; `charge` counts what a transaction adds."""

    quotas: Quotas
    stored: int = 0
    founded: int = 0
    _stored: int = 0
    _founded: int = 0

    def charge(self, size: int, founded: int = 0) -> None:
        """Count; raises Refusal where a quota is full, and then counts nothing."""
        if self.stored + self._stored + size > self.quotas.stored_bytes:
            raise Refusal(Code.QUOTA, "what this authority keeps at the relay is at its limit until retention ends")
        if founded and self.founded + self._founded + founded > self.quotas.channels:
            raise Refusal(Code.QUOTA, f"this authority has founded its {self.quotas.channels} channels here")
        self._stored += size
        self._founded += founded

    def taken(self) -> tuple[int, int]:
        """What is to be added to the database's numbers; counted as there from now on."""
        taken = self._stored, self._founded
        self.stored, self.founded = self.stored + self._stored, self.founded + self._founded
        self._stored = self._founded = 0
        return taken
