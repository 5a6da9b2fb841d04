"""/v1/inbox and /v1/documents: what happened, and every document with its evidences."""

from __future__ import annotations

import time
from typing import Final

import msgspec
from aiohttp import web

from rogatory.node.api.context import MAX_LIMIT, NODE, number, part, reply
from rogatory.node.api.guard import OFFICER
from rogatory.node.inbox import queries
from rogatory.node.inbox.events import Event
from rogatory.node.matters.opening import open_document, open_envelope
from rogatory.node.proofs.exporting import prove

routes = web.RouteTableDef()

MAX_WAIT: Final = 50
"""Seconds for which a question may be held until something happens."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Events, oldest first, and the id to ask on from."""

    events: list[Event]
    last: int


@routes.get("/v1/inbox")
async def inbox(request: web.Request) -> web.Response:
    """Events after the one with id `after`, at most `limit`; waits up to `wait` seconds for the first of them."""
    node = request.app[NODE]
    after, limit = number(request, "after", 0), number(request, "limit", 100, most=MAX_LIMIT)
    deadline = time.monotonic() + number(request, "wait", 0, most=MAX_WAIT)
    while True:
        # Listening begins before looking, so that nothing falls between the two.
        change = node.next_change()
        found = await node.query(lambda tx: queries.events(tx, after, limit))
        left = deadline - time.monotonic()
        if found or left <= 0:
            return reply(Page(events=found, last=found[-1].id if found else after))
        await node.wait_for(change, left)


@routes.get("/v1/documents/{document}")
async def document(request: web.Request) -> web.Response:
    """A document: what it says, who signed it, and what is proven of its way."""
    return reply(
        await request.app[NODE].command(lambda tx: open_document(tx, part(request, "document"), request[OFFICER]))
    )


@routes.get("/v1/documents/{document}/proof")
async def proof(request: web.Request) -> web.Response:
    """The document with all that shows a stranger where and when it stood in the log (PROTOCOL.md, Proof files)."""
    data = await request.app[NODE].query(lambda tx: prove(tx, part(request, "document")))
    return web.Response(body=data, content_type="application/octet-stream")


@routes.get("/v1/documents/{document}/envelope")
async def envelope(request: web.Request) -> web.Response:
    """The document as it was signed (DSSE), byte for byte, to be checked elsewhere."""
    data = await request.app[NODE].command(lambda tx: open_envelope(tx, part(request, "document"), request[OFFICER]))
    return web.Response(body=data, content_type="application/json")
