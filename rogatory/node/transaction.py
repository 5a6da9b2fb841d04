"""One transaction of the node's database, with all that rules inside it may ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from rogatory.keys.directory.directory import Directory
from rogatory.keys.identity import Identity
from rogatory.node.errors import NoDirectory
from rogatory.node.output import Draft
from rogatory.protocol.text import message

Random = Callable[[int], bytes]


@dataclass(slots=True)
class Tx:
    """`now`: Unix seconds, one value for the whole transaction; `random(n)`: n unpredictable bytes."""

    connection: Connection
    identity: Identity
    now: float
    random: Random
    known_directory: Directory | None = None
    output: Draft = field(default_factory=Draft)

    @property
    def authority(self) -> str:
        """This node's authority id."""
        return self.identity.authority

    @property
    def directory(self) -> Directory:
        """The directory in use; raises NoDirectory before the first was accepted."""
        if self.known_directory is None:
            raise NoDirectory(
                message("no directory has been accepted yet"),
                message("connect to a relay once: it mirrors the directory"),
            )
        return self.known_directory
