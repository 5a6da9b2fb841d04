"""The relay's mirror of the directory: what the publisher dropped or serves, verified before it is used or served."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES, etag
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import AuthorityEntry, KeySet
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import DirectoryRefused, IncompleteBundle, KeysError
from rogatory.protocol.text import message, text_of
from rogatory.relay import memory
from rogatory.relay.config import DirectorySettings, RelayConfig
from rogatory.relay.errors import ConfigError
from rogatory.relay.publisher import Publisher, PublisherError

_MAX_ROOT: Final = 1024 * 1024
_log = structlog.get_logger()


class OpenBundle:
    """An accepted bundle on the disk, held open: it is replaced as a whole, and who reads this one finishes it.

    Held in memory, the bundle of some thousand authorities would be a third of what the relay takes.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        self.size = os.fstat(self._descriptor).st_size

    def read(self, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start` on. Blocks."""
        return os.pread(self._descriptor, length, start)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The directory that is used (see `_lean`), the bundle that is served, and its SHA-256 in hex."""

    directory: Directory
    bundle: OpenBundle
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
            message(
                "the directory's root {path} cannot be read ({error}): get root.json from a trustee",
                path=path,
                error=error.strerror,
            )
        ) from None


class Mirror:
    """Holds what is mirrored now; `current` is None until a first bundle was accepted.

    `problem`: why the bundle dropped last was not taken; `publisher_problem`: why none comes from the publisher's URL.
    """

    def __init__(self, config: RelayConfig) -> None:
        self._settings: DirectorySettings = config.directory
        self._dropped = config.path(config.directory.bundle)
        self._trusted = TrustedDirectory(config.path(config.directory.folder), read_root(config))
        self._seen: tuple[int, int, int] | None = None
        url = config.directory.url
        self._publisher = None if url is None else Publisher(url)
        self._changing = asyncio.Lock()
        self._refused_publication: str | None = None
        self.publisher_problem: str | None = None
        self.current: Mirrored | None = None
        self.problem: str | None = None

    async def load(self) -> None:
        """Take the bundle that was accepted last, then the one that was dropped since. Raises ConfigError."""
        try:
            self.current = await asyncio.to_thread(self._load)
        except IncompleteBundle:
            pass
        except DirectoryRefused as error:
            raise ConfigError(str(error)) from None
        await self.look()

    async def watch(self, changed: Callable[[Mirrored], None]) -> None:
        """Look for a new bundle for ever; `changed` is called after one was accepted."""

        async def repeated(look: Callable[[], Awaitable[bool]], seconds: float) -> None:
            while True:
                if await look() and self.current is not None:
                    changed(self.current)
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as group:
            group.create_task(repeated(self.look, self._settings.watch_seconds))
            if self._publisher is not None:
                group.create_task(repeated(self.fetch, self._settings.fetch_seconds))

    async def look(self) -> bool:
        """Accept the dropped bundle if it is new; True if another one is mirrored now. A refused one is logged."""
        try:
            status = self._dropped.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen == self._seen:
                return False
            self._seen = seen
            changed = await self._accept(await asyncio.to_thread(self._read_dropped))
        except FileNotFoundError:
            return False
        except (KeysError, OSError) as error:
            self.problem = str(error)
            _log.error("directory_refused", file=str(self._dropped), reason=str(error))
            return False
        self.problem = None
        return changed

    async def fetch(self) -> bool:
        """Ask the publisher, if the configuration names one; True if another bundle is mirrored now.

        A failure is logged once, however often it is met.
        """
        if self._publisher is None:
            return False
        changed = False
        try:
            bundle = await self._publisher.fetch()
            if bundle is not None:
                self._refused_publication = None
                try:
                    changed = await self._accept(bundle)
                except KeysError as error:
                    self._refused_publication = message(
                        "the bundle of {address} was refused: {error}",
                        address=self._publisher.address,
                        error=text_of(error),
                    )
                self._publisher.settled()
            problem = self._refused_publication  # what was refused before is refused still
        except (PublisherError, OSError) as error:
            problem = str(error)
        if problem is not None and problem != self.publisher_problem:
            _log.error("directory_not_fetched", reason=problem)
        self.publisher_problem = problem
        return changed

    async def _accept(self, bundle: bytes) -> bool:
        """Verify a bundle and mirror it; True if it is another one. Raises KeysError, OSError."""
        async with self._changing:
            mirrored = await asyncio.to_thread(self._refresh, bundle)
            changed = self.current is None or mirrored.etag != self.current.etag
            self.current = mirrored
        if changed:
            await asyncio.to_thread(memory.trim)
            _log.info("directory_accepted", version=mirrored.directory.targets_version, etag=mirrored.etag)
        return changed

    def _load(self) -> Mirrored:
        return self._mirrored(self._trusted.load())

    def _read_dropped(self) -> bytes:
        with self._dropped.open("rb") as file:
            return file.read(MAX_BUNDLE_BYTES + 1)

    def _refresh(self, bundle: bytes) -> Mirrored:
        return self._mirrored(self._trusted.refresh(bundle))

    def _mirrored(self, directory: Directory) -> Mirrored:
        bundle = OpenBundle(self._trusted.file)
        digest = etag(bundle.read(0, bundle.size))
        enrolled = frozenset(entry.id for entry in directory.authorities())
        self._trusted.forget()
        return Mirrored(_lean(directory), bundle, digest, enrolled)


def _lean(directory: Directory) -> Directory:
    """A relay asks who is enrolled, and for online keys: all else is nine tenths of what entries take in memory."""
    entries = {name: _without_documents(entry) for name, entry in directory.authority_entries.items()}
    return replace(directory, authority_entries=entries)


def _without_documents(entry: AuthorityEntry) -> AuthorityEntry:
    """Without what is for people and the keys that documents are checked by, which a relay never sees."""
    key_sets = tuple(
        KeySet(
            version=each.version,
            online=each.online,
            ed25519=b"",
            mldsa65=b"",
            since=each.since,
            until=each.until,
            compromised_since=each.compromised_since,
        )
        for each in entry.key_sets
    )
    return AuthorityEntry(
        id=entry.id,
        state=entry.state,
        names={},
        competences=(),
        relay=entry.relay,
        key_sets=key_sets,
        since=entry.since,
        until=entry.until,
        former_terms=entry.former_terms,
    )
