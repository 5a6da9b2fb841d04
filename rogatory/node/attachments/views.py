"""Attachments as an officer sees them."""

from __future__ import annotations

import msgspec

from rogatory.node.store.attachments import AttachmentState


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that can be named by a document once. `attachment`: its id."""

    attachment: str
    name: str
    media_type: str
    size: int
    sha256: str


class AttachmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A document's file. `number` counts from 1; `state` is None where the document names it and nobody sent it.

    `done` of `total` bytes have been transferred, padding included, while it is under way; `waits`: until when.
    """

    number: int
    name: str
    title: str
    media_type: str
    size: int
    sha256: str
    state: AttachmentState | None = None
    problem: str | None = None
    done: int | None = None
    total: int | None = None
    waits: str | None = None
