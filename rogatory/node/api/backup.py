"""GET /v1/backup: the node as it is now, in one encrypted file; the node goes on meanwhile."""

from __future__ import annotations

import time

from aiohttp import web

from rogatory.node.api.context import BACKUP, stream

routes = web.RouteTableDef()


@routes.get("/v1/backup")
async def take(request: web.Request) -> web.StreamResponse:
    """A backup file. It is cut off, and the chunked answer does not end, if something fails on the way."""
    return await stream(request, request.app[BACKUP].take(time.time()), "application/octet-stream")
