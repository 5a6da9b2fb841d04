"""The relay's mirror of the directory: what the publisher dropped, verified before it is used or served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES, etag
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import DirectoryRefused, IncompleteBundle, KeysError
from rogatory.relay.config import DirectorySettings, RelayConfig
from rogatory.relay.errors import ConfigError

_MAX_ROOT: Final = 1024 * 1024
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The directory that is used, the bundle that is served, and its SHA-256 in hex."""

    directory: Directory
    bundle: bytes
    etag: str
    enrolled: frozenset[str]

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bundle, 32 bytes."""
        return bytes.fromhex(self.etag)


def read_root(config: RelayConfig) -> bytes:
    """The root that all trust starts from; raises ConfigError."""
    path = config.path(config.directory.root)
    try:
        with path.open("rb") as file:
            return file.read(_MAX_ROOT)
    except OSError as error:
        raise ConfigError(
            f"the directory's root {path} cannot be read ({error.strerror}): get root.json from a trustee"
        ) from None


class Mirror:
    """Holds what is mirrored now; `current` is None until a first bundle was accepted."""

    def __init__(self, config: RelayConfig) -> None:
        self._settings: DirectorySettings = config.directory
        self._dropped = config.path(config.directory.bundle)
        self._trusted = TrustedDirectory(config.path(config.directory.folder), read_root(config))
        self._seen: tuple[int, int, int] | None = None
        self.current: Mirrored | None = None
        self.problem: str | None = "no directory bundle was accepted yet"

    async def load(self) -> None:
        """Take the bundle that was accepted last, then the one that was dropped since. Raises ConfigError."""
        try:
            self.current = await asyncio.to_thread(self._load)
            self.problem = None
        except IncompleteBundle:
            pass
        except DirectoryRefused as error:
            raise ConfigError(str(error)) from None
        await self.look()

    async def watch(self, changed: Callable[[Mirrored], None]) -> None:
        """Look for a new bundle for ever; `changed` is called after one was accepted."""
        while True:
            await asyncio.sleep(self._settings.watch_seconds)
            if await self.look() and self.current is not None:
                changed(self.current)

    async def look(self) -> bool:
        """Accept the dropped bundle if it is new; True if another one is mirrored now. A refused one is logged."""
        try:
            status = self._dropped.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen == self._seen:
                return False
            self._seen = seen
            mirrored = await asyncio.to_thread(self._refresh)
        except FileNotFoundError:
            return False
        except (KeysError, OSError) as error:
            self.problem = str(error)
            _log.error("directory_refused", file=str(self._dropped), reason=str(error))
            return False
        self.problem = None
        changed = self.current is None or mirrored.etag != self.current.etag
        self.current = mirrored
        if changed:
            _log.info("directory_accepted", version=mirrored.directory.targets_version, etag=mirrored.etag)
        return changed

    def _load(self) -> Mirrored:
        return self._mirrored(self._trusted.load())

    def _refresh(self) -> Mirrored:
        with self._dropped.open("rb") as file:
            return self._mirrored(self._trusted.refresh(file.read(MAX_BUNDLE_BYTES + 1)))

    def _mirrored(self, directory: Directory) -> Mirrored:
        bundle = self._trusted.bundle()
        enrolled = frozenset(entry.id for entry in directory.authorities())
        return Mirrored(directory, bundle, etag(bundle), enrolled)
