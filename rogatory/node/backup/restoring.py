"""Restoring: a node's folder from a backup. It holds no group state, so that the node rejoins every channel.

How a channel of the backup goes on:

    it was                      | becomes   | and then
    ----------------------------|-----------|----------------------------------------------------------
    open, rejoining             | rejoining | another member's node lets it in again
    founding                    | founding  | founded anew; if it stands at the relay, rejoined
    awaited                     | awaited   | the invitation cannot be opened, which leads to a rejoin
    closing                     | closing   | followed without keys, as by who founded it not
    halted, refused, closed     | the same  | as before: a person decides

Channels that are younger than the backup are learnt from the relay.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from rogatory.keys.errors import DamagedVault, WrongPassphrase
from rogatory.keys.files import sync_folder, write_atomically
from rogatory.keys.identity import Identity
from rogatory.keys.vault import open_vault, rewrite_vault
from rogatory.node.backup.container import PURPOSE, FileRecord, Record, RowsRecord, StampRecord, read_vault, unseal
from rogatory.node.backup.contents import kept_columns, kept_tables, stored_type
from rogatory.node.backup.errors import DamagedBackup
from rogatory.node.channels.states import ChannelState
from rogatory.node.errors import Conflict, NotFound
from rogatory.node.folder import NodeFolder
from rogatory.node.inbox.events import EventKind
from rogatory.node.setup import DATABASE_KEY, IDENTITY, KEY_LENGTH
from rogatory.node.store import attachments, channels, outbox, own_entries, schema
from rogatory.node.store.database import Database, derive_key
from rogatory.node.store.events import EventRow, add_event
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.own_entries import EntryKind, EntryState
from rogatory.protocol.text import counted, message, text_of

Random = Callable[[int], bytes]

REJOINS: Final = (ChannelState.OPEN, ChannelState.REJOINING)


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore made. `taken_at`: when the backup was taken, Unix seconds."""

    authority: str
    folder: str
    taken_at: float
    rejoins: int
    """Channels that the node asks to be let in again to."""
    unsent: int
    """Documents that no log had shown yet: they are sent (again; recipients keep one)."""


def restore(backup: Path, folder: NodeFolder, passphrase: bytes, *, now: float, random: Random) -> Restored:
    """Make a node's folder from a backup, whole or not at all. `passphrase`: of the vault as the backup was taken.

    Raises Conflict if something is in the folder, NotFound, DamagedBackup, WrongPassphrase.
    """
    if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        raise Conflict(
            message("{path} exists and is not empty: nothing was changed", path=folder.path),
            message("name another folder"),
        )
    try:
        file = backup.open("rb")
    except FileNotFoundError:
        raise NotFound(message("{backup} does not exist", backup=backup), message("name a backup file")) from None
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    with file, tempfile.TemporaryDirectory(dir=folder.path.parent, prefix=f".{folder.path.name}-") as scratch:
        made = NodeFolder(Path(scratch) / "node")
        made.path.mkdir(mode=0o700)
        try:
            restored = _restore(file, made, passphrase, now, random)
        except WrongPassphrase:
            raise WrongPassphrase(
                message(
                    "the passphrase does not open {backup}: it is the one that the vault had when the backup was taken",
                    backup=backup,
                )
            ) from None
        except (DamagedBackup, DamagedVault) as error:
            raise DamagedBackup(
                message("{backup} cannot be restored: {problem}", backup=backup, problem=_without_path(error))
            ) from None
        made.path.rename(folder.path)
    sync_folder(folder.path.parent)
    return msgspec.structs.replace(restored, folder=str(folder.path))


def _without_path(error: Exception) -> str:
    return message("its vault is damaged") if isinstance(error, DamagedVault) else text_of(error)


def _restore(file: BinaryIO, made: NodeFolder, passphrase: bytes, now: float, random: Random) -> Restored:
    vault = read_vault(file)
    write_atomically(made.vault, vault)
    secrets = open_vault(made.vault, passphrase)
    records = unseal(file, vault, derive_key(secrets.secret(DATABASE_KEY), PURPOSE))
    stamp = next(records, None)
    if not isinstance(stamp, StampRecord) or Identity.decode(secrets.secret(IDENTITY)).authority != stamp.authority:
        raise DamagedBackup(message("it does not begin as it should"))
    # A key of its own: whoever has the old disk and its key reads nothing that comes from now on.
    key = random(KEY_LENGTH)
    rewrite_vault(made.vault, passphrase, secrets.with_secret(DATABASE_KEY, key))
    database = Database(made.database, key)
    try:
        with database.begin() as connection:
            # The backup says which edition's schema its rows are of; the empty database just said its own.
            connection.execute(schema.properties.delete())
            for record in records:
                _take(record, connection, made)
            _check_schema(connection)
            rejoins = _part_from_groups(connection)
            taken = datetime.fromtimestamp(stamp.taken_at, UTC)
            summary = counted(
                "this node was restored from a backup of {taken}; it asks to be let in again to {count} channel,"
                " and each correspondent's officer is asked for what was read since",
                "this node was restored from a backup of {taken}; it asks to be let in again to {count} channels,"
                " and each correspondent's officer is asked for what was read since",
                count=rejoins,
                taken=f"{taken:%Y-%m-%d %H:%M} UTC",
            )
            add_event(connection, EventRow(at=now, kind=EventKind.REJOIN, summary=summary))
            unsent = outbox.count_unsent(connection)
    finally:
        database.close()
    made.check()
    return Restored(
        authority=stamp.authority, folder=str(made.path), taken_at=stamp.taken_at, rejoins=rejoins, unsent=unsent
    )


def _take(record: Record, connection: Connection, made: NodeFolder) -> None:
    match record:
        case FileRecord():
            relative = PurePosixPath(record.path)
            if relative.is_absolute() or ".." in relative.parts or made.vault.name == record.path:
                raise DamagedBackup(message("it names a file outside of a node's folder"))
            target = made.path / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, record.data)
        case RowsRecord():
            tables = {table.name: table for table in kept_tables()}
            table = tables.get(record.table)
            if table is None or set(record.columns) != {column.name for column in kept_columns(table)}:
                raise DamagedBackup(message("it was written by another edition of this program"))
            given = {name: bindparam(name, type_=stored_type(table.c[name])) for name in record.columns}
            rows = [dict(zip(record.columns, row, strict=True)) for row in record.rows]
            connection.execute(table.insert().values(given), rows)
        case _:
            raise DamagedBackup(message("it does not go on as it should"))


def _check_schema(connection: Connection) -> None:
    value = schema.properties.c.value
    found: bytes | None = connection.scalar(select(value).where(schema.properties.c.name == "schema"))
    if found != str(schema.SCHEMA_VERSION).encode():
        raise DamagedBackup(
            message(
                "it has schema {found}, this program knows {known}",
                found=(found or b"?").decode(errors="replace"),
                known=schema.SCHEMA_VERSION,
            ),
            message("use the edition of rogatory-node that wrote it"),
        )


def _part_from_groups(connection: Connection) -> int:
    """No channel has a group now; gives how many are to be rejoined (DESIGN section 4, Rejoin)."""
    attachments.part_from_disk(connection)
    requeued: list[int] = []
    for entry in own_entries.outgoing(connection):
        entry.state, entry.body = EntryState.ABANDONED if entry.seq is None else EntryState.DONE, None
        own_entries.update(connection, entry)
        if entry.seq is None and entry.kind is EntryKind.MESSAGE and entry.outbox_number is not None:
            requeued.append(entry.outbox_number)
    outbox.set_state(connection, requeued, OutboxState.QUEUED)
    rejoins = 0
    for row in channels.every(connection, REJOINS):
        row.state, row.rejoins, row.rejoin_after = ChannelState.REJOINING, 0, 0.0
        row.suspect_seq = row.suspect_author = None
        channels.update(connection, row)
        rejoins += 1
    return rejoins
