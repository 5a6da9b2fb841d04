"""What a member holds of a group and changes with an epoch only."""

from __future__ import annotations

from dataclasses import dataclass, field

from .codec import Reader, opaque, optional, uint8, uint16, uint32
from .errors import StateError, UnsupportedSuite
from .group_context import GroupContext
from .key_schedule import EpochSecrets
from .leaf_node import LeafNode
from .proposal import ReInit
from .ratchet_tree import RatchetTree
from .signature import SignatureKeyPair
from .suite import CipherSuite, suite_by_id

_STATE_VERSION = 1


@dataclass(frozen=True, slots=True)
class EpochState:
    """`private_keys` are those of the member's leaf and direct path, by node index. `reinit` is the proposal
    that ended the group, if one did."""

    suite: CipherSuite
    context: GroupContext
    tree: RatchetTree = field(repr=False)
    own_leaf: int
    private_keys: dict[int, bytes] = field(repr=False)
    signer: SignatureKeyPair
    secrets: EpochSecrets = field(repr=False)
    interim_transcript_hash: bytes = field(repr=False)
    confirmation_tag: bytes = field(repr=False)
    reinit: ReInit | None = None
    encoded_context: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoded_context", self.context.encode())

    @property
    def own_leaf_node(self) -> LeafNode:
        leaf = self.tree.leaf(self.own_leaf)
        if leaf is None:
            raise StateError("the member's own leaf is blank")
        return leaf

    def encode(self) -> bytes:
        keys = b"".join(uint32(node) + opaque(key) for node, key in self.private_keys.items())
        return b"".join(
            (
                uint8(_STATE_VERSION),
                uint16(self.suite.code),
                self.encoded_context,
                self.tree.encode(),
                uint32(self.own_leaf),
                opaque(keys),
                opaque(self.signer.private),
                opaque(self.signer.public),
                self.secrets.encode(),
                opaque(self.interim_transcript_hash),
                opaque(self.confirmation_tag),
                optional(self.reinit),
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> EpochState:
        """Raises MLSDecodeError."""
        reader = Reader(data)
        version = reader.uint8()
        if version != _STATE_VERSION:
            raise StateError(f"version {version}")
        try:
            suite = suite_by_id(reader.uint16())
        except UnsupportedSuite as error:
            raise StateError(str(error)) from None
        state = cls(
            suite,
            GroupContext.read(reader),
            RatchetTree.read(suite, reader),
            reader.uint32(),
            dict(reader.vector(lambda inner: (inner.uint32(), inner.opaque()))),
            SignatureKeyPair(reader.opaque(), reader.opaque()),
            EpochSecrets.read(reader),
            reader.opaque(),
            reader.opaque(),
            reader.optional(ReInit.read),
        )
        reader.finish()
        return state
