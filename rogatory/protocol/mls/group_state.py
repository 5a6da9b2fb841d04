"""The group as a frozen value: what a member can read of it. Operations stand in modules of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from .epoch_state import EpochState
from .errors import GroupReinitialized
from .extension import RATCHET_TREE, Extension, Extensions, external_pub_extension
from .group_context import GroupContext
from .group_info import GroupInfo
from .key_schedule import export
from .leaf_node import LeafNode
from .message import MLSMessage
from .message_state import MessageState
from .proposal import ReInit
from .psk import PskStore
from .secret_tree import SecretTree, SkipPolicy
from .suite import CipherSuite

G = TypeVar("G", bound="GroupState")


@dataclass(frozen=True, slots=True)
class Member:
    leaf_index: int
    leaf_node: LeafNode


@dataclass(frozen=True, slots=True)
class GroupState:
    """One member's view of a group in one epoch."""

    state: EpochState
    messages: MessageState
    skip_policy: SkipPolicy = field(default_factory=SkipPolicy)

    @property
    def suite(self) -> CipherSuite:
        return self.state.suite

    @property
    def group_context(self) -> GroupContext:
        return self.state.context

    @property
    def group_id(self) -> bytes:
        return self.state.context.group_id

    @property
    def epoch(self) -> int:
        return self.state.context.epoch

    @property
    def extensions(self) -> Extensions:
        """The group context's extensions."""
        return self.state.context.extensions

    @property
    def tree_hash(self) -> bytes:
        return self.state.context.tree_hash

    @property
    def confirmed_transcript_hash(self) -> bytes:
        return self.state.context.confirmed_transcript_hash

    @property
    def epoch_authenticator(self) -> bytes:
        """Equal for all members that agree on the epoch (section 8.7)."""
        return self.state.secrets.epoch_authenticator

    @property
    def resumption_psk(self) -> bytes:
        """Proves, in a later epoch or another group, that one was a member in this epoch (section 8.6)."""
        return self.state.secrets.resumption_psk

    @property
    def own_leaf(self) -> int:
        return self.state.own_leaf

    @property
    def own_leaf_node(self) -> LeafNode:
        return self.state.own_leaf_node

    @property
    def reinit(self) -> ReInit | None:
        """What the group was ended with; nothing more can be sent in it then."""
        return self.state.reinit

    @property
    def pending_proposals(self) -> tuple[bytes, ...]:
        """The ProposalRefs received or sent in this epoch and not committed yet."""
        return tuple(self.messages.proposals)

    def members(self) -> list[Member]:
        return [Member(index, leaf) for index, leaf in self.state.tree.members()]

    def member(self, leaf_index: int) -> LeafNode | None:
        """A member's leaf node; None for a blank leaf."""
        return self.state.tree.leaf(leaf_index)

    def export(self, label: str, context: bytes, length: int) -> bytes:
        """MLS-Exporter (section 8.5): a secret of `length` bytes that all members of the epoch share."""
        return export(self.suite, self.state.secrets.exporter_secret, label.encode(), context, length)

    def ratchet_tree(self) -> bytes:
        """The public tree, for a joiner whose Welcome does not carry it (section 12.4.3.3)."""
        return self.state.tree.encode()

    def group_info(
        self, *, inline_tree: bool = True, with_external_pub: bool = False, extensions: Extensions = ()
    ) -> bytes:
        """An MLSMessage with the signed GroupInfo of this epoch."""
        extra = list(extensions)
        if inline_tree:
            extra.append(Extension(RATCHET_TREE, self.ratchet_tree()))
        if with_external_pub:
            _, public = self.suite.derive_key_pair(self.state.secrets.external_secret)
            extra.append(external_pub_extension(public))
        info = GroupInfo(self.group_context, tuple(extra), self.state.confirmation_tag, self.own_leaf)
        return MLSMessage(info.sign(self.suite, self.state.signer)).encode()

    def epoch_state(self) -> bytes:
        """What has to be stored after a commit. Holds secrets."""
        return self.state.encode()

    def message_state(self) -> bytes:
        """What has to be stored after every message. Holds secrets."""
        return self.messages.encode(self.state.confirmation_tag)

    def with_keys(self: G, keys: SecretTree) -> G:
        """The group with these message keys left, the rest as it is."""
        return type(self)(self.state, self.messages.with_keys(keys), self.skip_policy)

    def check_open(self) -> None:
        """Section 12.4.2: nothing is sent or taken after a ReInit. Raises GroupReinitialized."""
        if self.state.reinit is not None:
            raise GroupReinitialized

    def psks_with_own(self, psks: PskStore) -> PskStore:
        """The keys at hand and this epoch's resumption key."""
        return psks.with_resumption(self.group_id, self.epoch, self.resumption_psk)
