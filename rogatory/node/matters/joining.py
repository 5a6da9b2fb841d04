"""How a node comes into a matter, and what it hands to those who come after."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.channels.hooks import Introduction, JoinInfo, JoinRefused
from rogatory.node.errors import DamagedStore
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import keep, record
from rogatory.node.inbox.views import Stage
from rogatory.node.matters.views import MatterKind
from rogatory.node.store.amendments import AmendmentRow, get_amendments, get_signatures, put_amendment, put_signature
from rogatory.node.store.amendments import set_complete as set_amendment_complete
from rogatory.node.store.documents import DocumentRow, documents_of, get_envelope, set_logged
from rogatory.node.store.leavers import put_leaver
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
from rogatory.protocol.judgement import MatterPolicy, Void, VoidDocument, judge_amendment, judge_charter
from rogatory.protocol.life.table import Role, State

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
    amendments = []
    for row in get_amendments(tx.connection, matter.channel):
        signatures = get_signatures(tx.connection, matter.channel, row.digest)
        if row.proposer in signatures:
            amendments.append(tuple(signatures.values()))
    return Introduction(charter=get_envelope(tx.connection, _charter_row(tx, matter).row), amendments=tuple(amendments))


def joined(tx: Tx, channel: bytes, info: JoinInfo) -> None:
    """Come into a matter, or back. Raises JoinRefused if charter and amendments do not warrant its members."""
    try:
        charter, complete, still_open = _check(tx, channel, info)
    except (DocumentError, Void) as error:
        raise JoinRefused(
            f"{info.committer} invited this authority to a matter that its charter does not warrant: {error}",
            "ask that authority by another way what it meant to do",
        ) from None
    known = get_matter(tx.connection, channel) is not None
    enter_matter(tx, charter, Stage.RECEIVED)
    for place, (amendment, envelopes) in enumerate(complete, start=1):
        _enter_amendment(tx, amendment, envelopes, place)
    for amendment, envelopes in still_open:
        _enter_amendment(tx, amendment, envelopes, None)
    for party in info.members:
        put_party(tx.connection, channel, party, Role.CONSULTED)
    for gone in present_parties(tx.connection, channel) - set(info.members):
        party_left(tx.connection, channel, gone)
    for leaver in info.leavers:
        put_leaver(tx.connection, channel, leaver)
    matter = get_matter(tx.connection, channel)
    subject = "" if matter is None else matter.subject
    summary = f"back in the matter: {subject}" if known else f"{info.committer} opened a matter to us: {subject}"
    record(tx, EventKind.JOINED, summary, channel=channel, author=info.committer)


Signed = tuple[Document, tuple[bytes, ...]]
"""An amendment and the envelopes under it."""


def _check(tx: Tx, channel: bytes, info: JoinInfo) -> tuple[Document, list[Signed], list[Signed]]:
    """Charter, complete amendments, open ones.

    DESIGN section 1: the charter names the parties, further ones need an amendment signed by each of the time.
    """
    if info.charter_digest is None or info.introduction.charter is None:
        raise JoinRefused(
            f"{info.committer} invited this authority to a matter without its charter",
            "ask that authority to invite again",
        )
    members = frozenset(info.members)
    charter = open_document(info.introduction.charter, tx.directory.document_keys)
    policy = judge_charter(charter, digest=info.charter_digest)
    if charter.payload.channel_id != channel:
        raise JoinRefused(f"{info.committer} invited this authority under the charter of another matter")
    parties = set(policy.parties)
    complete: list[Signed] = []
    still_open: list[Signed] = []
    for envelopes in info.introduction.amendments:
        try:
            amendment = check_amendment(envelopes, parties, tx.directory.document_keys, gone=parties - members)
        except IncompleteAmendment:
            still_open.append((_proposal(tx, envelopes), envelopes))
            continue
        policy = judge_amendment(amendment, policy)
        if amendment.payload.channel_id != channel:
            raise JoinRefused(f"{info.committer} invited this authority under the amendment of another matter")
        if isinstance(amendment.payload.body, Amendment):
            parties.update(amendment.payload.body.adds)
        complete.append((amendment, envelopes))
    strangers = sorted(members - parties)
    if strangers:
        raise JoinRefused(
            f"{info.committer} invited this authority to a matter with {', '.join(strangers)}, whom neither the"
            " charter nor an amendment names",
            "ask that authority by another way what it meant to do",
        )
    return charter, complete, [each for each in still_open if _may_be_completed(each[0], channel, policy)]


def _may_be_completed(proposal: Document, channel: bytes, policy: MatterPolicy) -> bool:
    """Whether it follows the last complete amendment; others are superseded."""
    try:
        judge_amendment(proposal, policy)
    except VoidDocument:
        return False
    return proposal.payload.channel_id == channel


def _proposal(tx: Tx, envelopes: Sequence[bytes]) -> Document:
    """The proposer's own document among verified signatures under one amendment. Raises IncompleteAmendment."""
    signed = [open_consent(envelope, tx.directory.document_keys) for envelope in envelopes]
    proposal = next((each for each in signed if each.signer == each.payload.author), None)
    if proposal is None or any(each.digest != proposal.digest for each in signed):
        raise IncompleteAmendment("an open amendment lacks its proposer's signature")
    return proposal


def _charter_row(tx: Tx, matter: MatterRow) -> DocumentRow:
    row = next((row for row in documents_of(tx.connection, matter.channel) if row.digest == matter.charter), None)
    if row is None:
        raise DamagedStore(f"the charter of the matter {matter.channel.hex()} is missing from the database")
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
            f"{amendment.payload.author} proposes to add {', '.join(body.adds)}: {body.reason}",
            channel=channel,
            document=amendment.payload.message_id,
            author=amendment.payload.author,
        )
    for envelope in envelopes:
        signer = peek_document(envelope).signer  # check_amendment verified it
        put_signature(tx.connection, channel, amendment.digest, signer, envelope, logged=True)
    keep(tx, amendment, Stage.SHARED)
