"""What a relay, or whoever holds its receipts, could pass off as another log, place, time or document."""

from __future__ import annotations

import hashlib
from dataclasses import replace as replaced
from itertools import product
from typing import Any

import msgspec
import pytest

from rogatory.protocol.content import CommitmentMismatch, SentContent, check_commitment, decode_content, encode_content
from rogatory.protocol.content import document_commitment as commitment
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, decode_declaration, encode_declaration
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.header import Form, Header
from rogatory.protocol.merkle import leaf_hash, root_and_paths, root_from_path
from rogatory.protocol.padding import padme
from rogatory.protocol.receipt import Receipt, ReceiptInvalid, Stamped, check_receipt, issue

CHANNEL = b"c" * 32


class WrongKey(ProtocolError):
    """What the directory's verification raises here."""


def sign(data: bytes) -> bytes:
    return hashlib.sha512(b"key" + data).digest()


def verify(signature: bytes, data: bytes) -> None:
    if signature != sign(data):
        raise WrongKey


def batch(count: int) -> list[Receipt]:
    stamped = [Stamped(CHANNEL, seq, bytes([seq]) * 32, 1000 + seq) for seq in range(1, count + 1)]
    return issue("relay.one", stamped, sign)


@pytest.mark.parametrize("count", range(1, 18))
def test_a_receipt_proves_one_place_in_one_batch(count: int) -> None:
    for receipt in batch(count):
        check_receipt(receipt, verify)
        for index, size in product(range(20), range(1, 20)):
            if (index, size) != (receipt.index, receipt.count):
                with pytest.raises((WrongKey, ReceiptInvalid)):
                    check_receipt(msgspec.structs.replace(receipt, index=index, count=size), verify)


def test_a_receipt_serves_no_other_relay_channel_seq_head_or_time() -> None:
    receipt = batch(5)[2]
    forgeries: tuple[dict[str, Any], ...] = (
        {"relay": "relay.two"},
        {"channel": b"d" * 32},
        {"seq": 4},
        {"head": b"x" * 32},
        {"time": 1},
        {"path": []},
        {"path": [*receipt.path, b"n" * 32]},
        {"path": receipt.path[::-1]},
        {"path": [b"short"] * len(receipt.path)},
    )
    for changes in forgeries:
        with pytest.raises((WrongKey, ReceiptInvalid)):
            check_receipt(msgspec.structs.replace(receipt, **changes), verify)


def test_an_inner_node_is_no_leaf() -> None:
    # Else a relay could have "signed" an entry that hashes like two others (RFC 6962 section 2.1).
    leaves = [leaf_hash(bytes([number])) for number in range(4)]
    root, paths = root_and_paths(leaves)
    inner = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert root_from_path(inner, 0, 2, paths[0][1:]) == root  # the tree above it is the same,
    assert inner != leaf_hash(leaves[0] + leaves[1])  # but no data hashes to it as a leaf


def test_headers_with_parts_moved_have_other_hashes() -> None:
    header = Header(CHANNEL, 7, "ke.central", Form.MLS, b"b" * 32, b"p" * 32)
    others = [
        replaced(header, author="ke.centralb", body_hash=b"b" * 31 + b"p", previous=b"p" * 32),
        replaced(header, author="ke.centra", body_hash=b"l" + b"b" * 31),
        replaced(header, body_hash=header.previous, previous=header.body_hash),
        replaced(header, form=Form.REJOIN),
        replaced(header, seq=8),
        replaced(header, channel=b"d" * 32),
    ]
    assert len({each.hash() for each in [header, *others]}) == len(others) + 1
    for broken in (replaced(header, body_hash=b"b" * 33), replaced(header, author="k" * 65), replaced(header, seq=0)):
        with pytest.raises(MalformedError):
            broken.hash()


def test_a_commitment_opens_to_one_document() -> None:
    salt, digest = b"s" * 32, b"d" * 32
    declared = commitment(salt, digest)
    content = SentContent(b"i" * 16, salt, b"{}")
    check_commitment(content, digest, declared)
    salted_anew = msgspec.structs.replace(content, salt=b"t" * 32)
    for opening in ((salted_anew, digest, declared), (content, b"e" * 32, declared), (content, digest, None)):
        with pytest.raises(CommitmentMismatch):
            check_commitment(*opening)
    # Bytes do not wander between salt and digest: a salt has one length.
    for length in (0, 31, 33, 64):
        with pytest.raises(MalformedError):
            decode_content(encode_content(msgspec.structs.replace(content, salt=b"s" * length)))


@pytest.mark.parametrize(
    "access",
    [
        ["ke.central\x00tz.central"],
        ["ke.central", "ke.central "],
        ["KE.central", "ke.central"],
        ["ke.central", "tz.central\n"],
        ["ke.cеntral"],
    ],
)
def test_an_access_list_has_one_reading(access: list[str]) -> None:
    # Members and relay compare digests of the names joined by zero bytes.
    declaration = Declaration(DirectoryPin(1), Seen(0, b"h" * 32), access=sorted(access))
    with pytest.raises(MalformedError):
        decode_declaration(encode_declaration(declaration))


def test_lengths_tell_apart_no_more_than_padme_says() -> None:
    shown = {padme(length) for length in range(1, 100_001)}
    assert len(shown) < 180
    assert all(padme(length) == length for length in shown)
