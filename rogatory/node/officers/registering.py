"""Officers: added and ended by the administrator, known by their tokens."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.inbox.queries import shown_time
from rogatory.node.inbox.views import View
from rogatory.node.store import officers
from rogatory.node.store.officers import OfficerRow
from rogatory.node.transaction import Tx
from rogatory.protocol.text import message

ID: Final = re.compile(r"\A[a-z0-9][a-z0-9.-]{0,39}\Z")
TOKEN: Final = 32
"""Random bytes of a token."""
LINE: Final = 300
"""Characters of a line in a document, where name and function come to stand."""


class OfficerView(View, frozen=True, kw_only=True):
    """An officer. `until`: when the access ended, if it has."""

    id: str
    name: str
    function: str
    since: str
    until: str | None = None


class NewOfficer(View, frozen=True, kw_only=True):
    """An officer who was just added. `token` is told this once."""

    id: str
    token: str


def add_officer(tx: Tx, officer: str, name: str, function: str) -> NewOfficer:
    """Let a person use this node. Raises RefusedInput, Conflict for an id that was used before."""
    if not ID.match(officer):
        raise RefusedInput(
            message("{officer} is no id of an officer", officer=repr(officer)),
            message("use small letters, digits, dots and hyphens"),
        )
    if not name.strip() or not all(each.isprintable() and len(each) <= LINE for each in (name, function)):
        raise RefusedInput(
            message("an officer has a name and a function, each on one line"), message("name the person")
        )
    if officers.get(tx.connection, officer) is not None:
        raise Conflict(
            message("the id {officer} was given before", officer=officer),
            message("choose another: signed records keep the old one's name"),
        )
    token = base64.urlsafe_b64encode(tx.random(TOKEN)).rstrip(b"=").decode()
    officers.put(tx.connection, OfficerRow(officer, name.strip(), function.strip(), token_digest(token), tx.now))
    return NewOfficer(id=officer, token=token)


def end_officer(tx: Tx, officer: str) -> OfficerView:
    """End a person's access. Raises NotFound."""
    find_officer(tx, officer)
    officers.end(tx.connection, officer, tx.now)
    return _view(find_officer(tx, officer, present=False))


def list_officers(tx: Tx) -> list[OfficerView]:
    """All that there were."""
    return [_view(row) for row in officers.all_officers(tx.connection)]


def find_officer(tx: Tx, officer: str, *, present: bool = True) -> OfficerRow:
    """An officer, by default one whose access goes on. Raises NotFound."""
    row = officers.get(tx.connection, officer)
    if row is None or (present and row.until is not None):
        raise NotFound(
            message("there is no officer {officer} here", officer=officer),
            message("see who there is: rogatory-node officer list"),
        )
    return row


def tokens(tx: Tx) -> dict[bytes, str]:
    """From the digest of a token to its officer, for those whose access goes on."""
    return {row.token: row.id for row in officers.all_officers(tx.connection) if row.until is None}


def token_digest(token: str) -> bytes:
    """What is kept of a token: SHA-256 of so much randomness cannot be turned round."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def _view(row: OfficerRow) -> OfficerView:
    until = None if row.until is None else shown_time(row.until)
    return OfficerView(id=row.id, name=row.name, function=row.function, since=shown_time(row.since), until=until)
