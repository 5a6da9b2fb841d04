"""A proposal in plain words: every difference between what is published and what is about to be signed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from securesystemslib.signer import Key
from tuf.api.metadata import Root, Targets

from rogatory.keys import plain
from rogatory.keys.directory.endorsement import standing
from rogatory.keys.directory.expiry import DAY
from rogatory.keys.directory.model import AuthorityEntry, KeySet, RelayEntry, Roster, Seat, network_role
from rogatory.keys.fingerprint import entry_fingerprint, relay_fingerprint, role_key_fingerprint
from rogatory.keys.publishing.proposal import Proposal, State
from rogatory.protocol.text import counted, in_words, message

_ROLE_HOLDERS = {"root": "trustee", "targets": "trustee", "snapshot": "publisher", "timestamp": "publisher"}


def review(proposal: Proposal, now: float) -> list[str]:
    """A line for each difference, role by role; lines of one role are indented under it. `now` in unix seconds."""
    lines = []
    for role in proposal.drafted:
        lines.append(_heading(role, proposal.after, now))
        found = list(_differences(role, proposal.before, proposal.after))
        lines += [message("  {line}", line=line) for line in found or [message("nothing changes but its term")]]
    return lines


def _heading(role: str, after: State, now: float) -> str:
    directory = after.directory
    versions = {"root": directory.root_version, "targets": directory.targets_version} | {
        network_role(network): version for network, version in directory.network_versions.items()
    }
    expires = directory.role_expires[role]
    days = round((expires - now) / DAY)
    return counted(
        "{role}, version {version}, good until {end} ({count} day from now):",
        "{role}, version {version}, good until {end} ({count} days from now):",
        count=days,
        role=role,
        version=versions[role],
        end=plain.moment(expires),
    )


def _differences(role: str, before: State | None, after: State) -> Iterator[str]:
    if role == "root":
        yield from _root(before.root if before else None, after.root)
    elif role == "targets":
        yield from _index(before, after)
        for authority, entry in after.directory.authority_entries.items():
            held = before.directory.authority_entries.get(authority) if before else None
            yield from _authority(held, entry)
        for relay, relay_entry in after.directory.relay_entries.items():
            yield from _relay(before.directory.relay_entries.get(relay) if before else None, relay_entry)
        yield from _delegations(before.targets if before else None, after)
    else:
        network = role.removeprefix("network-")
        roster = after.directory.roster_entries[network]
        yield from _roster(before.directory.roster_entries.get(network) if before else None, roster)


# Root


def _root(before: Root | None, after: Root) -> Iterator[str]:
    for role, holder in _ROLE_HOLDERS.items():
        held = _role_keys(before, role) if before else {}
        keys = _role_keys(after, role)
        for keyid, key in keys.items():
            if keyid not in held:
                yield message(
                    "{role}: may be signed by the {holder} key {key}",
                    role=role,
                    holder=in_words(holder),
                    key=_key(holder, key),
                )
        for keyid, key in held.items():
            if keyid not in keys:
                yield message(
                    "{role}: may NO LONGER be signed by the {holder} key {key}",
                    role=role,
                    holder=in_words(holder),
                    key=_key(holder, key),
                )
        needed, was = after.roles[role].threshold, before.roles[role].threshold if before else None
        if needed != was or len(keys) != len(held):
            yield _must_sign(role, _of(needed, len(keys)), _of(was, len(held)) if was else None)


def _role_keys(root: Root, role: str) -> dict[str, Key]:
    return {keyid: root.keys[keyid] for keyid in root.roles[role].keyids}


def _key(holder: str, key: Key) -> str:
    return role_key_fingerprint(holder, bytes.fromhex(key.keyval["public"]))


def _of(needed: int, keys: int) -> str:
    return counted("{needed} of {count} key", "{needed} of {count} keys", count=keys, needed=needed)


def _must_sign(role: str, need: str, was: str | None) -> str:
    if was is None:
        return message("{role}: {need} must sign", role=role, need=need)
    return message("{role}: {need} must sign (was {was})", role=role, need=need, was=was)


# Targets


def _index(before: State | None, after: State) -> Iterator[str]:
    new, old = after.index.max_stale_seconds, before.index.max_stale_seconds if before else None
    if new != old:
        hours = f"{new / 3600:g}"
        if old is None:
            yield message("one may still send for {hours} hours after the publisher fell silent", hours=hours)
        else:
            yield message(
                "one may still send for {hours} hours after the publisher fell silent (was {was})",
                hours=hours,
                was=f"{old / 3600:g}",
            )


def _authority(before: AuthorityEntry | None, after: AuthorityEntry) -> Iterator[str]:
    if before == after:
        return
    if before is None:
        yield message("authority ADDED: {id}", id=after.id)
    yield from _changed(after.id, before, after)
    if before is not None and before.until is None and after.until is not None:
        yield message("{id}: STRUCK OFF, trusted with nothing new from now on", id=after.id)
    if before is not None and len(after.former_terms) > len(before.former_terms):
        yield message("{id}: ADMITTED AGAIN", id=after.id)
    if before is not None and before.recovery != after.recovery:
        yield message("{id}: a NEW RECOVERY KEY", id=after.id)
    held = {key_set.version: key_set for key_set in before.key_sets} if before else {}
    for key_set in after.key_sets:
        yield from _key_set(after, held.get(key_set.version), key_set)


def _key_set(entry: AuthorityEntry, before: KeySet | None, after: KeySet) -> Iterator[str]:
    name = message("{authority}: key set {number}", authority=entry.id, number=after.version)
    if before is None:
        digits = entry_fingerprint(entry, after.version)
        yield message("{name} BEGINS, {standing}", name=name, standing=plain.standing_in_words(standing(entry, after)))
        yield message("{name} has the fingerprint {digits}", name=name, digits=digits)
    if after.until is not None and (before is None or before.until is None):
        yield message("{name} ends", name=name)
    since = after.compromised_since
    if since is not None and (before is None or before.compromised_since != since):
        yield message(
            "{name} is COMPROMISED since {since}: what no receipt dates earlier proves nothing",
            name=name,
            since=plain.moment(since),
        )


def _relay(before: RelayEntry | None, after: RelayEntry) -> Iterator[str]:
    if before == after:
        return
    if before is None:
        yield message("relay ADDED: {id}", id=after.id)
    yield from _changed(after.id, before, after)
    if before is None or (before.identity, before.receipt) != (after.identity, after.receipt):
        digits = relay_fingerprint(after.id, after.identity, after.receipt)
        yield message("{id}: NEW KEYS, fingerprint {digits}", id=after.id, digits=digits)
    if before is not None and before.until is None and after.until is not None:
        yield message("{id}: ENDS", id=after.id)


def _delegations(before: Targets | None, after: State) -> Iterator[str]:
    for network in after.index.networks:
        held, was = _coordinators(before, network) if before else ({}, 0)
        keys, needed = _coordinators(after.targets, network)
        if was == 0:
            yield message("network ADDED: {network}", network=network)
        for keyid in keys.keys() - held.keys():
            yield message(
                "{network}: its roster may be signed by the coordinator key {key}",
                network=network,
                key=_key("coordinator", keys[keyid]),
            )
        for keyid in held.keys() - keys.keys():
            yield message(
                "{network}: its roster may NO LONGER be signed by the key {key}",
                network=network,
                key=_key("coordinator", held[keyid]),
            )
        if needed != was or len(keys) != len(held):
            yield message("{network}: {need} must sign its roster", network=network, need=_of(needed, len(keys)))


def _coordinators(targets: Targets, network: str) -> tuple[dict[str, Key], int]:
    """The keys and threshold of a network's role; none and 0 where there is no such role."""
    delegations = targets.delegations
    role = delegations.roles.get(network_role(network)) if delegations and delegations.roles else None
    if delegations is None or role is None:
        return {}, 0
    return {keyid: delegations.keys[keyid] for keyid in role.keyids}, role.threshold


# Rosters


def _roster(before: Roster | None, after: Roster) -> Iterator[str]:
    if before is None:
        yield message("network {id}: its first roster", id=after.id)
    yield from _changed(after.id, before, after)
    for kind, seats in _kinds(after).items():
        held = _holders(_kinds(before)[kind]) if before else frozenset()
        holders = _holders(seats)
        for authority in sorted(holders - held):
            yield message("{id}: {authority} becomes {kind}", id=after.id, authority=authority, kind=in_words(kind))
        for authority in sorted(held - holders):
            yield message(
                "{id}: {authority} is NO LONGER {kind}", id=after.id, authority=authority, kind=in_words(kind)
            )


def _kinds(roster: Roster) -> Mapping[str, Sequence[Seat]]:
    return {"member": roster.members, "coordinator": roster.coordinators, "observer": roster.observers}


def _holders(seats: Iterable[Seat]) -> frozenset[str]:
    return frozenset(seat.authority for seat in seats if seat.until is None)


def _changed(name: str, before: Any, after: Any) -> Iterator[str]:
    old, new = plain.details(before) if before is not None else {}, plain.details(after)
    nothing = message("nothing")
    for label in {**new, **old}:
        if before is None:
            yield message("{name}: {label}: {value}", name=name, label=label, value=new[label])
        elif old.get(label) != new.get(label):
            yield message(
                "{name}: {label}: {value} (was {was})",
                name=name,
                label=label,
                value=new.get(label, nothing),
                was=old.get(label, nothing),
            )
