"""The families without a group: arithmetic, primitives, derivations."""

from __future__ import annotations

from typing import Any

from rogatory.protocol.mls import tree_math
from rogatory.protocol.mls.codec import Reader, varint
from rogatory.protocol.mls.framed_content import AuthenticatedContent
from rogatory.protocol.mls.group_context import GroupContext
from rogatory.protocol.mls.key_schedule import epoch_keys, export, joiner_secret
from rogatory.protocol.mls.leaf_node import MLS10
from rogatory.protocol.mls.psk import PreSharedKeyID, psk_secret
from rogatory.protocol.mls.secret_tree import RatchetKind, SecretTree, SkipPolicy, sender_data_key_and_nonce
from rogatory.protocol.mls.suite import HPKECiphertext, suite_by_id
from rogatory.protocol.mls.transcript import (
    confirmation_tag,
    confirmed_transcript_hash,
    interim_transcript_hash,
)

from .expectation import equal, hexed

Case = dict[str, Any]


def tree_arithmetic(case: Case) -> None:
    leaves = case["n_leaves"]
    equal("n_nodes", tree_math.node_width(leaves), case["n_nodes"])
    equal("root", tree_math.root(leaves), case["root"])
    for node in range(case["n_nodes"]):
        is_leaf, is_root = node % 2 == 0, node == case["root"]
        equal(f"left of {node}", None if is_leaf else tree_math.left(node), case["left"][node])
        equal(f"right of {node}", None if is_leaf else tree_math.right(node), case["right"][node])
        parent = None if is_root else tree_math.parent(node, leaves)
        equal(f"parent of {node}", parent, case["parent"][node])
        sibling = None if is_root else tree_math.sibling(node, leaves)
        equal(f"sibling of {node}", sibling, case["sibling"][node])


def deserialization(case: Case) -> None:
    header = hexed(case["vlbytes_header"])
    reader = Reader(header)
    equal("length", reader.varint(), case["length"])
    reader.finish()
    equal("header", varint(case["length"]), header)


def crypto_basics(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    part = case["ref_hash"]
    equal("ref_hash", suite.ref_hash(part["label"].encode(), hexed(part["value"])), hexed(part["out"]))
    part = case["expand_with_label"]
    secret, label = hexed(part["secret"]), part["label"].encode()
    out = suite.expand_with_label(secret, label, hexed(part["context"]), part["length"])
    equal("expand_with_label", out, hexed(part["out"]))
    part = case["derive_secret"]
    out = suite.derive_secret(hexed(part["secret"]), part["label"].encode())
    equal("derive_secret", out, hexed(part["out"]))
    part = case["derive_tree_secret"]
    secret, label = hexed(part["secret"]), part["label"].encode()
    out = suite.derive_tree_secret(secret, label, part["generation"], part["length"])
    equal("derive_tree_secret", out, hexed(part["out"]))
    part = case["sign_with_label"]
    label, content, public = part["label"].encode(), hexed(part["content"]), hexed(part["pub"])
    suite.verify_with_label(public, label, content, hexed(part["signature"]))
    pair = suite.scheme.key_pair(hexed(part["priv"]))
    equal("signature public key", pair.public, public)
    suite.verify_with_label(public, label, content, suite.sign_with_label(pair, label, content))
    part = case["encrypt_with_label"]
    label, context, plaintext = part["label"].encode(), hexed(part["context"]), hexed(part["plaintext"])
    private = hexed(part["priv"])
    sealed = HPKECiphertext(hexed(part["kem_output"]), hexed(part["ciphertext"]))
    equal("decrypt_with_label", suite.decrypt_with_label(private, label, context, sealed), plaintext)
    sealed = suite.encrypt_with_label(hexed(part["pub"]), label, context, plaintext)
    equal("encrypt_with_label", suite.decrypt_with_label(private, label, context, sealed), plaintext)


def psk_secrets(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    keys = [
        (PreSharedKeyID(hexed(each["psk_id"]), hexed(each["psk_nonce"])), hexed(each["psk"])) for each in case["psks"]
    ]
    equal("psk_secret", psk_secret(suite, keys), hexed(case["psk_secret"]))


def key_schedule(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    init_secret = hexed(case["initial_init_secret"])
    for number, epoch in enumerate(case["epochs"]):
        tree_hash, transcript = hexed(epoch["tree_hash"]), hexed(epoch["confirmed_transcript_hash"])
        group_id = hexed(case["group_id"])
        context = GroupContext(MLS10, suite.code, group_id, number, tree_hash, transcript, ())
        equal("group_context", context.encode(), hexed(epoch["group_context"]))
        joiner = joiner_secret(suite, init_secret, hexed(epoch["commit_secret"]), context)
        equal("joiner_secret", joiner, hexed(epoch["joiner_secret"]))
        keys = epoch_keys(suite, joiner, hexed(epoch["psk_secret"]), context)
        equal("welcome_secret", keys.welcome_secret, hexed(epoch["welcome_secret"]))
        equal("encryption_secret", keys.encryption_secret, hexed(epoch["encryption_secret"]))
        for name in keys.secrets.__slots__:
            equal(name, getattr(keys.secrets, name), hexed(epoch[name]))
        _, external = suite.derive_key_pair(keys.secrets.external_secret)
        equal("external_pub", external, hexed(epoch["external_pub"]))
        part = epoch["exporter"]
        label, export_context = part["label"].encode(), hexed(part["context"])
        secret = export(suite, keys.secrets.exporter_secret, label, export_context, part["length"])
        equal("exporter", secret, hexed(part["secret"]))
        init_secret = keys.secrets.init_secret


_KINDS = {"handshake": RatchetKind.HANDSHAKE, "application": RatchetKind.APPLICATION}
_FAR = SkipPolicy(max_forward=2**20)


def secret_tree(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    part = case["sender_data"]
    found = sender_data_key_and_nonce(suite, hexed(part["sender_data_secret"]), hexed(part["ciphertext"]))
    equal("sender data", found, (hexed(part["key"]), hexed(part["nonce"])))
    tree = SecretTree.new(suite, len(case["leaves"]), hexed(case["encryption_secret"]))
    for leaf, generations in enumerate(case["leaves"]):
        for each in generations:
            for name, kind in _KINDS.items():
                tree, key, nonce = tree.at(leaf, kind, each["generation"], _FAR)
                expected = (hexed(each[f"{name}_key"]), hexed(each[f"{name}_nonce"]))
                equal(f"{name} key of leaf {leaf}", (key, nonce), expected)


def transcript_hashes(case: Case) -> None:
    suite = suite_by_id(case["cipher_suite"])
    commit = AuthenticatedContent.decode(hexed(case["authenticated_content"]))
    before = hexed(case["interim_transcript_hash_before"])
    confirmed = confirmed_transcript_hash(suite, before, commit.confirmed_input())
    equal("confirmed_transcript_hash_after", confirmed, hexed(case["confirmed_transcript_hash_after"]))
    tag = confirmation_tag(suite, hexed(case["confirmation_key"]), confirmed)
    equal("confirmation_tag", commit.confirmation_tag, tag)
    interim = interim_transcript_hash(suite, confirmed, tag)
    equal("interim_transcript_hash_after", interim, hexed(case["interim_transcript_hash_after"]))
