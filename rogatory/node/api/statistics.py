"""/v1/statistics: numbers about requests, without content."""

from __future__ import annotations

from aiohttp import web

from rogatory.node.api.context import NODE, reply, word
from rogatory.node.errors import RefusedInput
from rogatory.node.search.queries import day_of
from rogatory.node.statistics.cases import cases
from rogatory.node.statistics.figures import as_csv, figures
from rogatory.protocol.text import message

routes = web.RouteTableDef()


@routes.get("/v1/statistics")
async def statistics(request: web.Request) -> web.Response:
    """Requests counted `by` a dimension, sent from day `since` to before day `until`; `format` is json or csv."""
    by, format_ = word(request, "by") or "all", word(request, "format") or "json"
    since, until = day_of(word(request, "since")), day_of(word(request, "until"))
    if format_ not in ("json", "csv"):
        raise RefusedInput(message("there is no format {format}", format=repr(format_)), message("ask for json or csv"))
    found = await request.app[NODE].query(lambda tx: figures(cases(tx), by, since, until))
    return web.Response(text=as_csv(found), content_type="text/csv") if format_ == "csv" else reply(found)
