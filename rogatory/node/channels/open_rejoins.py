"""Rejoin entries that wait for an answer: verified when read, or as soon as the directory has their author's keys."""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.node.channels.awaiting import document_keys
from rogatory.node.channels.profile import authority_of, decode_package
from rogatory.node.store import members
from rogatory.node.store.members import RejoinRow
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Rejoin, UnknownKeySet, open_document
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.mls.errors import MLSError


@dataclass(frozen=True, slots=True)
class VerifiedRejoin:
    """What a rejoin entry proves: its author's key package, an MLSMessage, and its reference."""

    key_package: bytes
    reference: bytes


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
    return VerifiedRejoin(data, package.ref())


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
        rows.append(counts)
    return rows
