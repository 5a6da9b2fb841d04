"""Looking ahead in a frame of entries: what needs no turn in the log is done by other threads meanwhile.

Signatures cost most of reading a document, and a processor has several cores. Keys are used up in the order of the log,
so messages are decrypted here one after the other; whether their documents are signed is found out beside. Nothing is
decided: every entry is taken in its turn, and gets or raises there what it would have without.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Final

from rogatory.node.channels.awaiting import document_keys
from rogatory.node.channels.commits import peek_entry
from rogatory.node.channels.work import Channel, Work
from rogatory.protocol.content import Content, decode_content
from rogatory.protocol.declaration import decode_declaration
from rogatory.protocol.documents import Document, open_either
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import Form
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.opening import ApplicationOpened

FEW: Final = 4
"""Entries of a frame for which looking ahead is not worth its while."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A message opened before its turn; `document` raises as `open_either`, or DirectoryAwaited."""

    opened: ApplicationOpened[Group]
    content: Content
    document: Future[Document]


def look_ahead(work: Work, channel: Channel, entries: Sequence[Entry], helpers: Executor) -> dict[int, Looked]:
    """Others' messages by seq, as far as the present epoch's keys open them, up to the first that is anything else."""
    found: dict[int, Looked] = {}
    if len(entries) < FEW or channel.group is None or work.tx.known_directory is None:
        return found
    group = channel.group
    for entry in entries:
        if entry.author == work.tx.authority:
            continue
        if entry.form is not Form.MLS or entry.body is None:
            break
        clear = peek_entry(channel, entry, entry.body)
        if clear is None or clear.is_commit or clear.epoch != group.epoch:
            break
        try:
            opened = group.open(entry.body)
            if not isinstance(opened, ApplicationOpened):
                break
            pin = decode_declaration(clear.authenticated_data).directory
            content = decode_content(opened.data)
        except (MLSError, MalformedError):
            break
        keys_of = document_keys(work.tx.directory, pin)
        found[entry.seq] = Looked(opened, content, helpers.submit(open_either, content.document, keys_of))
        group = opened.group
    return found
