"""How a node comes into a matter, and what it hands to those who come after."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass

from rogatory.node.channels.hooks import Introduction, JoinInfo, JoinRefused
from rogatory.node.errors import DamagedStore
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import keep, record
from rogatory.node.inbox.views import Stage
from rogatory.node.matters.policy import standing_amendments
from rogatory.node.matters.views import MatterKind
from rogatory.node.notices import take_notices
from rogatory.node.store.absences import forget_absences, put_left, put_suspended
from rogatory.node.store.amendments import AmendmentRow, get_amendments, put_amendment, put_signature
from rogatory.node.store.amendments import set_complete as set_amendment_complete
from rogatory.node.store.documents import DocumentRow, documents_of, get_envelope, set_logged
from rogatory.node.store.matters import MatterRow, get_matter, open_matter, party_left, present_parties, put_party
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import (
    Amendment,
    Charter,
    Document,
    DocumentError,
    IncompleteAmendment,
    Purpose,
    UnverifiedDocument,
    check_amendment,
    open_consent,
    open_document,
    peek_document,
)
from rogatory.protocol.judgement import MatterPolicy, Void, judge_amendment, judge_charter
from rogatory.protocol.life.table import Role, State
from rogatory.protocol.text import message, text_of

CHARTER_SEQ = 1
"""The founding commit, whose group names the charter's digest, is the first entry of every log."""


def enter_matter(tx: Tx, charter: Document | UnverifiedDocument, stage: Stage) -> None:
    """Enter a matter by its charter, with the parties that it names."""
    payload = charter.payload
    body = payload.body
    if not isinstance(body, Charter):
        raise TypeError("a matter is founded by a charter")
    row = MatterRow(
        channel=payload.channel_id,
        kind=MatterKind.REQUEST if body.purpose is Purpose.MATTER else MatterKind.CONSULTATION,
        subject=body.subject,
        creator=payload.author,
        relay=body.home_relay,
        state=State.OPEN,
        opened_at=tx.now,
        changed_at=tx.now,
        charter=charter.digest,
    )
    open_matter(tx.connection, row)
    for party in body.parties:
        put_party(tx.connection, row.channel, party, Role.CONSULTED)
    keep(tx, charter, stage, seq=CHARTER_SEQ if stage is Stage.RECEIVED else None)


def founded(tx: Tx, matter: MatterRow) -> None:
    """Our founding commit stands in the log, and with it the charter."""
    charter = _charter_row(tx, matter)
    others = sorted(present_parties(tx.connection, matter.channel) - {tx.authority})
    set_logged(tx.connection, charter.row, CHARTER_SEQ, tx.now, Stage.ACCEPTED, others)


def introduction(tx: Tx, matter: MatterRow) -> Introduction:
    """The charter, and every amendment with its signatures: the complete ones in their order, then the open ones.

    A joiner needs the open ones too: it is asked to agree, and must see alike when one becomes complete.
    """
    rows = get_amendments(tx.connection, matter.channel)
    standing = standing_amendments(tx, matter, rows)
    return Introduction(
        charter=get_envelope(tx.connection, _charter_row(tx, matter).row),
        amendments=tuple(tuple(signed.values()) for _, signed in standing),
        agreed=sum(row.place is not None for row, _ in standing),
    )


def joined(tx: Tx, channel: bytes, info: JoinInfo) -> None:
    """Come into a matter, or back. Raises JoinRefused if charter and amendments do not warrant its members."""
    try:
        charter, complete, still_open = _check(tx, channel, info)
    except (DocumentError, Void) as error:
        raise JoinRefused(
            message(
                "{committer} invited this authority to a matter that its charter does not warrant: {error}",
                committer=info.committer,
                error=text_of(error),
            ),
            message("ask that authority by another way what it meant to do"),
        ) from None
    known = get_matter(tx.connection, channel) is not None
    enter_matter(tx, charter, Stage.RECEIVED)
    for place, (amendment, envelopes) in enumerate(complete, start=1):
        _enter_amendment(tx, amendment, envelopes, place)
    for amendment, envelopes in still_open:
        _enter_amendment(tx, amendment, envelopes, None)
    _enter_parties(tx, channel, info)
    take_notices(tx, channel, info.committer, info.notices)
    matter = get_matter(tx.connection, channel)
    subject = "" if matter is None else matter.subject
    summary = (
        message("back in the matter: {subject}", subject=subject)
        if known
        else message("{committer} opened a matter to us: {subject}", committer=info.committer, subject=subject)
    )
    record(tx, EventKind.JOINED, summary, channel=channel, author=info.committer)


def _enter_parties(tx: Tx, channel: bytes, info: JoinInfo) -> None:
    for party in info.members:
        put_party(tx.connection, channel, party, Role.CONSULTED)
    absent = info.left.keys() | info.suspended
    for party in absent:
        put_party(tx.connection, channel, party, Role.CONSULTED)
    for gone in present_parties(tx.connection, channel) - set(info.members):
        if gone not in absent:
            raise JoinRefused(
                message(
                    "{committer} does not tell whether {gone} left the matter, which it is a party of",
                    committer=info.committer,
                    gone=gone,
                )
            )
        party_left(tx.connection, channel, gone)
    forget_absences(tx.connection, channel)
    for party in info.suspended:
        put_suspended(tx.connection, channel, party)
    for party, amendments in info.left.items():
        put_left(tx.connection, channel, party, amendments)


Signed = tuple[Document, tuple[bytes, ...]]
"""An amendment and the envelopes under it."""


def _check(tx: Tx, channel: bytes, info: JoinInfo) -> tuple[Document, list[Signed], list[Signed]]:
    """Charter, complete amendments, open ones.

    DESIGN section 1: the charter names the parties, further ones need an amendment signed by each of the time.
    """
    if info.charter_digest is None or info.introduction.charter is None:
        raise JoinRefused(
            message("{committer} invited this authority to a matter without its charter", committer=info.committer),
            message("ask that authority to invite again"),
        )
    charter = open_document(info.introduction.charter, tx.directory.document_keys)
    policy = judge_charter(charter, digest=info.charter_digest)
    if charter.payload.channel_id != channel:
        raise JoinRefused(
            message("{committer} invited this authority under the charter of another matter", committer=info.committer)
        )
    amendments = [_Amendment(_proposal(tx, envelopes), envelopes) for envelopes in info.introduction.amendments]
    if any(each.proposal.payload.channel_id != channel for each in amendments):
        raise JoinRefused(
            message(
                "{committer} invited this authority under the amendment of another matter", committer=info.committer
            )
        )
    agreed = info.introduction.agreed
    complete, still_open = amendments[:agreed], amendments[agreed:]
    for each in complete:
        policy = judge_amendment(each.proposal, policy)
    parties = policy.parties.union(*(each.adds for each in complete))
    strangers = sorted((set(info.members) | info.left.keys() | info.suspended) - parties)
    if strangers:
        raise JoinRefused(
            message(
                "{committer} invited this authority to a matter with {strangers}, whom neither the charter nor an"
                " amendment names",
                committer=info.committer,
                strangers=tuple(strangers),
            ),
            message("ask that authority by another way what it meant to do"),
        )
    _check_signatures(tx, complete, policy, parties, info.members)
    for each in still_open:
        judge_amendment(each.proposal, policy)
    return charter, [each.signed for each in complete], [each.signed for each in still_open]


@dataclass(frozen=True, slots=True)
class _Amendment:
    """As this node is handed it: the proposal, its signature verified, and all envelopes under it."""

    proposal: Document
    envelopes: tuple[bytes, ...]

    @property
    def adds(self) -> frozenset[str]:
        body = self.proposal.payload.body
        return frozenset(body.adds) if isinstance(body, Amendment) else frozenset()

    @property
    def signed(self) -> Signed:
        return self.proposal, self.envelopes


def _check_signatures(
    tx: Tx, complete: Sequence[_Amendment], policy: MatterPolicy, parties: Set[str], members: Collection[str]
) -> None:
    """Raise IncompleteAmendment unless those parties signed who must have been there.

    Missing may be who is no member, since it may have left before, and whom an amendment names: it may have come
    since, or come again. How these stood the members judge, and the commit that adds this node is void for them if it
    is told otherwise (`judgement/told.py`).
    """
    named = frozenset[str]().union(*(each.adds for each in complete))
    gone = frozenset(party for party in parties if party not in members or party in named)
    for each in complete:
        check_amendment(each.envelopes, parties - each.adds, tx.directory.document_keys, gone=gone)


def _proposal(tx: Tx, envelopes: Sequence[bytes]) -> Document:
    """The proposer's own document among verified signatures under one amendment. Raises IncompleteAmendment."""
    signed = [open_consent(envelope, tx.directory.document_keys) for envelope in envelopes]
    proposal = next((each for each in signed if each.signer == each.payload.author), None)
    if proposal is None or any(each.digest != proposal.digest for each in signed):
        raise IncompleteAmendment(message("an amendment lacks its proposer's signature"))
    return proposal


def _charter_row(tx: Tx, matter: MatterRow) -> DocumentRow:
    row = next((row for row in documents_of(tx.connection, matter.channel) if row.digest == matter.charter), None)
    if row is None:
        raise DamagedStore(
            message("the charter of the matter {channel} is missing from the database", channel=matter.channel.hex())
        )
    return row


def _enter_amendment(tx: Tx, amendment: Document, envelopes: tuple[bytes, ...], place: int | None) -> None:
    body = amendment.payload.body
    if not isinstance(body, Amendment):
        raise TypeError("check_amendment returns amendments")
    channel = amendment.payload.channel_id
    previous = None if body.previous is None else bytes.fromhex(body.previous)
    put_amendment(
        tx.connection,
        AmendmentRow(channel, amendment.digest, amendment.payload.author, previous, list(body.adds), body.reason),
    )
    if place is not None:
        set_amendment_complete(tx.connection, channel, amendment.digest, place)
    elif tx.authority not in (peek_document(envelope).signer for envelope in envelopes):
        record(
            tx,
            EventKind.AMENDMENT_WAITING,
            message(
                "{author} proposes to add {adds}: {reason}",
                author=amendment.payload.author,
                adds=tuple(body.adds),
                reason=body.reason,
            ),
            channel=channel,
            document=amendment.payload.message_id,
            author=amendment.payload.author,
        )
    for envelope in envelopes:
        signer = peek_document(envelope).signer  # check_amendment verified it
        put_signature(tx.connection, channel, amendment.digest, signer, envelope, logged=True)
    keep(tx, amendment, Stage.SHARED)
