"""Why a backup cannot be used."""

from __future__ import annotations

from typing import Final

from rogatory.node.errors import DamagedStore
from rogatory.protocol.text import message

OLDER: Final = message(
    "use another copy, or an older backup; without any, make new keys with: rogatory-node init --recover"
)


class DamagedBackup(DamagedStore):
    """Not the bytes that were written, or not of this program's edition."""

    def __init__(self, explanation: str, next_step: str = OLDER) -> None:
        super().__init__(explanation, next_step)
