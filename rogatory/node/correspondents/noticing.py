"""Key changes of correspondents, told to the officer in each matter with them: once per version of the directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rogatory.keys.directory.model import AuthorityEntry
from rogatory.keys.fingerprint import entry_fingerprint
from rogatory.keys.plain import moment, standing_in_words
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.store import counters
from rogatory.node.store.correspondents import KeysSeen, keys_seen, put_keys_seen
from rogatory.node.store.matters import all_matters, parties_of
from rogatory.node.transaction import Tx
from rogatory.protocol.text import message

_CHECKED: Final = "keys_checked_at_targets"


def notice_key_changes(tx: Tx) -> None:
    """Compare each authority's keys with those seen before. The first sight of an authority is no change."""
    directory = tx.directory
    if counters.get_number(tx.connection, _CHECKED) == directory.targets_version:
        return
    counters.set_number(tx.connection, _CHECKED, directory.targets_version)
    before = keys_seen(tx.connection)
    changed: list[KeysSeen] = []
    for authority, entry in sorted(directory.authority_entries.items()):
        now = _seen_now(tx, entry)
        if before.get(authority) == now:
            continue
        changed.append(now)
        if authority in before and authority != tx.authority:
            for code, summary in _news(tx, entry, before[authority], now):
                _tell(tx, authority, code, summary)
    put_keys_seen(tx.connection, changed)


def _seen_now(tx: Tx, entry: AuthorityEntry) -> KeysSeen:
    in_force = tx.directory.key_sets_in_force(entry.id, tx.directory.targets_version)
    compromised = tuple(key_set.version for key_set in entry.key_sets if key_set.compromised_since is not None)
    return KeysSeen(entry.id, in_force[0].version if in_force else None, compromised)


def _news(tx: Tx, entry: AuthorityEntry, before: KeysSeen, now: KeysSeen) -> Iterator[tuple[str, str]]:
    """Code and text of each thing that changed."""
    for number in sorted(set(now.compromised) - set(before.compromised)):
        since = tx.directory.key_set(entry.id, number).compromised_since
        yield (
            "compromised",
            message(
                "key set {number} of {authority} is compromised since {since}: trust nothing that it signed later;"
                " what was receipted before stays good",
                number=number,
                authority=entry.id,
                since=moment(since or 0),
            ),
        )
    if (
        now.key_set is None
        and before.key_set is not None
        and tx.directory.struck_off(entry.id, tx.directory.targets_version)
    ):
        yield (
            "struck_off",
            message(
                "{authority} was struck off the directory: its node is removed from every matter", authority=entry.id
            ),
        )
    elif now.key_set is not None and now.key_set != before.key_set:
        standing = tx.directory.standing(entry.id, now.key_set)
        news = message(
            "{authority} has new keys, {standing}: key set {key_set}, fingerprint {fingerprint}",
            authority=entry.id,
            standing=standing_in_words(standing),
            key_set=now.key_set,
            fingerprint=entry_fingerprint(entry, now.key_set),
        )
        if standing.waits_for_confirmation:
            news = message(
                "{news}; compare it with them by telephone, then: rogatory-node authority confirm", news=news
            )
        yield standing.value, news


def _tell(tx: Tx, authority: str, code: str, summary: str) -> None:
    matters = all_matters(tx.connection)
    parties = parties_of(tx.connection, [matter.channel for matter in matters])
    for matter in matters:
        if authority in parties.get(matter.channel, ()):
            record(tx, EventKind.KEYS_CHANGED, summary, channel=matter.channel, author=authority, code=code)
