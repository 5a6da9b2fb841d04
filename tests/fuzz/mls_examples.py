"""Valid encodings of every MLS structure, taken out of one small group's life."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rogatory.protocol.mls.codec import Structure
from rogatory.protocol.mls.commit import Commit
from rogatory.protocol.mls.credential import X509, Credential
from rogatory.protocol.mls.extension import (
    Extension,
    ExternalSender,
    RequiredCapabilities,
    external_senders_extension,
)
from rogatory.protocol.mls.framed_content import Sender, SenderType
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.leaf_node import Capabilities, LeafNode
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.opening import CommitOpened
from rogatory.protocol.mls.private_message import PrivateMessage
from rogatory.protocol.mls.proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    ReInit,
    Remove,
    Update,
)
from rogatory.protocol.mls.psk import PreSharedKeyID, ResumptionPsk, ResumptionUsage
from rogatory.protocol.mls.public_message import PublicMessage
from rogatory.protocol.mls.secret_tree import SkipPolicy
from rogatory.protocol.mls.welcome import GroupSecrets, Welcome

from ..protocol.mls.rules.forge import update_leaf
from ..protocol.mls.rules.groups import NOW, PRIVATE, PUBLIC, client, deliver, found, randbytes

SENDERS = external_senders_extension([ExternalSender(b"k" * 32, Credential.basic(b"registrar"))])


@dataclass(frozen=True)
class Life:
    """What was sent in a group, and how `reader` was before each message could be opened."""

    reader: Group
    private: bytes
    public: bytes
    private_commit: bytes
    public_commit: bytes
    external: bytes
    joiner_welcome: bytes
    structures: dict[type[Structure], list[bytes]]
    states: tuple[bytes, bytes]


def live() -> Life:
    capabilities = Capabilities(extensions=(0x0A0A,), proposals=(0x1A1A,), credentials=(1, 2))
    extensions = (SENDERS, RequiredCapabilities(credentials=(1,)).extension(), Extension(0x0A0A, b"grease"))
    alice, bob, _ = found(b"alice", b"bob", b"carol", extensions=extensions, capabilities=capabilities)
    _, private = alice.protect(b"data", b"authenticated", random=randbytes, pad_to=lambda _: 128)
    _, public = alice.propose_remove(2, random=randbytes, wire_format=PUBLIC)
    joiner = client(b"dave", capabilities=capabilities)
    made = alice.commit([Add(joiner.key_package), Remove(2)], random=randbytes, now=NOW)
    assert made.welcome is not None
    public_commit = alice.commit(random=randbytes, wire_format=PUBLIC).message
    external = alice.group_info(with_external_pub=True)
    updated, _ = bob.propose_update(random=randbytes, wire_format=PRIVATE)
    updated = replace(updated, skip_policy=SkipPolicy(max_retained=3))
    second = alice.protect(b"first", random=randbytes)[0].protect(b"second", random=randbytes)[1]
    (updated,) = deliver([updated], second)
    states = (updated.epoch_state(), updated.message_state())
    values = [*_of_group(bob), *_of_messages(bob, made.message, public_commit, private, public, external, made.welcome)]
    values += [joiner, joiner.key_package, *_proposals(bob, joiner.key_package.leaf_node)]
    values += [GroupSecrets(b"j" * 32, b"p" * 32, (_psk(),)), GroupSecrets(b"j" * 32, None, ())]
    structures: dict[type[Structure], list[bytes]] = {}
    for value in values:
        structures.setdefault(type(value), []).append(value.encode())
    return Life(bob, private, public, made.message, public_commit, external, made.welcome, structures, states)


def _psk() -> PreSharedKeyID:
    return PreSharedKeyID(ResumptionPsk(ResumptionUsage.APPLICATION, b"group", 3), b"n" * 32)


def _of_group(group: Group) -> list[Structure]:
    leaf, parent = group.own_leaf_node, next(node for _, node in group.state.tree.parents())
    certificate = Credential(X509, b"\x05\x04cert")
    committed = next(leaf for _, leaf in group.state.tree.members() if leaf.parent_hash)
    assert committed.parent_hash
    values: list[Structure] = [leaf, committed, update_leaf(group), parent, leaf.credential, certificate]
    values += [leaf.capabilities, group.group_context, group.state.secrets, *group.extensions]
    values += [source for source in [leaf.source] if isinstance(source, Structure)]
    values += [RequiredCapabilities((1,), (2,), (3,)), ExternalSender(b"k" * 32, leaf.credential)]
    values += [Sender.member(1), Sender(SenderType.EXTERNAL, 7), Sender(SenderType.NEW_MEMBER_COMMIT)]
    return [*values, replace(parent, unmerged_leaves=(1, 2))]


def _of_messages(group: Group, *messages: bytes) -> list[Structure]:
    values: list[Structure] = []
    for encoded in messages:
        message = MLSMessage.decode(encoded)
        values += [message, message.body]
        if isinstance(message.body, PublicMessage):
            values += [message.body.content, message.body.authenticated()]
        if isinstance(message.body, Welcome):
            values += [*message.body.secrets, *(entry.encrypted_group_secrets for entry in message.body.secrets)]
        if isinstance(message.body, PrivateMessage):
            opened = group.open(encoded, now=NOW)
            if isinstance(opened, CommitOpened) and opened.staged.path:
                path = opened.staged.path
                proposals = tuple(each.proposal for each in opened.staged.proposals)
                values += [path, *path.nodes, Commit((*proposals, b"r" * 32), path), Commit((), None)]
    return values


def _proposals(group: Group, leaf: LeafNode) -> list[Structure]:
    extensions = (Extension(0x0A0A, b"grease"),)
    add = Add(client(b"eve").key_package)
    return [
        add,
        Update(leaf),
        Remove(3),
        PreSharedKey(_psk()),
        PreSharedKey(PreSharedKeyID(b"external", b"n" * 32)),
        ReInit(b"next", 1, 1, extensions),
        ExternalInit(b"k" * 32),
        GroupContextExtensions(extensions),
        _psk(),
    ]
