"""A document of our own: signed, entered, and queued for its channel."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.attachments.attaching import attach
from rogatory.node.channels.commands import enqueue
from rogatory.node.errors import RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import keep, record
from rogatory.node.inbox.titles import title_of
from rogatory.node.inbox.views import Stage
from rogatory.node.transaction import Tx
from rogatory.protocol.content import MESSAGE_ID
from rogatory.protocol.documents import (
    Body,
    DocumentError,
    DocumentSigner,
    Evidence,
    MissingEssential,
    Payload,
    Thread,
    UnverifiedDocument,
    compose,
    signed_document,
)
from rogatory.protocol.text import in_words, message, text_of


def draft(
    tx: Tx,
    channel: bytes,
    body: Body,
    *,
    addressees: Sequence[str] = (),
    thread: Thread | None = None,
    in_reply_to: bytes | None = None,
) -> Payload:
    """What is to be signed by this authority with the keys in use."""
    return compose(
        body,
        author=tx.authority,
        key_set=tx.identity.key_set_version,
        addressees=tuple(addressees),
        channel=channel,
        message_id=tx.random(MESSAGE_ID),
        written_at=int(tx.now),
        thread=thread,
        in_reply_to=in_reply_to,
    )


def sign(
    tx: Tx,
    channel: bytes,
    body: Body,
    *,
    addressees: Sequence[str] = (),
    thread: Thread | None = None,
    in_reply_to: bytes | None = None,
) -> UnverifiedDocument:
    """A document of this authority, signed with its document keys. Raises as `sign_draft`."""
    payload = draft(tx, channel, body, addressees=addressees, thread=thread, in_reply_to=in_reply_to)
    return sign_draft(payload, tx.identity.document_signer())


def sign_draft(payload: Payload, signer: DocumentSigner) -> UnverifiedDocument:
    """The signed document. Needs no transaction, and leaves other threads the processor's other cores meanwhile.

    Raises RefusedInput naming every essential gap with its article, or what else is unsound.
    """
    try:
        return signed_document(payload, signer)
    except MissingEssential as error:
        gaps = tuple(gap.text for gap in error.gaps)
        raise RefusedInput(
            message("the {kind} lacks: {gaps}", kind=in_words(payload.kind), gaps=gaps),
            message("fill in what is missing; each article names what it asks for"),
        ) from None
    except DocumentError as error:
        raise RefusedInput(
            message("the {kind} cannot be signed: {error}", kind=in_words(payload.kind), error=text_of(error)),
            message("correct it and try again"),
        ) from None


def send(tx: Tx, document: UnverifiedDocument, attachments: Sequence[str] = ()) -> None:
    """Enter a document of our own and queue it. Raises NotFound, Conflict where its channel takes nothing.

    `attachments`: ids of its staged files; it is queued once they are at the relay, and others overtake it.
    """
    payload = document.payload
    row = keep(tx, document, Stage.QUEUED)
    if attachments:
        attach(tx, document, attachments)
    else:
        kept = None if row is None else row.row
        enqueue(tx, payload.channel_id, document.envelope, payload.message_id, kept)
    if payload.kind == Evidence.KIND:  # no person wrote it; what it says is told once it stands
        return
    record(
        tx,
        EventKind.DOCUMENT_SENT,
        message("{kind} queued: {title}", kind=in_words(payload.kind), title=title_of(payload)),
        channel=payload.channel_id,
        document=payload.message_id,
        author=tx.authority,
    )
