"""The family of passive clients: one that joins a group and follows whatever the others do in it."""

from __future__ import annotations

from typing import Any

from rogatory.protocol.mls import (
    CommitOpened,
    Group,
    KeyPackage,
    KeyPackageSecrets,
    MLSMessage,
    ProposalOpened,
    PskStore,
    suite_by_id,
)

from .expectation import Mismatch, equal, hexed

Case = dict[str, Any]


def passive_client(case: Case) -> None:
    suite_by_id(case["cipher_suite"])
    package = MLSMessage.decode(hexed(case["key_package"])).body
    if not isinstance(package, KeyPackage):
        raise Mismatch("no key package")
    keys = (hexed(case[name]) for name in ("init_priv", "encryption_priv", "signature_priv"))
    secrets = KeyPackageSecrets(package, *keys)
    psks = PskStore(external={hexed(each["psk_id"]): hexed(each["psk"]) for each in case["external_psks"]})
    tree = hexed(case["ratchet_tree"]) if case["ratchet_tree"] else None
    group = Group.join(hexed(case["welcome"]), secrets, ratchet_tree=tree, psks=psks).group
    equal("initial_epoch_authenticator", group.epoch_authenticator, hexed(case["initial_epoch_authenticator"]))
    for epoch in case["epochs"]:
        psks = psks.with_resumption(group.group_id, group.epoch, group.resumption_psk)
        group = _follow(group, epoch, psks)
        equal("epoch_authenticator", group.epoch_authenticator, hexed(epoch["epoch_authenticator"]))
        stored = Group.restore(group.epoch_state(), group.message_state())
        equal("restored tree hash", stored.state.tree.tree_hash(), group.tree_hash)
        group = stored


def _follow(group: Group, epoch: Case, psks: PskStore) -> Group:
    for message in epoch["proposals"]:
        opened = group.open(hexed(message))
        if not isinstance(opened, ProposalOpened):
            raise Mismatch("a proposal is none")
        group = opened.group
    commit = group.open(hexed(epoch["commit"]), psks=psks)
    if not isinstance(commit, CommitOpened) or commit.staged.group is None:
        raise Mismatch("the commit is none, or removes the client")
    return commit.staged.group
