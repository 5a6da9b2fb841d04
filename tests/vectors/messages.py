"""The families about messages: encodings, protection, Welcome."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from rogatory.protocol.mls.commit import Commit
from rogatory.protocol.mls.framed_content import AuthenticatedContent, Content, FramedContent, Sender, WireFormat
from rogatory.protocol.mls.group_context import GroupContext
from rogatory.protocol.mls.key_package import KeyPackage
from rogatory.protocol.mls.key_schedule import epoch_keys, welcome_secret
from rogatory.protocol.mls.leaf_node import MLS10
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.private_message import PrivateMessage, protect_private, unprotect_private
from rogatory.protocol.mls.proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    ReInit,
    Remove,
    Update,
    decode_proposal,
    encode_proposal,
)
from rogatory.protocol.mls.psk import psk_secret
from rogatory.protocol.mls.public_message import PublicMessage, protect_public, unprotect_public
from rogatory.protocol.mls.ratchet_tree import RatchetTree
from rogatory.protocol.mls.secret_tree import SecretTree, SkipPolicy
from rogatory.protocol.mls.suite import SUITES, CipherSuite, suite_by_id
from rogatory.protocol.mls.transcript import confirmation_tag
from rogatory.protocol.mls.welcome import GroupSecrets, Welcome, decrypt_group_info, decrypt_group_secrets

from .expectation import Mismatch, equal, hexed

Case = dict[str, Any]


def _reencoded(decode: Callable[[bytes], Any]) -> Callable[[bytes], bytes]:
    return lambda data: bytes(decode(data).encode())


def _tree(data: bytes) -> bytes:
    # The suite has no part in the encoding.
    return RatchetTree.decode(next(iter(SUITES.values())), data).encode()


_ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "mls_welcome": _reencoded(MLSMessage.decode),
    "mls_group_info": _reencoded(MLSMessage.decode),
    "mls_key_package": _reencoded(MLSMessage.decode),
    "ratchet_tree": _tree,
    "group_secrets": _reencoded(GroupSecrets.decode),
    "add_proposal": _reencoded(Add.decode),
    "update_proposal": _reencoded(Update.decode),
    "remove_proposal": _reencoded(Remove.decode),
    "pre_shared_key_proposal": _reencoded(PreSharedKey.decode),
    "re_init_proposal": _reencoded(ReInit.decode),
    "external_init_proposal": _reencoded(ExternalInit.decode),
    "group_context_extensions_proposal": _reencoded(GroupContextExtensions.decode),
    "commit": _reencoded(Commit.decode),
    "public_message_application": _reencoded(MLSMessage.decode),
    "public_message_proposal": _reencoded(MLSMessage.decode),
    "public_message_commit": _reencoded(MLSMessage.decode),
    "private_message": _reencoded(MLSMessage.decode),
}


def encodings(case: Case) -> None:
    equal("names", set(case), set(_ENCODINGS))
    for name, reencode in _ENCODINGS.items():
        data = hexed(case[name])
        equal(name, reencode(data), data)


_SENDER = 1  # message-protection.json's sender, in a tree of two


class _Group:
    """The group that a message-protection vector describes."""

    def __init__(self, case: Case) -> None:
        self.suite = suite_by_id(case["cipher_suite"])
        self.group_id, self.epoch = hexed(case["group_id"]), case["epoch"]
        tree_hash, transcript = hexed(case["tree_hash"]), hexed(case["confirmed_transcript_hash"])
        self.context = GroupContext(
            MLS10, self.suite.code, self.group_id, self.epoch, tree_hash, transcript, ()
        ).encode()
        self.signer = self.suite.scheme.key_pair(hexed(case["signature_priv"]))
        self.keys = SecretTree.new(self.suite, 2, hexed(case["encryption_secret"]))
        self.sender_data_secret = hexed(case["sender_data_secret"])
        self.membership_key = hexed(case["membership_key"])
        equal("signature_pub", self.signer.public, hexed(case["signature_pub"]))

    def sign(self, content: Content, wire_format: WireFormat) -> AuthenticatedContent:
        framed = FramedContent(self.group_id, self.epoch, Sender.member(_SENDER), b"aad", content)
        signed = AuthenticatedContent.sign(self.suite, self.signer, wire_format, framed, self.context)
        if isinstance(content, Commit):
            return AuthenticatedContent(wire_format, framed, signed.signature, b"any tag")
        return signed

    def open(self, message: bytes) -> Content:
        body = MLSMessage.decode(message).body
        if isinstance(body, PublicMessage):
            opened = unprotect_public(self.suite, body, self.membership_key, self.context)
        elif isinstance(body, PrivateMessage):
            secret = self.sender_data_secret
            opened = unprotect_private(
                self.suite, body, self.keys, lambda leaf: leaf < 2, None, secret, SkipPolicy()
            ).message
        else:
            raise Mismatch("neither a PublicMessage nor a PrivateMessage")
        opened.verify(self.suite, self.signer.public, self.context)
        return opened.content.content

    def public(self, content: Content) -> bytes:
        signed = self.sign(content, WireFormat.PUBLIC_MESSAGE)
        return MLSMessage(protect_public(self.suite, signed, self.membership_key, self.context)).encode()

    def private(self, content: Content) -> bytes:
        signed = self.sign(content, WireFormat.PRIVATE_MESSAGE)
        secret = self.sender_data_secret
        _, message = protect_private(self.suite, signed, self.keys, secret, os.urandom, lambda size: size + 7)
        return MLSMessage(message).encode()


def message_protection(case: Case) -> None:
    group = _Group(case)
    proposal = decode_proposal(hexed(case["proposal"]))
    equal("proposal", encode_proposal(proposal), hexed(case["proposal"]))
    contents: dict[str, Content] = {
        "proposal": proposal,
        "commit": Commit.decode(hexed(case["commit"])),
        "application": hexed(case["application"]),
    }
    for name, content in contents.items():
        equal(f"{name}_priv", group.open(hexed(case[f"{name}_priv"])), content)
        equal(f"{name}, protected here", group.open(group.private(content)), content)
        if name != "application":
            equal(f"{name}_pub", group.open(hexed(case[f"{name}_pub"])), content)
            equal(f"{name}, public, protected here", group.open(group.public(content)), content)


def welcome(case: Case) -> None:
    suite: CipherSuite = suite_by_id(case["cipher_suite"])
    message = MLSMessage.decode(hexed(case["welcome"])).body
    package = MLSMessage.decode(hexed(case["key_package"])).body
    if not isinstance(message, Welcome) or not isinstance(package, KeyPackage):
        raise Mismatch("no Welcome or no key package")
    equal("cipher_suite", (message.cipher_suite, package.cipher_suite), (suite.code, suite.code))
    entry = next(each for each in message.secrets if each.new_member == package.ref(suite))
    sealed = message.encrypted_group_info
    secrets = decrypt_group_secrets(suite, hexed(case["init_priv"]), entry, sealed)
    psk = psk_secret(suite, [])
    info = decrypt_group_info(suite, welcome_secret(suite, secrets.joiner_secret, psk), sealed)
    info.verify(suite, hexed(case["signer_pub"]))
    keys = epoch_keys(suite, secrets.joiner_secret, psk, info.group_context)
    tag = confirmation_tag(suite, keys.secrets.confirmation_key, info.group_context.confirmed_transcript_hash)
    equal("confirmation_tag", info.confirmation_tag, tag)
