"""The secret tree: message keys of an epoch, each used once and then deleted (RFC 9420 section 9).

A value: taking a key returns the tree without it. Secrets of inner nodes are split only when a leaf below
is first needed, so a tree of any size starts as one secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from . import tree_math
from .codec import Reader, opaque, uint8, uint32
from .errors import GenerationsExhausted, GenerationTooFar, KeyAlreadyUsed, StateError
from .suite import CipherSuite

MAX_GENERATION = 2**32 - 1


class RatchetKind(IntEnum):
    HANDSHAKE = 0
    APPLICATION = 1


_RATCHET_LABELS = ((RatchetKind.HANDSHAKE, b"handshake"), (RatchetKind.APPLICATION, b"application"))


@dataclass(frozen=True, slots=True)
class SkipPolicy:
    """How far ahead of the expected generation a message may be, and how many skipped keys are kept for a
    sender's late messages (section 15.3). A strictly ordered log needs none kept."""

    max_forward: int = 1024
    max_retained: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Ratchet:
    """One sender's keys of one kind: the next secret, its generation, and skipped keys by generation."""

    secret: bytes
    generation: int = 0
    retained: tuple[tuple[int, bytes, bytes], ...] = ()

    def _step(self, suite: CipherSuite) -> tuple[bytes, bytes, bytes]:
        """(key, nonce, next secret) of the current generation."""
        generation = self.generation
        return (
            suite.derive_tree_secret(self.secret, b"key", generation, suite.key_length),
            suite.derive_tree_secret(self.secret, b"nonce", generation, suite.nonce_length),
            suite.derive_tree_secret(self.secret, b"secret", generation, suite.hash_length),
        )

    def next(self, suite: CipherSuite) -> tuple[Ratchet, bytes, bytes]:
        """(ratchet after, key, nonce). Raises GenerationsExhausted."""
        if self.generation > MAX_GENERATION:
            raise GenerationsExhausted
        key, nonce, secret = self._step(suite)
        return Ratchet(secret, self.generation + 1, self.retained), key, nonce

    def at(self, suite: CipherSuite, generation: int, policy: SkipPolicy) -> tuple[Ratchet, bytes, bytes]:
        """(ratchet after, key, nonce) of a generation, which is used up by it.

        Raises KeyAlreadyUsed or GenerationTooFar.
        """
        if generation < self.generation:
            return self._take_retained(generation)
        if generation - self.generation > policy.max_forward:
            raise GenerationTooFar(f"{generation} at {self.generation}")
        ratchet, retained = self, list(self.retained)
        while ratchet.generation < generation:
            skipped = ratchet.generation
            if policy.max_retained and generation - skipped <= policy.max_retained:
                ratchet, key, nonce = ratchet.next(suite)
                retained.append((skipped, key, nonce))
            else:
                secret = suite.derive_tree_secret(ratchet.secret, b"secret", skipped, suite.hash_length)
                ratchet = Ratchet(secret, skipped + 1, ratchet.retained)
        ratchet, key, nonce = ratchet.next(suite)
        kept = tuple(retained[-policy.max_retained :]) if policy.max_retained else ()
        return Ratchet(ratchet.secret, ratchet.generation, kept), key, nonce

    def _take_retained(self, generation: int) -> tuple[Ratchet, bytes, bytes]:
        for number, key, nonce in self.retained:
            if number == generation:
                rest = tuple(each for each in self.retained if each[0] != generation)
                return Ratchet(self.secret, self.generation, rest), key, nonce
        raise KeyAlreadyUsed(f"generation {generation}")


@dataclass(frozen=True, slots=True, repr=False)
class SecretTree:
    """`nodes` are the inner secrets not split yet; `ratchets` those of leaves that were needed, by (leaf, kind)."""

    suite: CipherSuite
    leaves: int
    nodes: Mapping[int, bytes]
    ratchets: Mapping[tuple[int, RatchetKind], Ratchet] = field(default_factory=dict)

    @classmethod
    def new(cls, suite: CipherSuite, leaves: int, encryption_secret: bytes) -> SecretTree:
        """`leaves` counts the blank ones too: a power of two."""
        return cls(suite, leaves, {tree_math.root(leaves): encryption_secret})

    def next_generation(self, leaf: int, kind: RatchetKind) -> int:
        """The generation that the next message is expected to have."""
        ratchet = self.ratchets.get((leaf, kind))
        return ratchet.generation if ratchet else 0

    def next(self, leaf: int, kind: RatchetKind) -> tuple[SecretTree, int, bytes, bytes]:
        """Take a sender's next key: (tree after, generation, key, nonce). Raises GenerationsExhausted."""
        tree = self._with_leaf(leaf)
        ratchet = tree.ratchets[leaf, kind]
        after, key, nonce = ratchet.next(self.suite)
        return tree._with_ratchet(leaf, kind, after), ratchet.generation, key, nonce

    def at(self, leaf: int, kind: RatchetKind, generation: int, policy: SkipPolicy) -> tuple[SecretTree, bytes, bytes]:
        """Take the key of a generation: (tree after, key, nonce). Raises KeyAlreadyUsed or GenerationTooFar."""
        tree = self._with_leaf(leaf)
        after, key, nonce = tree.ratchets[leaf, kind].at(self.suite, generation, policy)
        return tree._with_ratchet(leaf, kind, after), key, nonce

    def _with_ratchet(self, leaf: int, kind: RatchetKind, ratchet: Ratchet) -> SecretTree:
        ratchets = {**self.ratchets, (leaf, kind): ratchet}
        return SecretTree(self.suite, self.leaves, self.nodes, ratchets)

    def _with_leaf(self, leaf: int) -> SecretTree:
        """Split the secrets down to a leaf and start its ratchets; split secrets are deleted (section 9.2)."""
        if (leaf, RatchetKind.HANDSHAKE) in self.ratchets:
            return self
        suite, nodes, target = self.suite, dict(self.nodes), 2 * leaf
        node = next((known for known in nodes if tree_math.is_below(target, known)), None)
        if node is None:
            raise StateError(f"the secret of leaf {leaf} is gone")
        secret = nodes.pop(node)
        while node != target:
            left, right = tree_math.left(node), tree_math.right(node)
            halves = {
                left: suite.expand_with_label(secret, b"tree", b"left", suite.hash_length),
                right: suite.expand_with_label(secret, b"tree", b"right", suite.hash_length),
            }
            node = left if target < node else right
            secret = halves.pop(node)
            nodes.update(halves)
        started = {
            (leaf, kind): Ratchet(suite.expand_with_label(secret, label, b"", suite.hash_length))
            for kind, label in _RATCHET_LABELS
        }
        return SecretTree(self.suite, self.leaves, nodes, {**self.ratchets, **started})

    # Storage

    def encode(self) -> bytes:
        nodes = b"".join(uint32(node) + opaque(secret) for node, secret in self.nodes.items())
        ratchets = b"".join(self._encode_ratchets())
        return uint32(self.leaves) + opaque(nodes) + opaque(ratchets)

    def _encode_ratchets(self) -> Iterator[bytes]:
        for (leaf, kind), ratchet in self.ratchets.items():
            kept = b"".join(uint32(n) + opaque(key) + opaque(nonce) for n, key, nonce in ratchet.retained)
            # A generation may stand one past the last that 32 bits hold.
            position = ratchet.generation.to_bytes(5, "big")
            yield uint32(leaf) + uint8(kind) + position + opaque(ratchet.secret) + opaque(kept)

    @classmethod
    def restore(cls, suite: CipherSuite, reader: Reader) -> SecretTree:
        """Raises MLSDecodeError or StateError."""
        leaves = reader.uint32()
        nodes = dict(reader.vector(lambda inner: (inner.uint32(), inner.opaque())))
        ratchets = dict(reader.vector(_read_ratchet))
        if leaves == 0 or leaves & (leaves - 1):
            raise StateError("a secret tree's size is not a power of two")
        return cls(suite, leaves, nodes, ratchets)


def _read_ratchet(reader: Reader) -> tuple[tuple[int, RatchetKind], Ratchet]:
    leaf, kind = reader.uint32(), reader.uint8()
    if kind not in (RatchetKind.HANDSHAKE, RatchetKind.APPLICATION):
        raise StateError(f"a ratchet of kind {kind}")
    generation, secret = int.from_bytes(reader.take(5), "big"), reader.opaque()
    retained = reader.vector(lambda inner: (inner.uint32(), inner.opaque(), inner.opaque()))
    return (leaf, RatchetKind(kind)), Ratchet(secret, generation, retained)


def sender_data_key_and_nonce(suite: CipherSuite, secret: bytes, ciphertext: bytes) -> tuple[bytes, bytes]:
    """Section 6.3.2: from a sample of the ciphertext."""
    sample = ciphertext[: suite.hash_length]
    key = suite.expand_with_label(secret, b"key", sample, suite.key_length)
    return key, suite.expand_with_label(secret, b"nonce", sample, suite.nonce_length)
