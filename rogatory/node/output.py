"""What the core wants done after a transaction stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from rogatory.protocol.frames.client import ClientFrame


@dataclass(frozen=True, slots=True)
class Output:
    """Frames to send, by relay id and in this order; when to tick next (Unix seconds); where to fetch a directory.

    `reconnect`: relays whose sessions a failed transaction took with it, and whose links must begin anew.
    `keys_destroyed`: keys were deleted, of which the disk must keep no copy.
    """

    frames: tuple[tuple[str, ClientFrame], ...] = ()
    wake_at: float | None = None
    directory_wanted: frozenset[str] = frozenset()
    reconnect: frozenset[str] = frozenset()
    keys_destroyed: bool = False


@dataclass(slots=True)
class Draft:
    """An output while its transaction runs."""

    frames: list[tuple[str, ClientFrame]] = field(default_factory=list)
    directory_wanted: set[str] = field(default_factory=set)
    keys_destroyed: bool = False

    def send(self, relay: str, frame: ClientFrame) -> None:
        """Send `frame` to `relay` once the transaction stands."""
        self.frames.append((relay, frame))
