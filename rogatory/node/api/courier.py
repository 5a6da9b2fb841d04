"""/v1/courier: what a node without a link sends and gets, as files."""

from __future__ import annotations

import asyncio
import tempfile

from aiohttp import web

from rogatory.node.api.context import COURIER, reply, word

routes = web.RouteTableDef()


@routes.get("/v1/courier")
async def export(request: web.Request) -> web.StreamResponse:
    """A courier file for a relay. The chunked answer does not end if something fails on the way."""
    pieces = request.app[COURIER].export(word(request, "relay"), attachments=word(request, "attachments") != "none")
    first = await anext(pieces)  # before the answer begins: what fails at once is told as any other problem
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    await response.prepare(request)
    await response.write(first)
    async for piece in pieces:
        if piece:
            await response.write(piece)
    await response.write_eof()
    return response


@routes.post("/v1/courier")
async def import_(request: web.Request) -> web.Response:
    """Take the file in the body."""
    with tempfile.TemporaryFile() as file:  # sealed: it may lie anywhere
        async for piece in request.content.iter_any():
            await asyncio.to_thread(file.write, piece)
        file.seek(0)
        return reply(await request.app[COURIER].import_(file))
