"""GET /v1/authorities: the Directory of Competent National Authorities, as this node trusts it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import AuthorityEntry, Purpose
from rogatory.keys.fingerprint import entry_fingerprint
from rogatory.node.api.context import KEEPER, NODE, Body, body, part, reply, word
from rogatory.node.correspondents.confirming import confirm
from rogatory.node.errors import NoDirectory, RefusedInput
from rogatory.node.inbox.queries import shown_time
from rogatory.node.store.correspondents import confirmations_of
from rogatory.protocol.text import message

routes = web.RouteTableDef()


class AuthorityLine(msgspec.Struct, frozen=True, kw_only=True):
    """An authority in a list."""

    id: str
    state: str
    names: dict[str, str]
    competences: list[str]
    territory: str | None
    languages: list[str]
    relay: str


@routes.get("/v1/authorities")
async def find(request: web.Request) -> web.Response:
    """Authorities in force; `state`, `purpose` and `territory` narrow the list."""
    found = _directory(request).find(
        word(request, "state"), _purpose(word(request, "purpose")), word(request, "territory")
    )
    return reply([_line(entry) for entry in found])


@routes.get("/v1/authorities/{id}")
async def show(request: web.Request) -> web.Response:
    """The whole entry, with the fingerprint of each key set to compare by another way."""
    directory = _directory(request)
    entry = directory.authority(part(request, "id"))
    confirmed = await request.app[NODE].query(lambda tx: confirmations_of(tx.connection, entry.id))
    return reply(_whole(entry, directory, confirmed))


class ConfirmationBody(Body, frozen=True, kw_only=True):
    """`fingerprint`: what the authority said, to be compared once more; spaces do not count."""

    fingerprint: Annotated[str, Meta(max_length=200)] | None = None


@routes.post("/v1/authorities/{id}/confirmation")
async def record_confirmation(request: web.Request) -> web.Response:
    """A person compared the fingerprint of the keys in force by another way."""
    given = await body(request, ConfirmationBody)
    return reply(await request.app[NODE].command(lambda tx: confirm(tx, part(request, "id"), given.fingerprint)), 201)


def _directory(request: web.Request) -> Directory:
    directory = request.app[KEEPER].directory
    if directory is None:
        raise NoDirectory(
            message("no directory has been accepted yet"), message("connect to a relay once, see: rogatory-node status")
        )
    return directory


def _purpose(text: str | None) -> Purpose | None:
    if text is None:
        return None
    try:
        return Purpose(text)
    except ValueError:
        raise RefusedInput(
            message("{text} is no purpose", text=repr(text)),
            message("use one of: {names}", names=tuple(purpose.value for purpose in Purpose)),
        ) from None


def _line(entry: AuthorityEntry) -> AuthorityLine:
    return AuthorityLine(
        id=entry.id,
        state=entry.state,
        names=entry.names,
        competences=[purpose.value for purpose in entry.competences],
        territory=entry.territory,
        languages=list(entry.languages),
        relay=entry.relay,
    )


def _whole(entry: AuthorityEntry, directory: Directory, confirmed: dict[str, float]) -> dict[str, Any]:
    whole: dict[str, Any] = msgspec.to_builtins(entry)
    whole.pop("recovery", None)
    whole["key_sets"] = [
        {
            "version": key_set.version,
            "since": key_set.since,
            "until": key_set.until,
            "compromised_since": key_set.compromised_since,
            "standing": directory.standing(entry.id, key_set.version).value,
            "fingerprint": (fingerprint := entry_fingerprint(entry, key_set.version)),
            "confirmed_at": shown_time(confirmed[fingerprint]) if fingerprint in confirmed else None,
        }
        for key_set in entry.key_sets
    ]
    whole["directory_version"] = directory.targets_version
    return whole
