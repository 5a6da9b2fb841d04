"""Who may call the local API: whoever knows the token, on a name that is this machine's, and no web page."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from rogatory.node.api.problems import respond
from rogatory.node.config import is_loopback
from rogatory.node.errors import NotAllowed, Unauthorised


def guard(token: str, names: tuple[str, ...]) -> Middleware:
    """A middleware that lets through requests with the token. `names`: Host names allowed beside loopback."""
    expected = token.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Another Host means DNS rebinding: a page of some site whose name was pointed at this machine.
        if not _is_ours(f"//{request.host}", names):
            return respond(
                NotAllowed(f"this API does not answer as {request.host[:200]!r}", "use its loopback address")
            )
        origin = request.headers.get("Origin")
        if origin is not None and not _is_ours(origin, names):
            return respond(NotAllowed("this API answers no pages of other sites", "use the command line"))
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        given = text.strip().encode(errors="surrogateescape")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, expected):
            return respond(
                Unauthorised(
                    "the token is missing or wrong", "send the token from the file api.token in the node's folder"
                )
            )
        return await handler(request)

    return check


def _is_ours(url: str, names: tuple[str, ...]) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and (is_loopback(host) or host in names)
