"""Matters, as shown."""

from __future__ import annotations

from rogatory.node.channels.states import ChannelState
from rogatory.node.correspondents.confirming import keys_view
from rogatory.node.inbox.queries import document_line, document_view, shown_time
from rogatory.node.inbox.views import DocumentView
from rogatory.node.matters.closing import CLOSE_TERM
from rogatory.node.matters.course import course_to_come, request_of
from rogatory.node.matters.lookup import find_matter
from rogatory.node.matters.related import related_matters
from rogatory.node.matters.views import AmendmentView, ClosedView, MatterKind, MatterLine, MatterView, Party
from rogatory.node.store import channels, closings, key_packages, members
from rogatory.node.store.amendments import AmendmentRow, get_amendments, get_signatures
from rogatory.node.store.documents import count_documents, documents_of
from rogatory.node.store.matters import MatterRow, PartyRow, all_matters, get_matter, get_parties, parties_of
from rogatory.node.transaction import Tx
from rogatory.protocol.life.course import may_take
from rogatory.protocol.text import counted, message

DAY = 24 * 3600.0
_TROUBLE = {
    ChannelState.FOUNDING: message("being opened: the relay must be reached, and hold a key package of every party"),
    ChannelState.HALTED: message("nothing is read or sent here any more: see the inbox for the reason"),
    ChannelState.REJOINING: message("this node lost its place and waits for another party's node to let it in again"),
    ChannelState.CLOSED: message("this authority is in the matter no longer"),
}


def list_matters(tx: Tx, kind: MatterKind | None = None) -> list[MatterLine]:
    """All matters, or those of one kind; what changed last comes first."""
    rows = all_matters(tx.connection, kind)
    parties = parties_of(tx.connection, [row.channel for row in rows])
    counts = count_documents(tx.connection)
    closed = closings.closed(tx.connection)
    return [
        MatterLine(
            matter=row.channel.hex(),
            kind=MatterKind(row.kind),
            subject=row.subject,
            state=row.state,
            creator=row.creator,
            parties=parties.get(row.channel, []),
            opened_at=shown_time(row.opened_at),
            changed_at=shown_time(row.changed_at),
            documents=counts.get(row.channel, 0),
            closed=row.channel in closed,
        )
        for row in rows
    ]


def show_matter(tx: Tx, matter: str) -> MatterView:
    """A whole matter. Raises NotFound, RefusedInput."""
    row = find_matter(tx, matter)
    request = request_of(tx, row)
    return MatterView(
        matter=row.channel.hex(),
        kind=MatterKind(row.kind),
        subject=row.subject,
        state=row.state,
        creator=row.creator,
        parties=[_party(tx, party) for party in get_parties(tx.connection, row.channel)],
        members=[member.authority for member in members.present(tx.connection, row.channel)],
        relay=row.relay,
        opened_at=shown_time(row.opened_at),
        changed_at=shown_time(row.changed_at),
        documents=[document_line(document) for document in documents_of(tx.connection, row.channel)],
        amendments=[amendment_view(tx, row, found) for found in get_amendments(tx.connection, row.channel)],
        request=None if request is None else document_view(tx, request),
        next_steps=_next_steps(tx, row),
        related=related_matters(tx, row),
        trouble=_trouble(tx, row),
        closed=_closed(tx, row),
    )


def _next_steps(tx: Tx, matter: MatterRow) -> tuple[str, ...]:
    course = course_to_come(tx, matter.channel)
    return () if course is None else tuple(step.value for step in may_take(course, tx.authority))


def _closed(tx: Tx, matter: MatterRow) -> ClosedView | None:
    row = closings.get(tx.connection, matter.channel)
    if row is None or row.seq is None or row.read_at is None:
        return None
    gone = None if row.keys_gone_at is None else shown_time(row.keys_gone_at)
    return ClosedView(by=row.author, seq=row.seq, at=shown_time(row.read_at), keys_gone_at=gone)


def _trouble(tx: Tx, matter: MatterRow) -> str | None:
    channel = channels.get(tx.connection, matter.channel)
    if channel is None or closings.closed_at(tx.connection, matter.channel) is not None:
        return None
    asked = key_packages.for_channel(tx.connection, matter.channel)
    if channel.state == ChannelState.REJOINING and asked and tx.now - asked[0].made_at > CLOSE_TERM:
        days = int((tx.now - asked[0].made_at) // DAY)
        return counted(
            "this node lost its place and nobody has let it in again for {count} day: perhaps the matter was closed"
            " meanwhile, and nobody holds its keys any more. Ask {creator} by another way",
            "this node lost its place and nobody has let it in again for {count} days: perhaps the matter was closed"
            " meanwhile, and nobody holds its keys any more. Ask {creator} by another way",
            count=days,
            creator=matter.creator,
        )
    return _TROUBLE.get(ChannelState(channel.state))


def _party(tx: Tx, party: PartyRow) -> Party:
    known = tx.known_directory is not None and party.authority in tx.known_directory.authority_entries
    keys = keys_view(tx, party.authority) if known else None
    return Party(
        authority=party.authority,
        role=party.role,
        left=party.left,
        reference=party.reference,
        keys=None if keys is None else keys.standing,
        confirmed_at=None if keys is None else keys.confirmed_at,
    )


def documents_in(tx: Tx, matter: str) -> list[DocumentView]:
    """All documents of a matter in full, in the order of its log. Raises NotFound, RefusedInput."""
    row = find_matter(tx, matter)
    return [document_view(tx, document) for document in documents_of(tx.connection, row.channel)]


def list_amendments(tx: Tx, matter: str | None = None, *, waiting: bool = False) -> list[AmendmentView]:
    """Amendments of one matter or all; with `waiting` only those that this authority has yet to agree to."""
    channel = None if matter is None else find_matter(tx, matter).channel
    views = []
    for row in get_amendments(tx.connection, channel):
        found = get_matter(tx.connection, row.channel)
        if found is not None:
            views.append(amendment_view(tx, found, row))
    return [view for view in views if not waiting or tx.authority in view.waiting_for]


def amendment_view(tx: Tx, matter: MatterRow, row: AmendmentRow) -> AmendmentView:
    """An amendment, with who has signed it and who has not."""
    parties = get_parties(tx.connection, matter.channel)
    present = {party.authority for party in parties if not party.left}
    signed = get_signatures(tx.connection, matter.channel, row.digest, logged=False)
    complete = [other for other in get_amendments(tx.connection, matter.channel) if other.place is not None]
    last = complete[-1].digest if complete else None
    superseded = row.place is None and row.previous != last
    return AmendmentView(
        digest=row.digest.hex(),
        matter=matter.channel.hex(),
        proposer=row.proposer,
        adds=row.adds,
        reason=row.reason,
        signed=sorted(signed),
        waiting_for=[] if row.place is not None or superseded else sorted(present - signed.keys()),
        complete=row.place is not None,
        effective=row.place is not None and set(row.adds) <= {party.authority for party in parties},
        superseded=superseded,
    )
