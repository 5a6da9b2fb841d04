"""What can go wrong with identities, vaults and the directory.

Each message says what is wrong, whose fault it is as far as that can be told, and what to do next.
`exit_code` is what a command ends with: 3 refused input, 4 wrong passphrase, 5 a directory that is too
old, 6 a file that is missing or in the way, 7 not proven.
"""

from typing import ClassVar

from rogatory.protocol import errors as protocol


class KeysError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code: ClassVar[int] = 3


class BadIdentifier(KeysError):
    """An authority, relay or network id that is not well formed."""


# Files and passphrases


class PassphraseError(KeysError):
    """A passphrase could not be obtained, or a new one is too weak."""

    exit_code = 4


class WrongPassphrase(PassphraseError):
    """The vault is whole, and the passphrase does not open it."""


class VaultError(KeysError):
    """Base of what is wrong with a vault or key file."""

    exit_code = 6


class VaultMissing(VaultError):
    """There is no such file."""


class VaultExists(VaultError):
    """A file is already there and is not overwritten."""


class DamagedVault(VaultError):
    """The file is not a vault, or not the bytes that were written."""

    exit_code = 3


class MissingSecret(VaultError):
    """The vault opens but does not hold the secret asked for."""

    exit_code = 3


# Questions to a directory


class UnknownEntry(KeysError):
    """The directory has no such entry."""


class UnknownAuthority(UnknownEntry):
    """The directory has no such authority."""


class UnknownRelay(UnknownEntry):
    """The directory has no such relay."""


class UnknownNetwork(UnknownEntry):
    """The directory has no such network."""


class UnknownVersion(KeysError):
    """A version newer than ours was named: refresh, and ask again."""

    exit_code = 5


class NotVouched(KeysError, protocol.NotVouched):
    """The directory does not stand for this key as of the version named."""


class DirectoryExpired(KeysError):
    """Signed metadata has run out: nothing new may be trusted from it."""

    exit_code = 5


class DirectoryTooStale(DirectoryExpired):
    """The directory is older than its publisher allows for sending."""


# Bundles that are refused


class DirectoryRefused(KeysError):
    """Base: a bundle was refused, and nothing was changed."""


class MalformedBundle(DirectoryRefused):
    """The bytes are no bundle, or over its limits."""


class IncompleteBundle(DirectoryRefused):
    """A file that signed metadata names is not in the bundle."""


class WrongSignature(DirectoryRefused):
    """A role is not signed by enough of the keys that it must be signed by."""


class RolledBack(DirectoryRefused):
    """The bundle is older than what was accepted before."""


class Equivocated(DirectoryRefused):
    """Two different documents were signed under one version number."""


class EntryMismatch(DirectoryRefused):
    """A file is not the one that signed metadata names, or not what its place says."""


class HistoryRewritten(DirectoryRefused):
    """An entry changes what an accepted directory already said about the past."""


class RefusedFile(KeysError):
    """A file that is not what it should be."""


class NotProven(KeysError):
    """A verification that leaves something open."""

    exit_code = 7


class Disproved(KeysError):
    """A verification in which the evidence contradicts what it should prove."""


# Publishing, enrolment and the link


class BadSignature(KeysError):
    """A signature that does not verify; callers say of what."""


class PublishError(KeysError):
    """A change to the directory that cannot be made or published as it stands."""


class FolderBusy(PublishError):
    """Another command works on the directory's folder."""


class ConfigRefused(PublishError):
    """A setting that cannot be used."""


class NotConfirmed(PublishError):
    """Nobody said yes to what was shown."""


class ThresholdNotMet(PublishError):
    """A draft has too few signatures."""


class EnrolmentRefused(KeysError):
    """An enrolment file that does not prove what it claims."""


class LinkAuthenticationError(KeysError):
    """The other end of a link did not prove that it is who it says."""


class CourierRefused(KeysError):
    """A courier file that is damaged, foreign, forged or older than one before it; nothing was changed."""
