"""Every way in which something can be refused, one class per rule.

Each class's docstring is its message: what was wrong, and where the rule stands (sections of RFC 9420).
"""

from __future__ import annotations


class MLSError(Exception):
    """The MLS operation was refused."""

    def __str__(self) -> str:
        """The rule, and what was seen where that is known."""
        rule = " ".join((type(self).__doc__ or "").split())
        seen = super().__str__()
        return f"{rule} ({seen})" if seen else rule


# --- decoding and primitives --------------------------------------------------------------------------------


class MLSDecodeError(MLSError):
    """The bytes are not a well-formed encoding (section 2.1)."""


class UnsupportedSuite(MLSError):
    """This cipher suite is not supported here (section 5.1)."""


class UnsupportedVersion(MLSDecodeError):
    """The protocol version is not mls10 (section 6)."""


class InvalidKey(MLSError):
    """A public or private key does not belong to the cipher suite's algorithm (section 5.1)."""


class InvalidSignature(MLSError):
    """A signature does not verify under the signer's key (section 5.1.2)."""


class DecryptionFailed(MLSError):
    """A ciphertext does not open with the key that it should be under (sections 5.1.3 and 6.3)."""


class KeyMismatch(MLSError):
    """A private key does not belong to the public key beside it."""


# --- leaf nodes and key packages ----------------------------------------------------------------------------


class LeafNodeError(MLSError):
    """A leaf node is not valid (section 7.3)."""


class LeafSignatureInvalid(LeafNodeError, InvalidSignature):
    """The signature of a leaf node does not verify (section 7.3)."""


class RequiredCapabilityMissing(LeafNodeError):
    """A leaf node lacks something that the group's required_capabilities demand (sections 7.2 and 7.3)."""


class GroupExtensionUnsupported(LeafNodeError):
    """A leaf node does not support an extension of the group context (section 13.4)."""


class CredentialTypeUnsupported(LeafNodeError):
    """A member does not support a credential type that another member uses (section 7.3)."""


class LifetimeInvalid(LeafNodeError):
    """The current time is outside a leaf node's lifetime (section 7.3)."""


class LifetimeTooLong(LeafNodeError):
    """A leaf node's whole lifetime is longer than 400 days (section 7.2)."""


class LeafExtensionUndeclared(LeafNodeError):
    """A leaf node carries an extension that its own capabilities do not list (section 7.3)."""


class LeafNodeSourceWrong(LeafNodeError):
    """A leaf node's leaf_node_source does not fit where it stands (section 7.3)."""


class SignatureKeyNotUnique(LeafNodeError):
    """Two members of a group have the same signature key (section 7.3)."""


class EncryptionKeyNotUnique(LeafNodeError):
    """Two nodes of a tree have the same encryption key (sections 7.3 and 12.4.3.1)."""


class LeafNodeTooLarge(LeafNodeError):
    """A leaf node is larger than 16,384 bytes: one member would swell the tree of all (section 7.2)."""


class EncryptionKeyMalformed(LeafNodeError, InvalidKey):
    """A leaf node's encryption key is no public key of the cipher suite (section 10)."""


class OwnCredentialTypeUndeclared(LeafNodeError):
    """A leaf node's capabilities do not list the type of its own credential (section 7.2)."""


class DuplicateExtension(MLSError):
    """A list holds two extensions of one type (section 13.4)."""


class ExtensionMalformed(MLSDecodeError):
    """The data of an extension is not what its type demands (section 13)."""


class KeyPackageError(MLSError):
    """A key package is not valid (section 10.1)."""


class KeyPackageSuiteMismatch(KeyPackageError):
    """A key package's cipher suite or version is not the group's (section 10.1)."""


class KeyPackageSignatureInvalid(KeyPackageError, InvalidSignature):
    """The signature of a key package does not verify (section 10.1)."""


class InitKeyMalformed(KeyPackageError, InvalidKey):
    """A key package's init_key is no public key of the cipher suite (section 10)."""


class KeyPackageExtensionUndeclared(KeyPackageError):
    """A key package carries an extension that its leaf's capabilities do not list (section 10)."""


class InitKeyReused(KeyPackageError):
    """A key package's init_key is the encryption key of its leaf node too (section 10.1)."""


# --- ratchet trees ------------------------------------------------------------------------------------------


class TreeError(MLSError):
    """A ratchet tree is not valid (section 12.4.3.1)."""


class TreeEndsBlank(TreeError, MLSDecodeError):
    """The last node of an encoded ratchet tree is blank, or there is none (section 12.4.3.3)."""


class NodeTypeMisplaced(TreeError, MLSDecodeError):
    """A leaf stands at an odd index of the tree or a parent at an even one (section 12.4.3.3)."""


class TreeHashMismatch(TreeError):
    """The ratchet tree is not the one whose hash stands in the group context (section 12.4.3.1)."""


class ParentHashInvalid(TreeError):
    """A parent node is not chained back to a leaf by parent hashes (section 7.9.2)."""


class ParentKeyMalformed(TreeError, InvalidKey):
    """A parent node's encryption key is no public key of the cipher suite (section 5.1.1)."""


class UnmergedLeafInvalid(TreeError):
    """An unmerged leaf is blank, is not below its parent node, or is not listed on the way (section 12.4.3.1)."""


class UnmergedLeavesUnsorted(TreeError):
    """A parent node's unmerged leaves are not in increasing order (section 7.1)."""


# --- framing ------------------------------------------------------------------------------------------------


class FramingError(MLSError):
    """A message cannot be taken as sent to this group now (section 6)."""


class WrongGroup(FramingError):
    """The message is of another group."""


class WrongEpoch(FramingError):
    """The message is of another epoch than the group is in (section 12.4.2)."""


class WrongWireFormat(FramingError):
    """A message of this wire format is not expected here (section 6)."""


class ApplicationDataInPublic(FramingError):
    """Application data must not be sent as PublicMessage (section 6.2)."""


class UnknownSender(FramingError):
    """The sender is no member of the group nor one of its external senders (section 6.1)."""


class SenderNotAllowed(FramingError):
    """This kind of sender may not send this content (sections 6 and 12.1.8)."""


class OwnMessage(FramingError):
    """The message was sent by this member itself: it cannot be opened, compare it with what was sent."""


class MessageSignatureInvalid(FramingError, InvalidSignature):
    """The signature of a message does not verify under its sender's key (section 6.1)."""


class MembershipTagInvalid(FramingError):
    """The membership tag of a PublicMessage is not right (section 6.2)."""


class NonZeroPadding(FramingError):
    """The padding of a PrivateMessage is not all zero (section 6.3.1)."""


class PaddingTooShort(FramingError):
    """The padding policy asks for less than the content itself."""


class ConfirmationTagInvalid(FramingError):
    """The confirmation tag does not fit the new epoch (section 8.1)."""


class SecretTreeError(MLSError):
    """A message key is not available (section 9)."""


class GenerationTooFar(SecretTreeError):
    """The message's generation is further ahead than this member agrees to skip (section 15.3)."""


class KeyAlreadyUsed(SecretTreeError):
    """The key of this generation was used and deleted, or was skipped and not retained (section 9.2)."""


class GenerationsExhausted(SecretTreeError):
    """No further message can be sent in this epoch: all generations are used (section 9.1)."""


# --- proposals ----------------------------------------------------------------------------------------------


class ProposalError(MLSError):
    """A proposal or a list of proposals is not valid (sections 12.1 and 12.2)."""


class CommitterUpdatedItself(ProposalError):
    """A commit covers an Update of its own committer (section 12.2)."""


class CommitterRemovedItself(ProposalError):
    """A commit covers a Remove of its own committer (section 12.2)."""


class SeveralProposalsForLeaf(ProposalError):
    """A commit covers more than one Update or Remove of the same leaf (section 12.2)."""


class DuplicateAdd(ProposalError):
    """A commit adds the same client twice (section 12.2)."""


class AddOfMember(ProposalError):
    """A commit adds a client that is a member and is not removed by it (section 12.2)."""


class DuplicatePreSharedKey(ProposalError):
    """A commit names the same pre-shared key twice (section 12.2)."""


class SeveralGroupContextExtensions(ProposalError):
    """A commit covers more than one GroupContextExtensions proposal (section 12.2)."""


class ReInitNotAlone(ProposalError):
    """A commit covers a ReInit together with another proposal (section 12.2)."""


class ExternalInitInRegularCommit(ProposalError):
    """A member's commit covers an ExternalInit proposal (section 12.2)."""


class ProposalTypeUnsupported(ProposalError, MLSDecodeError):
    """A proposal is of a type that is not supported here: not even its end can be told (section 12.2)."""


class RemovedLeafUnknown(ProposalError):
    """A Remove names a leaf that is blank or not in the tree (section 12.1.3)."""


class UpdateEncryptionKeyUnchanged(ProposalError):
    """An Update keeps the encryption key of the leaf that it replaces (section 12.1.2)."""


class UpdateSenderInvalid(ProposalError):
    """An Update was not sent by a member of the group (section 12.1.2)."""


class PskUsageNotAllowed(ProposalError):
    """A resumption key for reinit or branch is proposed outside such an operation (section 12.1.4)."""


class PskNonceLength(ProposalError):
    """A pre-shared key's nonce is not as long as the suite's hash (section 12.1.4)."""


class ReInitVersionLower(ProposalError):
    """A ReInit proposes a lower protocol version (section 12.1.5)."""


class GroupContextExtensionsUnsupported(ProposalError):
    """Proposed group extensions demand what not all members support (section 12.1.7)."""


class ExternalCommitProposals(ProposalError):
    """An external commit does not hold exactly one ExternalInit, at most one Remove, and pre-shared keys
    (section 12.2)."""


class ExternalCommitReference(ProposalError):
    """An external commit covers a proposal by reference (section 12.4.3.2)."""


class UnknownProposalReference(ProposalError):
    """A commit refers to a proposal that was not received in this epoch (section 12.4)."""


# --- commits ------------------------------------------------------------------------------------------------


class CommitError(MLSError):
    """A commit is not valid (section 12.4.2)."""


class PathMissing(CommitError):
    """The commit has no path although its proposals, or their absence, demand one (section 12.4)."""


class PathLengthWrong(CommitError):
    """The update path does not have one node for each of the filtered direct path (section 7.5)."""


class PathCiphertextCountWrong(CommitError):
    """A path node does not hold one ciphertext for each node of the copath's resolution (section 7.6)."""


class PathKeyReused(CommitError):
    """A public key of the update path is in the tree already (section 12.4.2)."""


class PathKeyMalformed(CommitError, InvalidKey):
    """A public key of the update path is none of the cipher suite (section 5.1.1)."""


class PathLeafKeyUnchanged(CommitError):
    """The committer's leaf keeps its encryption key, or a resynchronizing joiner that of its removed leaf
    (sections 12.2 and 12.4.2)."""


class CannotFollow(CommitError):
    """This member alone cannot follow a commit that others may find valid: it has to rejoin (section 16.12)."""


class PathSecretUnreadable(CannotFollow, DecryptionFailed):
    """The update path's secret for this member does not decrypt (section 7.5)."""


class PathKeyMismatch(CannotFollow):
    """A decrypted path secret does not give the public key that the path names (section 7.5)."""


class PathUndecryptable(CannotFollow):
    """This member holds no private key for the update path (section 7.5)."""


class PskUnavailable(MLSError):
    """A pre-shared key that is needed is not at hand (sections 8.4 and 12.4.2)."""


class GroupReinitialized(MLSError):
    """The group ended with a ReInit; only its successor can be used (section 12.4.2)."""


class EpochsExhausted(MLSError):
    """The group is in its last epoch, or beyond: no honest group gets there (section 8.1)."""


class CommitRequired(MLSError):
    """Proposals were received that a commit must take up before application data is sent (section 12.4)."""


# --- Welcome ------------------------------------------------------------------------------------------------


class WelcomeError(MLSError):
    """A Welcome cannot be used to join (section 12.4.3.1)."""


class WelcomeNotForUs(WelcomeError):
    """The Welcome names none of the key packages at hand (section 12.4.3.1)."""


class WelcomeSuiteMismatch(WelcomeError):
    """The cipher suites of Welcome, GroupInfo and key package differ (section 12.4.3.1)."""


class SeveralResumptionPsks(WelcomeError):
    """A reinit or branch Welcome names more than that one resumption key (section 12.4.3.1)."""


class GroupInfoSignatureInvalid(WelcomeError, InvalidSignature):
    """The signature of a GroupInfo does not verify under its signer's leaf (section 12.4.3.1)."""


class GroupInfoSignerUnknown(WelcomeError):
    """The signer of a GroupInfo is a blank leaf (section 12.4.3.1)."""


class GroupAlreadyJoined(WelcomeError):
    """The client is in a group with this id already (section 12.4.3.1)."""


class RatchetTreeMissing(WelcomeError):
    """The GroupInfo carries no ratchet tree and none was handed over beside it (section 12.4.3.3)."""


class OwnLeafMissing(WelcomeError):
    """The tree does not hold the leaf node of the key package (section 12.4.3.1)."""


class PathSecretMismatch(WelcomeError):
    """The Welcome's path secret does not give the keys of the tree (section 12.4.3.1)."""


class ResumedGroupMismatch(WelcomeError):
    """The new group is not what the ReInit or the branch of the old group demands (sections 11.2 and 11.3)."""


class StateError(MLSDecodeError):
    """A stored group state cannot be read."""
