"""A node put together: core, worker, links and directory keeper, wired to each other and set going."""

from __future__ import annotations

import asyncio
import os
import random as dice
import time
from dataclasses import dataclass
from pathlib import Path

from rogatory.keys.directory.model import RelayEntry
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.node.attachments.files import SealedFiles
from rogatory.node.config import NodeConfig
from rogatory.node.core import Core
from rogatory.node.evidences.stating import Terms
from rogatory.node.healing.schedule import DAY, Schedule
from rogatory.node.link.backoff import Backoff
from rogatory.node.link.keeper import DirectoryKeeper
from rogatory.node.link.link import Link
from rogatory.node.link.links import Links
from rogatory.node.node import Node
from rogatory.node.registry import Registry
from rogatory.node.renewal.keyring import KeyRing
from rogatory.node.store.database import Database
from rogatory.node.timestamping.stamping import Stamper, configured_authority
from rogatory.node.transfers.pace import Hours
from rogatory.node.transfers.transfers import Manner, Transfers
from rogatory.node.worker import Worker


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts of a running node that others speak to."""

    node: Node
    links: Links
    keeper: DirectoryKeeper
    transfers: Transfers


async def start_node(
    tasks: asyncio.TaskGroup,
    worker: Worker,
    config: NodeConfig,
    keys: KeyRing,
    trusted: TrustedDirectory,
    database: Database,
    attachments: Path,
) -> Assembly:
    """Start a node's tasks in `tasks`; they run until those are cancelled. Close `worker` after that.

    `attachments`: the folder of sealed files.
    """
    schedule = Schedule(active=config.refresh_active, idle=config.refresh_idle)
    terms = Terms(config.evidence_delivery, config.evidence_retrieval, config.evidence_officers)
    registry = Registry(schedule, config.close_term_days * DAY, config.attachment_large, terms)
    registry.reminders = config.reminders
    core = Core(
        database,
        keys,
        now=time.time,
        random=os.urandom,
        steady=time.monotonic,
        hooks=registry,
        helpers=worker.helpers,
    )
    node = Node(core, registry, worker)

    def backoff() -> Backoff:
        return Backoff(dice.uniform, config.backoff_first, config.backoff_most)

    keeper = DirectoryKeeper(
        trusted,
        config.relay_urls,
        accepted=node.directory_accepted,
        report=node.trouble,
        every=config.directory_refresh,
        backoff=backoff(),
        now=time.time,
    )

    def link_to(relay: str) -> Link:
        def entry() -> RelayEntry:
            assert keeper.directory is not None
            return keeper.directory.relay(relay)

        return Link(
            entry,
            lambda: node.identity,
            node,
            backoff(),
            now=time.time,
            random=os.urandom,
            patience=config.link_patience,
        )

    links = Links(tasks, link_to)
    node.connect(links, keeper)
    hours = Hours.parse(config.attachment_hours) if config.attachment_hours else None
    transfers = Transfers(
        node,
        SealedFiles(attachments),
        links,
        node.tokens,
        Manner(config.attachment_large, config.attachment_rate, hours),
        lambda: keeper.directory,
        backoff,
    )
    authority = configured_authority(config, attachments.parent)
    await keeper.load()
    if authority is not None:
        tasks.create_task(Stamper(node, authority, backoff(), time.time).run(), name="timestamps")
    tasks.create_task(keeper.run(), name="directory")
    tasks.create_task(node.keep_time(), name="clock")
    tasks.create_task(transfers.run(), name="attachments")
    return Assembly(node, links, keeper, transfers)
