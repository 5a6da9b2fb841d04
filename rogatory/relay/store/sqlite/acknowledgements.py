"""Acknowledgements within a transaction: only forward, and only those that say what the log says."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.relay.store.interface import Acknowledged
from rogatory.relay.store.schema import acknowledgements, entries
from rogatory.relay.store.sqlite import access
from rogatory.relay.store.sqlite.statements import key, parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

_HEAD = sql(select(entries.c.head).where(key(entries, "channel", "seq")))
_HELD = sql(select(acknowledgements.c.seq).where(key(acknowledgements, "channel", "member")))
_SET = sql(
    insert(acknowledgements)
    .values({name: parameter(name) for name in ("channel", "member", "seq", "content")})
    .on_conflict_do_update(
        index_elements=["channel", "member"], set_={"seq": parameter("seq"), "content": parameter("content")}
    )
)
_AUTHORS = sql(
    select(entries.c.author)
    .where(key(entries, "channel") & (entries.c.seq > parameter("after")) & (entries.c.seq <= parameter("seq")))
    .distinct()
)


def acknowledge(transaction: Transaction, verified: Sequence[Acknowledgement]) -> list[Acknowledgement]:
    """Store acknowledgements whose signatures were verified; return those whose head is not this log's."""
    transaction.flush()
    contradicting = []
    forwarded: dict[bytes, Acknowledged] = {}
    for acknowledgement in verified:
        state = transaction.channel(acknowledgement.channel)
        if state is None:
            continue
        member = transaction.member(state.number, acknowledgement.member)
        if member is None:
            continue
        if member.until is not None and acknowledgement.seq > member.until:
            continue
        place = {"channel_": state.number, "seq_": acknowledgement.seq}
        row = transaction.connection.execute(_HEAD, place).fetchone()
        if row is None or not hmac.compare_digest(row[0], acknowledgement.head):
            contradicting.append(acknowledgement)
            continue
        held = _held(transaction, state.number, acknowledgement.member)
        if acknowledgement.seq <= held:
            continue
        content = msgspec.msgpack.encode(acknowledgement)
        transaction.connection.execute(
            _SET,
            {
                "channel": state.number,
                "member": acknowledgement.member,
                "seq": acknowledgement.seq,
                "content": content,
            },
        )
        transaction.connection.execute(access.COVERAGE_DUE, {"channel": state.number})
        access.count(transaction, state, held, acknowledgement)
        covered = {"channel_": state.number, "after": held, "seq": acknowledgement.seq}
        authors = {author for (author,) in transaction.connection.execute(_AUTHORS, covered)}
        event = forwarded.setdefault(acknowledgement.channel, Acknowledged(acknowledgement.channel, [], set()))
        event.acknowledgements.append(content)
        event.authors.update(authors - {acknowledgement.member})
    transaction.events.extend(forwarded.values())
    return contradicting


def _held(transaction: Transaction, number: int, member: str) -> int:
    row = transaction.connection.execute(_HELD, {"channel_": number, "member_": member}).fetchone()
    return row[0] if row else 0
