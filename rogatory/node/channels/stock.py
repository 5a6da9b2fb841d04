"""Key packages: this node's own at its home relay, and those of others claimed for a commit (RFC 9420 section 10)."""

from __future__ import annotations

from collections import Counter
from typing import Final

from rogatory.keys.errors import NotVouched, UnknownAuthority
from rogatory.node.channels.profile import authority_of, decode_package, encode_package, new_package
from rogatory.node.channels.session import ClaimAsked, Missing, PublishAsked, Session
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Work
from rogatory.node.store import counters, key_packages
from rogatory.node.store.key_packages import PackageRow, PackageState, Purpose
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import ClaimKeyPackages, PublishKeyPackages
from rogatory.protocol.frames.server import Claimed, ClaimedPackage, Published, StockLow
from rogatory.protocol.limits import MAX_CLAIMS_PER_FRAME
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.key_package import KeyPackage, KeyPackageSecrets
from rogatory.protocol.mls.leaf_node import Lifetime
from rogatory.protocol.text import message, text_of

LOW: Final = 20
FULL: Final = 50
DAY: Final = 24 * 3600
LIFETIME: Final = 90 * DAY
"""Seconds that a key package is good for."""
ROTATION: Final = 7 * DAY
"""Last-resort key packages rotate after use and at least weekly (DESIGN section 4)."""
RENEWAL: Final = 60 * DAY
"""Seconds after which the whole stock is replaced: what the relay hands out last is still good for a month."""
_KEY_SET: Final = "key_set_of_stock"
_RENEWED_AT: Final = "stock_renewed_at"
AT_ONCE: Final = 10
"""Key packages of one authority that are asked for at a time: half of what it has left when it makes more."""
RETRY: Final = 1.0
PATIENCE: Final = 5
"""Times asked in vain before the officer is told."""
LONGEST_RETRY: Final = 60.0
"""Seconds until a missing key package is asked for again: doubled each time."""


def open_stock(work: Work, session: Session) -> None:
    """At the beginning of a session at the home relay: fill up, replace what this node has no keys for."""
    if not _is_home(work, session):
        return
    key_packages.delete_expired(work.tx.connection, work.tx.now)
    known = key_packages.count(work.tx.connection, Purpose.ONCE, PackageState.PUBLISHED)
    lost = _signed_by_former_keys(work) or session.ready.stock > known
    stock = 0 if lost else session.ready.stock
    last = key_packages.count(work.tx.connection, Purpose.LAST_RESORT, PackageState.PUBLISHED)
    publish(work, session, stock, new_last_resort=lost or not (session.ready.last_resort and last), replace=lost)


def stock_low(work: Work, session: Session, frame: StockLow) -> None:
    """The relay is running out of this node's key packages."""
    if _is_home(work, session):
        publish(work, session, frame.stock, new_last_resort=frame.last_resort_used)


def rotate(work: Work) -> float | None:
    """Renew stock and last resort where they are due; gives when the next of them is (Unix seconds).

    A node may be connected for months: nothing here waits for a session to begin.
    """
    newest = key_packages.newest(work.tx.connection, Purpose.LAST_RESORT)
    if newest is None or work.tx.known_directory is None:
        return None
    now, renewed_at = work.tx.now, counters.get_number(work.tx.connection, _RENEWED_AT) or 0
    stock_due, last_due = renewed_at + RENEWAL, newest + ROTATION
    if now < min(stock_due, last_due):
        return min(stock_due, last_due)
    session = _home(work)
    if session is None:
        return None  # as soon as one begins
    _forget_former(work, newest)
    over = now >= stock_due
    publish(work, session, 0 if over else FULL, new_last_resort=now >= last_due, replace=over)
    return now + ROTATION


def last_resort_used(work: Work, row: PackageRow) -> None:
    """It let this node in: whoever is let in next gets another one (DESIGN section 4)."""
    session = _home(work)
    if session is not None and row.made_at == key_packages.newest(work.tx.connection, Purpose.LAST_RESORT):
        publish(work, session, FULL, new_last_resort=True)


def _forget_former(work: Work, newest: float) -> None:
    """Delete what has run out, and last resorts that were followed by another one a week ago or longer."""
    connection = work.tx.connection
    gone = key_packages.delete_expired(connection, work.tx.now)
    if work.tx.now >= newest + ROTATION and key_packages.count(connection, Purpose.LAST_RESORT, PackageState.MADE) == 0:
        gone += key_packages.delete_older(connection, Purpose.LAST_RESORT, newest)
    work.tx.output.keys_destroyed = work.tx.output.keys_destroyed or gone > 0


def publish(work: Work, session: Session, stock: int, *, new_last_resort: bool, replace: bool = False) -> None:
    """Make what is missing, store the private keys, then publish; unanswered ones are published again."""
    if any(isinstance(asked, PublishAsked) for asked in session.asked.values()):
        return
    connection = work.tx.connection
    once = key_packages.select_state(connection, Purpose.ONCE, PackageState.MADE)
    if stock < LOW or replace:
        once += [_make(work, Purpose.ONCE) for _ in range(FULL - stock - len(once))]
    last = key_packages.select_state(connection, Purpose.LAST_RESORT, PackageState.MADE)
    if new_last_resort and not last:
        last = [_make(work, Purpose.LAST_RESORT)]
    if not once and not last:
        return
    references = tuple(row.ref for row in once + last)
    renews = replace or (stock == 0 and bool(once))
    ref = session.ask(PublishAsked(references, work.tx.identity.key_set_version, renews))
    session.send(
        work.tx.output,
        PublishKeyPackages(
            ref,
            [_public(row) for row in once],
            last_resort=_public(last[-1]) if last else None,
            replace=replace,
        ),
    )


def published(work: Work, asked: PublishAsked, frame: Published) -> None:
    """The relay has stored them."""
    key_packages.set_published(work.tx.connection, list(asked.references))
    counters.set_number(work.tx.connection, _KEY_SET, asked.key_set)
    if asked.renews:
        counters.set_number(work.tx.connection, _RENEWED_AT, int(work.tx.now))


def claim(work: Work, authority: str) -> KeyPackage | None:
    """A claimed key package, or None: then it is asked for at the authority's own relay if that is connected."""
    packages = work.memory.packages.get(authority)
    if packages:
        return packages[0]
    try:
        relay = work.tx.directory.authority(authority).relay
    except UnknownAuthority as error:
        work.trouble_once(None, Trouble.NO_KEY_PACKAGE, text_of(error))
        return None
    session = work.session(relay)
    if session is None or (authority in session.missing and session.missing[authority].retry_at > work.tx.now):
        return None
    session.claims[authority] += 1
    return None


def used(work: Work, authority: str) -> None:
    """The package that `claim` gave stands in a commit, or is unfit: it is for one group (RFC 9420 section 10)."""
    packages = work.memory.packages.get(authority)
    if packages:
        packages.pop(0)


def is_asked_for(work: Work, authority: str) -> bool:
    """Whether a claim for its key package is under way, or about to be sent."""
    return any(
        authority in session.claims
        or any(isinstance(asked, ClaimAsked) and authority in asked.authorities for asked in session.asked.values())
        for session in work.memory.sessions.values()
    )


def send_claims(work: Work) -> None:
    """For each relay a frame with all that was asked for in this transaction, more of them for who is asked for often.

    Each channel asks in every transaction until it has its package, so what is under way is not asked for again.
    """
    for session in work.memory.sessions.values():
        under_way = Counter(
            each for asked in session.asked.values() if isinstance(asked, ClaimAsked) for each in asked.authorities
        )
        wanted = {each: min(count, AT_ONCE) - under_way[each] for each, count in session.claims.items()}
        session.claims.clear()
        for number in range(max(wanted.values(), default=0)):
            authorities = sorted(each for each, count in wanted.items() if count > number)
            for start in range(0, len(authorities), MAX_CLAIMS_PER_FRAME):
                part = tuple(authorities[start : start + MAX_CLAIMS_PER_FRAME])
                session.send(work.tx.output, ClaimKeyPackages(session.ask(ClaimAsked(part)), list(part)))


def claimed(work: Work, session: Session, asked: ClaimAsked, frame: Claimed) -> None:
    """Key packages of others: kept only where the directory stands for their keys."""
    wanted = set(asked.authorities)
    for each in frame.packages:
        if each.authority not in wanted:
            continue
        try:
            work.memory.packages.setdefault(each.authority, []).append(_checked(work, each))
            wanted.discard(each.authority)
            session.missing.pop(each.authority, None)
        except (MLSError, MalformedError, NotVouched) as error:
            work.trouble_once(
                None,
                Trouble.KEY_PACKAGE,
                message(
                    "{relay} hands out a key package as {authority}'s that is refused: {error}",
                    relay=session.relay,
                    authority=each.authority,
                    error=text_of(error),
                ),
            )
    for authority in wanted:
        ask_later(work, session, authority)
        if authority in frame.missing and session.missing[authority].times >= PATIENCE:
            work.trouble_once(
                None,
                Trouble.NO_KEY_PACKAGE,
                message(
                    "{authority} has no key packages at {relay}: it is added once it was connected there",
                    authority=authority,
                    relay=session.relay,
                ),
            )


def ask_later(work: Work, session: Session, authority: str) -> None:
    """Ask for its key package again, later each time."""
    before = session.missing.get(authority)
    if before is not None and before.retry_at > work.tx.now:
        return  # one of several answers to what was asked at once
    times = 0 if before is None else before.times + 1
    session.missing[authority] = Missing(times, work.tx.now + min(RETRY * 2**times, LONGEST_RETRY))


def _checked(work: Work, each: ClaimedPackage) -> KeyPackage:
    package = decode_package(each.key_package)
    leaf = package.leaf_node
    if authority_of(leaf) != each.authority:
        raise MalformedError(message("it is {authority}'s", authority=authority_of(leaf)))
    if not isinstance(leaf.source, Lifetime) or not leaf.source.covers(int(work.tx.now)):
        raise MalformedError(message("its lifetime is over, or has not begun"))
    work.tx.directory.vouch_leaf(each.authority, leaf.signature_key, work.tx.directory.targets_version)
    return package


def _home(work: Work) -> Session | None:
    """The session at this node's home relay, if it stands."""
    return next((session for session in work.memory.sessions.values() if _is_home(work, session)), None)


def _is_home(work: Work, session: Session) -> bool:
    try:
        return work.tx.directory.authority(work.tx.authority).relay == session.relay
    except UnknownAuthority:
        return False


def _signed_by_former_keys(work: Work) -> bool:
    """Whether what was published is of another key set: nobody may add this node by it any more.

    Those that the relay has handed out already are kept: an invitation from before may still come.
    """
    connection = work.tx.connection
    if counters.get_number(connection, _KEY_SET) in (None, work.tx.identity.key_set_version):
        return False
    for purpose in (Purpose.ONCE, Purpose.LAST_RESORT):
        for row in key_packages.select_state(connection, purpose, PackageState.MADE):
            key_packages.delete(connection, row.ref)
    return True


def _make(work: Work, purpose: Purpose) -> PackageRow:
    tx = work.tx
    secrets = new_package(tx.identity, tx.now, LIFETIME, tx.random, last_resort=purpose is Purpose.LAST_RESORT)
    row = PackageRow(
        ref=secrets.key_package.ref(),
        purpose=purpose,
        state=PackageState.MADE,
        channel=None,
        secrets=secrets.encode(),
        made_at=tx.now,
        expires_at=tx.now + LIFETIME,
    )
    key_packages.add(tx.connection, row)
    return row


def _public(row: PackageRow) -> bytes:
    return encode_package(KeyPackageSecrets.decode(row.secrets).key_package)
