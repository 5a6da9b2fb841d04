"""`publisher run`: keep the directory published."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys.cli.options import unlock
from rogatory.keys.publisher.config import load_config
from rogatory.keys.publisher.run import configure_log, serve


def run(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="A TOML file with these settings.")] = None,
    directory: Annotated[Path | None, typer.Option("--directory", "-d", help="Folder of the directory.")] = None,
    key: Annotated[Path | None, typer.Option(help="The publisher's key file.")] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="File with its passphrase.")] = None,
    incoming: Annotated[Path | None, typer.Option(help="Folder where assembled drafts (*.draft) are dropped.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="File that relays mirror.")] = None,
    listen: Annotated[str | None, typer.Option(help="Address to serve GET /directory on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    watch_seconds: Annotated[float | None, typer.Option(help="How often to look for drafts.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Renew timestamp and snapshot in time, publish what is dropped, hand out the bundle; until SIGTERM."""
    given = {
        "directory": directory,
        "key": key,
        "passphrase_file": passphrase_file,
        "incoming": incoming,
        "bundle": bundle,
        "listen": listen,
        "port": port,
        "watch_seconds": watch_seconds,
        "log_level": log_level,
    }
    settings = load_config(config, given)
    configure_log(settings.log_level)
    signer = unlock(settings.key, settings.passphrase_file)
    asyncio.run(serve(settings, signer))
