"""Who acts in a request, and under which rule."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from rogatory.node.api.guard import OFFICER, Callers
from rogatory.node.approvals.drafting import Desk

CALLERS: Final = web.AppKey("callers", Callers)
FOUR_EYES: Final = web.AppKey("four_eyes", frozenset[str])


def desk(request: web.Request) -> Desk:
    """The desk of whoever makes this request."""
    return Desk(request[OFFICER], request.app[FOUR_EYES])
