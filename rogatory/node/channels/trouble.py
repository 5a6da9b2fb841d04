"""What an officer is told about that no command of his caused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from rogatory.protocol.text import message

RUN_OUT: Final = message(
    "the directory, or the network's roster, has run out: nobody new is trusted until it is refreshed"
)
STALE: Final = message("the directory was last confirmed too long ago: nothing is sent until it is refreshed")


class Trouble(StrEnum):
    """What an officer is told about that no command of his caused."""

    LOG_BROKEN = "log_broken"
    """The relay's log does not continue the one held here. The channel is halted."""
    FORK = "fork"
    """Another member, or a receipt, shows another log of this channel. The channel is halted."""
    SEEN = "seen"
    """One author says that it holds another log. Its entry is void; a second one's word halts the channel."""
    LOG_ROLLED_BACK = "log_rolled_back"
    """The relay's log ends before entries that were read here. The channel is halted."""
    ACCESS_LIST = "access_list"
    """The relay serves another access list than the members declared."""
    BASE = "base"
    """The relay refuses with a last commit that its own log contradicts."""
    AUTHOR = "author"
    """The relay names another author than the one who sealed the entry."""
    RECEIPT = "receipt"
    """A receipt of the relay proves nothing."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """An acknowledgement is not signed by its member."""
    UNACKNOWLEDGED = "unacknowledged"
    """A member has not acknowledged a document within the term: ask by another way."""
    KEY_PACKAGE = "key_package"
    """The relay hands out a key package that the directory does not vouch for."""
    UNCONFIRMED = "unconfirmed"
    """An authority is not let in before a person here confirms its keys, which nobody else vouches for."""
    NO_KEY_PACKAGE = "no_key_package"
    """An authority has no key package at its relay, so it cannot be added yet."""
    ATTACHMENT = "attachment"
    """A file could not be sent, could not be had, or is not what was signed."""
    UNREADABLE = "unreadable"
    """An entry could not be opened, or breaks the protocol: its author's fault."""
    DIRECTORY_BEHIND = "directory_behind"
    """A member uses a newer directory than the relay serves."""
    DIRECTORY_EXPIRED = "directory_expired"
    """Nothing new is trusted, or nothing is sent, until the directory is current again."""
    REFUSED = "refused"
    """The relay refuses what was sent for a reason that repeating does not mend."""
    INVITATION = "invitation"
    """An invitation was not accepted."""
    ROLLED_BACK_STATE = "rolled_back_state"
    """This node's own state is older than what it sent; it rejoins."""
    REJOIN = "rejoin"
    """This node cannot follow the channel and rejoins."""
    COMMIT_REFUSED = "commit_refused"
    """A change of members that this node was to make is not allowed."""
    LINK = "link"
    """A relay did not prove that it is the one in the directory, or broke the rules of the link."""
    SESSION_REPLACED = "session_replaced"
    """Another node uses this authority's keys at a relay."""
    DIRECTORY_REFUSED = "directory_refused"
    """A relay mirrors a directory that must not be accepted: rolled back, forked, wrongly signed or incomplete."""
    DUTY = "duty"
    """What this node does by itself fails in a matter, by a fault of this program."""
    SET_ASIDE = "set_aside"
    """A fault of this program in one channel: nothing is read or sent there until the node is started again."""
    FAULT = "fault"
    """A fault of this program in what a relay brought, of no channel in particular; the link is begun anew."""
    UNANSWERED = "unanswered"
    """A relay leaves questions without an answer, again and again; the link is begun anew each time."""
