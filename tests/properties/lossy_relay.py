"""A relay over lines that lose frames both ways until they are cut, and on which appends come twice."""

from __future__ import annotations

from random import Random
from typing import Any

from rogatory.protocol.frames.client import Append, ClientFrame
from rogatory.protocol.frames.server import ServerFrame
from tests.scenarios.simulated_relay import SimulatedRelay


class LossyRelay(SimulatedRelay):
    """What is lost is lost for good: the line fails soon after. `random` is given before anything is to be lost."""

    random: Random | None = None
    loss = 0.001
    repetition = 0.1

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.failing: set[str] = set()
        self.lost = self.repeated = 0

    def handle(self, authority: str, frame: ClientFrame) -> None:
        """A node's frame, or none, or the same append twice."""
        if self._is_lost(authority):
            return
        super().handle(authority, frame)
        if isinstance(frame, Append) and self.random is not None and self.random.random() < self.repetition:
            self.repeated += 1
            super().handle(authority, frame)

    def take(self, authority: str) -> list[ServerFrame]:
        """Frames for a node, some of them lost."""
        return [frame for frame in super().take(authority) if not self._is_lost(authority)]

    def _is_lost(self, authority: str) -> bool:
        if self.random is None or self.random.random() >= self.loss:
            return False
        self.failing.add(authority)
        self.lost += 1
        return True
