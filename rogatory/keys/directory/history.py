"""What may change from one accepted directory to the next: the past may not.

Members judge a commit as of the version that it pins. They agree only if every later directory says the same about
that version: so entries never vanish, terms begin and end after what was already accepted, and keys do not change.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import AuthorityEntry, RelayEntry, Roster, Seat
from rogatory.keys.errors import HistoryRewritten, RolledBack
from rogatory.protocol.text import message


class _Term(Protocol):
    @property
    def since(self) -> int: ...
    @property
    def until(self) -> int | None: ...


K = TypeVar("K")
T = TypeVar("T", bound=_Term)


def check_succession(old: Directory, new: Directory) -> None:
    """Raise RolledBack or HistoryRewritten unless `new` may follow `old`."""
    # Trustees sign targets, coordinators their rosters: these never go back, whatever online keys were rotated.
    if new.targets_version < old.targets_version:
        raise RolledBack(older(message("targets"), new.targets_version, old.targets_version))
    as_of = old.targets_version
    _require_all(message("the directory"), old.authority_entries, new.authority_entries)
    for authority, new_entry in new.authority_entries.items():
        if (old_entry := old.authority_entries.get(authority)) is not None:
            _check_authority(old_entry, new_entry, as_of)
        elif new_entry.terms[0].since <= as_of:
            raise _rewritten(
                message("the directory {authority}", authority=authority), message("it begins in the past")
            )
    _require_all(message("the directory"), old.relay_entries, new.relay_entries)
    for relay, relay_entry in old.relay_entries.items():
        _check_relay(relay_entry, new.relay_entries[relay], as_of)
    _require_all(message("the directory"), old.roster_entries, new.roster_entries)
    for network, roster in old.roster_entries.items():
        if new.network_versions[network] < old.network_versions[network]:
            raise RolledBack(
                older(
                    message("roster of {network}", network=network),
                    new.network_versions[network],
                    old.network_versions[network],
                )
            )
        _check_roster(roster, new.roster_entries[network], old.network_versions[network])


def older(what: str, offered: int, held: int) -> str:
    """The message of a rollback."""
    return message(
        "the directory offered is older than the one held ({what} version {offered}, not {held}): the relay serves a"
        " stale mirror; tell its operator, and trust no new key until it has caught up",
        what=what,
        offered=offered,
        held=held,
    )


def _check_authority(old: AuthorityEntry, new: AuthorityEntry, as_of: int) -> None:
    _check_terms(message("{id}, term", id=old.id), dict(enumerate(old.terms)), dict(enumerate(new.terms)), as_of)
    _check_recovery(old, new, as_of)
    before = {key_set.version: key_set for key_set in old.key_sets}
    after = {key_set.version: key_set for key_set in new.key_sets}
    _check_terms(message("{id}, key set", id=old.id), before, after, as_of)
    for version, key_set in before.items():
        now = after[version]
        if (now.online, now.ed25519, now.mldsa65) != (key_set.online, key_set.ed25519, key_set.mldsa65):
            raise _rewritten(old.id, message("the keys of key set {version} change", version=version))
        # An inquiry may find that it began earlier; it never becomes trustworthy again.
        if key_set.compromised_since is not None and (
            now.compromised_since is None or now.compromised_since > key_set.compromised_since
        ):
            raise _rewritten(
                old.id, message("the time of compromise of key set {version} becomes later", version=version)
            )
        if key_set.endorsement is not None and now.endorsement != key_set.endorsement:
            raise _rewritten(old.id, message("the endorsement of key set {version} changes", version=version))


def _check_recovery(old: AuthorityEntry, new: AuthorityEntry, as_of: int) -> None:
    if new.former_recovery[: len(old.former_recovery)] != old.former_recovery:
        raise _rewritten(old.id, message("its former recovery keys change"))
    if old.recovery is not None and new.recovery_at(as_of) != old.recovery:
        raise _rewritten(old.id, message("its recovery key changes, without a record of the old one or in the past"))


def _check_relay(old: RelayEntry, new: RelayEntry, as_of: int) -> None:
    if new.former[: len(old.former)] != old.former:
        raise _rewritten(old.id, message("its former keys change"))
    if (new.identity, new.receipt, new.since) == (old.identity, old.receipt, old.since):
        _check_term(old.id, old, new, as_of)
        return
    replaced = new.former[len(old.former) :]
    if not replaced or (replaced[0].identity, replaced[0].receipt, replaced[0].since) != (
        old.identity,
        old.receipt,
        old.since,
    ):
        raise _rewritten(old.id, message("its keys change without a record of the old ones"))
    if new.since <= as_of:
        raise _rewritten(old.id, message("its new keys begin in the past"))


def _check_roster(old: Roster, new: Roster, as_of: int) -> None:
    if (new.channel, new.relay, new.announcers) != (old.channel, old.relay, old.announcers):
        raise _rewritten(
            old.id,
            message("its channel, relay or announcers change, which are fixed: found a successor network instead"),
        )
    _check_terms(message("{id}, member", id=old.id), _by_term(old.members), _by_term(new.members), as_of)
    _check_terms(message("{id}, coordinator", id=old.id), _by_term(old.coordinators), _by_term(new.coordinators), as_of)
    _check_terms(message("{id}, observer", id=old.id), _by_term(old.observers), _by_term(new.observers), as_of)


def _by_term(seats: Iterable[Seat]) -> dict[str, Seat]:
    return {message("{authority} since {since}", authority=seat.authority, since=seat.since): seat for seat in seats}


def _check_terms(where: str, old: Mapping[K, T], new: Mapping[K, T], as_of: int) -> None:
    """Nothing vanishes; nothing new begins, and nothing ends, at or before `as_of`."""
    _require_all(where, old, new)
    for name, term in new.items():
        if (before := old.get(name)) is not None:
            _check_term(message("{where} {name}", where=where, name=name), before, term, as_of)
        elif term.since <= as_of:
            raise _rewritten(message("{where} {name}", where=where, name=name), message("it begins in the past"))


def _check_term(name: str, old: _Term, new: _Term, as_of: int) -> None:
    if new.since != old.since:
        raise _rewritten(name, message("its beginning changes"))
    if old.until is not None and new.until != old.until:
        raise _rewritten(name, message("its end changes"))
    if old.until is None and new.until is not None and new.until <= as_of:
        raise _rewritten(name, message("it ends in the past"))


def _require_all(where: str, old: Mapping[K, object], new: Mapping[K, object]) -> None:
    if missing := [str(name) for name in old if name not in new]:
        raise _rewritten(
            message("{where}: {missing}", where=where, missing=missing[0]),
            message("it vanishes, where it may only end"),
        )


def _rewritten(name: str, reason: str) -> HistoryRewritten:
    return HistoryRewritten(
        message(
            "the directory offered rewrites the past of {name}: {reason}; nothing of it is taken, tell the trustees",
            name=name,
            reason=reason,
        )
    )
