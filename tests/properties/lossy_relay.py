"""A relay over lines on which any frame, of either side, gets lost or comes twice."""

from __future__ import annotations

from random import Random
from typing import Any

from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.server import ServerFrame
from tests.scenarios.simulated_relay import SimulatedRelay


class LossyRelay(SimulatedRelay):
    """What is lost is lost for good, and the line stands on. `random` is given before anything is to be lost."""

    random: Random | None = None
    loss = 0.01
    repetition = 0.015

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lost = self.repeated = 0

    def handle(self, authority: str, frame: ClientFrame) -> None:
        """A node's frame: none, one or two."""
        for _ in range(self._times()):
            super().handle(authority, frame)

    def take(self, authority: str) -> list[ServerFrame]:
        """Frames for a node, each of them none, one or two."""
        return [frame for frame in super().take(authority) for _ in range(self._times())]

    def _times(self) -> int:
        chance = 1.0 if self.random is None else self.random.random()
        if chance < self.loss:
            self.lost += 1
            return 0
        if chance < self.loss + self.repetition:
            self.repeated += 1
            return 2
        return 1
