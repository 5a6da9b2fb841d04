"""What makes one document of the directory acceptable by itself."""

from typing import TypeVar

import msgspec

from rogatory.keys.directory.model import (
    AuthorityEntry,
    Document,
    Index,
    KeySet,
    RelayEntry,
    Roster,
    Seat,
)
from rogatory.keys.errors import EntryMismatch
from rogatory.protocol.text import message, text_of

MAX_DOCUMENT_BYTES = 2 * 1024 * 1024

D = TypeVar("D", bound=Document)


def encode_document(document: Document) -> bytes:
    """JSON bytes, indented for the people who sign them."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode_index(data: bytes) -> Index:
    """Raises EntryMismatch."""
    index = _decode(data, Index, message("the index"))
    for ids in (index.authorities, index.relays, index.networks):
        if len(set(ids)) != len(ids):
            raise EntryMismatch(message("the directory's index names an entry twice"))
    return index


def decode_authority(data: bytes, authority: str, targets_version: int) -> AuthorityEntry:
    """The entry that should stand for `authority` in this version of the targets. Raises EntryMismatch."""
    entry = _decode(data, AuthorityEntry, authority)
    _require(entry.id == authority, authority, message("it speaks of {id}", id=entry.id))
    _require(entry.id.startswith(f"{entry.state.lower()}."), authority, message("its id is not of its State"))
    ended = 0
    for term in entry.terms:
        _check_term(authority, term.since, term.until, targets_version)
        _require(ended <= term.since, authority, message("its terms overlap"))
        ended = targets_version + 1 if term.until is None else term.until
    check_key_sets(entry.key_sets, authority, targets_version)
    _check_recovery(entry)
    return entry


def check_key_sets(key_sets: tuple[KeySet, ...], authority: str, targets_version: int) -> None:
    """Key sets are numbered 1, 2, 3...; each has a term of its own; no key serves twice. Raises EntryMismatch."""
    numbers = [key_set.version for key_set in key_sets]
    _require(
        numbers == list(range(1, len(numbers) + 1)), authority, message("its key sets are not numbered 1, 2, 3...")
    )
    seen: set[bytes] = set()
    for key_set in key_sets:
        _check_term(authority, key_set.since, key_set.until, targets_version)
        keys = {key_set.online, key_set.ed25519, key_set.mldsa65}
        # One Ed25519 key for link, leaves and documents would let a signature of one serve as another's.
        _require(len(keys) == 3 and not keys & seen, authority, message("a key stands in it twice"))
        seen |= keys


def _check_recovery(entry: AuthorityEntry) -> None:
    """A recovery key is replaced together with a new key set, since an endorsement speaks of both."""
    ends = [former.until for former in entry.former_recovery]
    _require(sorted(set(ends)) == ends, entry.id, message("its former recovery keys are not in order"))
    _require(
        set(ends) <= {key_set.since for key_set in entry.key_sets},
        entry.id,
        message("its recovery key changes without a new key set"),
    )
    _require(not ends or entry.recovery is not None, entry.id, message("its recovery key vanishes"))


def decode_relay(data: bytes, relay: str, targets_version: int) -> RelayEntry:
    """The entry that should stand for `relay` in this version of the targets. Raises EntryMismatch."""
    entry = _decode(data, RelayEntry, relay)
    _require(entry.id == relay, relay, message("it speaks of {id}", id=entry.id))
    _require(entry.identity != entry.receipt, relay, message("a key stands in it twice"))
    _check_term(relay, entry.since, entry.until, targets_version)
    for former in entry.former:
        _check_term(relay, former.since, former.until, targets_version)
    return entry


def decode_roster(data: bytes, network: str, network_version: int) -> Roster:
    """The roster that should stand for `network` in this version of its role. Raises EntryMismatch."""
    roster = _decode(data, Roster, network)
    _require(roster.id == network, network, message("it speaks of {id}", id=roster.id))
    for seats in (roster.members, roster.coordinators, roster.observers):
        _check_seats(network, seats, network_version)
    return roster


def _check_seats(network: str, seats: tuple[Seat, ...], network_version: int) -> None:
    last: dict[str, int | None] = {}
    for seat in seats:
        _check_term(network, seat.since, seat.until, network_version)
        if seat.authority in last:
            until = last[seat.authority]
            _require(
                until is not None and until <= seat.since,
                network,
                message("{authority} has the same seat twice", authority=seat.authority),
            )
        last[seat.authority] = seat.until


def _check_term(name: str, since: int, until: int | None, version: int) -> None:
    _require(
        1 <= since <= version,
        name,
        message("it begins with version {since}, and this is version {version}", since=since, version=version),
    )
    _require(
        until is None or since < until <= version,
        name,
        message("it ends with version {until} (of {version})", until=until, version=version),
    )


def _decode(data: bytes, kind: type[D], name: str) -> D:
    if len(data) > MAX_DOCUMENT_BYTES:
        raise EntryMismatch(
            message(
                "the directory's document of {name} is over {most} bytes",
                name=name,
                most=MAX_DOCUMENT_BYTES,
            )
        )
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EntryMismatch(
            message("the directory's document of {name} is malformed: {error}", name=name, error=text_of(error))
        ) from None


def _require(condition: bool, name: str, reason: str) -> None:
    if not condition:
        raise EntryMismatch(
            message(
                "the directory's document of {name} is refused: {reason}; tell whoever signed it (trustees,"
                " or the network's coordinators)",
                name=name,
                reason=reason,
            )
        )
