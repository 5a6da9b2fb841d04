"""Waiting for a directory that an entry's author already used."""

from __future__ import annotations

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import in_force
from rogatory.keys.errors import NotVouched as KeysNotVouched
from rogatory.keys.errors import UnknownAuthority
from rogatory.node.channels.profile import authority_of
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import DocumentKeys, KeysOf, UnknownKeySet
from rogatory.protocol.judgement import NotVouched
from rogatory.protocol.mls.group import Group
from rogatory.protocol.text import message, text_of


class DirectoryAwaited(Exception):
    """A newer directory than the one here is needed before the entry can be judged."""


def vouch(directory: Directory, authority: str, signature_key: bytes, pin: DirectoryPin) -> None:
    """RFC 9420 section 5.3.1: raise NotVouched unless the directory as of `pin` stands for this leaf's key.

    Raises `keys.UnknownVersion` for a pin that is newer than the directory here.
    """
    try:
        directory.vouch_leaf(authority, signature_key, pin.targets)
    except KeysNotVouched as error:
        raise NotVouched(text_of(error)) from None


def vouched_members(directory: Directory, group: Group) -> set[str]:
    """Members whose leaf's key is in force now."""
    vouched: set[str] = set()
    for member in group.members():
        authority = authority_of(member.leaf_node)
        try:
            directory.vouch_leaf(authority, member.leaf_node.signature_key, directory.targets_version)
            vouched.add(authority)
        except KeysNotVouched:
            continue
    return vouched


def has_ended(directory: Directory, authority: str, signature_key: bytes, pin: DirectoryPin) -> bool:
    """Whether the directory as of `pin` vouches for a leaf's key no longer. Raises `keys.UnknownVersion`."""
    try:
        directory.vouch_leaf(authority, signature_key, pin.targets)
    except KeysNotVouched:
        return True
    return False


def vouch_ever(directory: Directory, authority: str, signature_key: bytes, pin: DirectoryPin) -> None:
    """As `vouch`, for a leaf that stood in the tree before: a key set of then is enough."""
    try:
        vouch(directory, authority, signature_key, pin)
    except NotVouched:
        entry = directory.authority_entries.get(authority)
        if entry is None or not any(
            each.online == signature_key and each.since <= pin.targets for each in entry.key_sets
        ):
            raise


def vouch_document(directory: Directory, authority: str, version: int, pin: DirectoryPin) -> None:
    """Raise NotVouched unless the key set is in force as of `pin`: what others judge by a document is judged alike.

    Raises `keys.UnknownVersion` for a pin that is newer than the directory here.
    """
    if version not in {each.version for each in directory.key_sets_in_force(authority, pin.targets)}:
        raise NotVouched(
            message(
                "key set {version} of {authority} is not in force in directory version {directory}",
                version=version,
                authority=authority,
                directory=pin.targets,
            )
        )


def document_keys(directory: Directory, pin: DirectoryPin | None = None) -> KeysOf:
    """Document keys out of the directory. With `pin`: raises DirectoryAwaited where that is newer and may have them.

    A key set that is in force no longer is taken: the document may be older than its sending.
    """

    def keys_of(authority: str, version: int) -> DocumentKeys:
        try:
            key_set = directory.key_set(authority, version)
        except (KeysNotVouched, UnknownAuthority) as error:
            if pin is not None and pin.targets > directory.targets_version:
                raise DirectoryAwaited from None
            raise UnknownKeySet(text_of(error)) from None
        if pin is not None and in_force(key_set.since, key_set.until, pin.targets):
            return DocumentKeys(key_set.ed25519, key_set.mldsa65)  # whatever newer directories say of it
        if key_set.compromised_since is not None:
            raise UnknownKeySet(
                message(
                    "key set {version} of {authority} is compromised: what it signs now proves nothing",
                    version=version,
                    authority=authority,
                )
            )
        return DocumentKeys(key_set.ed25519, key_set.mldsa65)

    return keys_of
