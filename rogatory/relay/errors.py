"""What can go wrong: refusals that a node is told, and errors that the relay's operator is told."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.frames.server import Code


class Refusal(Exception):
    """A node's request is refused and nothing changed. `code` says whose fault it is (API.md, Codes)."""

    def __init__(self, code: Code, explanation: str, last_commit: int | None = None) -> None:
        super().__init__(explanation)
        self.code = code
        self.explanation = str(explanation)
        self.last_commit = last_commit


class Farewell(Exception):
    """The connection ends: the node is told `code` and `explanation` in a Goodbye."""

    def __init__(self, code: Code, explanation: str) -> None:
        super().__init__(explanation)
        self.code = code
        self.explanation = str(explanation)


class RelayError(Exception):
    """Base of what the operator is told in one line; `exit_code` is what the command ends with."""

    exit_code: ClassVar[int] = 1


class ConfigError(RelayError):
    """The configuration, or a file that it names, cannot be used."""

    exit_code = 3


class DatabaseError(RelayError):
    """The database cannot be used as it is."""

    exit_code = 5
