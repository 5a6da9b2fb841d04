"""What handlers share: the node, and how a request is read and an answer written."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any, Final, TypeVar

import msgspec
import structlog
from aiohttp import web

from rogatory.keys.errors import KeysError
from rogatory.languages.saying import said
from rogatory.node.backup.writing import BackupSource
from rogatory.node.courier.desk import CourierDesk
from rogatory.node.dossiers.exporting import DossierSource
from rogatory.node.errors import NodeError, RefusedInput
from rogatory.node.link.keeper import DirectoryKeeper
from rogatory.node.link.links import Links
from rogatory.node.node import Node
from rogatory.node.transfers.transfers import Transfers
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.text import message, text_of

NODE: Final = web.AppKey("node", Node)
LINKS: Final = web.AppKey("links", Links)
BACKUP: Final = web.AppKey("backup", BackupSource)
DOSSIERS: Final = web.AppKey("dossiers", DossierSource)
COURIER: Final = web.AppKey("courier", CourierDesk)
TRANSFERS: Final = web.AppKey("transfers", Transfers)

LARGEST: Final = web.AppKey("largest", int)
"""Bytes of the largest file that may be attached."""

KEEPER: Final = web.AppKey("keeper", DirectoryKeeper)

HANDOVER: Final = web.AppKey("handover", bytes)
"""The key under which new keys come from the command that made them."""

MAX_BODY: Final = 2 * 1024 * 1024
MAX_LIMIT: Final = 1000

B = TypeVar("B")

_log = structlog.get_logger()


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a request carries."""


def reply(value: Any, status: int = 200) -> web.Response:
    """A value as a JSON response."""
    body = msgspec.json.encode(value, enc_hook=said)
    return web.Response(status=status, body=body, content_type="application/json")


async def body(request: web.Request, kind: type[B]) -> B:
    """The request's JSON body as `kind`. Raises RefusedInput, naming the field."""
    if request.content_type != "application/json":
        raise RefusedInput(
            message("the body is not announced as application/json"), message("send JSON, with its Content-Type")
        )
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedInput(message("the body is not what is asked for: {error}", error=text_of(error))) from None


def number(request: web.Request, name: str, default: int, *, most: int = 2**53) -> int:
    """A query parameter that is a whole number from 0 to `most`. Raises RefusedInput."""
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) > most:
        raise RefusedInput(message("{name} is a whole number from 0 to {most}", name=name, most=most))
    return int(text)


def word(request: web.Request, name: str) -> str | None:
    """A query parameter, or None where it is absent or empty."""
    return request.query.get(name) or None


def part(request: web.Request, name: str) -> str:
    """A part of the path."""
    return request.match_info[name]


async def stream(request: web.Request, pieces: Generator[bytes, None, None], content_type: str) -> web.StreamResponse:
    """An answer in pieces that are made in a thread. It is cut off, and does not end, if something fails on the way."""
    begun = False
    try:
        # Before the answer begins: what fails at once is told as any other problem.
        piece = await asyncio.to_thread(next, pieces, None)
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        begun = True
        while piece is not None:
            await response.write(piece)
            piece = await asyncio.to_thread(next, pieces, None)
        await response.write_eof()
    except (NodeError, KeysError, ProtocolError) as error:
        if not begun:
            raise
        # A problem in the middle of the answer would be taken for its content: only its end can tell.
        _log.warning("answer_cut_off", error=type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
    finally:
        await asyncio.to_thread(pieces.close)
    return response
