"""The rules of a channel's log: who may append what. No SQL, no network; a store asks inside its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Head
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal


@dataclass(slots=True)
class Membership:
    """A member's part in a channel: it reads from `first` to `until`, and writes while `until` is None.

    `until` is set once its removal counts, not by the commit that leaves it off the list.
    """

    first: int
    until: int | None
    wrote_first: int | None = None


@dataclass(slots=True)
class ChannelState:
    """A channel's log as the running transaction sees it."""

    number: int
    head: Head
    last_commit: int
    access: bytes


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What a declared access list changes, each sorted: who is new (or comes back after its removal counted), who is
    back before that, who is left off, and whose acknowledgements decide whether that counts."""

    admitted: list[str]
    back: list[str]
    left_off: list[str]
    electors: list[str]


NOT_RESUMED = message(
    "an append before this one was refused: resume the channel, then send what is still to be sent, in order"
)


def check_founding(base: int, commit: bool, access: list[str] | None, may_found: bool) -> None:
    """Refuse an entry for a channel that does not exist, unless it may found it (API.md, Append)."""
    if base != 0:
        raise Refusal(Code.UNKNOWN_CHANNEL, message("this relay holds no such channel: it may have another home relay"))
    if not may_found:
        raise Refusal(
            Code.RESERVED_CHANNEL,
            message(
                "this channel is a network's: one of its coordinators founds it, at the relay that the roster names"
            ),
        )
    if not commit or access is None:
        raise Refusal(Code.MALFORMED, message("a channel is founded by a commit that declares an access list"))


def check_repeated(stands: str, author: str) -> None:
    """Refuse a body that stands already, by the author `stands`, when another sends it."""
    if stands != author:
        raise Refusal(
            Code.MALFORMED, message("another member's entry has this very body: it is not this authority's to append")
        )


def check_member(membership: Membership | None) -> None:
    """Refuse an author that is not on the access list now."""
    if membership is None or membership.until is not None:
        raise Refusal(Code.NOT_A_MEMBER, message("this authority is not on the channel's access list (any more)"))


def check_base(state: ChannelState, base: int) -> None:
    """Refuse an entry that was made in an epoch which is over: members could not open it (DESIGN section 1)."""
    if base == 0:
        raise Refusal(Code.CHANNEL_EXISTS, message("this channel was founded already: resume it and read on"))
    if base != state.last_commit:
        raise Refusal(
            Code.STALE_BASE,
            message(
                "the last commit of this channel is entry {last_commit}, not {base}: read on and try again",
                last_commit=state.last_commit,
                base=base,
            ),
            state.last_commit,
        )


def check_invitation_base(state: ChannelState | None, seen: int) -> None:
    """Refuse a commit with an invitation that something overtook: its joiners would not be told of that."""
    last, last_commit = (0, 0) if state is None else (state.head.seq, state.last_commit)
    if seen != last:
        raise Refusal(
            Code.STALE_BASE,
            message(
                "an invitation tells its joiners of the log up to entry {seen}, which ends at {last} now:"
                " read on and invite anew",
                seen=seen,
                last=last,
            ),
            last_commit,
        )


def check_access(access: list[str], author: str) -> None:
    """Refuse an access list without its author: no member can remove itself (RFC 9420 section 12.2)."""
    if author not in access:
        raise Refusal(Code.MALFORMED, message("a commit's access list names its own author: none can remove itself"))


def check_joiners(joiners: Sequence[Joiner], access: Collection[str]) -> None:
    """Refuse an invitation of somebody whom the commit's access list does not name, or names twice."""
    invited = {joiner.authority for joiner in joiners}
    if len(invited) != len(joiners) or not invited <= set(access):
        raise Refusal(Code.MALFORMED, message("an invitation is for members of the access list, once each"))


def invitation_size(invitation: Invitation | None) -> int:
    """What an invitation counts against its author's quota, in bytes."""
    if invitation is None:
        return 0
    return len(invitation.info) + sum(len(joiner.secrets) for joiner in invitation.joiners)


def access_change(served: Mapping[str, int | None], access: Collection[str], author: str) -> AccessChange:
    """What declaring `access` does to the members `served`, given with the seq of the commit that leaves them off.

    Who is listed again before its removal counts never left. A member's `first` stays as long as it is served: what it
    has not read yet is not hidden from it.
    """
    before = {authority for authority, leaving in served.items() if leaving is None}
    after = set(access)
    return AccessChange(
        sorted(after - served.keys()),
        sorted(after & served.keys() - before),
        sorted(before - after),
        sorted(electorate(before, after, author)),
    )


def check_stock(held: int, published: int, most: int) -> None:
    """Refuse key packages beyond the `most` that are kept of an authority."""
    if held + published > most:
        raise Refusal(
            Code.QUOTA, message("the relay keeps {most} key packages of an authority, {held} now", most=most, held=held)
        )


def electorate(before: AbstractSet[str], after: AbstractSet[str], author: str) -> AbstractSet[str]:
    """Whose acknowledgements decide whether a commit's removals count: who is on the list before and after it, but
    not its author. Where nobody else stays, those who are removed: else one member could shut out all others alone."""
    return (before & after) - {author} or before - after


def majority(electors: int) -> int:
    """How many of the electors have to acknowledge: more than half."""
    return electors // 2 + 1


def readable(first: int, until: int | None, seq: int) -> bool:
    """Whether a member with these bounds may read the body of entry `seq`."""
    return first <= seq and (until is None or seq <= until)
