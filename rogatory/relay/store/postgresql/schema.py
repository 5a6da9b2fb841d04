"""The schema of a database: made where there is none, checked before it is used, brought up to date when asked."""

from __future__ import annotations

from typing import Final

from rogatory.protocol.text import message
from rogatory.relay.errors import DatabaseError
from rogatory.relay.store import migrations
from rogatory.relay.store.postgresql.address import Address
from rogatory.relay.store.postgresql.connection import DATABASE_ERRORS, Connection, connect, told

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('schema of a rogatory relay', 0))"
_TABLES: Final = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
_HAS_VERSION: Final = f"SELECT to_regclass('{migrations.VERSION_TABLE}') IS NOT NULL"
_VERSION: Final = f"SELECT version_num FROM {migrations.VERSION_TABLE}"  # noqa: S608 no input
_SET_OWNER: Final = "INSERT INTO about (name, value) VALUES ('relay', $1)"
_OWNER: Final = "SELECT value FROM about WHERE name = 'relay'"


async def prepare(connection: Connection, address: Address, relay: str) -> None:
    """Make the tables in an empty database; of replicas that start at once, one does it."""
    async with connection.transaction():
        await connection.execute(_LOCK)
        if await connection.fetchval(_HAS_VERSION):
            return
        if await connection.fetchval(_TABLES):
            raise DatabaseError(
                message("{told} is a database of another program: name an empty one", told=address.told)
            )
        await connection.execute(migrations.upgrade_script("postgresql", None))
        await connection.execute(_SET_OWNER, relay)


async def check_schema(connection: Connection, address: Address, relay: str) -> None:
    """Raise DatabaseError unless the database is the relay's own and of the revision that this program works with."""
    found = await _revision(connection, address)
    if found != migrations.head():
        raise DatabaseError(
            message(
                "the database {told} has schema revision {found}, this program works with {head}: stop all"
                " replicas, back the database up, then run rogatory-relay database upgrade",
                told=address.told,
                found=found,
                head=migrations.head(),
            )
        )
    owner = await connection.fetchval(_OWNER)
    if owner != relay:
        raise DatabaseError(
            message(
                "the database {told} belongs to {owner}, not to {relay}: name its own database",
                told=address.told,
                owner=owner,
                relay=relay,
            )
        )


async def upgrade(address: Address, relay: str) -> tuple[str | None, str]:
    """Bring the schema up to date, all or nothing; the revisions before (None: it was empty) and after.

    Raises DatabaseError for a schema of a newer program, or another relay's database.
    """
    try:
        connection = await connect(address)
        try:
            async with connection.transaction():
                await connection.execute(_LOCK)
                before = await _revision(connection, address) if await connection.fetchval(_HAS_VERSION) else None
                if before is not None:
                    script = migrations.upgrade_script("postgresql", before)
                    if before != migrations.head():
                        await connection.execute(script, timeout=None)
            if before is None:
                await prepare(connection, address, relay)
            await check_schema(connection, address, relay)
        finally:
            await connection.close()
    except DATABASE_ERRORS as error:
        raise DatabaseError(
            message(
                "the database {told} cannot be upgraded ({why}): nothing changed",
                told=address.told,
                why=told(error),
            )
        ) from None
    return before, migrations.head()


async def _revision(connection: Connection, address: Address) -> str:
    """The schema's revision; raises DatabaseError if this program does not know it."""
    revision = str(await connection.fetchval(_VERSION))
    if revision not in migrations.known():
        raise DatabaseError(
            message(
                "the database {told} has schema revision {revision}, which this program does not know (it"
                " works with {head}): run the program that belongs to it",
                told=address.told,
                revision=revision,
                head=migrations.head(),
            )
        )
    return revision
