"""Documents in the log: opened, compared with what they commit to, verified, and handed to who knows their meaning."""

from __future__ import annotations

from typing import Final

from rogatory.keys.errors import UnknownVersion
from rogatory.node.channels.ahead import Looked
from rogatory.node.channels.awaiting import DirectoryAwaited, document_keys, vouch_document
from rogatory.node.channels.closing import close_down
from rogatory.node.channels.commits import Clear
from rogatory.node.channels.hooks import Arrival
from rogatory.node.channels.profile import authority_of
from rogatory.node.channels.seen import check_seen
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, ChannelFailed, Work
from rogatory.node.store import log
from rogatory.protocol.content import Content, SharedContent, check_commitment, decode_content
from rogatory.protocol.declaration import Declaration, decode_declaration
from rogatory.protocol.documents import (
    Amendment,
    Closing,
    Document,
    Leave,
    open_either,
)
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import ChainBroken, ForkDetected, Header
from rogatory.protocol.judgement import VoidDocument
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.opening import ApplicationOpened
from rogatory.protocol.text import message, text_of

JUDGED_BY: Final = frozenset({Amendment.KIND, Leave.KIND, Closing.KIND})
"""By these commits are judged: whether they count must not depend on when a node reads them."""


class NotAcknowledged(ProtocolError):
    """An entry that proves nothing when acknowledged, so it is excepted. Its author's fault, or the relay's."""


def message_entry(
    work: Work, channel: Channel, entry: Entry, body: bytes, clear: Clear, header: Header, looked: Looked | None = None
) -> None:
    """Another member's document; its header joins the log. `looked`: what was found of it before its turn.

    Raises ForkDetected or DirectoryAwaited; nothing changed then.
    """
    group = channel.in_group()
    try:
        declaration = decode_declaration(clear.authenticated_data)
        opened = group.open(body) if looked is None else looked.opened
        if not isinstance(opened, ApplicationOpened):
            raise MalformedError(message("an entry marked as a message holds something else"))
        sender = group.member(opened.sender_leaf)
        author = "" if sender is None else authority_of(sender)
        if author != entry.author:
            work.trouble(
                channel.id,
                Trouble.AUTHOR,
                message(
                    "the relay names {author} as the author of entry {seq}, which {sealer} sealed",
                    author=entry.author,
                    seq=entry.seq,
                    sealer=author,
                ),
            )
            raise NotAcknowledged(message("its author is another than the log says"))
        if declaration.directory.targets > work.tx.directory.targets_version:
            work.tx.output.directory_wanted.add(channel.row.relay)
        check_seen(work, channel, declaration.seen, entry.seq, author)
        content = decode_content(opened.data) if looked is None else looked.content
        document = _document(work, channel, content, author, declaration, looked)
    except ForkDetected:
        raise
    except (MLSError, ProtocolError) as error:
        except_entry(work, channel, entry.seq)
        work.trouble(
            channel.id,
            Trouble.UNREADABLE,
            message(
                "entry {seq} by {author} was not accepted: {error}",
                seq=entry.seq,
                author=entry.author,
                error=text_of(error),
            ),
        )
        channel.advance(header)
        return
    _deliver(work, channel, entry, content, document, declaration, header.hash())
    channel.group = opened.group
    channel.advance(header)
    if document.kind == Closing.KIND:
        close_down(work, channel)


def except_entry(work: Work, channel: Channel, seq: int) -> None:
    """The entry is not covered by this node's acknowledgements."""
    log.except_entries(work.tx.connection, channel.id, [seq])


def _document(
    work: Work, channel: Channel, content: Content, author: str, declaration: Declaration, looked: Looked | None
) -> Document:
    """The verified document; raises ProtocolError, or DirectoryAwaited where its keys are not here yet."""
    if looked is None:
        document = open_either(content.document, document_keys(work.tx.directory, declaration.directory))
    else:
        document = looked.document()
    # What is shared again is older than its entry, and judges nothing for who was there before.
    if document.kind in JUDGED_BY and not isinstance(content, SharedContent):
        vouch_document(work.tx.directory, document.signer, document.key_set, declaration.directory)
    # Shared again, a document may be another's: its own signatures prove whose (DESIGN section 4).
    if document.signer != author and not isinstance(content, SharedContent):
        raise NotAcknowledged(message("its document is signed by {signer}", signer=document.signer))
    if document.payload.channel_id != channel.id:
        raise NotAcknowledged(message("its document belongs to another channel"))
    if document.payload.message_id != content.id:
        raise NotAcknowledged(message("its document has another message id"))
    check_commitment(content, document.digest, declaration.document)
    return document


def _deliver(
    work: Work,
    channel: Channel,
    entry: Entry,
    content: Content,
    document: Document,
    declaration: Declaration,
    head: bytes,
) -> None:
    """Once per author and message id: what is sealed anew or shared again is dropped where it was received."""
    connection = work.tx.connection
    if not log.mark_received(connection, channel.id, document.signer, content.id, entry.seq):
        return
    shared = isinstance(content, SharedContent)
    arrival = Arrival(
        seq=entry.seq,
        author=entry.author,
        time=entry.time,
        message_id=content.id,
        document=document,
        pin=declaration.directory,
        last_pin=channel.last_pin,
        head=head,
        shared=shared,
        original_seq=content.seq if isinstance(content, SharedContent) else None,
        body=entry.body or b"",
        salt=content.salt,
        attachments=tuple(content.attachments),
    )
    try:
        work.hooks.document_arrived(work.tx, channel.id, arrival)
    except VoidDocument as void:
        work.hooks.document_void(work.tx, channel.id, arrival, void)
    except UnknownVersion:
        log.forget_received(connection, channel.id, document.signer, content.id)
        raise DirectoryAwaited from None
    except (ChainBroken, ForkDetected, MalformedError) as error:
        # Of a log these accuse the relay. The document was opened and verified: what is malformed is our doing.
        raise ChannelFailed(channel.id) from error
