"""Random histories of appends, many in one transaction, against the model, over PostgreSQL."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.relay.postgres import PostgreSQLServer
from tests.relay.postgresql.conftest import opened
from tests.relay.test_log_model import AUTHORS, CHANNELS, Step, run, steps

_EMPTY = """
    DO $$ BEGIN EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY' FROM pg_tables
        WHERE schemaname = current_schema() AND tablename NOT IN ('alembic_version', 'about'));
    END $$"""


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(steps, min_size=1, max_size=12), max_size=6))
def test_the_store_does_what_the_rules_say(server: PostgreSQLServer, database: str, batches: list[list[Step]]) -> None:
    async def history() -> None:
        store = await opened(database)
        server.execute(_EMPTY, database=database.rpartition("/")[2])
        try:
            founding = Step(AUTHORS[0], CHANNELS[0], "found", 0, 99, frozenset(AUTHORS), True)
            await run([[founding], *batches], store)
        finally:
            await store.close()

    asyncio.run(history())
