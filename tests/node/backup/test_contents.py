"""Nothing of a node's database is forgotten, and nothing secret slips in."""

from __future__ import annotations

from rogatory.node.backup.contents import KEPT, LEFT_OUT, SECRET, kept_columns, kept_tables
from rogatory.node.store.schema import metadata


def test_every_table_is_either_kept_or_secret() -> None:
    assert KEPT.isdisjoint(SECRET)
    assert set(metadata.tables) == KEPT | SECRET


def test_no_kept_column_holds_private_keys_or_group_state() -> None:
    names = {f"{table.name}.{column.name}" for table in kept_tables() for column in kept_columns(table)}
    assert not {name for name in names if "secret" in name or "group_" in name}
    assert "own_entries.body_hash" in names
    assert not {name for name in names if name.startswith("own_bodies")}


def test_what_is_left_out_may_be_absent() -> None:
    for table, columns in LEFT_OUT.items():
        assert all(metadata.tables[table].c[name].nullable for name in columns)
