"""Why an entry is void: recorded, reported to the officer, and skipped by every member alike."""

from __future__ import annotations

from enum import StrEnum

from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.text import message


class VoidCode(StrEnum):
    """One code per rule; PROTOCOL.md numbers them."""

    MALFORMED = "malformed"
    """It is no commit of the group's present epoch, or MLS itself refuses it (RFC 9420 section 12.4.2)."""
    NOT_PRIVATE = "not_private"
    EXTERNAL_COMMIT = "external_commit"
    BY_REFERENCE = "by_reference"
    FORBIDDEN_PROPOSAL = "forbidden_proposal"
    NO_PATH = "no_path"
    WRONG_AUTHOR = "wrong_author"
    SEEN_DIFFERS = "seen_differs"
    PIN_DECREASED = "pin_decreased"
    NOT_VOUCHED = "not_vouched"
    AUTHORITY_CHANGED = "authority_changed"
    SECOND_LEAF = "second_leaf"
    ACCESS_MISSING = "access_missing"
    ACCESS_DIFFERS = "access_differs"
    REJOIN_UNKNOWN = "rejoin_unknown"
    REJOIN_MISMATCH = "rejoin_mismatch"
    REJOIN_UNDECLARED = "rejoin_undeclared"
    NOT_A_PARTY = "not_a_party"
    UNKNOWN_AMENDMENT = "unknown_amendment"
    UNFOUNDED_REMOVAL = "unfounded_removal"
    MIXED_CHANGES = "mixed_changes"
    TOLD_DIFFERS = "told_differs"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    OBSERVER_CHANGES = "observer_changes"
    NOT_COORDINATOR = "not_coordinator"
    NOT_ON_ROSTER = "not_on_roster"
    STILL_ON_ROSTER = "still_on_roster"

    NOT_CHARTERED = "not_chartered"
    CHARTERED_ALREADY = "chartered_already"
    WRONG_CHARTER = "wrong_charter"
    WRONG_AMENDMENT = "wrong_amendment"
    WRONG_CHANNEL = "wrong_channel"
    CASE_DATA_IN_NETWORK = "case_data_in_network"
    MAY_NOT_ANNOUNCE = "may_not_announce"
    OBSERVER_WRITES = "observer_writes"
    NOT_FOUNDER = "not_founder"
    CLOSED = "closed"
    """The matter was closed before it in the log."""
    WRONG_EVIDENCE = "wrong_evidence"


class Void(ProtocolError):
    """An entry that the rules forbid. Its author's fault; the MLS epoch stays and the log goes on."""

    def __init__(self, code: VoidCode, explanation: str) -> None:
        self.code = code
        self.explanation = explanation
        super().__init__(message("{code}: {explanation}", code=code.value, explanation=explanation))


class VoidCommit(Void):
    """A void commit: the group stays in its epoch."""


class VoidDocument(Void):
    """A void document: shown as such, acted upon by nobody."""
