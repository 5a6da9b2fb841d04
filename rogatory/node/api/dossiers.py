"""GET /v1/matters/{matter}/dossier: the whole of a matter in one signed zip file."""

from __future__ import annotations

import time

from aiohttp import web

from rogatory.node.api.context import DOSSIERS, KEEPER, NODE, part, stream

routes = web.RouteTableDef()


@routes.get("/v1/matters/{matter}/dossier")
async def export(request: web.Request) -> web.StreamResponse:
    """Documents, attachments, and all that proves them (PROTOCOL.md, The dossier). Cut off if something fails."""
    identity, directory = request.app[NODE].identity, request.app[KEEPER].directory
    pieces = request.app[DOSSIERS].take(part(request, "matter"), identity, directory, time.time())
    return await stream(request, pieces, "application/zip")
