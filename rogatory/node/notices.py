"""Notices to leave that no commit has carried out yet: joiners are handed them as they were signed."""

from __future__ import annotations

from collections.abc import Iterable

from rogatory.node.channels.hooks import JoinRefused
from rogatory.node.store.leavers import forget_leavers, put_leaver
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import DocumentError, Leave, open_document
from rogatory.protocol.text import message, text_of


def take_notices(tx: Tx, channel: bytes, committer: str, notices: Iterable[bytes]) -> None:
    """Keep what this node is handed as it joins. Raises JoinRefused for what is no signed notice of this channel."""
    forget_leavers(tx.connection, channel)
    for envelope in notices:
        try:
            document = open_document(envelope, tx.directory.document_keys)
        except DocumentError as error:
            raise JoinRefused(
                message(
                    "{committer} tells of a notice to leave that nobody signed: {error}",
                    committer=committer,
                    error=text_of(error),
                )
            ) from None
        if not isinstance(document.payload.body, Leave) or document.payload.channel_id != channel:
            raise JoinRefused(
                message(
                    "{committer} tells of a notice to leave that is another document of {signer}",
                    committer=committer,
                    signer=document.signer,
                )
            )
        put_leaver(tx.connection, channel, document.signer, envelope)
