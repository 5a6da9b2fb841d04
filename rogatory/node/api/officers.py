"""/v1/officers: who may use this node. The administrator's token alone changes that."""

from __future__ import annotations

from aiohttp import web

from rogatory.node.api.context import NODE, Body, body, part, reply
from rogatory.node.api.desk import CALLERS
from rogatory.node.api.guard import OFFICER
from rogatory.node.errors import NotAllowed
from rogatory.node.officers import registering
from rogatory.protocol.text import message

routes = web.RouteTableDef()


class OfficerBody(Body, frozen=True, kw_only=True):
    """A person to be let in."""

    id: str
    name: str
    function: str = ""


@routes.get("/v1/officers")
async def list_all(request: web.Request) -> web.Response:
    """All that there were."""
    return reply(await request.app[NODE].query(registering.list_officers))


@routes.post("/v1/officers")
async def add(request: web.Request) -> web.Response:
    """Let a person in; the answer tells the token, this once."""
    _check_administrator(request)
    given = await body(request, OfficerBody)
    added = await request.app[NODE].command(
        lambda tx: registering.add_officer(tx, given.id, given.name, given.function)
    )
    await _refresh(request)
    return reply(added, 201)


@routes.post("/v1/officers/{officer}/end")
async def end(request: web.Request) -> web.Response:
    """End a person's access."""
    _check_administrator(request)
    ended = await request.app[NODE].command(lambda tx: registering.end_officer(tx, part(request, "officer")))
    await _refresh(request)
    return reply(ended)


def _check_administrator(request: web.Request) -> None:
    if request[OFFICER] is not None:
        raise NotAllowed(
            message("only the administrator adds and ends officers"), message("use the token in api.token")
        )


async def _refresh(request: web.Request) -> None:
    request.app[CALLERS].officers = await request.app[NODE].query(registering.tokens)
