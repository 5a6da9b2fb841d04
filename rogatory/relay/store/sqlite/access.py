"""Access lists within a transaction: additions at once, removals once enough of the others acknowledged the commit."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, null, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import access_digest
from rogatory.relay import log
from rogatory.relay.log import ChannelState
from rogatory.relay.store.schema import coverage_due, members, removals
from rogatory.relay.store.sqlite.statements import key, parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

_SERVED = sql(select(members.c.authority, members.c.leaving).where(key(members, "channel") & members.c.until.is_(None)))
_ADMIT = sql(
    insert(members)
    .values(channel=parameter("channel"), authority=parameter("authority"), first=parameter("seq"))
    .on_conflict_do_update(
        index_elements=["channel", "authority"],
        set_={"first": parameter("seq"), "until": null(), "access": null(), "last_commit": null()},
    )
)
_SET_LEAVING = sql(members.update().values(leaving=parameter("leaving")).where(key(members, "channel", "authority")))
_ADD_REMOVAL = sql(
    removals.insert().values({name: parameter(name) for name in ("channel", "seq", "electors", "missing")})
)
_DROP_EMPTY_REMOVALS = sql(
    delete(removals).where(
        key(removals, "channel")
        & ~select(members.c.authority)
        .where((members.c.channel == removals.c.channel) & (members.c.leaving == removals.c.seq))
        .correlate(removals)
        .exists()
    )
)
_COVERED_REMOVALS = sql(
    select(removals.c.seq, removals.c.electors, removals.c.missing)
    .where(key(removals, "channel") & (removals.c.seq > parameter("after")) & (removals.c.seq <= parameter("until")))
    .order_by(removals.c.seq)
)
_SET_MISSING = sql(removals.update().values(missing=parameter("missing")).where(key(removals, "channel", "seq")))
_DROP_REMOVAL = sql(removals.delete().where(key(removals, "channel", "seq")))
_LEAVING = sql(select(members.c.authority, members.c.first).where(key(members, "channel", "leaving")))
_REMOVE = sql(
    members.update()
    .values(until=parameter("until"), access=parameter("access"), last_commit=parameter("last_commit"), leaving=null())
    .where(key(members, "channel", "leaving"))
)
COVERAGE_DUE = sql(insert(coverage_due).values(channel=parameter("channel")).on_conflict_do_nothing())


def declared(transaction: Transaction, state: ChannelState | None) -> set[str]:
    """The access list that the channel's commits declared last."""
    if state is None:
        return set()
    rows = transaction.connection.execute(_SERVED, {"channel_": state.number})
    return {authority for authority, leaving in rows if leaving is None}


def declare(
    transaction: Transaction, channel: bytes, state: ChannelState, access: list[str], author: str, seq: int
) -> None:
    """Commit `seq` of `author` declares `access` (PROTOCOL.md, The log, rule 5).

    Who is new reads from `seq` on. Who is left off is served on until `count` removes it.
    """
    digest = access_digest(access)
    if digest == state.access:
        return
    execute, executemany = transaction.connection.execute, transaction.connection.executemany
    change = log.access_change(dict(execute(_SERVED, {"channel_": state.number}).fetchall()), access, author)
    executemany(_ADMIT, [{"channel": state.number, "authority": one, "seq": seq} for one in change.admitted])
    leaving = [(authority, None) for authority in change.back] + [(authority, seq) for authority in change.left_off]
    executemany(
        _SET_LEAVING,
        [{"channel_": state.number, "authority_": authority, "leaving": since} for authority, since in leaving],
    )
    if change.back:
        execute(_DROP_EMPTY_REMOVALS, {"channel_": state.number})
    if change.left_off:
        execute(
            _ADD_REMOVAL,
            {
                "channel": state.number,
                "seq": seq,
                "electors": msgspec.msgpack.encode(change.electors),
                "missing": log.majority(len(change.electors)),
            },
        )
    execute(COVERAGE_DUE, {"channel": state.number})
    state.access = digest
    transaction.access_changed(channel, state.number, [(authority, seq, None) for authority in change.admitted])


def count(transaction: Transaction, state: ChannelState, after: int, acknowledgement: Acknowledgement) -> None:
    """Count the first acknowledgement of its member that covers more than `after` for the removals that it covers."""
    rows = transaction.connection.execute(
        _COVERED_REMOVALS, {"channel_": state.number, "after": after, "until": acknowledgement.seq}
    ).fetchall()
    for seq, electors, missing in rows:
        if not acknowledgement.covers(seq):  # to this member the commit was void
            continue
        if acknowledgement.member not in msgspec.msgpack.decode(electors, type=list[str]):
            continue
        if missing > 1:
            place = {"channel_": state.number, "seq_": seq}
            transaction.connection.execute(_SET_MISSING, {**place, "missing": missing - 1})
        else:
            _remove(transaction, acknowledgement.channel, state, seq)


def _remove(transaction: Transaction, channel: bytes, state: ChannelState, seq: int) -> None:
    """The removal by commit `seq` counts: those members read up to the log's end of now."""
    place = {"channel_": state.number, "leaving_": seq}
    removed = transaction.connection.execute(_LEAVING, place).fetchall()
    until = state.head.seq
    transaction.connection.execute(
        _REMOVE, {**place, "until": until, "access": state.access, "last_commit": state.last_commit}
    )
    transaction.connection.execute(_DROP_REMOVAL, {"channel_": state.number, "seq_": seq})
    transaction.access_changed(channel, state.number, [(authority, first, until) for authority, first in removed])
