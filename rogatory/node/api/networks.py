"""/v1/networks: regional networks, their rosters and announcements."""

from __future__ import annotations

from aiohttp import web

from rogatory.node.api.context import MAX_LIMIT, NODE, Body, body, number, part, reply
from rogatory.node.networks import commands, queries

routes = web.RouteTableDef()


class AnnouncementBody(Body, frozen=True, kw_only=True):
    """What to announce."""

    title: str
    text: str
    language: str = "en"
    attachments: tuple[str, ...] = ()


class LossBody(Body, frozen=True, kw_only=True):
    """Who lost what it had read."""

    lost_by: str


@routes.get("/v1/networks")
async def list_all(request: web.Request) -> web.Response:
    """Every network of the directory."""
    return reply(await request.app[NODE].query(queries.list_networks))


@routes.get("/v1/networks/{network}")
async def show(request: web.Request) -> web.Response:
    """A network's roster, and who is in its channel."""
    return reply(await request.app[NODE].query(lambda tx: queries.show_network(tx, part(request, "network"))))


@routes.post("/v1/networks/{network}/announcements")
async def announce(request: web.Request) -> web.Response:
    """Announce something to everybody in the network."""
    given = await body(request, AnnouncementBody)
    announced = await request.app[NODE].command(
        lambda tx: commands.announce(
            tx,
            part(request, "network"),
            given.title,
            given.text,
            language=given.language,
            attachments=given.attachments,
        )
    )
    return reply(announced, 201)


@routes.post("/v1/networks/{network}/shares")
async def share(request: web.Request) -> web.Response:
    """Send again what a member says that it has lost."""
    given = await body(request, LossBody)
    shared = await request.app[NODE].command(
        lambda tx: commands.share_lost_in(tx, part(request, "network"), given.lost_by)
    )
    return reply({"shared": shared}, 201)


@routes.get("/v1/networks/{network}/announcements")
async def feed(request: web.Request) -> web.Response:
    """Announcements after the entry `after`, oldest first, at most `limit`."""
    after, limit = number(request, "after", 0), number(request, "limit", 100, most=MAX_LIMIT)
    return reply(await request.app[NODE].query(lambda tx: queries.feed(tx, part(request, "network"), after, limit)))
