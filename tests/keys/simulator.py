"""A whole directory in memory, with everybody's secret keys, for tests of any package.

    simulator = DirectorySimulator(["ke.central", "tz.central"])
    channel = simulator.add_network("gljcn", members=["ke.central", "tz.central"], coordinators=["ke.central"])
    directory = simulator.directory()
    simulator.identity("ke.central").sign_online(b"...")

Nothing is stubbed: the metadata is signed and checked as in use. Every change is published at once, unless made
inside `with simulator.draft():`. `history` holds every bundle ever published, for rollbacks.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
from securesystemslib.signer import Signer

from rogatory.keys.directory import bundle
from rogatory.keys.directory.chronicle import pack_history
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import AuthorityEntry, Purpose, Roster, Seat
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.identity import Identity, RecoveryKey, RelayKeys
from rogatory.keys.publishing import changes
from rogatory.keys.publishing.drafts import Terms
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.publishing.role_keys import role_signer
from rogatory.keys.renewal import look_at_renewal, renew

COMPETENCES = (Purpose.MUTUAL_LEGAL_ASSISTANCE, Purpose.EXTRADITION)


class DirectorySimulator:
    """See the module's text. `seed` makes all keys and channel ids the same in each run.

    `shift` (also an attribute) moves the time that is written into metadata: a past, or a clock that is wrong.
    """

    def __init__(
        self,
        authorities: Iterable[str] = ("ke.central", "tz.central"),
        relays: Iterable[str] = ("relay.one",),
        *,
        relay_urls: Mapping[str, str] | None = None,
        trustees: int = 3,
        threshold: int = 2,
        max_stale_seconds: int = 7 * 24 * 3600,
        terms: Terms | None = None,
        seed: int = 1,
        shift: timedelta = timedelta(0),
    ) -> None:
        self._random = random.Random(seed).randbytes
        self._seeds: dict[str, bytes] = {}
        self.trustees: list[Signer] = [self._signer() for _ in range(trustees)]
        self.threshold = threshold
        self.publisher = self._signer()
        self.coordinator_signers: dict[str, list[Signer]] = {}
        self.history: list[bytes] = []
        self.shift = shift
        self._ever_published: dict[str, bytes] = {}
        self._identities: dict[str, list[Identity]] = {}
        self._recovery: dict[str, RecoveryKey] = {}
        self._relay_keys: dict[str, RelayKeys] = {}
        self.former_relay_keys: dict[str, list[RelayKeys]] = {}
        self._drafting = False
        self.repository = Repository.create(
            [signer.public_key for signer in self.trustees],
            threshold,
            [self.publisher.public_key],
            self.now(),
            max_stale_seconds=max_stale_seconds,
            terms=terms,
        )
        self._relays = list(relays)
        with self.draft():
            for relay in self._relays:
                self.add_relay(relay, (relay_urls or {}).get(relay, "http://127.0.0.1:8443"))
            changes.enrol(self.repository, [self._newcomer(authority) for authority in authorities], self.now())

    # What tests ask for

    @property
    def root(self) -> bytes:
        """The first root: what trust starts from."""
        return self.repository.bootstrap_root()

    def bundle(self) -> bytes:
        """What a relay mirrors now."""
        return bundle.pack(self.repository.published)

    def directory(self) -> Directory:
        """What a client that trusts `bundle()` reads."""
        return self.repository.directory()

    def trusted(self, folder: Path) -> TrustedDirectory:
        """A client's directory in that folder, refreshed once."""
        trusted = TrustedDirectory(folder, self.root)
        trusted.refresh(self.bundle())
        return trusted

    def exported_history(self) -> bytes:
        """All that was ever published, as a stranger gets it to verify with."""
        return pack_history(self._ever_published)

    def identity(self, authority: str, key_set: int | None = None) -> Identity:
        """The secret keys of an authority: the newest key set, or the one with this number."""
        identities = self._identities[authority]
        return identities[-1 if key_set is None else key_set - 1]

    def recovery_key(self, authority: str) -> RecoveryKey:
        """The recovery key of an authority."""
        return self._recovery[authority]

    def relay_keys(self, relay: str = "relay.one") -> RelayKeys:
        """The secret keys of a relay."""
        return self._relay_keys[relay]

    def stranger(self, authority: str) -> Identity:
        """Keys that claim this id and that no directory vouches for."""
        return Identity.generate(authority, self._random)

    # Changes

    @contextmanager
    def draft(self) -> Iterator[None]:
        """Collect changes and publish them together at the end."""
        self._drafting = True
        try:
            yield
        finally:
            self._drafting = False
        self.publish()

    def add_relay(
        self, relay: str, url: str = "http://127.0.0.1:8443", *, also: Iterable[str] = (), **details: Any
    ) -> RelayKeys:
        """Add a relay with new keys, or give a known one this address (`also` these) and these details."""
        keys = self._relay_keys.setdefault(relay, RelayKeys.generate(relay, self._random))
        changes.put_relay(self.repository, keys.entry((url, *also), **details), self.now())
        self._changed()
        return keys

    def add_authority(
        self,
        authority: str,
        relay: str | None = None,
        *,
        competences: Iterable[Purpose] = COMPETENCES,
        **details: Any,
    ) -> Identity:
        """Enrol an authority with new keys. `details` are further fields of its entry."""
        entry = self._newcomer(authority, relay, competences=competences, **details)
        changes.put_authority(self.repository, entry, self.now())
        self._changed()
        return self.identity(authority)

    def describe(self, authority: str, **details: Any) -> None:
        """Give an authority's entry other details: contacts, hours, languages."""
        entry = self.repository.directory().authority(authority)
        changes.put_authority(self.repository, msgspec.structs.replace(entry, **details), self.now())
        self._changed()

    def renew_keys(
        self,
        authority: str,
        *,
        endorsed_by: Literal["key set", "recovery key"] | None = "key set",
        new_recovery: bool = False,
        compromised_since: int | None = None,
        readmit: bool = False,
    ) -> Identity:
        """A new key set for an authority; the one before ends."""
        identity, renewal = self.renewal(authority, endorsed_by=endorsed_by, new_recovery=new_recovery)
        changes.renew_keys(
            self.repository,
            look_at_renewal(renewal),
            self.now(),
            compromised_since=compromised_since,
            readmit=readmit,
        )
        self._identities[authority].append(identity)
        self._changed()
        return identity

    def renewal(
        self,
        authority: str,
        *,
        endorsed_by: Literal["key set", "recovery key"] | None = "key set",
        new_recovery: bool = False,
    ) -> tuple[Identity, bytes]:
        """New keys of an authority and their renewal file, not in the directory yet."""
        identity = Identity.generate(authority, self._random, len(self._identities[authority]) + 1)
        endorsers = {
            "key set": self.identity(authority).document_signer(),
            "recovery key": self._recovery[authority].signer(),
        }
        endorser = None if endorsed_by is None else endorsers[endorsed_by]
        held = self._recovery[authority]
        if new_recovery:
            self._recovery[authority] = RecoveryKey.generate(authority, self._random)
        renewal = renew(identity, self._recovery[authority] if new_recovery else held.public(), endorser)
        return identity, renewal

    def mark_compromised(self, authority: str, key_sets: Iterable[int], since: int) -> None:
        """Say of key sets from when on their signatures prove nothing."""
        changes.mark_compromised(self.repository, authority, key_sets, since, self.now())
        self._changed()

    def strike_off(self, authority: str, compromised_since: int | None = None) -> None:
        """End an authority."""
        changes.strike_off(self.repository, authority, self.now(), compromised_since)
        self._changed()

    def add_network(
        self,
        network: str,
        members: Iterable[str],
        coordinators: Iterable[str],
        observers: Iterable[str] = (),
        *,
        relay: str | None = None,
        announcers: Literal["coordinators", "members"] = "coordinators",
        coordinator_keys: int = 1,
        threshold: int = 1,
    ) -> bytes:
        """Found a network; gives its channel id."""
        signers = [self._signer() for _ in range(coordinator_keys)]
        channel = self._random(32)
        roster = Roster(
            id=network,
            names={"en": network.upper()},
            languages=("en",),
            channel=channel.hex(),
            relay=relay or self._relays[0],
            members=tuple(Seat(authority=name) for name in members),
            coordinators=tuple(Seat(authority=name) for name in coordinators),
            observers=tuple(Seat(authority=name) for name in observers),
            announcers=announcers,
        )
        keys = [signer.public_key for signer in signers]
        changes.found_network(self.repository, roster, keys, threshold, self.now())
        self.coordinator_signers[network] = signers
        self._changed()
        return channel

    def set_seats(
        self,
        network: str,
        *,
        members: Iterable[str] | None = None,
        coordinators: Iterable[str] | None = None,
        observers: Iterable[str] | None = None,
    ) -> None:
        """Change a roster: these hold the seats now; None leaves a kind of seat as it is."""
        changes.set_seats(
            self.repository,
            network,
            self.now(),
            members=members,
            coordinators=coordinators,
            observers=observers,
        )
        self._changed()

    def rotate_trustees(self) -> None:
        """A new root, with new trustees, signed by the old ones and the new."""
        signers = [self._signer() for _ in self.trustees]
        self.repository.set_trustees([signer.public_key for signer in signers], self.threshold, self.now())
        old, self.trustees = self.trustees, signers
        for signer in old:
            self.repository.sign(signer)
        self._changed()

    def replace_relay_keys(self, relay: str) -> None:
        """Other keys for a relay; the directory keeps the former ones on record."""
        self.former_relay_keys.setdefault(relay, []).append(self._relay_keys.pop(relay))
        self.add_relay(relay)

    def replace_publisher(self) -> None:
        """A new root, with another publisher's key."""
        publisher = self._signer()
        self.repository.set_publishers([publisher.public_key], self.now())
        self.publisher = publisher
        self._changed()

    def renew(self) -> None:
        """A new timestamp."""
        self._record(self.repository.renew(self.publisher, self.now()))

    def expire(self, ago: timedelta = timedelta(hours=1)) -> None:
        """A new timestamp that ran out `ago`."""
        self._record(self.repository.renew(self.publisher, self.now() - self.repository.terms.timestamp - ago))

    def publish(self) -> None:
        """Let everybody sign the drafts, and publish."""
        for signer in (*self.trustees, *(one for many in self.coordinator_signers.values() for one in many)):
            if self.repository.awaits(signer):
                self.repository.sign(signer)
        self._record(self.repository.publish(self.publisher, self.now()))

    def now(self) -> datetime:
        """The time that is written into metadata: the real one, moved by `shift`."""
        return datetime.now(UTC) + self.shift

    def seed(self, signer: Signer) -> bytes:
        """The secret half of a trustee's, coordinator's or publisher's key."""
        return self._seeds[signer.public_key.keyid]

    def _newcomer(
        self, authority: str, relay: str | None = None, *, competences: Iterable[Purpose] = COMPETENCES, **details: Any
    ) -> AuthorityEntry:
        """The entry of an authority with new keys."""
        identity = Identity.generate(authority, self._random)
        recovery = RecoveryKey.generate(authority, self._random)
        self._identities[authority] = [identity]
        self._recovery[authority] = recovery
        return AuthorityEntry(
            id=authority,
            state=authority[:2].upper(),
            names=details.pop("names", {"en": f"Central Authority {authority}"}),
            competences=tuple(competences),
            relay=relay or self._relays[0],
            key_sets=(identity.key_set(),),
            recovery=recovery.public(),
            **details,
        )

    def _signer(self) -> Signer:
        seed = self._random(32)
        signer = role_signer(seed)
        self._seeds[signer.public_key.keyid] = seed
        return signer

    def _changed(self) -> None:
        if not self._drafting:
            self.publish()

    def _record(self, _: Directory) -> None:
        self.history.append(self.bundle())
        self._ever_published |= self.repository.published
