"""GET /v1/status: how this node stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version

import msgspec
from aiohttp import web

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.expiry import expiry_warnings
from rogatory.keys.errors import DirectoryExpired, NotVouched
from rogatory.node.api.context import KEEPER, LINKS, NODE, reply
from rogatory.node.channels.queries import ChannelsStatus, channels_status
from rogatory.node.link.status import LinkStatus
from rogatory.node.node import Node

routes = web.RouteTableDef()


class DirectoryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The directory in use. Times are unix seconds; `trusts_new` and `may_send`: what its age allows now.

    `warnings`: of each role that is near its end or past it, the most urgent first.
    """

    version: int | None
    expires: int | None
    trusts_new: bool
    may_send: bool
    refreshed_at: float | None
    problem: str | None
    warnings: list[str]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole node. `enrolled`: the directory vouches for `key_set`, the one in use.

    `next_key_set` waits for the directory since `renew-keys`.
    """

    authority: str
    version: str
    enrolled: bool
    key_set: int
    next_key_set: int | None
    directory: DirectoryStatus
    relays: list[LinkStatus]
    channels: ChannelsStatus


@routes.get("/v1/status")
async def show(request: web.Request) -> web.Response:
    """How the directory, the links and the channels stand."""
    node, keeper = request.app[NODE], request.app[KEEPER]
    directory = keeper.directory
    return reply(
        Status(
            authority=node.identity.authority,
            version=version("rogatory"),
            enrolled=directory is not None and _vouches(directory, node),
            key_set=node.identity.key_set_version,
            next_key_set=node.next_key_set,
            directory=DirectoryStatus(
                version=directory.targets_version if directory else None,
                expires=directory.expires if directory else None,
                trusts_new=directory is not None and _allows(directory.may_trust_new),
                may_send=directory is not None and _allows(directory.may_send),
                refreshed_at=keeper.refreshed_at,
                problem=keeper.last_error,
                warnings=[each.message for each in expiry_warnings(directory, time.time())] if directory else [],
            ),
            relays=request.app[LINKS].statuses(),
            channels=await node.query(channels_status),
        )
    )


def _vouches(directory: Directory, node: Node) -> bool:
    try:
        directory.vouch_leaf(node.identity.authority, node.identity.online_public, directory.targets_version)
    except NotVouched:
        return False
    return True


def _allows(rule: Callable[[float], None]) -> bool:
    try:
        rule(time.time())
    except DirectoryExpired:
        return False
    return True
