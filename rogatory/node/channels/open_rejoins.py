"""Rejoin entries that wait for an answer: verified when read, or as soon as the directory has their author's keys."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.node.channels.awaiting import document_keys
from rogatory.node.channels.profile import authority_of, decode_package
from rogatory.node.store import losses, members
from rogatory.node.store.losses import LossRow
from rogatory.node.store.members import RejoinRow
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Rejoin, UnknownKeySet, open_document
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.mls.errors import MLSError


@dataclass(frozen=True, slots=True)
class VerifiedRejoin:
    """What a rejoin entry proves: its author's key package (an MLSMessage), its reference, how far it had read."""

    key_package: bytes
    reference: bytes
    last_seq: int


def verify_rejoin(tx: Tx, channel: bytes, author: str, envelope: bytes) -> VerifiedRejoin:
    """The key package of a rejoin entry. Raises UnknownKeySet, another ProtocolError, or MLSError."""
    document = open_document(envelope, document_keys(tx.directory))
    payload = document.payload
    if not isinstance(payload.body, Rejoin):
        raise MalformedError(f"a {document.kind} stands in the log in the clear")
    if payload.author != author or payload.channel_id != channel:
        raise MalformedError("a rejoin is of another author or channel")
    data = payload.body.key_package_bytes
    package = decode_package(data)
    if authority_of(package.leaf_node) != author:
        raise MalformedError("a rejoin's key package is another authority's")
    return VerifiedRejoin(data, package.ref(), payload.body.last_seq)


def note_loss(tx: Tx, channel: bytes, row: RejoinRow, verified: VerifiedRejoin) -> None:
    """Remember what the member says it lost of what it had acknowledged: only an officer may give it that again."""
    newest = members.acknowledgement(tx.connection, channel, row.authority)
    read = 0 if newest is None else newest[0]
    losses.put_loss(tx.connection, channel, row.authority, LossRow(verified.last_seq, read, row.seq))


def open_rejoins(tx: Tx, channel: bytes) -> list[RejoinRow]:
    """Those that count now, by seq."""
    rows: list[RejoinRow] = []
    for row in members.rejoins(tx.connection, channel):
        if row.unverified is None:
            rows.append(row)
            continue
        try:
            verified = verify_rejoin(tx, channel, row.authority, row.unverified)
        except UnknownKeySet:
            continue
        except (ProtocolError, MLSError):
            members.delete_rejoin(tx.connection, channel, row.seq)
            continue
        counts = RejoinRow(row.seq, row.authority, verified.reference, verified.key_package)
        members.put_rejoin(tx.connection, channel, counts)
        note_loss(tx, channel, counts, verified)
        rows.append(counts)
    return rows
