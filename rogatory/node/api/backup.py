"""GET /v1/backup: the node as it is now, in one encrypted file; the node goes on meanwhile."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from rogatory.node.api.context import BACKUP

routes = web.RouteTableDef()


@routes.get("/v1/backup")
async def take(request: web.Request) -> web.StreamResponse:
    """A backup file. It is cut off, and the chunked answer does not end, if something fails on the way."""
    pieces = request.app[BACKUP].take(time.time())
    try:
        # Before the answer begins: what fails at once is told as any other problem.
        piece = await asyncio.to_thread(next, pieces, None)
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        while piece is not None:
            await response.write(piece)
            piece = await asyncio.to_thread(next, pieces, None)
        await response.write_eof()
    finally:
        await asyncio.to_thread(pieces.close)
    return response
