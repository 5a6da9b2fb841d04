"""`database upgrade`: bring a database that replicas share to the schema of this program."""

import asyncio

import typer

from rogatory.languages.commands import tell
from rogatory.protocol.text import message
from rogatory.relay.app import database_address, relay_keys
from rogatory.relay.cli.start import DEFAULT_CONFIG, Config
from rogatory.relay.config import load_config
from rogatory.relay.errors import ConfigError
from rogatory.relay.store.postgresql import is_address

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
            message(
                "database = {database!r} is a file: a relay over SQLite opens files of its own schema alone",
                database=settings.database,
            )
        )
    from rogatory.relay.store.postgresql.schema import upgrade as upgrade_schema  # `run` over SQLite does without

    before, after = asyncio.run(upgrade_schema(database_address(settings), relay_keys(settings).relay))
    if before == after:
        tell(message("schema revision {after}: nothing to do", after=after))
    else:
        tell(message("schema revision {before} -> {after}", before=before or message("none (empty)"), after=after))
