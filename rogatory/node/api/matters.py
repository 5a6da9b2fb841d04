"""/v1/matters and /v1/amendments: what requests and consultations have in common."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from aiohttp import web

from rogatory.node.api.context import NODE, Body, body, part, reply, word
from rogatory.node.api.guard import OFFICER
from rogatory.node.losses.sharing import share_lost
from rogatory.node.matters import commands, queries
from rogatory.node.matters.lookup import find_matter
from rogatory.node.matters.opening import open_documents, open_matter
from rogatory.node.transaction import Tx

routes = web.RouteTableDef()

MAX_BATCH: Final = 256
"""Messages written by one request."""


class MessageBody(Body, frozen=True, kw_only=True):
    """Something to say. `thread`: an id; `subject`: of a new thread; `in_reply_to`: a document's id."""

    text: str
    thread: str | None = None
    subject: str | None = None
    in_reply_to: str | None = None
    language: str = "en"
    attachments: tuple[str, ...] = ()


class BatchBody(Body, frozen=True, kw_only=True):
    """Many things to say."""

    messages: Annotated[list[MessageBody], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]


class AmendmentBody(Body, frozen=True, kw_only=True):
    """Authorities to add, and why."""

    authorities: list[str]
    reason: str


class ShareBody(Body, frozen=True, kw_only=True):
    """Earlier documents, by id; or, with `lost_by`, what that party says it has lost."""

    documents: tuple[str, ...] = ()
    lost_by: str | None = None


class LeaveBody(Body, frozen=True, kw_only=True):
    """Why."""

    reason: str = ""


class ClosingBody(Body, frozen=True, kw_only=True):
    """Why."""

    reason: str = ""


@routes.get("/v1/matters")
async def list_all(request: web.Request) -> web.Response:
    """Every matter; what changed last comes first."""
    return reply(await request.app[NODE].query(queries.list_matters))


@routes.get("/v1/matters/{matter}")
async def show(request: web.Request) -> web.Response:
    """One matter."""
    return reply(await request.app[NODE].command(lambda tx: open_matter(tx, part(request, "matter"), request[OFFICER])))


@routes.get("/v1/matters/{matter}/documents")
async def documents(request: web.Request) -> web.Response:
    """A matter's documents in full, in the order of the log."""
    return reply(
        await request.app[NODE].command(lambda tx: open_documents(tx, part(request, "matter"), request[OFFICER]))
    )


@routes.post("/v1/matters/{matter}/messages")
async def say(request: web.Request) -> web.Response:
    """Write into a matter."""
    given = await body(request, MessageBody)
    sent = await request.app[NODE].command(
        lambda tx: commands.say(
            tx,
            part(request, "matter"),
            given.text,
            thread=given.thread,
            subject=given.subject,
            in_reply_to=given.in_reply_to,
            language=given.language,
            attachments=given.attachments,
        )
    )
    return reply(sent, 201)


@routes.post("/v1/matters/{matter}/messages/batch")
async def say_many(request: web.Request) -> web.Response:
    """Write many messages into a matter, in this order: all of them or none."""
    given = await body(request, BatchBody)
    matter, node = part(request, "matter"), request.app[NODE]
    drafts = await node.query(
        lambda tx: [
            commands.draft_message(
                tx,
                matter,
                each.text,
                thread=each.thread,
                subject=each.subject,
                in_reply_to=each.in_reply_to,
                language=each.language,
                attachments=each.attachments,
            )
            for each in given.messages
        ]
    )
    signed = list(zip(await node.sign(drafts), (each.attachments for each in given.messages), strict=True))
    return reply({"sent": await node.command(lambda tx: commands.send_messages(tx, signed))}, 201)


@routes.post("/v1/matters/{matter}/amendments")
async def add_party(request: web.Request) -> web.Response:
    """Propose further parties."""
    given = await body(request, AmendmentBody)
    view = await request.app[NODE].command(
        lambda tx: commands.add_party(tx, part(request, "matter"), given.authorities, given.reason)
    )
    return reply(view, 201)


@routes.post("/v1/matters/{matter}/amendments/{amendment}/agreement")
async def agree(request: web.Request) -> web.Response:
    """Sign another party's amendment."""
    view = await request.app[NODE].command(
        lambda tx: commands.agree(tx, part(request, "matter"), part(request, "amendment"))
    )
    return reply(view)


@routes.post("/v1/matters/{matter}/shares")
async def share(request: web.Request) -> web.Response:
    """Send earlier documents again for parties who came later, or who lost them."""
    given = await body(request, ShareBody)
    matter, loser = part(request, "matter"), given.lost_by

    def send_again(tx: Tx) -> list[str]:
        if loser is None:
            return commands.share(tx, matter, given.documents)
        return share_lost(tx, find_matter(tx, matter).channel, loser)

    shared = await request.app[NODE].command(send_again)
    return reply({"shared": shared}, 201)


@routes.post("/v1/matters/{matter}/leave")
async def leave(request: web.Request) -> web.Response:
    """Give notice to leave."""
    given = await body(request, LeaveBody)
    sent = await request.app[NODE].command(lambda tx: commands.leave(tx, part(request, "matter"), given.reason))
    return reply(sent, 201)


@routes.post("/v1/matters/{matter}/closing")
async def close(request: web.Request) -> web.Response:
    """Close a matter that this authority founded."""
    given = await body(request, ClosingBody)
    sent = await request.app[NODE].command(lambda tx: commands.close(tx, part(request, "matter"), given.reason))
    return reply(sent, 201)


@routes.get("/v1/amendments")
async def amendments(request: web.Request) -> web.Response:
    """Amendments of all matters, or of one (`matter`); with `waiting=yes` those that wait for this authority."""
    matter, waiting = word(request, "matter"), word(request, "waiting") == "yes"
    return reply(await request.app[NODE].query(lambda tx: queries.list_amendments(tx, matter, waiting=waiting)))
