"""The rules by which all members judge commits and documents alike, from the log alone (PROTOCOL.md, Judgement)."""

from rogatory.protocol.errors import NotVouched
from rogatory.protocol.judgement.commit import judge_commit, judge_tree
from rogatory.protocol.judgement.document import judge_amendment, judge_charter, judge_document
from rogatory.protocol.judgement.facts import Added, CommitFacts, Removed, Updated
from rogatory.protocol.judgement.policy import (
    ChannelPolicy,
    MatterPolicy,
    NetworkPolicy,
    RejoinNotice,
    RosterView,
    after_commit,
)
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
    "Updated",
    "Void",
    "VoidCode",
    "VoidCommit",
    "VoidDocument",
    "after_commit",
    "judge_amendment",
    "judge_charter",
    "judge_commit",
    "judge_document",
    "judge_tree",
]
