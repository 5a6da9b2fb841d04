"""What a channel's commits and documents are judged by, gathered by each member from the log alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeVar

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement.facts import CommitFacts

NO_PIN: Final = DirectoryPin(0)


@dataclass(frozen=True, slots=True)
class RejoinNotice:
    """A verified rejoin entry that no commit has answered yet."""

    authority: str
    key_package_ref: bytes
    counts: bool = True
    """Whether the directory as of the pin vouches for the keys that signed it."""


def _nobody(authority: str, pin: DirectoryPin) -> bool:
    return False


def _none_ended(authority: str, signature_key: bytes, pin: DirectoryPin) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class MatterPolicy:
    """A matter or consultation. Without a `charter`, that was not read yet."""

    charter: bytes | None = None
    """Digest of the charter."""
    founder: str | None = None
    """Who signed the charter, and alone may close the matter."""
    closed_at: int | None = None
    """The seq of its closing, if the log has one."""
    parties: frozenset[str] = frozenset()
    """Who may be in the channel: the charter's parties, plus who was added by amendment, less who left."""
    suspended: frozenset[str] = frozenset()
    """Parties that are no members, since their keys had ended: any member may add them again under new ones."""
    left: Mapping[str, int] = field(default_factory=dict)
    """Former parties, and how many amendments were complete when they left: these add them no more."""
    amendments: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
    """Digest of each complete amendment (`judge_amendment`), in their order, to the authorities that it adds."""
    signers: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
    """Digest of each amendment that may become complete to those whose signatures stand in the log."""
    last_amendment: bytes | None = None
    leavers: frozenset[str] = frozenset()
    """Authors of leave notices that no commit has carried out yet."""
    rejoins: Mapping[int, RejoinNotice] = field(default_factory=dict)
    """By the seq of their entries."""
    last_pin: DirectoryPin = NO_PIN
    """Of the last commit that was not void."""
    struck_off: Callable[[str, DirectoryPin], bool] = _nobody
    """Whether the directory as of that pin holds the authority no longer."""
    ended: Callable[[str, bytes, DirectoryPin], bool] = _none_ended
    """Whether the directory as of that pin vouches for this leaf key of the authority no longer."""


@dataclass(frozen=True, slots=True)
class RosterView:
    """A network's signed roster as of one version."""

    members: frozenset[str]
    coordinators: frozenset[str]
    observers: frozenset[str] = frozenset()
    announcers: Literal["coordinators", "members"] = "coordinators"

    @property
    def everybody(self) -> frozenset[str]:
        """Whoever belongs into the channel."""
        return self.members | self.coordinators | self.observers

    @property
    def writers(self) -> frozenset[str]:
        """Whoever is more than an observer."""
        return self.members | self.coordinators

    @property
    def may_announce(self) -> frozenset[str]:
        """Who may announce."""
        return self.writers if self.announcers == "members" else self.coordinators


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """A network's channel, or an inter-network one (which has a roster of its own)."""

    roster: Callable[[int], RosterView]
    """The roster as of a version of the network's role; raises when that version is not known here yet."""
    leavers: frozenset[str] = frozenset()
    rejoins: Mapping[int, RejoinNotice] = field(default_factory=dict)
    last_pin: DirectoryPin = NO_PIN
    struck_off: Callable[[str, DirectoryPin], bool] = _nobody
    """Whether the directory as of that pin holds the authority no longer, whatever the roster says."""
    ended: Callable[[str, bytes, DirectoryPin], bool] = _none_ended
    """As of MatterPolicy."""


ChannelPolicy = MatterPolicy | NetworkPolicy
_P = TypeVar("_P", bound=ChannelPolicy)


def after_commit(policy: _P, facts: CommitFacts) -> _P:
    """The policy after a commit that was judged good: what it carried out is done, and cannot be named again."""
    gone = frozenset(removed.authority for removed in facts.removed) - facts.rejoined
    came = frozenset(added.authority for added in facts.added)
    done = came | gone
    after = replace(
        policy,
        last_pin=facts.declaration.directory,
        leavers=policy.leavers - done,
        rejoins={seq: notice for seq, notice in policy.rejoins.items() if notice.authority not in done},
    )
    if isinstance(policy, MatterPolicy) and isinstance(after, MatterPolicy) and policy.charter is not None:
        suspended = suspended_by(policy, facts)
        left = {each: count for each, count in policy.left.items() if each not in came}
        left.update(dict.fromkeys(gone - suspended, len(policy.amendments)))
        return replace(
            after,
            parties=(policy.parties | came) - (gone - suspended),
            suspended=(policy.suspended - came) | suspended,
            left=left,
        )
    return after


def suspended_by(policy: MatterPolicy, facts: CommitFacts) -> frozenset[str]:
    """Whom a good commit removed and who stay parties: nothing but their keys had ended."""
    pin = facts.declaration.directory
    gone = frozenset(removed.authority for removed in facts.removed) - facts.rejoined - policy.leavers
    return frozenset(each for each in gone if not policy.struck_off(each, pin))
