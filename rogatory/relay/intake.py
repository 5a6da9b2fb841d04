"""What an append's own bytes tell, before the log is asked: size, group, content type, declaration."""

from __future__ import annotations

from typing import Final

from rogatory.keys.directory.directory import Directory
from rogatory.protocol.declaration import Declaration, DirectoryPin, decode_declaration
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.frames.client import Append, Invitation
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Form
from rogatory.protocol.limits import (
    CHANNEL_ID,
    HASH,
    MAX_AUTHORITY_ID,
    MAX_BLOBS_PER_ENTRY,
    MAX_INVITATION,
    MAX_MEMBERS,
    MAX_REJOIN,
)
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.framed_content import ContentType, WireFormat
from rogatory.protocol.mls.message import peek
from rogatory.protocol.text import message, text_of
from rogatory.relay.config import LimitSettings
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Lane, NewEntry

_JOINER_COST: Final = 64
_PRIVATE_MESSAGE: Final = WireFormat.PRIVATE_MESSAGE
_PROPOSAL: Final = ContentType.PROPOSAL
_COMMIT: Final = ContentType.COMMIT
_REJOIN: Final = Form.REJOIN
"""In a place of their own: an enumeration's members are slow to look up, and this is done for every message."""


def take_in(
    append: Append, author: str, lane: Lane, limits: LimitSettings, may_found: bool, mirrored: DirectoryPin
) -> NewEntry:
    """The entry that `append` asks for; `mirrored`: the directory versions that this relay has (`mirrored_pin`).

    Raises Refusal with MALFORMED, TOO_LARGE or DIRECTORY_BEHIND.
    """
    if len(append.channel) != CHANNEL_ID:
        raise Refusal(Code.MALFORMED, message("a channel id has {size} bytes", size=CHANNEL_ID))
    if append.form is _REJOIN:
        return _rejoin(append, author, lane)
    _check_size(append.body, limits.max_commit)
    try:
        body = peek(append.body)
    except MLSError as error:
        raise Refusal(
            Code.MALFORMED, message("the body is no MLS message of a group: {error}", error=text_of(error))
        ) from None
    # The profile's handshakes are PrivateMessages and its proposals travel by value (DESIGN section 2).
    if body.wire_format is not _PRIVATE_MESSAGE:
        raise Refusal(Code.MALFORMED, message("the body is a PublicMessage: only PrivateMessages are appended"))
    content_type = body.content_type
    if content_type is _PROPOSAL:
        raise Refusal(Code.MALFORMED, message("the body is a proposal by itself: proposals travel inside commits"))
    if body.group_id != append.channel:
        raise Refusal(Code.MALFORMED, message("the body belongs to another MLS group than the channel names"))
    commit = content_type is _COMMIT
    if not commit:
        _check_size(append.body, limits.max_application)
    declaration = _declaration(body.authenticated_data)
    _check_pin(declaration.directory, mirrored)
    if append.invitation is not None:
        if not commit:
            raise Refusal(Code.MALFORMED, message("an invitation comes with the commit that adds its joiners"))
        _check_invitation(append.invitation)
    return NewEntry(
        append.channel,
        author,
        append.base,
        append.form,
        commit,
        append.body,
        declaration.access if commit else None,
        append.invitation,
        may_found,
        lane,
        declaration.seen.seq,
        _blobs(append.blobs) if append.blobs else (),
        append.ref,
    )


def mirrored_pin(directory: Directory, channel: bytes) -> DirectoryPin:
    """The newest versions that an entry of `channel` can pin, as this relay's mirror knows them."""
    roster = directory.roster_of_channel(channel)
    return DirectoryPin(directory.targets_version, 0 if roster is None else directory.network_versions[roster.id])


def may_found(directory: Directory, relay: str, channel: bytes, author: str) -> bool:
    """Whether `author` may found `channel` at `relay`: a network's is its coordinators' to found, at its own relay."""
    roster = directory.roster_of_channel(channel)
    if roster is None:
        return True
    version = directory.network_versions[roster.id]
    return roster.relay == relay and directory.is_coordinator(roster.id, author, version)


def _rejoin(append: Append, author: str, lane: Lane) -> NewEntry:
    _check_size(append.body, MAX_REJOIN)
    if append.invitation is not None or not append.body:
        raise Refusal(Code.MALFORMED, message("a rejoin entry has a body and no invitation"))
    # Whoever rejoins was in the channel: it founds none.
    return NewEntry(
        append.channel,
        author,
        max(append.base, 1),
        append.form,
        False,
        append.body,
        None,
        None,
        False,
        lane,
        ref=append.ref,
    )


def _check_size(body: bytes, limit: int) -> None:
    if len(body) > limit:
        raise Refusal(
            Code.TOO_LARGE,
            message("a body of {size} bytes is over this relay's limit of {limit}", size=len(body), limit=limit),
        )


def _declaration(authenticated_data: bytes) -> Declaration:
    try:
        return decode_declaration(authenticated_data)
    except ProtocolError as error:
        raise Refusal(
            Code.MALFORMED, message("the entry's authenticated data is no declaration: {error}", error=text_of(error))
        ) from None


def _check_pin(pin: DirectoryPin, mirrored: DirectoryPin) -> None:
    """Refuse a pin that members would wait for, perhaps for ever (PROTOCOL.md, The log, rule 3).

    Mirrors only go forward, so that a repeated entry, once taken, is never refused for this.
    """
    if pin.targets > mirrored.targets or pin.network > mirrored.network:
        raise Refusal(
            Code.DIRECTORY_BEHIND,
            message(
                "the entry pins directory {targets}/{network}, this relay mirrors {our_targets}/{our_network}:"
                " wait until it has caught up, then send it again",
                targets=pin.targets,
                network=pin.network,
                our_targets=mirrored.targets,
                our_network=mirrored.network,
            ),
        )


def _blobs(blobs: list[bytes]) -> list[bytes]:
    if len(blobs) > MAX_BLOBS_PER_ENTRY or len(set(blobs)) != len(blobs) or any(len(blob) != HASH for blob in blobs):
        raise Refusal(
            Code.MALFORMED,
            message(
                "an entry refers to at most {max_blobs_per_entry} blobs, once each",
                max_blobs_per_entry=MAX_BLOBS_PER_ENTRY,
            ),
        )
    return blobs


def _check_invitation(invitation: Invitation) -> None:
    joiners = invitation.joiners
    if not 0 < len(joiners) <= MAX_MEMBERS:
        raise Refusal(
            Code.MALFORMED, message("an invitation is for 1 to {max_members} joiners", max_members=MAX_MEMBERS)
        )
    if any(not 0 < len(joiner.authority.encode()) <= MAX_AUTHORITY_ID for joiner in joiners):
        raise Refusal(Code.MALFORMED, message("a joiner's authority id is out of bounds"))
    size = len(invitation.info) + sum(len(joiner.secrets) + _JOINER_COST for joiner in joiners)
    if size > MAX_INVITATION:
        raise Refusal(
            Code.TOO_LARGE,
            message(
                "an invitation of {size} bytes is over the limit of {max_invitation}",
                size=size,
                max_invitation=MAX_INVITATION,
            ),
        )
