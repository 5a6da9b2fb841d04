"""Wiring: the publisher's loop and its HTTP, until a signal ends them."""

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime

import structlog
from aiohttp import web
from securesystemslib.signer import Signer

from rogatory.keys.publisher.config import PublisherConfig
from rogatory.keys.publisher.http import Endpoints
from rogatory.keys.publisher.metrics import Metrics
from rogatory.keys.publisher.publisher import Publisher

_log = structlog.get_logger()


def configure_log(level: str) -> None:
    """JSON lines of this level and above, on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


async def serve(config: PublisherConfig, signer: Signer) -> None:
    """Publish and renew until SIGTERM or SIGINT. Raises KeysError or OSError if it cannot start."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = Metrics()
    publisher = Publisher(config, signer, metrics)
    await asyncio.to_thread(publisher.open)
    app = web.Application()
    app.add_routes(Endpoints(publisher, metrics).routes())
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        if config.listen:
            await web.TCPSite(runner, config.listen, config.port).start()
            host, port = runner.addresses[0][:2]
            _log.info("listening", address=f"http://{host}:{port}")
        while not stop.is_set():
            await asyncio.to_thread(publisher.step, datetime.now(UTC))
            try:
                await asyncio.wait_for(stop.wait(), config.watch_seconds)
            except TimeoutError:
                continue
    finally:
        await runner.cleanup()
    _log.info("stopped")
