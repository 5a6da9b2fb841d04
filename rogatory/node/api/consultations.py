"""/v1/consultations: matters without a request."""

from __future__ import annotations

from aiohttp import web

from rogatory.node.api.context import NODE, Body, body, reply
from rogatory.node.matters import commands, queries
from rogatory.node.matters.views import MatterKind

routes = web.RouteTableDef()


class ConsultationBody(Body, frozen=True, kw_only=True):
    """Whom to consult, about what, and the first message."""

    to: list[str]
    subject: str
    text: str
    language: str = "en"
    attachments: tuple[str, ...] = ()


@routes.get("/v1/consultations")
async def list_all(request: web.Request) -> web.Response:
    """Every matter that was opened for a consultation."""
    return reply(await request.app[NODE].query(lambda tx: queries.list_matters(tx, MatterKind.CONSULTATION)))


@routes.post("/v1/consultations")
async def open_one(request: web.Request) -> web.Response:
    """Open a consultation."""
    given = await body(request, ConsultationBody)
    sent = await request.app[NODE].command(
        lambda tx: commands.open_consultation(
            tx, given.to, given.subject, given.text, language=given.language, attachments=given.attachments
        )
    )
    return reply(sent, 201)
