"""What trustees and coordinators change: each step edits drafts and stamps the version that it will hold from.

Nothing is taken back: what ends gets an `until`, so that later readers can still judge what was before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from securesystemslib.signer import Key

from rogatory.keys.directory import entries
from rogatory.keys.directory.endorsement import Standing, standing
from rogatory.keys.directory.model import (
    INDEX_PATH,
    AuthorityEntry,
    Document,
    FormerRelayKeys,
    Index,
    KeySet,
    RelayEntry,
    Roster,
    Seat,
    Term,
    authority_path,
    network_path,
    network_role,
    relay_path,
)
from rogatory.keys.errors import EntryMismatch, PublishError
from rogatory.keys.publishing.repository import TARGETS, Repository
from rogatory.keys.renewal import Renewal, begin
from rogatory.protocol.text import message, text_of

SeatKind = Literal["members", "coordinators", "observers"]


def put_authority(repository: Repository, entry: AuthorityEntry, now: datetime) -> None:
    """Enrol an authority, or replace an enrolled one's details: its keys and terms stay as they are."""
    index = repository.index()
    if entry.id not in index.authorities:
        enrol(repository, [entry], now)
        return
    version = repository.next_version(TARGETS, now)
    held = authority_entry(repository, entry.id, version)
    if {key_set.online for key_set in entry.key_sets} - {key_set.online for key_set in held.key_sets}:
        raise PublishError(
            message("{id} is enrolled with other keys: renew its keys, or refuse this file", id=entry.id)
        )
    entry = msgspec.structs.replace(
        entry,
        since=held.since,
        until=held.until,
        key_sets=held.key_sets,
        recovery=held.recovery,
        former_terms=held.former_terms,
        former_recovery=held.former_recovery,
    )
    _check_relay(index, entry)
    _put_authority(repository, entry, version, now)


def enrol(repository: Repository, newcomers: Sequence[AuthorityEntry], now: datetime) -> None:
    """Enrol authorities that the directory does not know: all of them, or none."""
    index = repository.index()
    version = repository.next_version(TARGETS, now)
    known = set(index.authorities)
    documents: dict[str, Document] = {}
    for entry in newcomers:
        if entry.id in known:
            raise PublishError(message("{id} is enrolled already: enrol each authority once", id=entry.id))
        known.add(entry.id)
        _check_relay(index, entry)
        enrolled = _enrolled(entry, version)
        _check_readable(enrolled, version)
        documents[authority_path(entry.id)] = enrolled
    index = msgspec.structs.replace(index, authorities=(*index.authorities, *(entry.id for entry in newcomers)))
    repository.put_all(TARGETS, {INDEX_PATH: index, **documents}, now)


def renew_keys(
    repository: Repository,
    renewal: Renewal,
    now: datetime,
    *,
    compromised_since: int | None = None,
    readmit: bool = False,
) -> None:
    """Close an authority's key sets and begin the next one, with its new recovery key if there is one.

    `compromised_since` (unix seconds) marks the key sets that are closed; `readmit` brings back one struck off.
    """
    authority = renewal.authority
    version = repository.next_version(TARGETS, now)
    held = authority_entry(repository, authority, version)
    expected = len(held.key_sets) + 1
    if renewal.key_set.version != expected:
        raise PublishError(
            message(
                "the next key set of {authority} is number {expected}, not {version}",
                authority=authority,
                expected=expected,
                version=renewal.key_set.version,
            )
        )
    if held.until is not None:
        if not readmit:
            raise PublishError(
                message(
                    "{authority} is struck off: its keys are renewed when it is admitted again (--readmit)",
                    authority=authority,
                )
            )
        former = (*held.former_terms, Term(since=held.since, until=held.until))
        held = msgspec.structs.replace(held, since=version, until=None, former_terms=former)
    held = msgspec.structs.replace(held, key_sets=_closed(held.key_sets, version, compromised_since))
    entry = begin(held, renewal, version)
    begun = entry.key_sets[-1]
    if begun.endorsement is not None and standing(entry, begun) is Standing.UNENDORSED:
        raise PublishError(
            message(
                "the endorsement of the new keys of {authority} proves nothing (it is not by the key set in"
                " force or the recovery key, or by keys that are marked as compromised): have the recovery"
                " key endorse them (`rogatory-keys authority endorse`), or take them in unendorsed",
                authority=authority,
            )
        )
    _put_authority(repository, entry, version, now)


def strike_off(repository: Repository, authority: str, now: datetime, compromised_since: int | None = None) -> None:
    """End an authority and its key sets; `compromised_since` (unix seconds) marks those still open."""
    version = repository.next_version(TARGETS, now)
    held = authority_entry(repository, authority, version)
    if held.until is not None:
        raise PublishError(message("{authority} is struck off already", authority=authority))
    entry = msgspec.structs.replace(held, until=version, key_sets=_closed(held.key_sets, version, compromised_since))
    _put_authority(repository, entry, version, now)


def mark_compromised(
    repository: Repository, authority: str, key_sets: Iterable[int], since: int, now: datetime
) -> None:
    """Say of key sets from when on (unix seconds) their signatures prove nothing. Those in force end with this version.

    So every member judges alike, by the version that a commit pins, whether such a key still stands for its authority.
    """
    version = repository.next_version(TARGETS, now)
    held = authority_entry(repository, authority, version)
    numbers = set(key_sets)
    for number in sorted(numbers - {key_set.version for key_set in held.key_sets}):
        raise PublishError(message("{authority} has no key set {number}", authority=authority, number=number))
    marked = tuple(
        msgspec.structs.replace(
            key_set, compromised_since=since, until=version if key_set.until is None else key_set.until
        )
        if key_set.version in numbers
        else key_set
        for key_set in held.key_sets
    )
    _put_authority(repository, msgspec.structs.replace(held, key_sets=marked), version, now)


def put_relay(repository: Repository, entry: RelayEntry, now: datetime) -> None:
    """Add a relay, or replace its details; former keys are kept, so that old receipts stay verifiable."""
    index = repository.index()
    version = repository.next_version(TARGETS, now)
    if entry.id in index.relays:
        held = entries.decode_relay(repository.document(TARGETS, relay_path(entry.id)), entry.id, version)
        entry = msgspec.structs.replace(entry, since=held.since, until=held.until, former=held.former)
        if (entry.identity, entry.receipt) != (held.identity, held.receipt):
            former = FormerRelayKeys(identity=held.identity, receipt=held.receipt, since=held.since, until=version)
            entry = msgspec.structs.replace(entry, since=version, former=(*held.former, former))
    else:
        entry = msgspec.structs.replace(entry, since=version, until=None, former=())
        repository.put(TARGETS, INDEX_PATH, msgspec.structs.replace(index, relays=(*index.relays, entry.id)), now)
    repository.put(TARGETS, relay_path(entry.id), entry, now)


def found_network(
    repository: Repository, roster: Roster, coordinator_keys: Sequence[Key], threshold: int, now: datetime
) -> None:
    """Add a network: the trustees delegate its role to the coordinators' keys, who sign the first roster."""
    index = repository.index()
    if roster.id in index.networks:
        raise PublishError(message("the network {id} is in the directory already", id=roster.id))
    if roster.relay not in index.relays:
        raise PublishError(
            message("{id} names {relay}, which is no relay of this directory", id=roster.id, relay=roster.relay)
        )
    repository.put(TARGETS, INDEX_PATH, msgspec.structs.replace(index, networks=(*index.networks, roster.id)), now)
    repository.delegate(roster.id, coordinator_keys, threshold, now)
    empty = msgspec.structs.replace(roster, members=(), coordinators=(), observers=())
    repository.put(network_role(roster.id), network_path(roster.id), empty, now)
    set_seats(
        repository,
        roster.id,
        now,
        members=[seat.authority for seat in roster.members],
        coordinators=[seat.authority for seat in roster.coordinators],
        observers=[seat.authority for seat in roster.observers],
    )


def set_seats(
    repository: Repository,
    network: str,
    now: datetime,
    *,
    members: Iterable[str] | None = None,
    coordinators: Iterable[str] | None = None,
    observers: Iterable[str] | None = None,
) -> None:
    """Make these the holders of each kind of seat (None leaves a kind as it is): others end, new ones begin."""
    role = network_role(network)
    version = repository.next_version(role, now)
    roster = entries.decode_roster(repository.document(role, network_path(network)), network, version)
    wanted: dict[SeatKind, Iterable[str] | None] = {
        "members": members,
        "coordinators": coordinators,
        "observers": observers,
    }
    seats = {
        kind: _seats(getattr(roster, kind), frozenset(holders), version)
        for kind, holders in wanted.items()
        if holders is not None
    }
    enrolled = set(repository.index().authorities)
    for holder in {seat.authority for kind in seats.values() for seat in kind} - enrolled:
        raise PublishError(
            message(
                "{holder} is not enrolled in this directory, so it can have no seat in {network}",
                holder=holder,
                network=network,
            )
        )
    repository.put(role, network_path(network), msgspec.structs.replace(roster, **seats), now)


def _put_authority(repository: Repository, entry: AuthorityEntry, version: int, now: datetime) -> None:
    _check_readable(entry, version)
    repository.put(TARGETS, authority_path(entry.id), entry, now)


def _enrolled(entry: AuthorityEntry, version: int) -> AuthorityEntry:
    """A newcomer's entry as it stands from this version on."""
    if len(entry.key_sets) != 1:
        raise PublishError(message("{id} must be enrolled with one key set", id=entry.id))
    if entry.key_sets[0].version != 1:
        raise PublishError(
            message("{id} is not enrolled, so its first key set is number 1: its file says another", id=entry.id)
        )
    first = msgspec.structs.replace(
        entry.key_sets[0], since=version, until=None, compromised_since=None, endorsement=None
    )
    return msgspec.structs.replace(
        entry, since=version, until=None, key_sets=(first,), former_terms=(), former_recovery=()
    )


def _check_relay(index: Index, entry: AuthorityEntry) -> None:
    if entry.relay not in index.relays:
        raise PublishError(
            message(
                "{id} names {relay}, which is no relay of this directory: add the relay first",
                id=entry.id,
                relay=entry.relay,
            )
        )


def _check_readable(entry: AuthorityEntry, version: int) -> None:
    """Read an entry as the directory's readers will. Raises PublishError."""
    try:
        entries.decode_authority(entries.encode_document(entry), entry.id, version)
    except EntryMismatch as error:
        raise PublishError(
            message(
                "{error}; perhaps a change of {id} is drafted already: publish it first, or discard it"
                " (`rogatory-keys directory discard`)",
                error=text_of(error),
                id=entry.id,
            )
        ) from None


def authority_entry(repository: Repository, authority: str, version: int) -> AuthorityEntry:
    """An authority's entry with drafted changes, in this version of the targets. Raises PublishError."""
    data = repository.document(TARGETS, authority_path(authority))
    return entries.decode_authority(data, authority, version)


def _closed(key_sets: Sequence[KeySet], version: int, compromised_since: int | None = None) -> tuple[KeySet, ...]:
    return tuple(
        key_set
        if key_set.until is not None
        else msgspec.structs.replace(key_set, until=version, compromised_since=compromised_since)
        for key_set in key_sets
    )


def _seats(held: Sequence[Seat], holders: frozenset[str], version: int) -> tuple[Seat, ...]:
    seats = []
    for seat in held:
        if seat.until is None and seat.authority not in holders:
            if seat.since == version:  # drafted and never published: it never was
                continue
            seat = msgspec.structs.replace(seat, until=version)
        seats.append(seat)
    open_already = {seat.authority for seat in seats if seat.until is None}
    seats += [Seat(authority=holder, since=version) for holder in sorted(holders - open_already)]
    return tuple(seats)
