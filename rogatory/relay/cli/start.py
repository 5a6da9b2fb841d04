"""`run` and `check`: serve, or tell whether one could."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from rogatory.languages.commands import tell
from rogatory.protocol.text import message
from rogatory.relay import logs, memory
from rogatory.relay.app import Relay, database_told, open_store, relay_keys
from rogatory.relay.config import RelayConfig, load_config
from rogatory.relay.metrics import Metrics
from rogatory.relay.mirror import Mirror
from rogatory.relay.tls import link_binding, server_context

Config = Annotated[Path, typer.Option("--config", "-c", help="The relay's configuration file.")]
DEFAULT_CONFIG = Path("relay.toml")
SWITCH_SECONDS: Final = 0.0005
"""How long the database's thread waits for a busy event loop after each statement: a tenth of what Python does."""


def run(config: Config = DEFAULT_CONFIG) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load_config(config)
    logs.configure(settings.log_level)
    memory.keep_together()
    sys.setswitchinterval(SWITCH_SECONDS)
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
    tell(message("keys:      {relay}", relay=keys.relay))
    tls = server_context(settings)
    binding = link_binding(settings)
    tell(message("transport: {transport}", transport=_transport(tls is not None, proxy=any(binding))))
    mirror = Mirror(settings)
    await mirror.load()
    await mirror.fetch()
    if mirror.publisher_problem is not None:
        tell(message("publisher: {problem}", problem=mirror.publisher_problem))
    if mirror.current is None:
        tell(message("directory: none yet ({problem})", problem=mirror.problem or message("no bundle was accepted")))
    else:
        tell(message("directory: version {version}", version=mirror.current.directory.targets_version))
    store = await open_store(settings, keys, Metrics())
    try:
        await store.probe()
    finally:
        await store.close()
    tell(message("database:  {database} can be written", database=database_told(settings)))


def _transport(tls: bool, *, proxy: bool) -> str:
    if tls:
        return message("TLS")
    return message("TLS by a proxy") if proxy else message("plain on loopback")
