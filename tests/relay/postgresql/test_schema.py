"""The schema: made, checked, brought up to date; and every statement of the store against it."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql as dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from rogatory.relay.errors import DatabaseError
from rogatory.relay.store import migrations, postgresql
from rogatory.relay.store.postgresql import parse_address
from rogatory.relay.store.postgresql.schema import upgrade
from rogatory.relay.store.postgresql.store import PostgreSQLStore
from rogatory.relay.store.schema import metadata
from tests.keys.simulator import DirectorySimulator
from tests.relay.conftest import KE, TZ
from tests.relay.postgres import PostgreSQLServer
from tests.relay.postgresql.conftest import QUOTAS, opened
from tests.relay.process import RelayProcess
from tests.relay.test_config_and_commands import run
from tests.relay.test_retention import Log

_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
    WHERE table_schema = current_schema() ORDER BY 1, 2"""
_INDEXES = """
    SELECT tablename, regexp_replace(indexdef, ' WITH \\(.*?\\)', '') FROM pg_indexes
    WHERE schemaname = current_schema() ORDER BY 1, 2"""
_OF_REPLICAS = ("changes", "sessions", migrations.VERSION_TABLE)


def name_of(database: str) -> str:
    return database.rpartition("/")[2]


def at_revision(server: PostgreSQLServer, revision: str) -> str:
    """The address of a database as a program of that revision left it."""
    database = server.create_database()
    server.execute("GRANT ALL ON SCHEMA public TO relay", database=name_of(database))
    script = migrations.upgrade_script("postgresql", None, revision)
    owner = "INSERT INTO about (name, value) VALUES ('relay', 'relay.one')"
    server.execute("SET ROLE relay", script, owner, database=name_of(database))
    return database


async def test_the_history_ends_at_the_schema_of_the_program(server: PostgreSQLServer, database: str) -> None:
    await (await opened(database)).close()
    plain = server.create_database()
    for table in metadata.sorted_tables:
        server.execute(str(CreateTable(table).compile(dialect=dialect.dialect())), database=name_of(plain))
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
            server.execute(str(CreateIndex(index).compile(dialect=dialect.dialect())), database=name_of(plain))
    for question in (_COLUMNS, _INDEXES):
        migrated = [row for row in server.fetch(question, name_of(database)) if row[0] not in _OF_REPLICAS]
        assert migrated == server.fetch(question, name_of(plain)), "store.schema changed: add a revision to migrations"


async def test_every_statement_fits_the_schema(server: PostgreSQLServer, database: str) -> None:
    await (await opened(database)).close()
    statements = []
    for found in pkgutil.iter_modules(postgresql.__path__, postgresql.__name__ + "."):
        for value in vars(importlib.import_module(found.name)).values():
            if isinstance(value, str) and value.split()[:1] and value.split()[0] in (
                "SELECT", "INSERT", "UPDATE", "DELETE", "WITH",
            ):  # fmt: skip
                statements.append(value)
    assert len(statements) > 60

    async def prepare(connection: Any) -> None:
        for statement in statements:
            await connection.prepare(statement)

    server.ask(prepare, name_of(database))


async def test_a_filled_database_of_an_earlier_revision_is_upgraded_and_goes_on(
    server: PostgreSQLServer, tmp_path: Path
) -> None:
    database = at_revision(server, "0001")
    server.execute(
        "INSERT INTO usage VALUES ('ke.central', 100, 1)",
        "INSERT INTO channels (channel, founder, created, seq, head, last_commit, access, cleared)"
        " VALUES (decode(repeat('ab', 32), 'hex'), 'ke.central', 1, 1, decode(repeat('cd', 32), 'hex'), 1, '', 0)",
        "INSERT INTO members (channel, authority, first) VALUES (1, 'ke.central', 1)",
        database=name_of(database),
    )
    with pytest.raises(DatabaseError, match=r"revision 0001.*rogatory-relay database upgrade"):
        await opened(database)
    assert await upgrade(parse_address(database), "relay.one") == ("0001", migrations.head())
    assert await upgrade(parse_address(database), "relay.one") == (migrations.head(), migrations.head())
    store = await opened(database)
    assert (await store.view(b"\xab" * 32, KE)).head.seq == 1
    log = Log(store, tmp_path)
    await log.append(KE, base=0, access=[KE, TZ])
    assert await log.readable(TZ) == [1]
    await store.close()


async def test_a_schema_that_is_not_known_is_refused(server: PostgreSQLServer, database: str) -> None:
    await (await opened(database)).close()
    server.execute("UPDATE alembic_version SET version_num = '9999'", database=name_of(database))
    for refused in (opened(database), upgrade(parse_address(database), "relay.one")):
        with pytest.raises(DatabaseError, match="revision 9999, which this program does not know"):
            await refused


async def test_another_programs_or_relays_database_is_refused(server: PostgreSQLServer, database: str) -> None:
    foreign = server.create_database()
    server.execute("CREATE TABLE public.other (x int)", database=name_of(foreign))
    with pytest.raises(DatabaseError, match="another program"):
        await opened(foreign)
    await (await opened(database)).close()
    with pytest.raises(DatabaseError, match=r"belongs to relay\.one, not to relay\.two"):
        await PostgreSQLStore.open(parse_address(database), "relay.two", bytes, QUOTAS)


async def test_replicas_that_start_at_once_make_the_schema_once(database: str) -> None:
    stores = await asyncio.gather(*(opened(database) for _ in range(4)))
    for store in stores:
        await store.probe()
        await store.close()


async def test_a_database_that_would_lose_what_it_accepted_is_refused(server: PostgreSQLServer, database: str) -> None:
    server.execute(f"ALTER DATABASE {name_of(database)} SET synchronous_commit = off")
    with pytest.raises(DatabaseError, match="synchronous_commit = off"):
        await opened(database)


def test_the_command_upgrades(server: PostgreSQLServer, tmp_path: Path) -> None:
    database = at_revision(server, "0001")
    relay = RelayProcess(tmp_path, DirectorySimulator([KE]), settings={"database": database})
    refused = run("run", "--config", str(relay.config))
    assert refused.returncode == 5
    assert "rogatory-relay database upgrade" in refused.stderr
    done = run("database", "upgrade", "--config", str(relay.config))
    assert (done.returncode, done.stdout) == (0, f"schema revision 0001 -> {migrations.head()}\n")
