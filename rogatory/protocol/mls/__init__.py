"""Messaging Layer Security, RFC 9420: a group as a value, and everything that a member does with it."""

from .commit import Commit
from .committing import CommitOutcome
from .credential import BASIC, Credential
from .errors import CannotFollow, MLSDecodeError, MLSError, OwnMessage, UnsupportedSuite, WrongEpoch
from .extension import (
    Extension,
    Extensions,
    ExternalSender,
    RequiredCapabilities,
    external_senders_extension,
    find,
)
from .framed_content import ContentType, Sender, SenderType, WireFormat
from .group import Group, Joined
from .group_context import GroupContext
from .group_info import GroupInfo
from .group_state import Member
from .key_package import KeyPackage, KeyPackageSecrets, new_key_package
from .leaf_node import Capabilities, LeafNode, Lifetime
from .message import MLSMessage, Peek, peek
from .opening import ApplicationOpened, CommitOpened, Opened, ProposalOpened
from .processing import StagedCommit
from .proposal import Add, GroupContextExtensions, PreSharedKey, Proposal, ReInit, Remove, Update
from .proposal_list import AddedMember, CommittedProposal, RemovedMember, UpdatedLeaf
from .psk import NO_PSKS, PreSharedKeyID, PskStore, ResumptionPsk, ResumptionUsage
from .secret_tree import SkipPolicy
from .signature import SignatureKeyPair
from .suite import PRODUCT_SUITE, SUITES, CipherSuite, Random, new_signature_key, suite_by_id
from .welcome import Welcome

__all__ = [
    "BASIC",
    "NO_PSKS",
    "PRODUCT_SUITE",
    "SUITES",
    "Add",
    "AddedMember",
    "ApplicationOpened",
    "CannotFollow",
    "Capabilities",
    "CipherSuite",
    "Commit",
    "CommitOpened",
    "CommitOutcome",
    "CommittedProposal",
    "ContentType",
    "Credential",
    "Extension",
    "Extensions",
    "ExternalSender",
    "Group",
    "GroupContext",
    "GroupContextExtensions",
    "GroupInfo",
    "Joined",
    "KeyPackage",
    "KeyPackageSecrets",
    "LeafNode",
    "Lifetime",
    "MLSDecodeError",
    "MLSError",
    "MLSMessage",
    "Member",
    "Opened",
    "OwnMessage",
    "Peek",
    "PreSharedKey",
    "PreSharedKeyID",
    "Proposal",
    "ProposalOpened",
    "PskStore",
    "Random",
    "ReInit",
    "Remove",
    "RemovedMember",
    "RequiredCapabilities",
    "ResumptionPsk",
    "ResumptionUsage",
    "Sender",
    "SenderType",
    "SignatureKeyPair",
    "SkipPolicy",
    "StagedCommit",
    "UnsupportedSuite",
    "Update",
    "UpdatedLeaf",
    "Welcome",
    "WireFormat",
    "WrongEpoch",
    "external_senders_extension",
    "find",
    "new_key_package",
    "new_signature_key",
    "peek",
    "suite_by_id",
]
