"""/v1/keys: new keys handed to the running node by the command that made them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from rogatory.node.api.context import HANDOVER, NODE, Body, body, reply
from rogatory.node.errors import RefusedInput
from rogatory.node.renewal.handover import open_identity
from rogatory.protocol.text import message, text_of

routes = web.RouteTableDef()


class NewKeys(Body, frozen=True, kw_only=True):
    """A key set, sealed under what only the vault's holder knows."""

    sealed: Annotated[bytes, Meta(max_length=4096)]


class KeysTaken(msgspec.Struct, frozen=True, kw_only=True):
    """`in_use`: the key set that the node uses now; the one handed over follows when the directory holds it."""

    key_set: int
    in_use: int


@routes.post("/v1/keys")
async def take(request: web.Request) -> web.Response:
    """Hold a further key set of this authority."""
    node = request.app[NODE]
    identity = open_identity((await body(request, NewKeys)).sealed, request.app[HANDOVER])
    try:
        await node.add_keys(identity)
    except ValueError as error:
        raise RefusedInput(message("these keys are another authority's: {error}", error=text_of(error))) from None
    return reply(KeysTaken(key_set=identity.key_set_version, in_use=node.identity.key_set_version))
