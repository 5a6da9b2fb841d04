"""The full-text index over documents, in FTS5 within the encrypted database. SQL only.

It is derived from the documents, and filled when somebody looks for something: a message on its way does not pay for
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, event, text

from rogatory.node.store.schema import metadata

_CREATE: Final = text("CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(words, content='', contentless_delete=1)")


@event.listens_for(metadata, "after_create")
def _create(_target: object, connection: Connection, **_options: object) -> None:
    connection.execute(_CREATE)


_DONE: Final = text("SELECT coalesce(max(rowid), 0) FROM search")
_PUT: Final = text("INSERT INTO search (rowid, words) VALUES (:row, :words)")
_WAITING: Final = text(
    "SELECT documents.row, envelope FROM documents JOIN document_envelopes USING (row)"
    " WHERE documents.row > :after ORDER BY documents.row LIMIT :limit"
)
_FOUND: Final = """
    SELECT documents.row FROM search JOIN documents ON documents.row = search.rowid
    LEFT JOIN matters ON matters.channel = documents.channel
    WHERE {conditions} ORDER BY {order} LIMIT :limit"""
_CONDITIONS: Final = {
    "match": "search.words MATCH :match",
    "kind": "documents.kind = :kind",
    "author": "(documents.author = :author OR documents.author LIKE :state_of_author)",
    "state": "matters.state = :state",
    "channel": "documents.channel = :channel",
    "since": "documents.logged_at >= :since",
    "until": "documents.logged_at < :until",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What documents must be. `match`: of FTS5; `author`: an authority, or the State (as `ke`) of some; times in Unix
    seconds.
    """

    match: str | None = None
    kind: str | None = None
    author: str | None = None
    state: str | None = None
    channel: bytes | None = None
    since: float | None = None
    until: float | None = None


def waiting(tx: Connection, limit: int) -> list[tuple[int, bytes]]:
    """Row and envelope of documents that are not in the index yet, oldest first."""
    done = tx.execute(_DONE).scalar_one()
    return [(row, envelope) for row, envelope in tx.execute(_WAITING, {"after": done, "limit": limit})]


def put(tx: Connection, words: Iterable[tuple[int, str]]) -> None:
    """Index documents: row and folded words."""
    rows = [{"row": row, "words": said} for row, said in words]
    if rows:
        tx.execute(_PUT, rows)


def find(tx: Connection, wanted: Filter, limit: int) -> Sequence[int]:
    """Rows of documents, the best match first, without words the newest."""
    given: dict[str, Any] = {name: value for name in _CONDITIONS if (value := getattr(wanted, name)) is not None}
    conditions = " AND ".join(_CONDITIONS[name] for name in given) or "TRUE"
    order = "search.rank" if wanted.match is not None else "documents.row DESC"
    query = text(_FOUND.format(conditions=conditions, order=order))
    if wanted.author is not None:
        given["state_of_author"] = f"{wanted.author}.%"
    return list(tx.execute(query, given | {"limit": limit}).scalars())
