"""The group with all that a member can do (RFC 9420). Every operation returns a new value; the old one stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from . import committing, creating, joining, opening, sending
from .epoch_state import EpochState
from .errors import StateError
from .extension import Extensions
from .framed_content import WireFormat
from .group_info import GroupInfo
from .group_state import GroupState
from .key_package import KeyPackage, KeyPackageSecrets
from .message_state import MessageState
from .private_message import Padding
from .proposal import Add, GroupContextExtensions, PreSharedKey, Proposal, ReInit, Remove
from .psk import NO_PSKS, PreSharedKeyID, PskStore
from .secret_tree import SkipPolicy
from .signature import SignatureKeyPair
from .suite import Random


@dataclass(frozen=True, slots=True)
class Group(GroupState):
    """One member's view of a group in one epoch, and its operations."""

    @classmethod
    def create(
        cls,
        suite_id: int,
        group_id: bytes,
        leaf: KeyPackageSecrets,
        *,
        random: Random,
        extensions: Extensions = (),
        now: int | None = None,
        skip_policy: SkipPolicy | None = None,
    ) -> Group:
        """A group of one, in epoch 0 (section 11). Raises as `creating.create` does."""
        state, messages = creating.create(suite_id, group_id, leaf, extensions, now, random)
        return cls(state, messages, skip_policy or SkipPolicy())

    @classmethod
    def join(
        cls,
        welcome: bytes,
        secrets: KeyPackageSecrets,
        *,
        ratchet_tree: bytes | joining.TreeBeside | None = None,
        psks: PskStore = NO_PSKS,
        previous: GroupState | None = None,
        known_groups: Collection[bytes] = (),
        now: int | None = None,
        skip_policy: SkipPolicy | None = None,
    ) -> Joined:
        """Join by a Welcome (section 12.4.3.1). Raises as `joining.join` does."""
        joined = joining.join(welcome, secrets, ratchet_tree, psks, previous, known_groups, now)
        group = cls(joined.state, joined.messages, skip_policy or SkipPolicy())
        return Joined(group, joined.group_info)

    @classmethod
    def restore(cls, epoch_state: bytes, message_state: bytes, *, skip_policy: SkipPolicy | None = None) -> Group:
        """The group of two stored states that belong together. Raises MLSDecodeError or StateError."""
        state = EpochState.decode(epoch_state)
        messages = MessageState.decode(state.suite, message_state, state.confirmation_tag)
        if messages.keys.leaves != state.tree.leaves:
            raise StateError("the secret tree is not of the ratchet tree's size")
        return cls(state, messages, skip_policy or SkipPolicy())

    def protect(
        self,
        data: bytes,
        authenticated_data: bytes = b"",
        *,
        random: Random,
        pad_to: Padding | None = None,
    ) -> tuple[Group, bytes]:
        """Application data as an encoded PrivateMessage. Raises as `sending.protect` does."""
        return sending.protect(self, data, authenticated_data, random, pad_to)

    def open(self, message: bytes, *, psks: PskStore = NO_PSKS, now: int | None = None) -> opening.Opened[Group]:
        """Open an encoded message of this group and epoch. Raises as `opening.open_message` does."""
        return opening.open_message(self, message, psks=psks, now=now)

    def commit(
        self,
        proposals: Sequence[Proposal] = (),
        *,
        random: Random,
        pending: Iterable[bytes] | None = None,
        authenticated_data: bytes = b"",
        path: bool | None = True,
        wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
        group_info_extensions: Extensions = (),
        inline_tree: bool = True,
        new_signer: SignatureKeyPair | None = None,
        new_identity: bytes | None = None,
        leaf_extensions: Extensions | None = None,
        psks: PskStore = NO_PSKS,
        pad_to: Padding | None = None,
        now: int | None = None,
    ) -> committing.CommitOutcome[Group]:
        """Commit proposals; see `committing.commit`."""
        return committing.commit(
            self,
            proposals,
            random=random,
            pending=pending,
            authenticated_data=authenticated_data,
            path=path,
            wire_format=wire_format,
            group_info_extensions=group_info_extensions,
            inline_tree=inline_tree,
            new_signer=new_signer,
            new_identity=new_identity,
            leaf_extensions=leaf_extensions,
            psks=psks,
            pad_to=pad_to,
            now=now,
        )

    # Proposals to be committed by reference; each returns the group in which it is pending, and the message.

    def propose(
        self,
        proposal: Proposal,
        *,
        random: Random,
        authenticated_data: bytes = b"",
        wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
        pad_to: Padding | None = None,
        now: int | None = None,
    ) -> tuple[Group, bytes]:
        """Any proposal but an Update. Raises as `sending.propose` does."""
        return sending.propose(
            self,
            proposal,
            random=random,
            authenticated_data=authenticated_data,
            wire_format=wire_format,
            pad_to=pad_to,
            now=now,
        )

    def propose_add(
        self, key_package: KeyPackage, *, random: Random, wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE
    ) -> tuple[Group, bytes]:
        return self.propose(Add(key_package), random=random, wire_format=wire_format)

    def propose_remove(
        self, leaf_index: int, *, random: Random, wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE
    ) -> tuple[Group, bytes]:
        return self.propose(Remove(leaf_index), random=random, wire_format=wire_format)

    def propose_psk(
        self, psk: PreSharedKeyID, *, random: Random, wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE
    ) -> tuple[Group, bytes]:
        return self.propose(PreSharedKey(psk), random=random, wire_format=wire_format)

    def propose_reinit(
        self, reinit: ReInit, *, random: Random, wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE
    ) -> tuple[Group, bytes]:
        return self.propose(reinit, random=random, wire_format=wire_format)

    def propose_extensions(
        self,
        extensions: Extensions,
        *,
        random: Random,
        wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
    ) -> tuple[Group, bytes]:
        return self.propose(GroupContextExtensions(extensions), random=random, wire_format=wire_format)

    def propose_update(
        self,
        *,
        random: Random,
        new_signer: SignatureKeyPair | None = None,
        new_identity: bytes | None = None,
        wire_format: WireFormat = WireFormat.PRIVATE_MESSAGE,
    ) -> tuple[Group, bytes]:
        """Fresh keys for the own leaf; they hold when another member commits the proposal."""
        update, private = sending.new_update(self, random, new_signer, new_identity)
        return sending.propose(self, update, random=random, wire_format=wire_format, update=private)


@dataclass(frozen=True, slots=True)
class Joined:
    """The group, and the GroupInfo that its committer signed: `group_info.signer` and `.extensions`."""

    group: Group
    group_info: GroupInfo
