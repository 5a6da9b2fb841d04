"""MLS state of channels: what an epoch fixes apart from what every message changes. SQL only."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.node.store.prepared import Prepared
from rogatory.node.store.schema import metadata


class Role(StrEnum):
    """Which of a channel's groups it is."""

    CURRENT = "current"
    PENDING = "pending"
    """After this node's own commit, until that is read back from the log."""


def _table(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("channel", LargeBinary, primary_key=True),
        Column("role", String, primary_key=True),
        Column("state", LargeBinary, nullable=False),
    )


# Apart, so that a message rewrites its own small row only.
_epochs = _table("group_epochs")
_messages = _table("group_messages")


def _put(table: Table) -> Prepared:
    statement = insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=["channel", "role"], set_={"state": statement.excluded.state}
    )
    return Prepared(statement, ("channel", "role", "state"))


_PUT_EPOCH: Final = _put(_epochs)
_PUT_MESSAGES: Final = _put(_messages)


def put_epoch(connection: Connection, channel: bytes, role: Role, state: bytes) -> None:
    """Store what changes with an epoch."""
    _PUT_EPOCH.run(connection, channel=channel, role=role, state=state)


def put_messages(connection: Connection, channel: bytes, role: Role, state: bytes) -> None:
    """Store what changes with every message."""
    _PUT_MESSAGES.run(connection, channel=channel, role=role, state=state)


def get(connection: Connection, channel: bytes, role: Role) -> tuple[bytes, bytes] | None:
    """(epoch state, message state)."""
    query = (
        select(_epochs.c.state, _messages.c.state)
        .join(_messages, (_messages.c.channel == _epochs.c.channel) & (_messages.c.role == _epochs.c.role))
        .where(_epochs.c.channel == channel, _epochs.c.role == role)
    )
    found = connection.execute(query).first()
    return None if found is None else (found[0], found[1])


def delete(connection: Connection, channel: bytes, role: Role) -> None:
    """Delete a group; its keys are gone (the database is opened with secure_delete)."""
    for table in (_epochs, _messages):
        connection.execute(table.delete().where(table.c.channel == channel, table.c.role == role))
