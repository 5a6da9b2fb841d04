"""Enters what channels bring into matters, networks and the inbox; keeps nothing in memory.

As in an authority's registry: whatever arrives is judged, entered, takes its effect, and the officer is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from rogatory.node.attachments.attaching import offer
from rogatory.node.channels.clocks import RelayClocks
from rogatory.node.channels.hooks import Arrival, Introduction, JoinInfo, JudgingFacts, Kind, Live
from rogatory.node.channels.striking_off import remove_struck_off, remove_struck_off_from
from rogatory.node.channels.trouble import Trouble
from rogatory.node.correspondents.confirming import waits_for_confirmation
from rogatory.node.correspondents.noticing import notice_key_changes
from rogatory.node.duties import Duty, attempt, left_alone
from rogatory.node.errors import NotFound
from rogatory.node.evidences.stating import Terms, begin_term, state_all
from rogatory.node.healing.schedule import Schedule, heal, renewed
from rogatory.node.inbox.arrivals import catch_up_own, enter_void
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import accepted, acknowledged, record, rejected
from rogatory.node.losses.sharing import tell_lost
from rogatory.node.matters import arrivals as in_matters
from rogatory.node.matters import joining as matter_joining
from rogatory.node.matters import membership
from rogatory.node.matters.closing import CLOSE_TERM, closing_void
from rogatory.node.matters.course import replay
from rogatory.node.matters.leaving import suspend_compromised
from rogatory.node.matters.policy import matter_policy
from rogatory.node.networks import alignment
from rogatory.node.networks import arrivals as in_networks
from rogatory.node.networks import policy as network_joining
from rogatory.node.networks.policy import network_policy
from rogatory.node.proofs.keeping import keep_carrier, keep_first
from rogatory.node.store import channels
from rogatory.node.store.leavers import notices_of, settle_leavers
from rogatory.node.store.matters import get_matter
from rogatory.node.terms import arrivals as in_terms
from rogatory.node.terms.deriving import look_again
from rogatory.node.terms.reminding import remind
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.header import Head
from rogatory.protocol.judgement import ChannelPolicy, RejoinNotice, Void
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.rejection import Rejection
from rogatory.protocol.text import message


class Registry:
    """Gives documents their meaning: the hooks of channels (`channels.hooks.Hooks`)."""

    reminders: bool = True
    """Whether this node reminds others of what they owe."""

    def __init__(
        self,
        schedule: Schedule = Schedule(),
        close_term: float = CLOSE_TERM,
        large: int = 0,
        terms: Terms = Terms(),
    ) -> None:
        """`large`: bytes of a file above which it is not fetched before somebody asks for it.

        `terms`: after which this node states whom its documents have not reached.
        """
        self._terms = terms
        self._schedule = schedule
        self._large = large
        self._close_term = close_term

    def policy(self, tx: Tx, channel: bytes, facts: JudgingFacts) -> ChannelPolicy:
        """By what to judge the channel's next commit. Raises NotFound for a channel without a meaning."""
        matter = get_matter(tx.connection, channel)
        if matter is not None:
            return matter_policy(tx, matter, facts.last_pin, facts.rejoins)
        return network_policy(tx, channel, _network_of(tx, channel), facts.last_pin, facts.rejoins)

    def introduction(self, tx: Tx, channel: bytes) -> Introduction:
        """What a joiner is handed: in a network no more than notices to leave, its roster says the rest."""
        matter = get_matter(tx.connection, channel)
        told = Introduction() if matter is None else matter_joining.introduction(tx, matter)
        return replace(told, notices=notices_of(tx.connection, channel))

    def joined(self, tx: Tx, channel: bytes, info: JoinInfo) -> None:
        """Raises JoinRefused, and UnknownVersion for a roster newer than our directory."""
        renewed(tx, self._schedule, channel)
        remove_struck_off_from(tx, channel)
        if info.kind is Kind.MATTER:
            matter_joining.joined(tx, channel, info)
            matter = get_matter(tx.connection, channel)
            if catch_up_own(tx, channel) and matter is not None:
                replay(tx, matter)
            look_again(tx, channel)
            return
        network_joining.joined(tx, channel, info)
        catch_up_own(tx, channel)
        alignment.look_again(tx, _network_of(tx, channel))

    def founded(self, tx: Tx, channel: bytes) -> None:
        """Our founding commit stands in the log."""
        matter = get_matter(tx.connection, channel)
        if matter is not None:
            matter_joining.founded(tx, matter)
            return
        network = _network_of(tx, channel)
        record(tx, EventKind.JOINED, message("the network {network} is open", network=network), channel=channel)
        alignment.look_again(tx, network)

    def founding_lost(self, tx: Tx, channel: bytes) -> None:
        """Another coordinator was faster; its invitation comes."""

    def document_arrived(self, tx: Tx, channel: bytes, arrival: Arrival) -> None:
        """Raises VoidDocument, and UnknownVersion for a roster newer than our directory."""
        keep_carrier(tx, channel, arrival)
        matter = get_matter(tx.connection, channel)
        if matter is not None:
            in_matters.arrived(tx, matter, arrival, self._close_term)
            in_terms.arrived(tx, channel, arrival)
            if arrival.own and not arrival.shared:
                begin_term(tx, channel, arrival.message_id, self._terms)
        else:
            in_networks.arrived(tx, channel, _network_of(tx, channel), arrival)
        if not arrival.own:
            offer(tx, channel, arrival.document.payload, arrival.attachments, self._large)

    def document_void(self, tx: Tx, channel: bytes, arrival: Arrival, reason: Exception) -> None:
        """Shown, and without effect."""
        if arrival.own:
            closing_void(tx, channel, arrival.message_id)
        enter_void(tx, channel, arrival, reason)

    def commit_applied(
        self,
        tx: Tx,
        channel: bytes,
        seq: int,
        time: int,
        committer: str,
        added: Sequence[str],
        removed: Sequence[str],
        amendment: bytes | None,
        suspended: Sequence[str] = (),
    ) -> None:
        """A member that stands in both lists came back."""
        if committer == tx.authority:
            renewed(tx, self._schedule, channel)
        back = sorted(set(added) & set(removed))
        came, gone = sorted(set(added) - set(back)), sorted(set(removed) - set(back))
        settle_leavers(tx.connection, channel, [*added, *removed])
        matter = get_matter(tx.connection, channel)
        if matter is not None:
            membership.members_changed(tx, matter, seq, committer, came, gone, suspended)
        else:
            in_networks.members_changed(tx, channel, _network_of(tx, channel), committer, came, gone)
        if back:
            summary = message("{names} is back in the channel", names=tuple(back))
            record(tx, EventKind.REJOIN, summary, channel=channel, author=committer)

    def commit_void(self, tx: Tx, channel: bytes, seq: int, author: str, void: Void) -> None:
        """Recorded, reported, skipped."""
        record(
            tx,
            EventKind.COMMIT_VOID,
            message(
                "a change of members or keys by {author} has no effect: {explanation}",
                author=author,
                explanation=void.explanation,
            ),
            channel=channel,
            author=author,
            code=void.code.value,
        )

    def rejoin_seen(self, tx: Tx, channel: bytes, seq: int, rejoin: RejoinNotice) -> None:
        """The officer should know that a correspondent's node lost its state."""
        record(
            tx,
            EventKind.REJOIN,
            tell_lost(tx, channel, rejoin.authority),
            channel=channel,
            author=rejoin.authority,
        )

    def may_let_in(self, tx: Tx, authority: str) -> bool:
        """Keys that neither old keys nor the recovery key signed wait for a person (DESIGN section 3)."""
        return not waits_for_confirmation(tx, authority)

    def acknowledged(self, tx: Tx, channel: bytes, acknowledgement: Acknowledgement) -> None:
        """What it proves of our documents; and what it proves first, of anybody's."""
        keep_first(tx, acknowledgement)
        acknowledged(tx, channel, acknowledgement)

    def accepted(self, tx: Tx, channel: bytes, message_id: bytes, receipt: Receipt) -> None:
        """Evidence that the relay took a document."""
        accepted(tx, channel, message_id, receipt)

    def rejected(self, tx: Tx, channel: bytes, message_id: bytes, rejection: Rejection) -> None:
        """Evidence that the relay did not take a document, and why."""
        rejected(tx, channel, message_id, rejection)

    def keys_destroyed(self, tx: Tx, channel: bytes) -> None:
        """The officer may rely on it."""
        matter = get_matter(tx.connection, channel)
        name = (
            message("the network {network}", network=_network_of(tx, channel))
            if matter is None
            else message("the matter {subject}", subject=matter.subject)
        )
        record(
            tx,
            EventKind.KEYS_DESTROYED,
            message("this node's keys of {name} are deleted; its documents and their evidences stay", name=name),
            channel=channel,
        )

    def halted(self, tx: Tx, channel: bytes, at: Head) -> None:
        """The trouble that tells why is entered; views show the channel's state."""

    def due(self, tx: Tx, live: Live = lambda channel: None) -> float | None:
        """Bring matters and networks in line with the directory, and state what is due of documents."""
        if tx.known_directory is None:
            return None
        attempt(tx, Duty.KEY_CHANGES, None, partial(notice_key_changes, tx), left_alone)
        attempt(tx, Duty.STRIKING_OFF, None, partial(remove_struck_off, tx), left_alone)
        suspend_compromised(tx)
        attempt(tx, Duty.SUSPENSION, None, partial(alignment.suspend_ended, tx), left_alone)
        times = [alignment.align_networks(tx), heal(tx, self._schedule), state_all(tx, self._terms, live)]
        return min((at for at in times if at is not None), default=None)

    def remind(self, tx: Tx, clocks: RelayClocks) -> float | None:
        """Of due dates, where others owe something."""
        return remind(tx, clocks) if self.reminders and tx.known_directory is not None else None

    def trouble(self, tx: Tx, channel: bytes | None, code: Trouble, explanation: str) -> None:
        """Told to the officer as it is."""
        record(tx, EventKind.TROUBLE, explanation, channel=channel, code=code.value)


def _network_of(tx: Tx, channel: bytes) -> str:
    row = channels.get(tx.connection, channel)
    if row is not None and row.network is not None:
        return row.network
    roster = tx.directory.roster_of_channel(channel)
    if roster is None:
        raise NotFound(message("the channel {channel} is neither a matter's nor a network's", channel=channel.hex()))
    return roster.id
