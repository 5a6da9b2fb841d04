"""Against mls-rs, an independent implementation, in groups that either side creates.

What its Python wheel cannot do stays untried here: any cipher suite but 1, Update, PreSharedKey, ReInit and
GroupContextExtensions proposals, external commits and senders, PrivateMessage for handshakes that it sends
(it opens ours), authenticated data, a choice of path or tree placement, and reading of epoch authenticators;
that both sides agree on an epoch is seen by exported secrets, trees and messages.
"""

from __future__ import annotations

import importlib
import platform
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest

from rogatory.protocol.mls.framed_content import WireFormat
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackage, KeyPackageSecrets, new_key_package
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.opening import ApplicationOpened, CommitOpened, ProposalOpened
from rogatory.protocol.mls.proposal import Add, Remove
from rogatory.protocol.mls.suite import new_signature_key

from ..rules.groups import PRIVATE, PUBLIC, randbytes

if sys.platform != "linux" or platform.machine() != "x86_64":
    pytest.skip("mls-rs has a wheel for Linux on x86-64 only", allow_module_level=True)
mls_rs: Any = importlib.import_module("mls_rs_uniffi")
pytestmark = pytest.mark.interop

SUITE = 1
GROUP_ID = b"interop"


def clock() -> int:
    """The other side judges lifetimes by the clock, and its own begin with the second they are made in."""
    return int(time.time())


def our_client(name: bytes) -> KeyPackageSecrets:
    signer = new_signature_key(SUITE, randbytes)
    return new_key_package(
        SUITE, name, signer, not_before=clock() - 3600, not_after=clock() + 3600, random=randbytes, last_resort=True
    )


def their_client(name: bytes) -> Any:
    key = mls_rs.generate_signature_keypair(mls_rs.CipherSuite.CURVE25519_AES128)
    return mls_rs.Client(name, key, mls_rs.client_config_default())


def to_them(encoded: bytes | None) -> Any:
    assert encoded is not None
    return mls_rs.Message.from_bytes(encoded)


def our_key_package(person: KeyPackageSecrets) -> Any:
    return to_them(MLSMessage(person.key_package).encode())


def their_key_package(client: Any) -> KeyPackage:
    body = MLSMessage.decode(client.generate_key_package_message().to_bytes()).body
    assert isinstance(body, KeyPackage)
    return body


@dataclass
class Pair:
    """One member of ours and one of theirs, in one group."""

    ours: Group
    theirs: Any

    def check(self) -> None:
        """Same secrets, same tree, and messages both ways."""
        assert self.ours.export("interop", b"context", 32) == self.theirs.export_secret(b"interop", b"context", 32)
        assert self.ours.ratchet_tree() == self.theirs.export_tree().bytes
        for number in range(3):
            self.we_say(b"ours %d" % number)
            self.they_say(b"theirs %d" % number)

    def we_say(self, data: bytes) -> None:
        self.ours, message = self.ours.protect(data, random=randbytes, pad_to=lambda length: -(-length // 256) * 256)
        received = self.theirs.process_incoming_message(to_them(message))
        assert received.is_application_message()
        assert received.data == data

    def they_say(self, data: bytes) -> None:
        opened = self.ours.open(self.theirs.encrypt_application_message(data).to_bytes())
        assert isinstance(opened, ApplicationOpened)
        assert opened.data == data
        self.ours = opened.group

    def we_commit(self, *proposals: Add | Remove, path: bool = True, wire: WireFormat = PRIVATE) -> bytes | None:
        made = self.ours.commit(proposals, random=randbytes, path=path, wire_format=wire, now=clock())
        received = self.theirs.process_incoming_message(to_them(made.message))
        assert received.is_commit()
        assert received.effect.is_new_epoch()
        self.ours = made.pending
        return made.welcome

    def we_take(self, commit: bytes) -> None:
        opened = self.ours.open(commit, now=clock())
        assert isinstance(opened, CommitOpened)
        assert opened.staged.group is not None
        self.ours = opened.staged.group

    def they_commit(self, output: Any) -> None:
        commit = output.commit_message
        self.theirs.process_incoming_message(commit)
        self.we_take(commit.to_bytes())


def in_our_group(path: bool = True) -> Pair:
    ours = Group.create(SUITE, GROUP_ID, our_client(b"alice"), random=randbytes, now=clock())
    bob = their_client(b"bob")
    made = ours.commit([Add(their_key_package(bob))], random=randbytes, path=path, now=clock())
    return Pair(made.pending, bob.join_group(None, to_them(made.welcome)).group)


def in_their_group() -> Pair:
    theirs = their_client(b"bob").create_group(GROUP_ID)
    alice = our_client(b"alice")
    output = theirs.add_members([our_key_package(alice)])
    theirs.process_incoming_message(output.commit_message)
    assert output.welcome_message is not None
    return Pair(Group.join(output.welcome_message.to_bytes(), alice).group, theirs)


@pytest.fixture(params=[in_our_group, in_their_group], ids=["our group", "their group"])
def pair(request: pytest.FixtureRequest) -> Pair:
    made: Pair = request.param()
    return made


def test_both_join_and_talk(pair: Pair) -> None:
    pair.check()


def test_they_join_a_group_without_a_path() -> None:
    in_our_group(path=False).check()


def test_they_join_with_the_tree_from_elsewhere() -> None:
    ours = Group.create(SUITE, GROUP_ID, our_client(b"alice"), random=randbytes, now=clock())
    bob = their_client(b"bob")
    made = ours.commit([Add(their_key_package(bob))], random=randbytes, inline_tree=False, now=clock())
    tree = mls_rs.RatchetTree(bytes=made.pending.ratchet_tree())
    Pair(made.pending, bob.join_group(tree, to_them(made.welcome)).group).check()


@pytest.mark.parametrize("wire", [PUBLIC, PRIVATE])
def test_several_epochs(pair: Pair, wire: WireFormat) -> None:
    for _ in range(3):
        pair.we_commit(wire=wire)
        pair.check()
        pair.they_commit(pair.theirs.commit())
        pair.check()


def test_members_come_and_go(pair: Pair) -> None:
    """Adds and removals by both sides: blank leaves, unmerged leaves and a tree that grows and shrinks."""
    pair.we_commit(*(Add(our_client(b"ours %d" % number).key_package) for number in range(3)))
    pair.check()
    pair.they_commit(
        pair.theirs.add_members([their_client(b"t%d" % n).generate_key_package_message() for n in range(4)])
    )
    pair.check()
    pair.we_commit(Remove(3), Remove(4))
    pair.check()
    pair.they_commit(pair.theirs.commit())
    pair.we_commit(Add(our_client(b"late").key_package), path=False)
    pair.check()
    pair.we_commit(*(Remove(index) for index in (5, 6, 7, 8) if pair.ours.member(index)))
    pair.check()


def test_a_third_joins_by_either_side(pair: Pair) -> None:
    carol = our_client(b"carol")
    output = pair.theirs.add_members([our_key_package(carol)])
    pair.they_commit(output)
    assert output.welcome_message is not None
    third = Group.join(output.welcome_message.to_bytes(), carol).group
    assert third.epoch_authenticator == pair.ours.epoch_authenticator
    dave = their_client(b"dave")
    welcome = pair.we_commit(Add(their_key_package(dave)))
    fourth = dave.join_group(None, to_them(welcome)).group
    Pair(pair.ours, fourth).check()


def test_they_propose_and_we_commit(pair: Pair) -> None:
    (proposal,) = pair.theirs.propose_add_members([their_client(b"carol").generate_key_package_message()])
    opened = pair.ours.open(proposal.to_bytes(), now=clock())
    assert isinstance(opened, ProposalOpened)
    pair.ours = opened.group
    pair.we_commit()
    assert len(pair.ours.members()) == 3
    pair.check()


@pytest.mark.parametrize("wire", [PUBLIC, PRIVATE])
def test_we_propose_and_they_commit(pair: Pair, wire: WireFormat) -> None:
    pair.ours, message = pair.ours.propose_add(our_client(b"carol").key_package, random=randbytes, wire_format=wire)
    assert pair.theirs.process_incoming_message(to_them(message)).is_received_proposal()
    pair.they_commit(pair.theirs.commit())
    assert len(pair.ours.members()) == 3
    pair.check()


@pytest.mark.parametrize("wire", [PUBLIC, PRIVATE])
def test_our_update_is_committed_by_them(pair: Pair, wire: WireFormat) -> None:
    before = pair.ours.own_leaf_node.encryption_key
    pair.ours, message = pair.ours.propose_update(random=randbytes, wire_format=wire)
    pair.theirs.process_incoming_message(to_them(message))
    pair.they_commit(pair.theirs.commit())
    assert pair.ours.own_leaf_node.encryption_key != before
    pair.check()


def test_we_rotate_our_signature_key(pair: Pair) -> None:
    signer = new_signature_key(SUITE, randbytes)
    made = pair.ours.commit(random=randbytes, new_signer=signer)
    pair.theirs.process_incoming_message(to_them(made.message))
    pair.ours = made.pending
    pair.check()


def test_each_side_learns_of_its_removal(pair: Pair) -> None:
    carol = their_client(b"carol")
    welcome = pair.we_commit(Add(their_key_package(carol)))
    gone = carol.join_group(None, to_them(welcome)).group
    leaf = next(member.leaf_index for member in pair.ours.members() if member.leaf_node.identity == b"carol")
    made = pair.ours.commit([Remove(leaf)], random=randbytes)
    assert gone.process_incoming_message(to_them(made.message)).effect.is_removed()
    identity = pair.theirs.process_incoming_message(to_them(made.message)).committer
    pair.ours = made.pending
    output = pair.theirs.remove_members([identity])
    opened = pair.ours.open(output.commit_message.to_bytes())
    assert isinstance(opened, CommitOpened)
    assert opened.staged.removes_this_member


def test_of_two_rival_commits_theirs_wins(pair: Pair) -> None:
    pair.ours.commit(random=randbytes)
    pair.they_commit(pair.theirs.commit())
    pair.check()
