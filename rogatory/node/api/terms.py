"""/v1/due and /v1/calendar: what is due, by whom and when."""

from __future__ import annotations

from aiohttp import web

from rogatory.languages.catalogues import SOURCE
from rogatory.languages.choosing import nearest
from rogatory.node.api.context import NODE, reply, word
from rogatory.node.terms.calendar import calendar
from rogatory.node.terms.queries import list_due

routes = web.RouteTableDef()


@routes.get("/v1/due")
async def due(request: web.Request) -> web.Response:
    """What is due in all matters or in one (`matter`), the earliest first; with `ended=yes` what ended of late, too."""
    matter, ended = word(request, "matter"), word(request, "ended") == "yes"
    return reply(await request.app[NODE].query(lambda tx: list_due(tx, matter, ended=ended)))


@routes.get("/v1/calendar")
async def export(request: web.Request) -> web.Response:
    """All due dates for a calendar (RFC 5545), in `language`. It is not encrypted."""
    language = nearest([word(request, "language") or SOURCE]) or SOURCE
    found = await request.app[NODE].query(lambda tx: calendar(tx, language))
    return web.Response(body=found, content_type="text/calendar", charset="utf-8")
