"""What is judged: the facts of a commit, taken from its log header, its clear text and the staged MLS commit."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.protocol.declaration import Declaration


@dataclass(frozen=True, slots=True)
class Added:
    """A leaf added by the commit. `key_package_ref`: RFC 9420 section 5.2; `lifetime`: seconds that its leaf claims."""

    authority: str
    signature_key: bytes
    key_package_ref: bytes
    lifetime: int = 0


@dataclass(frozen=True, slots=True)
class Removed:
    """A leaf removed by the commit, as it stood in the tree before."""

    authority: str
    leaf: int
    signature_key: bytes


@dataclass(frozen=True, slots=True)
class Updated:
    """A leaf replaced by the commit: the committer's own, by its path."""

    leaf: int
    authority_before: str
    authority_after: str
    signature_key: bytes


@dataclass(frozen=True, slots=True)
class TreeLeaf:
    """A leaf that a joiner finds. `lifetime`: as of Added; 0 for a leaf that has none, since a commit renewed it."""

    authority: str
    signature_key: bytes
    lifetime: int = 0


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """A commit as every member sees it, before anything of it is accepted."""

    seq: int
    entry_author: str
    """Who appended it, by its log header."""
    committer: str | None
    """The authority of the committing leaf; None for an external joiner's commit."""
    committer_leaf: int | None
    declaration: Declaration
    added: tuple[Added, ...] = ()
    removed: tuple[Removed, ...] = ()
    updated: tuple[Updated, ...] = ()
    proposals_by_reference: bool = False
    wire_is_private: bool = True
    other_proposals: tuple[str, ...] = ()
    """Names of the proposal types besides Add and Remove."""
    members_after: tuple[str, ...] = ()
    """The authority of every leaf of the tree after the commit, in leaf order."""
    told: bytes | None = None
    """What the committer's leaf says that joiners are told (`told_digest`)."""

    @property
    def changes_members(self) -> bool:
        """Whether it adds or removes anybody."""
        return bool(self.added or self.removed)

    @property
    def rejoined(self) -> frozenset[str]:
        """Authorities removed and added by this one commit."""
        return frozenset(a.authority for a in self.added) & frozenset(r.authority for r in self.removed)
