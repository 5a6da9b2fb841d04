"""The rules by which all members judge commits and documents alike, from the log alone (PROTOCOL.md, Judgement)."""

from rogatory.protocol.errors import NotVouched
from rogatory.protocol.judgement.commit import check_told, judge_commit, judge_tree
from rogatory.protocol.judgement.document import judge_amendment, judge_charter, judge_document
from rogatory.protocol.judgement.facts import Added, CommitFacts, Removed, TreeLeaf, Updated
from rogatory.protocol.judgement.policy import (
    ChannelPolicy,
    MatterPolicy,
    NetworkPolicy,
    RejoinNotice,
    RosterView,
    after_commit,
    suspended_by,
)
from rogatory.protocol.judgement.told import told_digest
from rogatory.protocol.judgement.void import Void, VoidCode, VoidCommit, VoidDocument

__all__ = [
    "Added",
    "ChannelPolicy",
    "CommitFacts",
    "MatterPolicy",
    "NetworkPolicy",
    "NotVouched",
    "RejoinNotice",
    "Removed",
    "RosterView",
    "TreeLeaf",
    "Updated",
    "Void",
    "VoidCode",
    "VoidCommit",
    "VoidDocument",
    "after_commit",
    "check_told",
    "judge_amendment",
    "judge_charter",
    "judge_commit",
    "judge_document",
    "judge_tree",
    "suspended_by",
    "told_digest",
]
