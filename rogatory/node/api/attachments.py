"""/v1/attachments and the files of documents: streamed in and out, sealed on this disk."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final
from urllib.parse import quote, unquote

from aiohttp import web

from rogatory.node.api.context import LARGEST, NODE, TRANSFERS, part, reply
from rogatory.node.api.guard import OFFICER
from rogatory.node.attachments import queries
from rogatory.node.attachments.attaching import reference_of
from rogatory.node.attachments.staging import seal_stream
from rogatory.node.attachments.views import Attachment, AttachmentView
from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.inbox.lookup import find_document
from rogatory.node.matters.opening import open_attachment
from rogatory.node.store import attachments
from rogatory.node.store.attachments import HERE, UNDER_WAY, AttachmentRow
from rogatory.node.transaction import Tx
from rogatory.protocol.attachments import AttachmentError, Layout
from rogatory.protocol.documents import Annex
from rogatory.protocol.limits import KIB
from rogatory.protocol.text import in_words, message

routes = web.RouteTableDef()

NAME: Final = "Rogatory-Name"
"""Header with the file's name, percent-encoded: a name says much, and stands in no address."""

PIECE: Final = 256 * KIB


@routes.post("/v1/attachments")
async def give(request: web.Request) -> web.Response:
    """Take a file, to be named by one document: its bytes are the body, and are sealed as they come."""
    size = request.content_length
    name = unquote(request.headers.get(NAME, ""))
    if size is None or not name:
        raise RefusedInput(
            message("a file comes with its length and its name, in the headers Content-Length and {name}", name=NAME)
        )
    if size > request.app[LARGEST]:
        raise RefusedInput(
            message("a file has at most {most} bytes here: setting attachment_most", most=request.app[LARGEST])
        )
    row = await seal_stream(
        request.app[TRANSFERS].files,
        request.content.iter_chunked(PIECE),
        name=name,
        media_type=request.content_type,
        size=size,
        now=time.time(),
        random=os.urandom,
    )
    await request.app[NODE].command(lambda tx: attachments.add(tx.connection, row))
    given = Attachment(
        attachment=row.blob.hex(), name=row.name, media_type=row.media_type, size=row.size, sha256=row.sha256.hex()
    )
    return reply(given, 201)


@routes.get("/v1/documents/{document}/attachments")
async def list_all(request: web.Request) -> web.Response:
    """A document's files, and how far they are on their way."""
    files = await request.app[NODE].query(lambda tx: queries.files_of(tx, find_document(tx, part(request, "document"))))
    return reply([_view(request, number, *file) for number, file in enumerate(files, start=1)])


@routes.post("/v1/documents/{document}/attachments/{number}/download")
async def want(request: web.Request) -> web.Response:
    """Fetch a file, now or as soon as it may travel."""

    def fetch(tx: Tx) -> None:
        document = find_document(tx, part(request, "document"))
        queries.want(tx, queries.one_file(tx, document, _number(request)))

    await request.app[NODE].command(fetch)
    return reply({"number": _number(request)}, 202)


@routes.get("/v1/documents/{document}/attachments/{number}")
async def content(request: web.Request) -> web.StreamResponse:
    """A file that is here. It is checked once more on the way, and cut off where that fails."""
    row = await request.app[NODE].command(
        lambda tx: queries.one_file(
            tx, open_attachment(tx, part(request, "document"), request[OFFICER]), _number(request)
        )
    )
    files = request.app[TRANSFERS].files
    if row.state not in HERE or not files.has(row.blob, Layout(row.size).blob):
        raise Conflict(
            message("{name} is not here: {problem}", name=row.name, problem=row.problem or in_words(row.state)),
            message("fetch it: rogatory-node document save DOCUMENT FILE --attachment N"),
        )
    chunks = files.content(reference_of(row), row.size)
    first = await asyncio.to_thread(next, chunks, b"")
    response = web.StreamResponse(headers={NAME: quote(row.name)})
    response.content_type, response.content_length = "application/octet-stream", row.size
    await response.prepare(request)
    data = first
    try:
        while data:
            await response.write(data)
            data = await asyncio.to_thread(next, chunks, b"")
        await response.write_eof()
    except AttachmentError:  # the disk's fault; the answer has begun, so that only its end can tell it
        if request.transport is not None:
            request.transport.abort()
    return response


def _number(request: web.Request) -> int:
    text = part(request, "number")
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise RefusedInput(message("attachments are numbered from 1"))
    return int(text)


def _view(request: web.Request, number: int, annex: Annex, row: AttachmentRow | None) -> AttachmentView:
    transfers = request.app[TRANSFERS]
    progress = None if row is None else transfers.board.get(row.blob)
    waits = transfers.waits_until(row.size) if row is not None and row.state in UNDER_WAY else None
    return queries.file_view(
        number,
        annex,
        row,
        done=None if progress is None else progress.done,
        total=None if progress is None else progress.total,
        waits=None if waits is None else waits.isoformat(timespec="minutes"),
    )
