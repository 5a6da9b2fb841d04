"""/v1/search: documents by words and filters."""

from __future__ import annotations

from aiohttp import web

from rogatory.node.api.context import MAX_LIMIT, NODE, number, reply, word
from rogatory.node.search.indexing import index
from rogatory.node.search.queries import Wanted, find

routes = web.RouteTableDef()


@routes.get("/v1/search")
async def search(request: web.Request) -> web.Response:
    """Documents that say all the words of `q`, best match first; filters narrow it."""
    node = request.app[NODE]
    names = ("kind", "author", "state", "matter", "since", "until")
    wanted = Wanted(words=word(request, "q") or "", **{name: word(request, name) for name in names})
    limit = number(request, "limit", 20, most=MAX_LIMIT)
    while await node.command(lambda tx: index(tx)):
        pass
    return reply(await node.query(lambda tx: find(tx, wanted, limit)))
