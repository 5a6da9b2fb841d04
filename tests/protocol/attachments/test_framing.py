"""Files in chunks: they come back, whatever was changed is noticed, and the error says by whom."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)

from rogatory.protocol.attachments import (
    CHUNK,
    MAX_ATTACHMENT,
    AttachmentAltered,
    AttachmentReference,
    AttachmentUnsound,
    Layout,
    Opener,
    Sealer,
)
from rogatory.protocol.padding import padme

BLOB = b"b" * 32
KEY = b"k" * 32


def seal(content: bytes) -> tuple[AttachmentReference, bytes]:
    """The reference to a file and its blob."""
    sealer, chunks, at = Sealer(len(content), os.urandom(32)), [], 0
    while not sealer.done:
        wanted = sealer.wanted()
        chunks.append(sealer.seal(content[at : at + wanted]))
        at += wanted
    return sealer.reference(BLOB), b"".join(chunks) + sealer.hashes


def opened(reference: AttachmentReference, size: int, blob: bytes) -> bytes:
    """The file in a blob. Raises AttachmentError."""
    layout = Layout(size)
    opener = Opener(reference, size, blob[layout.sealed :])
    content = b""
    for chunk in range(layout.whole(len(blob[: layout.sealed]))):
        content += opener.open(blob[layout.start(chunk) : layout.start(chunk) + layout.length(chunk)])
    opener.finish()
    return content


@pytest.mark.parametrize(
    "size", [0, 1, 255, 256, 257, 100_000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 65_537]
)
def test_a_file_comes_back_and_its_blob_tells_only_a_padded_length(size: int) -> None:
    content = os.urandom(size)
    reference, blob = seal(content)
    assert len(blob) == Layout(size).blob == Layout(padme(size)).blob
    assert reference.sha256 == hashlib.sha256(content).digest()
    assert opened(reference, size, blob) == content
    assert KEY not in repr(reference).encode()


@given(st.integers(0, MAX_ATTACHMENT))
def test_chunks_fill_the_blob_without_gaps(size: int) -> None:
    layout = Layout(size)
    last = layout.chunks - 1
    assert layout.start(last) + layout.length(last) == layout.sealed
    assert layout.blob == layout.sealed + 32 * layout.chunks
    assert layout.whole(layout.start(last)) == last
    assert layout.whole(layout.sealed) == layout.chunks
    assert layout.whole(layout.sealed - 1) == last


@pytest.mark.parametrize("size", [-1, MAX_ATTACHMENT + 1])
def test_sizes_beyond_the_limit_are_refused(size: int) -> None:
    with pytest.raises(ValueError):
        Layout(size)


CONTENT = os.urandom(2 * CHUNK + 1000)
REFERENCE, SEALED = seal(CONTENT)


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_any_bit_that_a_relay_changes_is_told_as_altered(at: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[at] ^= 1 << bit
    with pytest.raises(AttachmentAltered):
        opened(REFERENCE, len(CONTENT), bytes(changed))


def test_chunks_in_another_order_are_told_as_altered() -> None:
    length = Layout(len(CONTENT)).length(0)
    swapped = SEALED[length : 2 * length] + SEALED[:length] + SEALED[2 * length :]
    with pytest.raises(AttachmentAltered, match="chunk 0"):
        opened(REFERENCE, len(CONTENT), swapped)


def test_a_file_that_ends_too_early_is_told_as_altered() -> None:
    layout = Layout(len(CONTENT))
    opener = Opener(REFERENCE, len(CONTENT), SEALED[layout.sealed :])
    opener.open(SEALED[: layout.length(0)])
    with pytest.raises(AttachmentAltered, match="ends after 1 of 3"):
        opener.finish()


def test_another_file_under_the_reference_is_told_as_altered() -> None:
    _, other = seal(os.urandom(len(CONTENT)))
    with pytest.raises(AttachmentAltered, match="hashes"):
        opened(REFERENCE, len(CONTENT), other)


def test_a_file_that_the_document_does_not_name_is_its_authors_fault() -> None:
    for changed in (
        AttachmentReference(b"x" * 32, BLOB, REFERENCE.key, REFERENCE.header, REFERENCE.hashes),
        AttachmentReference(REFERENCE.sha256, BLOB, b"x" * 32, REFERENCE.header, REFERENCE.hashes),
        AttachmentReference(REFERENCE.sha256, BLOB, REFERENCE.key, b"x" * 24, REFERENCE.hashes),
    ):
        with pytest.raises(AttachmentUnsound):
            opened(changed, len(CONTENT), SEALED)


def test_another_size_than_was_sealed_is_its_authors_fault() -> None:
    reference, blob = seal(b"x" * 2000)
    layout = Layout(CHUNK * 3)
    with pytest.raises(AttachmentUnsound, match="number of chunks"):
        Opener(reference, CHUNK * 3, blob[-32:])
    assert layout.chunks == 3
    with pytest.raises(AttachmentUnsound):
        opened(reference, 1999, blob)


def sealed_by_hand(chunks: list[tuple[bytes, int]], sha256: bytes) -> tuple[AttachmentReference, bytes]:
    """What a dishonest author could seal: any bytes, any tags."""
    state = crypto_secretstream_xchacha20poly1305_state()
    header = crypto_secretstream_xchacha20poly1305_init_push(state, KEY)
    sealed = [crypto_secretstream_xchacha20poly1305_push(state, data, tag=tag) for data, tag in chunks]
    hashes = b"".join(hashlib.sha256(chunk).digest() for chunk in sealed)
    reference = AttachmentReference(sha256, BLOB, KEY, header, hashlib.sha256(hashes).digest())
    return reference, b"".join(sealed) + hashes


@pytest.mark.parametrize(
    ("chunk", "tag"),
    [(bytes(256), 0), (b"x" + bytes(254) + b"!", 3)],
    ids=["no end", "bytes in the padding"],
)
def test_what_no_honest_author_seals_is_refused(chunk: bytes, tag: int) -> None:
    reference, blob = sealed_by_hand([(chunk, tag)], hashlib.sha256(chunk[:1]).digest())
    with pytest.raises(AttachmentUnsound):
        opened(reference, 1, blob)


def test_a_sealer_takes_exactly_what_it_asks_for() -> None:
    sealer = Sealer(CHUNK + 5, KEY)
    for wrong in (b"", bytes(CHUNK - 1), bytes(CHUNK + 1)):
        with pytest.raises(ValueError):
            sealer.seal(wrong)
    with pytest.raises(ValueError):
        sealer.reference(BLOB)
