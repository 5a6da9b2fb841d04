"""`rogatory-node run`: opens what is kept, starts what runs, and ends it in order."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable
from typing import Final, NoReturn

import structlog
from aiohttp import web

from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import KeysError
from rogatory.node.api.context import BACKUP, COURIER, DOSSIERS, HANDOVER, LARGEST, TRANSFERS
from rogatory.node.api.guard import Callers
from rogatory.node.api.server import build_app, serve
from rogatory.node.assembly import start_node
from rogatory.node.backup.writing import BackupSource
from rogatory.node.config import NodeConfig, load_config
from rogatory.node.courier.desk import CourierDesk
from rogatory.node.dossiers.exporting import DossierSource
from rogatory.node.errors import Conflict, NodeError, NotFound
from rogatory.node.folder import Address, NodeFolder
from rogatory.node.log import configure_log
from rogatory.node.officers.registering import tokens
from rogatory.node.renewal.handover import handover_key
from rogatory.node.renewal.keyring import KeyRing
from rogatory.node.setup import open_key_sets
from rogatory.node.store.database import Database
from rogatory.node.worker import Worker
from rogatory.protocol.text import message

COLLECT_AFTER: Final = 10_000
"""Objects made and kept, after which Python looks for cycles among them: most of what a node makes is in none."""

_log = structlog.get_logger()


class _Stopped(Exception):
    """Ends the daemon's tasks: a signal asked for it."""


def run(folder: NodeFolder, passphrase: Callable[[], bytes], ready: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT. `passphrase()` is asked for once; `ready(url)` is called when the API answers.

    Raises NodeError and KeysError where the node cannot start, each with the file and the next step.
    """
    folder.check()
    config = load_config(folder.config)
    configure_log(config.log_level)
    gc.freeze()  # what was imported stays
    gc.set_threshold(COLLECT_AFTER)
    with folder.locked():
        identities, database_key = open_key_sets(folder, passphrase())
        keys = KeyRing(identities)
        if keys.authority != config.authority:
            raise Conflict(
                message(
                    "{config} names {authority}, the vault holds the keys of {own}",
                    config=folder.config,
                    authority=config.authority,
                    own=keys.authority,
                ),
                message("put the right vault or settings in the folder"),
            )
        trusted = TrustedDirectory(folder.directory, _root(folder), keeps_history=True)
        database = Database(folder.database, database_key)
        try:
            asyncio.run(_run(folder, config, keys, handover_key(database_key), trusted, database, ready))
        except ExceptionGroup as group:
            raise _told(group) from None
        finally:
            database.close()


def _told(group: ExceptionGroup[Exception]) -> Exception:
    """What a task ended the daemon with: the error that explains itself, if there is one."""
    known = group.subgroup((NodeError, KeysError))
    error: Exception = known or group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _root(folder: NodeFolder) -> bytes:
    try:
        return folder.root.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            message("{root} is missing: all trust in the directory starts there", root=folder.root),
            message("get root.json from the directory's trustees by a way you trust, and compare its fingerprint"),
        ) from None


async def _run(
    folder: NodeFolder,
    config: NodeConfig,
    keys: KeyRing,
    handover: bytes,
    trusted: TrustedDirectory,
    database: Database,
    ready: Callable[[str], None],
) -> None:
    worker = Worker()
    try:
        async with asyncio.TaskGroup() as tasks:
            running = await start_node(tasks, worker, config, keys, trusted, database, folder.attachments)
            callers = Callers(folder.ensure_token())
            callers.officers = await running.node.query(tokens)
            app = build_app(running.node, running.links, running.keeper, callers, config)
            app[TRANSFERS], app[LARGEST] = running.transfers, config.attachment_most
            app[COURIER] = CourierDesk(running.node, running.keeper, running.transfers.files)
            app[BACKUP] = BackupSource(folder, config.authority, database)
            app[DOSSIERS] = DossierSource(database, running.transfers.files, trusted)
            app[HANDOVER] = handover
            tasks.create_task(_serve(app, config, folder, ready), name="api")
    except* _Stopped:
        _log.info("stopped")
    finally:
        worker.close()


async def _serve(
    app: web.Application, config: NodeConfig, folder: NodeFolder, ready: Callable[[str], None]
) -> NoReturn:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serve(app, config) as url:
        folder.write_address(Address(url, os.getpid()))
        try:
            _log.info("running", authority=config.authority, api=url)
            ready(url)
            await stop.wait()
            raise _Stopped
        finally:
            folder.clear_address()
