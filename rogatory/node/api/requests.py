"""/v1/requests: sending, listing and answering requests."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from rogatory.node.api.context import NODE, Body, body, part, reply, word
from rogatory.node.errors import RefusedInput
from rogatory.node.matters import commands, queries
from rogatory.node.matters.templates import request_template
from rogatory.node.matters.views import MatterKind

routes = web.RouteTableDef()


class RequestBody(Body, frozen=True, kw_only=True):
    """Whom to ask, and the fields of a request; its own subject stands for an empty `subject`."""

    to: list[str]
    request: dict[str, Any]
    subject: str = ""


@routes.get("/v1/requests")
async def list_all(request: web.Request) -> web.Response:
    """Every matter that was opened for a request."""
    return reply(await request.app[NODE].query(lambda tx: queries.list_matters(tx, MatterKind.REQUEST)))


@routes.post("/v1/requests")
async def send(request: web.Request) -> web.Response:
    """Open a matter and send its request."""
    given = await body(request, RequestBody)
    sent = await request.app[NODE].command(
        lambda tx: commands.send_request(tx, given.to, given.request, subject=given.subject)
    )
    return reply(sent, 201)


@routes.get("/v1/requests/template")
async def template(request: web.Request) -> web.Response:
    """A request to fill in; `cooperation` is an article of UNTOC, as 18."""
    article = word(request, "cooperation") or "18"
    try:
        return reply(request_template(article))
    except ValueError:
        raise RefusedInput(f"{article!r} is no kind of cooperation", "give an article, as 13, 16 or 18") from None


@routes.post("/v1/requests/{matter}/replies")
async def answer(request: web.Request) -> web.Response:
    """Answer a matter's request with the fields of a reply."""
    given = await body(request, dict[str, Any])
    sent = await request.app[NODE].command(lambda tx: commands.reply(tx, part(request, "matter"), given))
    return reply(sent, 201)
