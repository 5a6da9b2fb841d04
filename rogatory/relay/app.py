"""Wiring: what a relay is made of, how it starts and how it stops."""

from __future__ import annotations

import asyncio
import signal
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from rogatory.keys.identity import RelayKeys
from rogatory.languages.system import reason_of
from rogatory.protocol.frames.server import Code
from rogatory.protocol.text import message
from rogatory.relay import memory
from rogatory.relay.acknowledgements import AcknowledgementDesk
from rogatory.relay.admin.socket import AdminSocket
from rogatory.relay.blob_http import BlobEndpoints
from rogatory.relay.blobs.objects import Objects
from rogatory.relay.config import RelayConfig
from rogatory.relay.courier.desk import CourierDesk
from rogatory.relay.errors import ConfigError, Farewell, RelayError
from rogatory.relay.expiry import ExpiryWatch
from rogatory.relay.handshake import check_standing
from rogatory.relay.http import Endpoints
from rogatory.relay.hub import Hub
from rogatory.relay.key_file import read_keys
from rogatory.relay.link import Link
from rogatory.relay.metrics import Metrics
from rogatory.relay.mirror import Mirror, Mirrored
from rogatory.relay.retention import Retention
from rogatory.relay.services import Services
from rogatory.relay.store.interface import Quotas, Store
from rogatory.relay.store.postgresql import Address, is_address, parse_address
from rogatory.relay.store.sqlite import SQLiteStore
from rogatory.relay.tls import link_binding, server_context

GOODBYE_SECONDS: Final = 15.0
_OF_A_PROXY: Final = 3600.0
_log = structlog.get_logger()


def relay_keys(config: RelayConfig) -> RelayKeys:
    """The relay's keys as the configuration says. Raises ConfigError, KeysError."""
    passphrase_file = Path(config.path(config.passphrase_file)) if config.passphrase_file is not None else None
    return read_keys(config.path(config.keys), passphrase_file)


async def open_store(
    config: RelayConfig, keys: RelayKeys, metrics: Metrics, broken: Callable[[], None] = lambda: None
) -> Store:
    """The store of the configuration. Raises ConfigError, DatabaseError."""
    kept = config.quotas
    quotas = Quotas(kept.stored_bytes, kept.channels, kept.key_packages, kept.blob_bytes, kept.blob_size, kept.blobs)
    common = keys.relay, keys.receipt.sign, quotas, metrics.committed, broken
    if is_address(config.database):
        from rogatory.relay.store.postgresql.store import PostgreSQLStore  # not without need: 15 MB

        poll_seconds = config.replicas.poll_seconds
        return await PostgreSQLStore.open(database_address(config), *common, poll_seconds=poll_seconds)
    return await SQLiteStore.open(config.path(config.database), *common)


def database_address(config: RelayConfig) -> Address:
    """Where the PostgreSQL of the configuration is. Raises ConfigError."""
    file = config.database_password_file
    return parse_address(config.database, None if file is None else config.path(file))


def database_told(config: RelayConfig) -> str:
    """The database of the configuration as messages name it."""
    return database_address(config).told if is_address(config.database) else str(config.path(config.database))


class Relay:
    """One relay process. `run` serves until it is told to stop."""

    def __init__(self, config: RelayConfig) -> None:
        self._config = config
        self._stop = asyncio.Event()
        self._broken = False

    def stop(self) -> None:
        """Shut down in order."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `stop`. Raises RelayError or KeysError if it cannot start or go on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        config = self._config
        keys = relay_keys(config)
        tls, binding = server_context(config), link_binding(config)
        objects = Objects.open(config.blobs, config.folder)
        mirror = Mirror(config)
        await mirror.load()
        memory.settle()
        metrics = Metrics()
        if mirror.current is not None:
            metrics.show(mirror.current.directory)
        store = await open_store(config, keys, metrics, self._store_broken)
        try:
            hub = Hub()
            store.listen(hub.on_events, hub.followers)
            desk = AcknowledgementDesk(store, metrics)
            services = Services(config, keys, binding, store, mirror, metrics, hub, desk, objects)
            metrics.watch(lambda: store.writable, lambda: services.appending.taken)
            await self._serve(services, tls)
            await desk.close()
        finally:
            await store.close()
        if self._broken:
            raise RelayError(message("the relay met a defect and stopped: see the log; nothing accepted is lost"))
        _log.info("stopped")

    async def _serve(self, services: Services, tls: ssl.SSLContext | None) -> None:
        link = Link(services)
        app = web.Application()
        app.router.add_get("/v1/link", link.handle)
        app.router.add_routes(Endpoints(services).routes())
        app.router.add_routes(BlobEndpoints(services).routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, keepalive_timeout=_idle(self._config))
        await runner.setup()
        site = web.TCPSite(runner, self._config.listen, self._config.port, ssl_context=tls, backlog=1024)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(
                message(
                    "cannot listen on {listen}:{port}: {error}",
                    listen=self._config.listen,
                    port=self._config.port,
                    error=reason_of(error),
                )
            ) from None
        retention = Retention(services.store, services.objects, self._config.retention, services.metrics)
        admin = AdminSocket(self._config.socket, CourierDesk(services), retention)
        try:
            await admin.start()
        except ConfigError:
            await runner.cleanup()
            raise

        def directory_changed(mirrored: Mirrored) -> None:
            services.metrics.show(mirrored.directory)
            services.hub.directory_changed(mirrored.digest)
            for session in services.hub.sessions:
                check_standing(session, mirrored)

        expiry = ExpiryWatch(services.mirror)
        work = (retention.run(), services.mirror.watch(directory_changed), expiry.run())
        upkeep = [asyncio.create_task(each) for each in work]
        for task in upkeep:
            task.add_done_callback(self._upkeep_ended)
        _log.info("listening", relay=services.keys.relay, address=runner.addresses[0][0], port=runner.addresses[0][1])
        try:
            await self._stop.wait()
        finally:
            link.closing = True
            await site.stop()
            for task in upkeep:
                task.cancel()
            await admin.close()
            await _say_goodbye(services.hub)
            await runner.cleanup()

    def _store_broken(self) -> None:
        self._broken = True
        self.stop()

    def _upkeep_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("upkeep_broke", kind=type(error).__name__, error=str(error))
            self._broken = True
            self.stop()


def _idle(config: RelayConfig) -> float:
    """Seconds for which a connection may stand without a request: each takes a descriptor, from anybody.

    A proxy bounds its clients itself, and keeps its own connections for long. Nodes let theirs go after 15 seconds.
    """
    return 2 * config.limits.handshake_seconds if config.behind_proxy_certificate is None else _OF_A_PROXY


async def _say_goodbye(hub: Hub) -> None:
    for session in hub.sessions:
        session.end(Farewell(Code.SHUTTING_DOWN, message("the relay is shutting down: come back in a moment")))
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await hub.empty()
