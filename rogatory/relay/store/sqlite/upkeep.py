"""What goes from the database: invitations taken, bodies after retention. Small transactions, to be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from rogatory.relay.store.schema import (
    acknowledgements,
    bodies,
    channels,
    coverage,
    coverage_due,
    entries,
    invitations,
    joiners,
    key_packages,
    members,
)
from rogatory.relay.store.sqlite.statements import FROM_START, key, parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

CHANNELS_AT_ONCE = 50
ROWS_AT_ONCE = 500

_limit = parameter("limit")

# Coverage: how far all members of a channel have read. A member needs to acknowledge neither what stood before it
# joined nor its own entries.
_DUE = sql(select(coverage_due.c.channel).limit(_limit).offset(FROM_START))
_DUE_DONE = sql(coverage_due.delete().where(key(coverage_due, "channel")))
_needed_after = func.max(func.coalesce(acknowledgements.c.seq, parameter("zero")), members.c.first - parameter("one"))
_first_unread = (
    select(entries.c.seq)
    .where(
        (entries.c.channel == members.c.channel)
        & (entries.c.seq > _needed_after)
        & (entries.c.author != members.c.authority)
    )
    .order_by(entries.c.seq)
    .limit(parameter("one"))
    .offset(FROM_START)
    .scalar_subquery()
    .correlate(members, acknowledgements)
)
_COVERED = sql(
    select(func.min(func.coalesce(_first_unread - parameter("one"), parameter("head"))))
    .select_from(
        members.outerjoin(
            acknowledgements,
            (acknowledgements.c.channel == members.c.channel) & (acknowledgements.c.member == members.c.authority),
        )
    )
    .where(key(members, "channel") & members.c.until.is_(None))
)
_HEAD = sql(select(channels.c.seq).where(key(channels, "number")))
_MARK = sql(
    insert(coverage).values({name: parameter(name) for name in ("channel", "seq", "time")}).on_conflict_do_nothing()
)

_MARKED = sql(
    select(coverage.c.channel, coverage.c.seq)
    .where(coverage.c.time < parameter("before"))
    .order_by(coverage.c.time)
    .limit(_limit)
    .offset(FROM_START)
)
_COVERED_BODIES = sql(
    select(entries.c.seq, entries.c.body, bodies.c.author, bodies.c.size)
    .select_from(
        entries.join(channels, channels.c.number == entries.c.channel).outerjoin(bodies, bodies.c.id == entries.c.body)
    )
    .where(key(entries, "channel") & (entries.c.seq > channels.c.cleared) & (entries.c.seq <= parameter("seq")))
    .order_by(entries.c.seq)
    .limit(_limit)
    .offset(FROM_START)
)
_SET_CLEARED = sql(
    channels.update().values(cleared=func.max(channels.c.cleared, parameter("cleared"))).where(key(channels, "number"))
)
_UNMARK = sql(coverage.delete().where(key(coverage, "channel") & (coverage.c.seq <= parameter("seq"))))
_COVERED_INVITATIONS = sql(
    select(invitations.c.id, invitations.c.author, invitations.c.size).where(
        key(invitations, "channel") & (invitations.c.seq <= parameter("seq"))
    )
)

_oldest_bodies = select(bodies).order_by(bodies.c.id).limit(_limit).offset(FROM_START).subquery()
_OLD_BODIES = sql(
    select(_oldest_bodies.c.id, _oldest_bodies.c.author, _oldest_bodies.c.size).where(
        _oldest_bodies.c.time < parameter("before")
    )
)
_oldest_invitations = select(invitations).order_by(invitations.c.id).limit(_limit).offset(FROM_START).subquery()
_OLD_INVITATIONS = sql(
    select(_oldest_invitations.c.id, _oldest_invitations.c.author, _oldest_invitations.c.size).where(
        _oldest_invitations.c.time < parameter("before")
    )
)
_oldest_packages = select(key_packages).order_by(key_packages.c.id).limit(_limit).offset(FROM_START).subquery()
_OLD_PACKAGES = sql(select(_oldest_packages.c.id).where(_oldest_packages.c.time < parameter("before")))

_DELETE_BODY = sql(bodies.delete().where(key(bodies, "id")))
_DELETE_PACKAGE = sql(key_packages.delete().where(key(key_packages, "id")))
_DELETE_INVITATION = sql(invitations.delete().where(key(invitations, "id")))
_DELETE_JOINERS = sql(joiners.delete().where(key(joiners, "invitation")))
_JOINED = sql(select(joiners.c.invitation).where(key(joiners, "id", "authority")))
_TAKE = sql(joiners.delete().where(key(joiners, "id", "authority")))
_STILL_INVITED = sql(select(joiners.c.id).where(key(joiners, "invitation")).limit(_limit).offset(FROM_START))
_INVITATION = sql(select(invitations.c.id, invitations.c.author, invitations.c.size).where(key(invitations, "id")))


def take_invitations(transaction: Transaction, authority: str, ids: Sequence[int]) -> None:
    """Forget this authority's invitations; the large part goes with the last joiner's."""
    execute = transaction.connection.execute
    for joiner in ids:
        row = execute(_JOINED, {"id_": joiner, "authority_": authority}).fetchone()
        if row is None:
            continue
        execute(_TAKE, {"id_": joiner, "authority_": authority})
        if execute(_STILL_INVITED, {"invitation_": row[0], "limit": 1}).fetchone() is None:
            _delete_invitations(transaction, execute(_INVITATION, {"id_": row[0]}).fetchall())


def mark_coverage(transaction: Transaction) -> int:
    """Note how far all members have read, in some channels where that may have changed; returns their number."""
    transaction.flush()
    execute = transaction.connection.execute
    due = [channel for (channel,) in execute(_DUE, {"limit": CHANNELS_AT_ONCE})]
    for channel in due:
        (head,) = execute(_HEAD, {"number_": channel}).fetchone()
        (covered,) = execute(_COVERED, {"channel_": channel, "head": head, "one": 1, "zero": 0}).fetchone()
        if covered:
            execute(_MARK, {"channel": channel, "seq": covered, "time": transaction.now})
        execute(_DUE_DONE, {"channel_": channel})
    return len(due)


def delete_expired(transaction: Transaction, covered_before: int, stored_before: int) -> int:
    """Delete some of what was covered or stored before these times; returns how many rows went."""
    transaction.flush()
    return _delete_covered(transaction, covered_before) + _delete_old(transaction, stored_before)


def _delete_covered(transaction: Transaction, before: int) -> int:
    execute = transaction.connection.execute
    marked = execute(_MARKED, {"before": before, "limit": 1}).fetchone()
    if marked is None:
        return 0
    channel, seq = marked
    rows = execute(_COVERED_BODIES, {"channel_": channel, "seq": seq, "limit": ROWS_AT_ONCE}).fetchall()
    _delete_bodies(transaction, [(body, author, size) for _, body, author, size in rows if author is not None])
    done = len(rows) < ROWS_AT_ONCE
    execute(_SET_CLEARED, {"number_": channel, "cleared": seq if done else rows[-1][0]})
    if done:
        _delete_invitations(transaction, execute(_COVERED_INVITATIONS, {"channel_": channel, "seq": seq}).fetchall())
        execute(_UNMARK, {"channel_": channel, "seq": seq})
    return len(rows) + 1


def _delete_old(transaction: Transaction, before: int) -> int:
    execute = transaction.connection.execute
    oldest = {"before": before, "limit": ROWS_AT_ONCE}
    old_bodies = execute(_OLD_BODIES, oldest).fetchall()
    _delete_bodies(transaction, old_bodies)
    old_invitations = execute(_OLD_INVITATIONS, oldest).fetchall()
    _delete_invitations(transaction, old_invitations)
    old_packages = execute(_OLD_PACKAGES, oldest).fetchall()
    transaction.connection.executemany(_DELETE_PACKAGE, [{"id_": package} for (package,) in old_packages])
    return len(old_bodies) + len(old_invitations) + len(old_packages)


def _delete_bodies(transaction: Transaction, rows: Sequence[tuple[int, str, int]]) -> None:
    transaction.connection.executemany(_DELETE_BODY, [{"id_": body} for body, _, _ in rows])
    _discharge(transaction, rows)


def _delete_invitations(transaction: Transaction, rows: Sequence[tuple[int, str, int]]) -> None:
    ids = [row[0] for row in rows]
    transaction.connection.executemany(_DELETE_JOINERS, [{"invitation_": invitation} for invitation in ids])
    transaction.connection.executemany(_DELETE_INVITATION, [{"id_": invitation} for invitation in ids])
    _discharge(transaction, rows)


def _discharge(transaction: Transaction, rows: Sequence[tuple[int, str, int]]) -> None:
    freed: Counter[str] = Counter()
    for _, author, size in rows:
        freed[author] += size
    for author, size in freed.items():
        transaction.discharge(author, size)
