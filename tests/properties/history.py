"""A group with all its members in one process, and what must hold of it whatever happened.

Every message goes to every other member and to everyone who was removed; the log is the order of calls.
"""

from __future__ import annotations

import random as seeded
from collections.abc import Sequence
from dataclasses import replace

from rogatory.protocol.mls import tree_math
from rogatory.protocol.mls.codec import Reader, opaque, uint8, uint64
from rogatory.protocol.mls.committing import CommitOutcome
from rogatory.protocol.mls.errors import DecryptionFailed, MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackageSecrets, new_key_package
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.opening import ApplicationOpened, CommitOpened, ProposalOpened
from rogatory.protocol.mls.parent_node import ParentNode
from rogatory.protocol.mls.private_message import PrivateMessage, ratchet_kind
from rogatory.protocol.mls.proposal import Add, Proposal, Remove
from rogatory.protocol.mls.secret_tree import sender_data_key_and_nonce
from rogatory.protocol.mls.suite import new_signature_key
from rogatory.protocol.mls.update_path import UpdatePath
from rogatory.protocol.mls.validate_tree import check_joined_tree

NOW = 1_800_000_000
Used = tuple[int, int, int, int]
"""(epoch, leaf, ratchet, generation): what a message key is for."""


class History:
    """`members` are by leaf index; `gone` are the last states of those removed, oldest first."""

    def __init__(self, suite_id: int, seed: int) -> None:
        self.random = seeded.Random(seed).randbytes
        self.suite_id = suite_id
        self.members: dict[int, Group] = {}
        self.gone: list[Group] = []
        self.used: set[Used] = set()
        self.named = 0
        founder = self.client()
        self.members[0] = Group.create(suite_id, b"history", founder, random=self.random, now=NOW)

    def client(self) -> KeyPackageSecrets:
        self.named += 1
        return new_key_package(
            self.suite_id,
            b"member %d" % self.named,
            new_signature_key(self.suite_id, self.random),
            not_before=NOW - 60,
            not_after=NOW + 60,
            random=self.random,
        )

    @property
    def any_member(self) -> Group:
        return next(iter(self.members.values()))

    def pick(self, number: int) -> int:
        """Some member's leaf."""
        leaves = sorted(self.members)
        return leaves[number % len(leaves)]

    # What happens

    def say(self, author: int, data: bytes, lost_for: frozenset[int] = frozenset()) -> None:
        """Application data; those that it is lost for never see it."""
        before = self.members[author]
        self.members[author], message = before.protect(data, random=self.random)
        self.mark(message)
        for leaf in self.others(author) - lost_for:
            opened = self.members[leaf].open(message)
            assert isinstance(opened, ApplicationOpened)
            assert (opened.data, opened.sender_leaf) == (data, author)
            self.members[leaf] = opened.group

    def propose_update(self, author: int) -> None:
        self.members[author], message = self.members[author].propose_update(random=self.random)
        self.mark(message)
        for leaf in self.others(author):
            opened = self.members[leaf].open(message)
            assert isinstance(opened, ProposalOpened)
            self.members[leaf] = opened.group

    def make(
        self, author: int, adds: Sequence[KeyPackageSecrets], removes: Sequence[int], path: bool | None, rotate: bool
    ) -> CommitOutcome[Group]:
        """A commit that is not delivered yet; its author stays in the old epoch."""
        proposals: list[Proposal] = [Remove(leaf) for leaf in removes if leaf != author]
        proposals += [Add(person.key_package) for person in adds]
        signer = new_signature_key(self.suite_id, self.random) if rotate else None
        made = self.members[author].commit(
            proposals, random=self.random, path=True if rotate else path, new_signer=signer, now=NOW
        )
        self.mark(made.message)
        self.members[author] = made.sent
        return made

    def accept(self, author: int, made: CommitOutcome[Group], joiners: Sequence[KeyPackageSecrets]) -> None:
        """Deliver a commit to all as the one that counts, and the Welcome to those who join."""
        old, path = self.any_member, None
        for leaf in self.others(author):
            opened = self.members[leaf].open(made.message, now=NOW)
            assert isinstance(opened, CommitOpened)
            assert opened.staged.committer == author
            path = opened.staged.path
            if opened.staged.group is None:
                self.gone.append(self.members.pop(leaf))
            else:
                self.members[leaf] = opened.staged.group
        self.members[author] = made.pending
        for person in joiners:
            welcome = made.welcome_for(person.key_package.ref())
            group = Group.join(welcome, person).group
            assert group.own_leaf not in self.members
            self.members[group.own_leaf] = group
        if path is not None:
            self.check_path_is_closed(path, made, old)

    def void(self, author: int, made: CommitOutcome[Group]) -> None:
        """Deliver a commit that all judge void: the epoch goes on, its message key is used up."""
        for leaf in self.others(author):
            opened = self.members[leaf].open(made.message, now=NOW)
            assert isinstance(opened, CommitOpened)
            self.members[leaf] = opened.group_before

    def store(self, leaf: int) -> None:
        """Restore a member from what it would have stored."""
        group = self.members[leaf]
        epoch_state, message_state = group.epoch_state(), group.message_state()
        restored = Group.restore(epoch_state, message_state)
        assert (restored.epoch_state(), restored.message_state()) == (epoch_state, message_state)
        self.members[leaf] = restored

    def others(self, author: int) -> frozenset[int]:
        return frozenset(self.members) - {author}

    # What must hold

    def mark(self, message: bytes) -> None:
        """No message key is used twice, and nobody who was removed opens the message."""
        body = MLSMessage.decode(message).body
        assert isinstance(body, PrivateMessage)
        used = self.key_of(body)
        assert used not in self.used
        self.used.add(used)
        for group in self.gone:
            self.check_closed(group, message)

    def key_of(self, body: PrivateMessage) -> Used:
        state = self.any_member.state
        key, nonce = sender_data_key_and_nonce(state.suite, state.secrets.sender_data_secret, body.ciphertext)
        aad = opaque(body.group_id) + uint64(body.epoch) + uint8(body.content_type)
        reader = Reader(state.suite.unseal(key, nonce, aad, body.encrypted_sender_data))
        return body.epoch, reader.uint32(), ratchet_kind(body.content_type), reader.uint32()

    def check_closed(self, group: Group, message: bytes) -> None:
        """Neither as the removed member is, nor with the public state of the epoch and its old secrets."""
        public = self.any_member.state
        posing = replace(group, state=replace(group.state, context=public.context, tree=public.tree))
        for pretender, error in ((group, MLSError), (posing, DecryptionFailed)):
            try:
                pretender.open(message)
            except error:
                continue
            raise AssertionError("a removed member opened a later message")

    def check_path_is_closed(self, path: UpdatePath, made: CommitOutcome[Group], old: Group) -> None:
        """No private key of anyone removed decrypts a path secret of the commit (section 7.5)."""
        suite = old.suite
        provisional = replace(made.pending.group_context, confirmed_transcript_hash=old.confirmed_transcript_hash)
        context = provisional.encode()
        ciphertexts = [sealed for node in path.nodes for sealed in node.encrypted_path_secret]
        for private in {key for group in self.gone for key in group.state.private_keys.values()}:
            for sealed in ciphertexts:
                try:
                    suite.decrypt_with_label(private, b"UpdatePathNode", context, sealed)
                except DecryptionFailed:
                    continue
                raise AssertionError("a removed member can follow the path")

    def check(self) -> None:
        groups = list(self.members.values())
        first = groups[0]
        assert len({(group.epoch, group.epoch_authenticator, group.tree_hash) for group in groups}) == 1
        assert len({group.export("history", b"", 32) for group in groups}) == 1
        assert [member.leaf_index for member in first.members()] == sorted(self.members)
        check_joined_tree(first.state.tree, first.tree_hash, first.group_id, first.extensions)
        for leaf, group in self.members.items():
            assert group.own_leaf == leaf
            check_private_keys(group)


def check_private_keys(group: Group) -> None:
    """Section 4.2: a member holds the keys of its leaf and of the parents above where it is merged, no other."""
    tree, own = group.state.tree, 2 * group.own_leaf
    held = {
        index
        for index in tree_math.direct_path(own, tree.leaves)
        if isinstance(node := tree.node(index), ParentNode) and group.own_leaf not in node.unmerged_leaves
    }
    assert set(group.state.private_keys) == held | {own}
    for index, private in group.state.private_keys.items():
        node = tree.node(index)
        assert node is not None
        assert group.suite.kem.public_of(private) == node.encryption_key
