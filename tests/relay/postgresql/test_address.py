"""Where the database is, and the password that is told nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.relay.errors import ConfigError, DatabaseError
from rogatory.relay.store.postgresql import parse_address
from rogatory.relay.store.postgresql.store import PostgreSQLStore
from tests.keys.simulator import DirectorySimulator
from tests.relay.conftest import KE
from tests.relay.postgres import PostgreSQLServer
from tests.relay.postgresql.conftest import QUOTAS
from tests.relay.process import RelayProcess
from tests.relay.test_config_and_commands import run

PASSWORD = "correct horse battery"


@pytest.fixture
def guarded(server: PostgreSQLServer, database: str) -> Iterator[str]:
    """The address of a database that its role `guarded` opens by a password alone."""
    name = database.rpartition("/")[2]
    server.execute("DROP ROLE IF EXISTS guarded", f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
    server.execute(f"ALTER DATABASE {name} OWNER TO guarded")
    rules = server.data / "pg_hba.conf"
    text = rules.read_text()
    if "guarded" not in text:
        rules.write_text("local all guarded scram-sha-256\nhost all guarded all scram-sha-256\n" + text)
    server.execute("SELECT pg_reload_conf()")
    yield f"postgresql+asyncpg://guarded@127.0.0.1:{server.port}/{name}"
    server.execute(
        f"ALTER DATABASE {name} OWNER TO postgres", f"DROP DATABASE {name} WITH (FORCE)", "DROP ROLE guarded"
    )


def test_addresses(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hush\n")
    address = parse_address("postgresql+asyncpg://relay@db.example.org/rogatory", secret)
    assert address.password == "hush"
    assert "hush" not in repr(address)
    assert address.told == "rogatory at db.example.org"
    assert address.dsn.endswith("sslmode=verify-full"), "over a network the server proves who it is"
    for telling in ("relay:hush@db.example.org/rogatory", "relay@db.example.org/rogatory?password=hush"):
        with pytest.raises(ConfigError, match="holds a password") as refused:
            parse_address(f"postgresql+asyncpg://{telling}")
        assert "hush" not in str(refused.value)
    for wrong in ("mysql://a@b/c", "postgresql+asyncpg://db.example.org", "postgresql+asyncpg://u@h:port/name"):
        with pytest.raises(ConfigError, match="write it like"):
            parse_address(wrong)


async def test_a_password_opens_the_database_and_a_wrong_one_is_not_told(guarded: str, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    store = await PostgreSQLStore.open(parse_address(guarded, secret), "relay.one", bytes, QUOTAS)
    await store.probe()
    await store.close()
    secret.write_text("wrong horse\n")
    with pytest.raises(DatabaseError, match="28P01") as refused:
        await PostgreSQLStore.open(parse_address(guarded, secret), "relay.one", bytes, QUOTAS)
    assert "horse" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_socket_is_named_by_its_folder(server: PostgreSQLServer, database: str) -> None:
    name = database.rpartition("/")[2]
    address = parse_address(f"postgresql+asyncpg://relay@/{name}?host={server.folder}&port={server.port}")
    store = await PostgreSQLStore.open(address, "relay.one", bytes, QUOTAS)
    await store.probe()
    await store.close()


def test_the_relay_takes_the_password_from_the_environments_file(guarded: str, tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path, DirectorySimulator([KE]), settings={"database": guarded})
    server, _, rest = guarded.partition("@")[2].partition(":")
    port, _, name = rest.partition("/")
    places = tmp_path / "passwords"
    places.write_text(f"{server}:{port}:{name}:guarded:{PASSWORD}\n")
    places.chmod(0o600)
    done = run("check", "--config", str(relay.config), PGPASSFILE=str(places))
    assert "can be written" in done.stdout, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
