"""Looking into, and meddling with, the database of a node whose process does not run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rogatory.node.channels.profile import restore_group
from rogatory.node.setup import open_key_sets
from rogatory.node.store import groups
from rogatory.node.store.database import Database
from rogatory.node.store.groups import Role
from rogatory.node.transaction import Tx
from rogatory.protocol.mls.group import Group
from tests.node.process import PASSPHRASE, NodeProcess

T = TypeVar("T")


@contextmanager
def database_of(node: NodeProcess) -> Iterator[Database]:
    """Its database, opened with the key in its vault."""
    assert node.process is None, "it runs"
    database = Database(node.folder.database, open_key_sets(node.folder, PASSPHRASE)[1])
    try:
        yield database
    finally:
        database.close()


def run_in(node: NodeProcess, command: Callable[[Tx], T]) -> T:
    """Run a command of the product in its database, without a directory."""
    with database_of(node) as database, database.begin() as connection:
        return command(Tx(connection, node.simulator.identity(node.authority), time.time(), os.urandom))


def group_of(node: NodeProcess, channel: bytes) -> Group:
    """Its group of a channel."""
    stored = run_in(node, lambda tx: groups.get(tx.connection, channel, Role.CURRENT))
    assert stored is not None, f"{node.authority} holds no group of {channel.hex()[:8]}"
    return restore_group(*stored)
