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
from rogatory.protocol.documents import Document, KeysOf, open_either
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import Form
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.opening import ApplicationOpened

FEW: Final = 4
"""Entries of a frame for which looking ahead is not worth its while."""
SHARE: Final = 8
"""Documents that a helper is given together: to hand one over costs as much as the tenth part of verifying it."""


@dataclass(frozen=True, slots=True)
class _Open:
    """A message opened before its turn, whose document is still to be verified."""

    seq: int
    opened: ApplicationOpened[Group]
    content: Content
    keys_of: KeysOf


@dataclass(frozen=True, slots=True)
class Looked:
    """A message opened before its turn. Its document is the one at `place` in what a helper was given together."""

    opened: ApplicationOpened[Group]
    content: Content
    keys_of: KeysOf
    share: Future[list[Document]]
    place: int

    def document(self) -> Document:
        """The verified document, as soon as it is. Raises as `open_either`, or DirectoryAwaited."""
        if self.share.exception() is None:
            return self.share.result()[self.place]
        return open_either(self.content.document, self.keys_of)  # one of them is unsound: this one, or another


def look_ahead(work: Work, channel: Channel, entries: Sequence[Entry], helpers: Executor) -> dict[int, Looked]:
    """Others' messages by seq, as far as the present epoch's keys open them, up to the first that is anything else."""
    if len(entries) < FEW or channel.group is None or work.tx.known_directory is None:
        return {}
    group = channel.group
    found: dict[int, Looked] = {}
    waiting: list[_Open] = []
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
        waiting.append(_Open(entry.seq, opened, content, document_keys(work.tx.directory, pin)))
        group = opened.group
        if len(waiting) == SHARE:
            found |= _hand_over(waiting, helpers)
            waiting = []
    return found | _hand_over(waiting, helpers)


def _hand_over(share: Sequence[_Open], helpers: Executor) -> dict[int, Looked]:
    if not share:
        return {}
    documents = helpers.submit(_open_each, share)
    return {
        each.seq: Looked(each.opened, each.content, each.keys_of, documents, place) for place, each in enumerate(share)
    }


def _open_each(share: Sequence[_Open]) -> list[Document]:
    return [open_either(each.content.document, each.keys_of) for each in share]
