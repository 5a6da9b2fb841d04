"""The documents of the directory: one JSON file for each authority, relay and network, and an index.

Fields follow the Directory of Competent National Authorities kept under UNTOC article 18(13). Unknown fields
are ignored, so that a later edition can add some. Bytes are base64 in JSON. `since` and `until` count versions
of the metadata that signs the document (top-level targets; for seats the network's own role): in force when
`since <= version < until`. So each document carries its own history, and any later directory can say what held
as of an earlier version.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

AUTHORITY_ID_PATTERN = r"\A[a-z]{2}\.[a-z0-9-]{1,40}\Z"
RELAY_ID_PATTERN = r"\Arelay\.[a-z0-9-]{1,40}\Z"
NETWORK_ID_PATTERN = r"\A[a-z][a-z0-9-]{0,39}\Z"
DEFAULT_MAX_STALE = 7 * 24 * 3600

AuthorityId = Annotated[str, Meta(pattern=AUTHORITY_ID_PATTERN)]
RelayId = Annotated[str, Meta(pattern=RELAY_ID_PATTERN)]
NetworkId = Annotated[str, Meta(pattern=NETWORK_ID_PATTERN)]
Ed25519PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
MLDSA65PublicKey = Annotated[bytes, Meta(min_length=1952, max_length=1952)]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
ChannelHex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Language = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")]
State = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
Version = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Line = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=8000)]
Url = Annotated[str, Meta(max_length=500)]
Names = Annotated[dict[Language, Line], Meta(min_length=1, max_length=30)]


class Purpose(StrEnum):
    """Kinds of cooperation that an authority is competent for."""

    EXTRADITION = "extradition"
    MUTUAL_LEGAL_ASSISTANCE = "mutual_legal_assistance"
    TRANSFER_OF_SENTENCED_PERSONS = "transfer_of_sentenced_persons"
    TRANSFER_OF_PROCEEDINGS = "transfer_of_proceedings"
    CONFISCATION_AND_ASSET_RECOVERY = "confiscation_and_asset_recovery"
    MIGRANT_SMUGGLING_BY_SEA = "migrant_smuggling_by_sea"
    ILLICIT_TRAFFIC_BY_SEA = "illicit_traffic_by_sea"
    FIREARMS = "firearms"
    CULTURAL_PROPERTY = "cultural_property"
    TERRORISM = "terrorism"
    PREVENTIVE_MEASURES = "preventive_measures"


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the directory's JSON documents."""


class Endorsement(Document, frozen=True, kw_only=True):
    """Who vouches for a key set besides the trustees: both document keys of the key set numbered `by`, or the
    recovery key (`by` 0). See `endorsement`.
    """

    by: Annotated[int, Meta(ge=0, le=10_000)]
    ed25519: Annotated[bytes, Meta(min_length=64, max_length=64)]
    mldsa65: Annotated[bytes, Meta(min_length=3309, max_length=3309)]


class KeySet(Document, frozen=True, kw_only=True):
    """The public keys of an authority that belong together. `version` counts an authority's key sets from 1.

    `online` (Ed25519) signs MLS leaves and the link; `ed25519` and `mldsa65` sign documents.
    `compromised_since` is a time in unix seconds: signatures that no receipt dates earlier prove nothing.
    """

    version: Annotated[int, Meta(ge=1, le=10_000)]
    online: Ed25519PublicKey
    ed25519: Ed25519PublicKey
    mldsa65: MLDSA65PublicKey
    since: Version = 0
    until: Version | None = None
    compromised_since: Version | None = None
    endorsement: Endorsement | None = None


class RecoveryKeys(Document, frozen=True, kw_only=True):
    """Public part of the offline recovery key made at enrolment."""

    ed25519: Ed25519PublicKey
    mldsa65: MLDSA65PublicKey


class FormerRecoveryKeys(RecoveryKeys, frozen=True, kw_only=True):
    """A recovery key that another replaced in version `until`, together with a new key set."""

    until: Version

    def keys(self) -> RecoveryKeys:
        """The keys alone."""
        return RecoveryKeys(ed25519=self.ed25519, mldsa65=self.mldsa65)


class Term(Document, frozen=True, kw_only=True):
    """Versions `since <= version < until` in which something was in force, before it was struck off."""

    since: Version
    until: Version | None = None


class AuthorityEntry(Document, frozen=True, kw_only=True):
    """A central authority, focal point or observing organisation.

    `state` is ISO 3166-1 alpha-2; an organisation takes a user-assigned code (XA to XZ). `since` and `until` are its
    present term; an authority that was struck off and came back has former terms.
    """

    id: AuthorityId
    state: State
    names: Names
    competences: Annotated[tuple[Purpose, ...], Meta(max_length=20)]
    relay: RelayId
    key_sets: Annotated[tuple[KeySet, ...], Meta(min_length=1, max_length=500)]
    recovery: RecoveryKeys | None = None
    since: Version = 0
    until: Version | None = None
    territory: Line | None = None
    address: Text | None = None
    telephone: Line | None = None
    email: Line | None = None
    office_hours: Line | None = None
    time_zone: Line | None = None
    contact_24_7: Line | None = None
    languages: Annotated[tuple[Language, ...], Meta(max_length=30)] = ()
    untoc_basis_extradition: bool | None = None
    untoc_basis_mla: bool | None = None
    interpol_urgency: bool | None = None
    formal_requirements: Text | None = None
    informal_channels: Text | None = None
    links: Annotated[tuple[Url, ...], Meta(max_length=100)] = ()
    treaties: Annotated[tuple[Line, ...], Meta(max_length=500)] = ()
    last_review: Annotated[str, Meta(pattern=r"\A\d{4}-\d{2}-\d{2}\Z")] | None = None
    former_terms: Annotated[tuple[Term, ...], Meta(max_length=100)] = ()
    former_recovery: Annotated[tuple[FormerRecoveryKeys, ...], Meta(max_length=100)] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, the present one last."""
        return (*self.former_terms, Term(since=self.since, until=self.until))

    def enrolled_at(self, version: int) -> bool:
        """Whether the authority was in force as of a directory version."""
        return any(in_force(term.since, term.until, version) for term in self.terms)

    def recovery_at(self, version: int) -> RecoveryKeys | None:
        """The recovery key as of a directory version."""
        return next((former.keys() for former in self.former_recovery if version < former.until), self.recovery)


class FormerRelayKeys(Document, frozen=True, kw_only=True):
    """Keys that a relay used before: its old receipts stay verifiable."""

    identity: Ed25519PublicKey
    receipt: Ed25519PublicKey
    since: Version
    until: Version


class RelayEntry(Document, frozen=True, kw_only=True):
    """A relay: where it is reached, and the keys that it proves itself and signs receipts with.

    `certificate_sha256` pins the TLS certificate (SHA-256 of its DER form, hex) where no public CA vouches.
    `since` is that of the present keys, `until` that of the relay.
    """

    id: RelayId
    urls: Annotated[tuple[Url, ...], Meta(min_length=1, max_length=20)]
    identity: Ed25519PublicKey
    receipt: Ed25519PublicKey
    certificate_sha256: Hash | None = None
    since: Version = 0
    until: Version | None = None
    former: Annotated[tuple[FormerRelayKeys, ...], Meta(max_length=500)] = ()


class Seat(Document, frozen=True, kw_only=True):
    """A place in a network, held in the versions `since <= version < until` of the network's role."""

    authority: AuthorityId
    since: Version = 0
    until: Version | None = None


Seats = Annotated[tuple[Seat, ...], Meta(max_length=10_000)]


class Roster(Document, frozen=True, kw_only=True):
    """A network: its channel, where that lives, who has a seat and who may announce.

    `channel`, `relay` and `announcers` are founding terms: they do not change while the network exists, so that
    every member judges an old commit or announcement alike.
    """

    id: NetworkId
    names: Names
    languages: Annotated[tuple[Language, ...], Meta(max_length=30)] = ()
    channel: ChannelHex
    relay: RelayId
    members: Seats = ()
    coordinators: Seats = ()
    observers: Seats = ()
    announcers: Literal["coordinators", "members"] = "coordinators"

    @property
    def channel_id(self) -> bytes:
        """The channel id, which is also the MLS group id: 32 bytes."""
        return bytes.fromhex(self.channel)


class Index(Document, frozen=True, kw_only=True):
    """What there is: TUF itself has no enumeration of targets.

    `max_stale_seconds` is how long after the timestamp's expiry one may still send.
    """

    authorities: Annotated[tuple[AuthorityId, ...], Meta(max_length=5000)] = ()
    relays: Annotated[tuple[RelayId, ...], Meta(max_length=1000)] = ()
    networks: Annotated[tuple[NetworkId, ...], Meta(max_length=1000)] = ()
    max_stale_seconds: Annotated[int, Meta(ge=0, le=366 * 24 * 3600)] = DEFAULT_MAX_STALE


INDEX_PATH = "index.json"


def authority_path(authority: str) -> str:
    """Target path of an authority's document."""
    return f"authorities/{authority}.json"


def relay_path(relay: str) -> str:
    """Target path of a relay's document."""
    return f"relays/{relay}.json"


def network_path(network: str) -> str:
    """Target path of a network's roster."""
    return f"networks/{network}.json"


def network_role(network: str) -> str:
    """Name of the delegated TUF role that signs a network's roster."""
    return f"network-{network}"


def in_force(since: int, until: int | None, version: int) -> bool:
    """Whether `version` lies in `since <= version < until`."""
    return since <= version and (until is None or version < until)
