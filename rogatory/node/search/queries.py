"""What an officer looks for."""

from __future__ import annotations

from datetime import UTC, datetime

from rogatory.node.errors import RefusedInput
from rogatory.node.inbox.queries import document_line
from rogatory.node.inbox.views import DocumentLine, View
from rogatory.node.matters.lookup import find_matter
from rogatory.node.search.folding import match_of
from rogatory.node.store import search
from rogatory.node.store.documents import get_by_row
from rogatory.node.store.matters import get_matter
from rogatory.node.store.search import Filter
from rogatory.node.transaction import Tx
from rogatory.protocol.text import message


class Found(View, frozen=True, kw_only=True):
    """A document that was found, and the subject of its matter, if it is in one."""

    document: DocumentLine
    subject: str | None = None


class Wanted(View, frozen=True, kw_only=True):
    """Words and filters. `author`: an authority, or the State of some as `ke`; `since` and `until`: days, the latter
    not included.
    """

    words: str = ""
    kind: str | None = None
    author: str | None = None
    state: str | None = None
    matter: str | None = None
    since: str | None = None
    until: str | None = None


def find(tx: Tx, wanted: Wanted, limit: int) -> list[Found]:
    """Documents, best match first. Raises RefusedInput for a query that says nothing, NotFound for a matter."""
    match = match_of(wanted.words)
    if wanted.words and not match:
        raise RefusedInput(message("the query has no word in it"), message("give words, or filters alone"))
    chosen = Filter(
        match=match or None,
        kind=wanted.kind,
        author=wanted.author,
        state=wanted.state,
        channel=None if wanted.matter is None else find_matter(tx, wanted.matter).channel,
        since=day_of(wanted.since),
        until=day_of(wanted.until),
    )
    found = []
    for row in search.find(tx.connection, chosen, limit):
        document = get_by_row(tx.connection, row)
        matter = get_matter(tx.connection, document.channel)
        found.append(Found(document=document_line(document), subject=None if matter is None else matter.subject))
    return found


def day_of(value: str | None) -> float | None:
    """A day as YYYY-MM-DD, as its beginning in UTC in Unix seconds. Raises RefusedInput."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise RefusedInput(message("{given} is no day", given=repr(value)), message("write it as 2026-12-31")) from None
