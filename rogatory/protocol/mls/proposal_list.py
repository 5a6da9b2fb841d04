"""The proposals that a commit covers, and their effect on tree and extensions (RFC 9420 section 12.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .extension import Extensions
from .framed_content import Sender
from .key_package import KeyPackage
from .leaf_node import LeafNode
from .proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from .psk import PreSharedKeyID
from .ratchet_tree import RatchetTree

P = TypeVar("P", bound=Proposal)


@dataclass(frozen=True, slots=True)
class CommittedProposal:
    """A proposal with whoever made it; `reference` is None for one that stands in the commit by value."""

    proposal: Proposal
    sender: Sender
    reference: bytes | None = None

    @property
    def by_reference(self) -> bool:
        return self.reference is not None


@dataclass(frozen=True, slots=True)
class AddedMember:
    leaf_index: int
    key_package: KeyPackage


@dataclass(frozen=True, slots=True)
class RemovedMember:
    leaf_index: int
    leaf_node: LeafNode


@dataclass(frozen=True, slots=True)
class UpdatedLeaf:
    """`before` is None for an external joiner."""

    leaf_index: int
    before: LeafNode | None
    after: LeafNode


@dataclass(frozen=True, slots=True)
class Applied:
    """What the proposals make of the group, before any path."""

    tree: RatchetTree
    extensions: Extensions
    added: tuple[AddedMember, ...]
    removed: tuple[RemovedMember, ...]
    updated: tuple[UpdatedLeaf, ...]
    psks: tuple[PreSharedKeyID, ...]
    external_init: ExternalInit | None
    reinit: ReInit | None

    @property
    def new_leaves(self) -> frozenset[int]:
        return frozenset(member.leaf_index for member in self.added)


def of_type(proposals: Iterable[CommittedProposal], kind: type[P]) -> list[P]:
    return [each.proposal for each in proposals if isinstance(each.proposal, kind)]


def first(items: Sequence[P]) -> P | None:
    return items[0] if items else None


def apply_proposals(tree: RatchetTree, extensions: Extensions, proposals: Sequence[CommittedProposal]) -> Applied:
    """The list is valid already: see `validate_proposals`."""
    changed = first(of_type(proposals, GroupContextExtensions))
    adds = [add.key_package for add in of_type(proposals, Add)]
    removes = [remove.removed for remove in of_type(proposals, Remove)]
    updates = {each.sender.index: each.proposal.leaf_node for each in proposals if isinstance(each.proposal, Update)}
    after, indices = tree.apply(updates, removes, [package.leaf_node for package in adds])
    return Applied(
        after,
        extensions if changed is None else changed.extensions,
        tuple(map(AddedMember, indices, adds)),
        tuple(RemovedMember(index, leaf) for index in removes if (leaf := tree.leaf(index))),
        tuple(UpdatedLeaf(index, tree.leaf(index), leaf) for index, leaf in updates.items()),
        tuple(each.psk for each in of_type(proposals, PreSharedKey)),
        first(of_type(proposals, ExternalInit)),
        first(of_type(proposals, ReInit)),
    )
