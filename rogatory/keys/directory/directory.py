"""An accepted directory as a value: who is who, and what that lets them do. No input or output here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rogatory.keys.directory.endorsement import Standing, standing
from rogatory.keys.directory.model import (
    AuthorityEntry,
    KeySet,
    Purpose,
    RelayEntry,
    Roster,
    Seat,
    in_force,
)
from rogatory.keys.errors import (
    DirectoryExpired,
    DirectoryTooStale,
    NotVouched,
    UnknownAuthority,
    UnknownNetwork,
    UnknownRelay,
    UnknownVersion,
)
from rogatory.protocol.documents.errors import UnknownKeySet
from rogatory.protocol.documents.signing import DocumentKeys
from rogatory.protocol.judgement.policy import RosterView
from rogatory.protocol.text import counted, message


@dataclass(frozen=True, slots=True, eq=False)
class Directory:
    """One version of the directory. Times are unix seconds; versions are those of the signed metadata.

    `expires` is the earliest expiry of the top-level roles. A network's own role runs out for that network alone
    (`network_expires`): a coordinator who is late stops no one else. `role_expires` has every role by its name.
    `published` and `confirmed` are when the publisher says that it signed snapshot and timestamp.
    """

    root_version: int
    timestamp_version: int
    snapshot_version: int
    targets_version: int
    network_versions: Mapping[str, int]
    expires: int
    timestamp_expires: int
    network_expires: Mapping[str, int]
    max_stale_seconds: int
    authority_entries: Mapping[str, AuthorityEntry]
    relay_entries: Mapping[str, RelayEntry]
    roster_entries: Mapping[str, Roster]
    role_expires: Mapping[str, int]
    published: int
    confirmed: int
    _networks: Mapping[bytes, Roster] = field(init=False)

    def __post_init__(self) -> None:
        networks = {entry.channel_id: entry for entry in self.roster_entries.values()}
        object.__setattr__(self, "_networks", networks)

    def __repr__(self) -> str:
        return f"<Directory version {self.targets_version}, timestamp {self.timestamp_version}>"

    # Entries

    def authority(self, authority: str) -> AuthorityEntry:
        """The entry, also of an authority that was struck off. Raises UnknownAuthority."""
        entry = self.authority_entries.get(authority)
        if entry is None:
            raise UnknownAuthority(
                message(
                    "the directory (version {targets_version}) has no authority {authority}",
                    targets_version=self.targets_version,
                    authority=authority,
                )
            )
        return entry

    def authorities(self) -> list[AuthorityEntry]:
        """Authorities in force now, by id."""
        return [entry for _, entry in sorted(self.authority_entries.items()) if entry.enrolled_at(self.targets_version)]

    def find(
        self, state: str | None = None, purpose: Purpose | None = None, territory: str | None = None
    ) -> list[AuthorityEntry]:
        """Authorities in force that match all that is given. One without a territory serves the whole State.

        With a territory, those that are competent for it in particular come first.
        """
        found = [
            entry
            for entry in self.authorities()
            if (state is None or entry.state == state.upper())
            and (purpose is None or purpose in entry.competences)
            and (territory is None or entry.territory is None or entry.territory.casefold() == territory.casefold())
        ]
        return found if territory is None else sorted(found, key=lambda entry: entry.territory is None)

    def relay(self, relay: str) -> RelayEntry:
        """The entry of a relay. Raises UnknownRelay."""
        entry = self.relay_entries.get(relay)
        if entry is None:
            raise UnknownRelay(
                message(
                    "the directory (version {targets_version}) has no relay {relay}",
                    targets_version=self.targets_version,
                    relay=relay,
                )
            )
        return entry

    def relays(self) -> list[RelayEntry]:
        """Relays in force now, by id."""
        return [
            entry
            for _, entry in sorted(self.relay_entries.items())
            if in_force(entry.since, entry.until, self.targets_version)
        ]

    def roster(self, network: str) -> Roster:
        """The roster of a network. Raises UnknownNetwork."""
        entry = self.roster_entries.get(network)
        if entry is None:
            raise UnknownNetwork(
                message(
                    "the directory (version {targets_version}) has no network {network}",
                    targets_version=self.targets_version,
                    network=network,
                )
            )
        return entry

    def rosters(self) -> list[Roster]:
        """All rosters, by network id."""
        return [entry for _, entry in sorted(self.roster_entries.items())]

    def roster_of_channel(self, channel: bytes) -> Roster | None:
        """The roster whose network owns this channel id, or None for a channel that is no network's."""
        return self._networks.get(channel)

    # Keys, as of a version

    def key_set(self, authority: str, version: int) -> KeySet:
        """The key set with this number, in force or not. Raises UnknownAuthority, NotVouched."""
        for key_set in self.authority(authority).key_sets:
            if key_set.version == version:
                return key_set
        raise NotVouched(
            message(
                "{authority} has no key set {version} in directory version {targets_version}",
                authority=authority,
                version=version,
                targets_version=self.targets_version,
            )
        )

    def key_sets_in_force(self, authority: str, targets_version: int) -> list[KeySet]:
        """Key sets in force as of a directory version, newest first; empty if the authority is not in force.

        Raises UnknownAuthority, UnknownVersion.
        """
        self._known(targets_version)
        entry = self.authority(authority)
        if not entry.enrolled_at(targets_version):
            return []
        return [
            key_set
            for key_set in sorted(entry.key_sets, key=lambda key_set: -key_set.version)
            if in_force(key_set.since, key_set.until, targets_version)
        ]

    def online_key(self, authority: str, targets_version: int) -> bytes:
        """The newest online key in force as of a directory version: 32 bytes. Raises NotVouched, UnknownVersion."""
        if authority in self.authority_entries:
            key_sets = self.key_sets_in_force(authority, targets_version)
            if key_sets:
                return key_sets[0].online
        raise NotVouched(
            message(
                "{authority} is not enrolled, or struck off, in directory version {targets_version}",
                authority=authority,
                targets_version=targets_version,
            )
        )

    def vouch_leaf(self, authority: str, signature_key: bytes, targets_version: int) -> None:
        """Raise unless the key is an online key of the authority, in force as of `targets_version`.

        Raises UnknownVersion if that version is newer than ours (refresh and ask again), NotVouched otherwise.
        The authentication service of RFC 9420 section 5.3.1.
        """
        self._known(targets_version)
        if authority not in self.authority_entries:
            raise NotVouched(
                message(
                    "{authority} does not stand in directory version {targets_version}",
                    authority=authority,
                    targets_version=targets_version,
                )
            )
        key_sets = self.key_sets_in_force(authority, targets_version)
        if not any(key_set.online == signature_key for key_set in key_sets):
            raise NotVouched(
                message(
                    "directory version {targets_version} does not vouch for this key of {authority}",
                    targets_version=targets_version,
                    authority=authority,
                )
            )

    def document_keys(self, authority: str, key_set: int) -> DocumentKeys:
        """The public keys that check documents of this key set, in force or not: for `open_document`.

        Raises UnknownKeySet. Whether a signature was made in the key set's time is told by receipts.
        """
        try:
            found = self.key_set(authority, key_set)
        except (UnknownAuthority, NotVouched) as error:
            raise UnknownKeySet(str(error)) from None
        return DocumentKeys(found.ed25519, found.mldsa65)

    def struck_off(self, authority: str, targets_version: int) -> bool:
        """Whether the authority was enrolled once and is not, as of a directory version. Raises UnknownVersion."""
        self._known(targets_version)
        entry = self.authority_entries.get(authority)
        return entry is not None and entry.terms[0].since <= targets_version and not entry.enrolled_at(targets_version)

    def has_compromised_keys(self, authority: str) -> bool:
        """Whether any key set of the authority, in force or not, is marked as compromised. Raises UnknownAuthority."""
        return any(key_set.compromised_since is not None for key_set in self.authority(authority).key_sets)

    def standing(self, authority: str, key_set: int) -> Standing:
        """Who besides the trustees vouches for a key set; UNENDORSED waits for a person to confirm its fingerprint.

        Raises UnknownAuthority, NotVouched.
        """
        return standing(self.authority(authority), self.key_set(authority, key_set))

    # Networks, as of a version of the network's own role

    def roster_at(self, network: str, network_version: int) -> RosterView:
        """Who held which seat as of a version. Raises UnknownNetwork; UnknownVersion for one newer than ours."""
        roster = self.roster(network)
        ours = self.network_versions[network]
        if network_version > ours:
            raise UnknownVersion(
                message(
                    "version {network_version} of the roster of {network} is newer than ours ({ours}): refresh first",
                    network_version=network_version,
                    network=network,
                    ours=ours,
                )
            )
        return RosterView(
            members=_seated(roster.members, network_version),
            coordinators=_seated(roster.coordinators, network_version),
            observers=_seated(roster.observers, network_version),
            announcers=roster.announcers,
        )

    def members_at(self, network: str, network_version: int) -> frozenset[str]:
        """Authorities with a member's seat. Raises as `roster_at`, as do the next four."""
        return self.roster_at(network, network_version).members

    def participants_at(self, network: str, network_version: int) -> frozenset[str]:
        """Everyone who belongs in the network's channel: members, coordinators and observers."""
        return self.roster_at(network, network_version).everybody

    def is_coordinator(self, network: str, authority: str, network_version: int) -> bool:
        """Whether the authority coordinates the network."""
        return authority in self.roster_at(network, network_version).coordinators

    def is_observer(self, network: str, authority: str, network_version: int) -> bool:
        """Whether the authority may only read: it has an observer's seat and no other."""
        view = self.roster_at(network, network_version)
        return authority in view.observers - view.writers

    def may_announce(self, network: str, authority: str, network_version: int) -> bool:
        """Whether the roster lets this authority announce to the network."""
        return authority in self.roster_at(network, network_version).may_announce

    # Time

    def may_trust_new(self, now: float, network: str | None = None) -> None:
        """Raise DirectoryExpired if nothing new (channel, member, key) may be trusted at `now`.

        With `network`, that network's own role must not have run out either. What was accepted stays readable.
        """
        if now >= self.expires:
            raise DirectoryExpired(
                message(
                    "the directory (version {targets_version}) ran out {ago} ago, so no new channel, member or"
                    " key is trusted: refresh it; if the relay has no newer one, its publisher is late",
                    targets_version=self.targets_version,
                    ago=_ago(now - self.expires),
                )
            )
        if network is not None:
            late = now - self.network_expires[self.roster(network).id]
            if late >= 0:
                raise DirectoryExpired(
                    message(
                        "the roster of {network} ran out {ago} ago: its coordinators must sign it again",
                        network=network,
                        ago=_ago(late),
                    )
                )

    def may_send(self, now: float) -> None:
        """Raise DirectoryTooStale once the timestamp has been expired for longer than `max_stale_seconds`."""
        late = now - self.timestamp_expires
        if late > self.max_stale_seconds:
            raise DirectoryTooStale(
                message(
                    "the directory was last confirmed too long ago (its timestamp ran out {ago} ago), a"
                    " revocation may be hidden and sending stops: connect and refresh; if the relay has no newer"
                    " one, tell its operator and the publisher, and check this computer's clock",
                    ago=_ago(late),
                )
            )

    def _known(self, targets_version: int) -> None:
        if targets_version > self.targets_version:
            raise UnknownVersion(
                message(
                    "directory version {targets_version} is newer than ours ({ours}): refresh first",
                    targets_version=targets_version,
                    ours=self.targets_version,
                )
            )


def _seated(seats: Iterable[Seat], version: int) -> frozenset[str]:
    return frozenset(seat.authority for seat in seats if in_force(seat.since, seat.until, version))


def _ago(seconds: float) -> str:
    hours = int(seconds // 3600)
    if hours >= 48:
        return counted("{count} day", "{count} days", count=hours // 24)
    if hours >= 2:
        return counted("{count} hour", "{count} hours", count=hours)
    return counted("{count} minute", "{count} minutes", count=int(seconds // 60))
