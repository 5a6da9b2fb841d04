"""A database that fails for a while: what was begun is undone, and goes on once it works again."""

from __future__ import annotations

import pytest
import sqlalchemy

from rogatory.node.store import own_entries
from rogatory.node.store.errors import DatabaseUnavailable
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, texts, write
from tests.node.harness import SimulatedNode

KE, TZ = "ke.central", "tz.central"


def write_much(node: SimulatedNode, matter: str) -> None:
    """More than there is room for."""
    for number in range(50):
        write(node, matter, f"full {number} " + "x" * 3000)


def test_a_full_disk_loses_nothing(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(KE, TZ)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    matter = consult(world, KE, TZ)
    # The pages that the database may have: SQLite says "database or disk is full" beyond.
    with ke.database.begin() as connection:
        pages = connection.execute(sqlalchemy.text("PRAGMA page_count")).scalar_one()
        connection.execute(sqlalchemy.text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(DatabaseUnavailable, match="full"):
        write_much(ke, matter)
    world.settle()
    with ke.database.begin() as connection:
        connection.execute(sqlalchemy.text("PRAGMA max_page_count = 1000000"))
    write(ke, matter, "room again")
    world.settle()
    assert texts(tz, matter)[-1] == "room again"
    assert texts(tz, matter) == texts(ke, matter)
    assert ke.read(lambda tx: own_entries.outgoing(tx.connection)) == []
