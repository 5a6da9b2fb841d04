"""Keeps this node's directory current: asks relays for their mirror, verifies, and hands on what was accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

import structlog

from rogatory.keys.directory.bundle import etag
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.expiry import expiry_warnings
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import DirectoryRefused, IncompleteBundle, KeysError, RolledBack
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import NodeError
from rogatory.node.link.address import RelayAddress, addresses_of, parse_address
from rogatory.node.link.backoff import Backoff
from rogatory.node.link.fetch import FetchFailed, fetch_bundle
from rogatory.protocol.text import message, text_of

MIRROR_LAG: Final = 600.0
"""Seconds for which one mirror of several may be behind the others before it is reported."""

GATHER: Final = 0.1
"""Seconds in which wishes are gathered: a relay that announces again and again is asked ten times a second at most."""

BOOTSTRAP: Final = "bootstrap"
"""Stands for a relay where the settings name an address and no directory names a relay yet."""

_log = structlog.get_logger()

Accepted = Callable[[Directory], Awaitable[None]]
Report = Callable[[str, Trouble, str], Awaitable[None]]


class DirectoryKeeper:
    """Holds the trusted directory in its folder, and refreshes it for as long as `run` runs."""

    def __init__(
        self,
        trusted: TrustedDirectory,
        relay_urls: tuple[str, ...],
        *,
        accepted: Accepted,
        report: Report,
        every: float,
        backoff: Backoff,
        now: Callable[[], float],
    ) -> None:
        """`every`: seconds between refreshes; `report(relay, code, explanation)` tells the officer of a bad mirror."""
        self._trusted = trusted
        self._bootstrap = [parse_address(url) for url in relay_urls]
        self._accepted = accepted
        self._report = report
        self._every = every
        self._backoff = backoff
        self._now = now
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._accepting = asyncio.Lock()
        self._held: str | None = None
        self._behind_since: dict[str, float] = {}
        self._reported: dict[str, str] = {}
        self.directory: Directory | None = None
        self.last_error: str | None = None
        self.refreshed_at: float | None = None
        self._warned_at = 0.0

    async def load(self) -> None:
        """Use the directory that was accepted last, if there is one, even if it has run out since."""
        try:
            directory = await asyncio.to_thread(self._trusted.load)
            self._held = etag(self._trusted.bundle())
        except IncompleteBundle as error:
            self.last_error = text_of(error)
            return
        self.directory = directory
        await self._accepted(directory)

    def holds(self, digest: bytes) -> bool:
        """Whether the bundle with this SHA-256 is the one last accepted."""
        return digest.hex() == self._held

    def want(self, relay: str) -> None:
        """Ask this relay soon: it has, or should have, another directory."""
        self._wanted.add(relay)
        self._wake.set()

    async def run(self) -> NoReturn:
        """Refresh at once, then when wanted and at intervals; until the first directory with growing pauses."""
        relays = self._relays()
        while True:
            answered = [await self._ask(relay) for relay in relays]
            if any(answered):
                self._backoff.failures = 0
            self._warn()
            pause = self._every if any(answered) and self.directory is not None else self._backoff.next()
            relays = await self._pause(min(pause, self._every))

    def _warn(self) -> None:
        """Say in the log, now and then, which roles are near their end or past it."""
        if self.directory is None or self._now() < self._warned_at + self._every:
            return
        self._warned_at = self._now()
        for warning in expiry_warnings(self.directory, self._now()):
            _log.warning("directory_runs_out", role=warning.role, expired=warning.expired, explanation=warning.message)

    async def _pause(self, seconds: float) -> list[str]:
        """Wait; returns the relays to ask next."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return self._relays()
        await asyncio.sleep(GATHER)
        wanted, self._wanted = self._wanted, set()
        self._wake.clear()
        known = set(self._relays())
        return sorted(wanted & known) or self._relays()

    def _relays(self) -> list[str]:
        return [BOOTSTRAP] if self.directory is None else [entry.id for entry in self.directory.relays()]

    def _addresses(self, relay: str) -> list[RelayAddress]:
        if relay == BOOTSTRAP:
            return self._bootstrap
        assert self.directory is not None
        return addresses_of(self.directory.relay(relay))

    async def _ask(self, relay: str) -> bool:
        """Whether the relay answered with a directory that is, or now becomes, ours."""
        try:
            for address in self._addresses(relay):
                try:
                    bundle = await fetch_bundle(address, self._held)
                except FetchFailed as error:
                    self.last_error = text_of(error)
                    continue
                if bundle is not None:
                    await self._offer(relay, bundle)
                self.refreshed_at, self.last_error = self._now(), None
                self._reported.pop(relay, None)
                self._behind_since.pop(relay, None)
                return True
        except (KeysError, NodeError) as error:
            self.last_error = message("{relay}: {error}", relay=relay, error=text_of(error))
            await self._refused(relay, error)
        return False

    def examine(self, bundle: bytes) -> Directory:
        """What would be accepted of a bundle that came by courier; blocks. Raises KeysError."""
        return self._trusted.examine(bundle)

    async def brought(self, relay: str, bundle: bytes) -> None:
        """Accept a bundle that `relay` gave by courier. Raises KeysError."""
        await self._offer(relay, bundle)
        self.refreshed_at, self.last_error = self._now(), None

    async def _offer(self, relay: str, bundle: bytes) -> None:
        async with self._accepting:
            directory = await asyncio.to_thread(self._trusted.refresh, bundle)
        self._held = etag(bundle)
        if self.directory is None or _versions(directory) != _versions(self.directory):
            self.directory = directory
            _log.info("directory_accepted", version=directory.targets_version, relay=relay)
            await self._accepted(directory)

    async def _refused(self, relay: str, error: KeysError | NodeError) -> None:
        """Report a mirror that offers what must not be accepted, once until it changes."""
        _log.warning("directory_refused", relay=relay, because=str(error))
        if isinstance(error, RolledBack) and len(self._relays()) > 1:
            since = self._behind_since.setdefault(relay, self._now())
            if self._now() - since < MIRROR_LAG:
                return
        if isinstance(error, KeysError) and self._reported.get(relay) != type(error).__name__:
            self._reported[relay] = type(error).__name__
            refused = isinstance(error, DirectoryRefused)
            code = Trouble.DIRECTORY_REFUSED if refused else Trouble.DIRECTORY_EXPIRED
            await self._report(
                relay,
                code,
                message("the directory that {relay} mirrors was refused: {error}", relay=relay, error=text_of(error)),
            )


def _versions(directory: Directory) -> tuple[int, int, int, int]:
    return (
        directory.root_version,
        directory.timestamp_version,
        directory.snapshot_version,
        directory.targets_version,
    )
