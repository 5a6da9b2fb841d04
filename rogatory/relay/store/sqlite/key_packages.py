"""Key packages within a transaction: each handed out once, in order of publication, then the last resort."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import func, null, select, true
from sqlalchemy.dialects.sqlite import insert

from rogatory.protocol.frames.server import ClaimedPackage
from rogatory.relay import log
from rogatory.relay.store.interface import Stock, StockTaken
from rogatory.relay.store.schema import key_packages, last_resorts
from rogatory.relay.store.sqlite.statements import FROM_START, key, parameter, sql
from rogatory.relay.store.sqlite.transaction import Transaction

_in_stock = key(key_packages, "authority") & key_packages.c.content.is_not(None)
LEFT = sql(select(func.count()).select_from(key_packages).where(_in_stock))
LAST_RESORT = sql(select(last_resorts.c.content, last_resorts.c.used).where(key(last_resorts, "authority")))
_NEXT = sql(
    select(key_packages.c.id, key_packages.c.content)
    .where(_in_stock)
    .order_by(key_packages.c.id)
    .limit(parameter("count"))
    .offset(FROM_START)
)
_HAND_OUT = sql(key_packages.update().values(content=null()).where(key(key_packages, "id")))
_CLEAR = sql(key_packages.delete().where(_in_stock))
_ADD = sql(
    insert(key_packages)
    .values({name: parameter(name) for name in ("authority", "hash", "time", "content")})
    .on_conflict_do_nothing()
)
_SET_LAST_RESORT = sql(
    insert(last_resorts)
    .values({name: parameter(name) for name in ("authority", "content", "used")})
    .on_conflict_do_update(
        index_elements=["authority"], set_={"content": parameter("content"), "used": parameter("used")}
    )
)
_USE_LAST_RESORT = sql(last_resorts.update().values(used=true()).where(key(last_resorts, "authority")))


def publish(
    transaction: Transaction, authority: str, packages: list[bytes], last_resort: bytes | None, replace: bool
) -> int:
    """Take key packages; what was handed out once is not taken again. Returns what is left; raises Refusal."""
    execute = transaction.connection.execute
    owner = {"authority_": authority}
    held = 0 if replace else execute(LEFT, owner).fetchone()[0]
    log.check_stock(held, len(packages), transaction.quotas.key_packages)
    if replace:
        execute(_CLEAR, owner)
    transaction.connection.executemany(
        _ADD,
        [
            {
                "authority": authority,
                "hash": hashlib.sha256(package).digest(),
                "time": transaction.now,
                "content": package,
            }
            for package in packages
        ],
    )
    if last_resort is not None:
        row = execute(LAST_RESORT, owner).fetchone()
        used = row is not None and row[0] == last_resort and row[1]
        execute(_SET_LAST_RESORT, {"authority": authority, "content": last_resort, "used": used})
    left: int = execute(LEFT, owner).fetchone()[0]
    return left


def claim(transaction: Transaction, authorities: Sequence[str]) -> list[ClaimedPackage]:
    """One key package of each of these authorities that has any."""
    execute = transaction.connection.execute
    claimed = []
    for authority in authorities:
        owner = {"authority_": authority}
        row = execute(_NEXT, {**owner, "count": 1}).fetchone()
        if row is not None:
            execute(_HAND_OUT, {"id_": row[0]})
            claimed.append(ClaimedPackage(authority, row[1], last_resort=False))
        else:
            last = execute(LAST_RESORT, owner).fetchone()
            if last is None:
                continue
            execute(_USE_LAST_RESORT, owner)
            claimed.append(ClaimedPackage(authority, last[0], last_resort=True))
        left = execute(LEFT, owner).fetchone()[0]
        last = execute(LAST_RESORT, owner).fetchone()
        transaction.events.append(StockTaken(authority, stock_of(left, last)))
    return claimed


def stock_of(left: int, last_resort: tuple[bytes, int] | None) -> Stock:
    """What the rows of LEFT and LAST_RESORT say."""
    return Stock(left, last_resort is not None, last_resort is not None and bool(last_resort[1]))
