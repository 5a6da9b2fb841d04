"""Documents' words into the index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from rogatory.node.search.folding import fold
from rogatory.node.store import search
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Payload, peek_document

BATCH: Final = 500
"""Documents that are indexed in one transaction."""

_NO_WORD: Final = re.compile(r"\A[0-9a-f]{32,}\Z")


def index(tx: Tx) -> bool:
    """Index what came since the last time, at most a batch; whether more may wait."""
    rows = search.waiting(tx.connection, BATCH)
    search.put(tx.connection, [(row, fold(words_of(peek_document(envelope).payload))) for row, envelope in rows])
    return len(rows) == BATCH


def words_of(payload: Payload) -> str:
    """All that a document says, without ids and digests."""
    said = [payload.author, *payload.addressees, payload.thread.subject if payload.thread else ""]
    return "\n".join([*said, *_strings(msgspec.to_builtins(payload.body))])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if not _NO_WORD.match(value):
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
