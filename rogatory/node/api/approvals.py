"""/v1/approvals: what waits for a second officer."""

from __future__ import annotations

from aiohttp import web

from rogatory.node.api.context import NODE, Body, body, part, reply, word
from rogatory.node.api.desk import desk
from rogatory.node.approvals import drafting
from rogatory.node.approvals.views import draft_view, list_drafts

routes = web.RouteTableDef()


class Nothing(Body, frozen=True, kw_only=True):
    """An empty object."""


class Reason(Body, frozen=True, kw_only=True):
    """Why a draft is not approved."""

    reason: str


@routes.get("/v1/approvals")
async def list_all(request: web.Request) -> web.Response:
    """Drafts that wait, or with `all=yes` every one."""
    waiting = word(request, "all") != "yes"
    return reply(await request.app[NODE].query(lambda tx: list_drafts(tx, waiting=waiting)))


@routes.get("/v1/approvals/{draft}")
async def show(request: web.Request) -> web.Response:
    """One draft."""
    return reply(await request.app[NODE].query(lambda tx: draft_view(drafting.find_draft(tx, part(request, "draft")))))


@routes.post("/v1/approvals/{draft}/approval")
async def approve(request: web.Request) -> web.Response:
    """Sign and send it, as a second officer."""
    await body(request, Nothing)
    given = part(request, "draft")
    return reply(await request.app[NODE].command(lambda tx: drafting.approve(tx, desk(request), given)), 201)


@routes.post("/v1/approvals/{draft}/refusal")
async def refuse(request: web.Request) -> web.Response:
    """Do not send it."""
    reason = (await body(request, Reason)).reason
    given = part(request, "draft")
    return reply(await request.app[NODE].command(lambda tx: drafting.refuse(tx, desk(request), given, reason)))
