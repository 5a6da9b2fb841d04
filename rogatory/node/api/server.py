"""The local HTTP API: routes, guard and socket. API.md lists the addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from rogatory.languages.system import reason_of
from rogatory.node.api import (
    approvals,
    attachments,
    authorities,
    backup,
    consultations,
    courier,
    dossiers,
    inbox,
    keys,
    matters,
    metrics,
    networks,
    officers,
    requests,
    search,
    statistics,
    status,
    terms,
)
from rogatory.node.api.context import KEEPER, LINKS, MAX_BODY, NODE
from rogatory.node.api.desk import CALLERS, FOUR_EYES
from rogatory.node.api.guard import Callers, guard
from rogatory.node.api.problems import speak, tell_problems
from rogatory.node.approvals.drafting import checked
from rogatory.node.config import NodeConfig
from rogatory.node.errors import Conflict
from rogatory.node.link.keeper import DirectoryKeeper
from rogatory.node.link.links import Links
from rogatory.node.node import Node
from rogatory.protocol.text import message

GROUPS = (
    status,
    metrics,
    authorities,
    keys,
    backup,
    courier,
    requests,
    consultations,
    matters,
    dossiers,
    networks,
    attachments,
    inbox,
    search,
    statistics,
    terms,
    approvals,
    officers,
)
SHUTDOWN_SECONDS = 2.0


def build_app(
    node: Node, links: Links, keeper: DirectoryKeeper, callers: Callers, config: NodeConfig
) -> web.Application:
    """The application."""
    app = web.Application(
        middlewares=[speak, guard(callers, config.api_names), tell_problems], client_max_size=MAX_BODY
    )
    app[NODE], app[LINKS], app[KEEPER] = node, links, keeper
    app[CALLERS], app[FOUR_EYES] = callers, checked(config.four_eyes)
    for group in GROUPS:
        app.add_routes(group.routes)
    return app


@asynccontextmanager
async def serve(app: web.Application, config: NodeConfig) -> AsyncIterator[str]:
    """Listen as long as the context lasts; gives the URL. Raises Conflict if the address is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, config.api_host, config.api_port)
        try:
            await site.start()
        except OSError as error:
            raise Conflict(
                message(
                    "the local API cannot listen on {host}:{port}: {problem}",
                    host=config.api_host,
                    port=config.api_port,
                    problem=reason_of(error),
                ),
                message("end what listens there, or set another api_port (0: any free one)"),
            ) from None
        host, port = runner.addresses[0][:2]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        await runner.cleanup()
