"""Rejoin entries that wait for an answer: what they must say by the log alone, and whose keys vouch for them.

Whether one counts is asked as of the directory that the commit which answers it pins, so that all members give one
answer whatever directory each happens to have.
"""

from __future__ import annotations

from dataclasses import replace

from rogatory.node.channels.awaiting import vouch_document
from rogatory.node.channels.profile import authority_of, decode_package
from rogatory.node.store import losses, members
from rogatory.node.store.losses import LossRow
from rogatory.node.store.rejoins import RejoinRow, set_verified, waiting_rejoins
from rogatory.node.transaction import Tx
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import Rejoin, UnknownKeySet, open_document, peek_document
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.judgement import NotVouched
from rogatory.protocol.text import in_words, message


def read_rejoin(channel: bytes, seq: int, envelope: bytes) -> tuple[RejoinRow, Rejoin]:
    """What the rejoin entry at `seq` says, its signatures not looked at. Raises ProtocolError or MLSError."""
    claimed = peek_document(envelope)
    body = claimed.payload.body
    if not isinstance(body, Rejoin):
        raise MalformedError(message("a {kind} stands in the log in the clear", kind=in_words(claimed.kind)))
    if claimed.is_consent or claimed.payload.channel_id != channel:
        raise MalformedError(message("a rejoin is of another author or channel"))
    data = body.key_package_bytes
    package = decode_package(data)
    if authority_of(package.leaf_node) != claimed.signer:
        raise MalformedError(message("a rejoin's key package is another authority's"))
    row = RejoinRow(seq, claimed.signer, envelope, data, package.ref(), claimed.key_set, body.last_seq)
    return row, body


def verify_rejoin(tx: Tx, channel: bytes, row: RejoinRow) -> RejoinRow:
    """The row with `verified` set, if the directory here holds the key set that it names."""
    try:
        open_document(row.envelope, tx.directory.document_keys)
    except UnknownKeySet:
        return row
    except ProtocolError:
        return replace(row, verified=False)
    _note_loss(tx, channel, row)
    return replace(row, verified=True)


def open_rejoins(tx: Tx, channel: bytes, pin: DirectoryPin) -> list[RejoinRow]:
    """Those that count for a commit with this pin, by seq. Raises `keys.UnknownVersion` for a pin newer than ours."""
    rows: list[RejoinRow] = []
    for row in waiting_rejoins(tx.connection, channel):
        if row.verified is None:
            row = verify_rejoin(tx, channel, row)
            if row.verified is not None:
                set_verified(tx.connection, channel, row.authority, row.verified)
        if row.verified and _is_vouched(tx, row, pin):
            rows.append(row)
    return rows


def _is_vouched(tx: Tx, row: RejoinRow, pin: DirectoryPin) -> bool:
    try:
        vouch_document(tx.directory, row.authority, row.key_set, pin)
    except NotVouched:
        return False
    return True


def _note_loss(tx: Tx, channel: bytes, row: RejoinRow) -> None:
    """Remember what the member says it lost of what it had acknowledged: only an officer may give it that again."""
    newest = members.acknowledgement(tx.connection, channel, row.authority)
    read = 0 if newest is None else newest[0]
    losses.put_loss(tx.connection, channel, row.authority, LossRow(row.last_seq, read, row.seq))
