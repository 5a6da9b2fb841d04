"""What a member holds of a group and changes with every message: keys used up, and proposals awaiting a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .codec import Reader, opaque, uint8
from .errors import StateError
from .framed_content import Sender
from .proposal import Proposal, encode_proposal, read_proposal
from .secret_tree import SecretTree
from .suite import CipherSuite

_STATE_VERSION = 2


@dataclass(frozen=True, slots=True)
class PendingProposal:
    proposal: Proposal
    sender: Sender


@dataclass(frozen=True, slots=True, repr=False)
class OwnUpdate:
    """The private keys of an Update that this member proposed."""

    leaf_private: bytes
    signature_private: bytes


@dataclass(frozen=True, slots=True)
class MessageState:
    """Proposals and the member's own Updates are by ProposalRef."""

    keys: SecretTree = field(repr=False)
    proposals: Mapping[bytes, PendingProposal] = field(default_factory=dict)
    own_updates: Mapping[bytes, OwnUpdate] = field(default_factory=dict, repr=False)

    def with_keys(self, keys: SecretTree) -> MessageState:
        return MessageState(keys, self.proposals, self.own_updates)

    def with_proposal(
        self, reference: bytes, pending: PendingProposal, update: OwnUpdate | None = None
    ) -> MessageState:
        updates = self.own_updates if update is None else {**self.own_updates, reference: update}
        return replace(self, proposals={**self.proposals, reference: pending}, own_updates=updates)

    def encode(self, confirmation_tag: bytes) -> bytes:
        """`confirmation_tag` is that of the epoch: its keys must never be used in another one."""
        proposals = b"".join(
            opaque(reference) + pending.sender.encode() + encode_proposal(pending.proposal)
            for reference, pending in self.proposals.items()
        )
        updates = b"".join(
            opaque(reference) + opaque(update.leaf_private) + opaque(update.signature_private)
            for reference, update in self.own_updates.items()
        )
        head = uint8(_STATE_VERSION) + opaque(confirmation_tag)
        return head + self.keys.encode() + opaque(proposals) + opaque(updates)

    @classmethod
    def decode(cls, suite: CipherSuite, data: bytes, confirmation_tag: bytes) -> MessageState:
        """Raises MLSDecodeError, or StateError for the state of another epoch than that of the tag."""
        reader = Reader(data)
        version = reader.uint8()
        if version != _STATE_VERSION:
            raise StateError(f"version {version}")
        if reader.opaque() != confirmation_tag:
            raise StateError("epoch state and message state are of different epochs")
        keys = SecretTree.restore(suite, reader)
        proposals = dict(reader.vector(_read_pending))
        updates = dict(reader.vector(_read_own_update))
        reader.finish()
        return cls(keys, proposals, updates)


def _read_pending(reader: Reader) -> tuple[bytes, PendingProposal]:
    reference, sender = reader.opaque(), Sender.read(reader)
    return reference, PendingProposal(read_proposal(reader), sender)


def _read_own_update(reader: Reader) -> tuple[bytes, OwnUpdate]:
    return reader.opaque(), OwnUpdate(reader.opaque(), reader.opaque())
