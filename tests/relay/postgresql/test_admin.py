"""What `rogatory-relay admin` shows of a database that replicas share."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.keys.simulator import DirectorySimulator
from tests.relay.conftest import KE, TZ
from tests.relay.postgres import PostgreSQLServer
from tests.relay.postgresql.conftest import opened
from tests.relay.process import RelayProcess
from tests.relay.test_config_and_commands import run
from tests.relay.test_retention import Log


async def _fill(database: str, folder: Path) -> None:
    store = await opened(database)
    log = Log(store, folder)
    await log.append(KE, base=0, access=[KE, TZ])
    await asyncio.gather(*(log.append(KE, os.urandom(5_000)) for _ in range(120)))
    await log.acknowledge(TZ, 2)
    await store.close()


def test_what_is_kept_is_shown_and_checked(server: PostgreSQLServer, database: str, tmp_path: Path) -> None:
    asyncio.run(_fill(database, tmp_path))
    relay = RelayProcess(tmp_path, DirectorySimulator([KE, TZ]), settings={"database": database})

    def admin(*arguments: str) -> list[Any]:
        done = run("admin", *arguments, "--json", "--config", str(relay.config))
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    kept = {line["authority"]: line for line in admin("authorities")}
    assert (kept[KE]["bodies"], kept[KE]["founded"], kept[TZ]["channels"]) == (121, 1, 1)
    assert [(line["entries"], line["members"]) for line in admin("channels")] == [(121, 2)]
    assert admin("sizes")
    (report,) = admin("integrity")
    assert (report["entries"], report["findings"]) == (121, [])
    server.execute("UPDATE bodies SET content = 'other' WHERE id = 7", database=database.rpartition("/")[2])
    broken = run("admin", "integrity", "--config", str(relay.config))
    assert broken.returncode == 5
    assert "is not the one that was appended" in broken.stdout
    backup = run("admin", "backup", str(tmp_path / "copy"), "--config", str(relay.config))
    assert backup.returncode == 3
    assert "pg_dump" in backup.stderr
