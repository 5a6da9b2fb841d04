"""What a relay remembers of each authority's courier files: one small file for each, beside the configuration.

Should one be lost, nothing is: the authority's next file says anew where it stands, and all it asks may be repeated.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from rogatory.keys.files import write_atomically
from rogatory.protocol.text import message
from rogatory.relay.errors import ConfigError


class Journey(msgspec.Struct, frozen=True):
    """`taken`, `given`: numbers of the last files; `cursors`: how far the authority has read each channel.

    `answers`: to the last file's requests, by their digests; `wanted`: blobs that the last file asked for.
    """

    taken: int = 0
    given: int = 0
    cursors: dict[bytes, int] = {}
    answers: list[tuple[bytes, bytes]] = []
    wanted: list[bytes] = []


class Journeys:
    """The files of a folder, one for each authority."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, authority: str) -> Journey:
        """What is remembered of `authority`; nothing, for one that sent no file yet. Raises ConfigError, OSError."""
        path = self._folder / authority
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=Journey)
        except FileNotFoundError:
            return Journey()
        except msgspec.DecodeError:
            raise ConfigError(message("{path} is damaged: remove it; nothing is lost by that", path=path)) from None

    def save(self, authority: str, journey: Journey) -> None:
        """Remember, durably. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_atomically(self._folder / authority, msgspec.msgpack.encode(journey))
