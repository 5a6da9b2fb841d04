"""Who may call the local API: whoever knows the token, on a name that is this machine's, and no web page."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from rogatory.node.api.problems import respond
from rogatory.node.config import is_loopback
from rogatory.node.errors import NotAllowed, Unauthorised
from rogatory.node.officers.registering import token_digest
from rogatory.protocol.text import message

OFFICER: Final = "officer"
"""Under this name a request carries who makes it: an officer's id, or None for the administrator's token."""


class Callers:
    """Who may call, by token. `officers`: from the digest of a token to its officer."""

    def __init__(self, administrator: str) -> None:
        self._administrator = administrator.encode()
        self.officers: Mapping[bytes, str] = {}

    def who(self, token: str) -> str | None:
        """The officer with this token, None for the administrator. Raises Unauthorised."""
        if hmac.compare_digest(token.encode(errors="surrogateescape"), self._administrator):
            return None
        # Looked up by its digest: how long that takes says nothing about a token.
        officer = self.officers.get(token_digest(token))
        if officer is None:
            raise Unauthorised(
                message("the token is missing or wrong"),
                message("send the token from the file api.token in the node's folder"),
            )
        return officer


def guard(callers: Callers, names: tuple[str, ...]) -> Middleware:
    """A middleware that lets through requests of callers. `names`: Host names allowed beside loopback."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Another Host means DNS rebinding: a page of some site whose name was pointed at this machine.
        if not _is_ours(f"//{request.host}", names):
            return respond(
                NotAllowed(
                    message("this API does not answer as {host}", host=repr(request.host[:200])),
                    message("use its loopback address"),
                )
            )
        origin = request.headers.get("Origin")
        if origin is not None and not _is_ours(origin, names):
            return respond(
                NotAllowed(message("this API answers no pages of other sites"), message("use the command line"))
            )
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        try:
            request[OFFICER] = callers.who(text.strip() if scheme.lower() == "bearer" else "")
        except Unauthorised as error:
            return respond(error)
        return await handler(request)

    return check


def _is_ours(url: str, names: tuple[str, ...]) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and (is_loopback(host) or host in names)
