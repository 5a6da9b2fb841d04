"""Channels as one machine: dispatches what arrives, then does what is due and may be sent."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.channels.hooks import Hooks
from rogatory.node.output import Output
from rogatory.node.transaction import Tx
from rogatory.protocol.frames.server import Ready, ServerFrame


class Engine:
    """Holds only what a crash may take: the sessions with relays, and groups as last stored."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def forget(self) -> None:
        """A transaction was undone: drop what memory holds of the database."""

    def directory_changed(self, tx: Tx) -> None:
        """Go on where a newer directory was awaited."""

    def session_opened(self, tx: Tx, relay: str, ready: Ready) -> None:
        """Begin a session: key packages, channels, acknowledgements."""

    def receive(self, tx: Tx, relay: str, frames: Sequence[ServerFrame]) -> None:
        """Take frames of a session in order."""

    def session_closed(self, relay: str) -> None:
        """Forget a session."""

    def finish(self, tx: Tx) -> Output:
        """Do what is due, send what may be sent, and say what the daemon is to do."""
        wake_at = self._hooks.due(tx)
        return Output(tuple(tx.output.frames), wake_at, frozenset(tx.output.directory_wanted))
