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


def _nobody(authority: str, pin: DirectoryPin) -> bool:
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
    amendments: Mapping[bytes, frozenset[str]] = field(default_factory=dict)
    """Digest of each complete amendment (`judge_amendment`) to the authorities that it adds."""
    last_amendment: bytes | None = None
    leavers: frozenset[str] = frozenset()
    """Authors of leave notices that no commit has carried out yet."""
    rejoins: Mapping[int, RejoinNotice] = field(default_factory=dict)
    """By the seq of their entries."""
    last_pin: DirectoryPin = NO_PIN
    """Of the last commit that was not void."""
    struck_off: Callable[[str, DirectoryPin], bool] = _nobody
    """Whether the directory as of that pin holds the authority no longer."""


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


ChannelPolicy = MatterPolicy | NetworkPolicy
_P = TypeVar("_P", MatterPolicy, NetworkPolicy)


def after_commit(policy: _P, facts: CommitFacts) -> _P:
    """The policy after a commit that was judged good: what it carried out is done, and cannot be named again."""
    gone = frozenset(removed.authority for removed in facts.removed) - facts.rejoined
    came = frozenset(added.authority for added in facts.added)
    done = came | gone
    policy = replace(
        policy,
        last_pin=facts.declaration.directory,
        leavers=policy.leavers - done,
        rejoins={seq: notice for seq, notice in policy.rejoins.items() if notice.authority not in done},
    )
    if isinstance(policy, MatterPolicy) and policy.charter is not None:
        return replace(policy, parties=(policy.parties | came) - gone)
    return policy
