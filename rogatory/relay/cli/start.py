"""`run` and `check`: serve, or tell whether one could."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from rogatory.relay import logs
from rogatory.relay.app import Relay, database_told, open_store, relay_keys
from rogatory.relay.config import RelayConfig, load_config
from rogatory.relay.metrics import Metrics
from rogatory.relay.mirror import Mirror
from rogatory.relay.tls import link_binding, server_context

Config = Annotated[Path, typer.Option("--config", "-c", help="The relay's configuration file.")]
DEFAULT_CONFIG = Path("relay.toml")


def run(config: Config = DEFAULT_CONFIG) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load_config(config)
    logs.configure(settings.log_level)
    try:
        import uvloop

        loop_factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    except ImportError:  # not on every platform
        loop_factory = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(settings))


def check(config: Config = DEFAULT_CONFIG) -> None:
    """Read the configuration and open everything that it names, without serving."""
    settings = load_config(config)
    logs.configure("error")
    asyncio.run(_check(settings))


async def _serve(settings: RelayConfig) -> None:
    await Relay(settings).run()


async def _check(settings: RelayConfig) -> None:
    keys = relay_keys(settings)
    typer.echo(f"keys:      {keys.relay}")
    tls = server_context(settings)
    binding = link_binding(settings)
    typer.echo(f"transport: {'TLS' if tls else 'plain on loopback' if not any(binding) else 'TLS by a proxy'}")
    mirror = Mirror(settings)
    await mirror.load()
    await mirror.fetch()
    if mirror.publisher_problem is not None:
        typer.echo(f"publisher: {mirror.publisher_problem}")
    if mirror.current is None:
        typer.echo(f"directory: none yet ({mirror.problem or 'no bundle was accepted'})")
    else:
        typer.echo(f"directory: version {mirror.current.directory.targets_version}")
    store = await open_store(settings, keys, Metrics())
    try:
        await store.probe()
    finally:
        await store.close()
    typer.echo(f"database:  {database_told(settings)} can be written")
