"""`database upgrade`: bring a database that replicas share to the schema of this program."""

import asyncio

import typer

from rogatory.relay.app import database_address, relay_keys
from rogatory.relay.cli.start import DEFAULT_CONFIG, Config
from rogatory.relay.config import load_config
from rogatory.relay.errors import ConfigError
from rogatory.relay.store.postgresql import is_address
from rogatory.relay.store.postgresql.schema import upgrade as upgrade_schema

app = typer.Typer(help="The relay's database.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The relay's database."""


@app.command("upgrade")
def upgrade(config: Config = DEFAULT_CONFIG) -> None:
    """Bring the schema up to date, all or nothing. Stop all replicas and back the database up before."""
    settings = load_config(config)
    if not is_address(settings.database):
        raise ConfigError(
            f"database = {settings.database!r} is a file: a relay over SQLite opens files of its own schema alone"
        )
    before, after = asyncio.run(upgrade_schema(database_address(settings), relay_keys(settings).relay))
    if before == after:
        typer.echo(f"schema revision {after}: nothing to do")
    else:
        typer.echo(f"schema revision {before or 'none (empty)'} -> {after}")
