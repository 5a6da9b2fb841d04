"""The relay's receipts: what they prove, and that nothing else passes for one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.receipt import (
    MAX_PATH,
    Receipt,
    ReceiptInvalid,
    Stamped,
    check_receipt,
    issue,
    issue_together,
)

KEY = SigningKey(b"k" * 32)


@dataclass
class Signer:
    """Counts what it signs."""

    signed: list[bytes] = field(default_factory=list)

    def __call__(self, data: bytes) -> bytes:
        self.signed.append(data)
        return KEY.sign(data).signature


def verify(signature: bytes, data: bytes) -> None:
    try:
        KEY.verify_key.verify(data, signature)
    except (BadSignatureError, ValueError):
        raise ReceiptInvalid("not the relay's signature") from None


def stamped(count: int) -> list[Stamped]:
    return [Stamped(bytes([number]) * 32, number + 1, b"h" * 32, 1_790_000_000_000) for number in range(count)]


RECEIPTS = issue("relay.nairobi", stamped(5), Signer())


@pytest.mark.parametrize("count", [1, 2, 5, 64])
def test_one_signature_serves_all_receipts_of_a_commit(count: int) -> None:
    signer = Signer()
    receipts = issue("relay.nairobi", stamped(count), signer)
    assert len(signer.signed) == 1
    assert [receipt.seq for receipt in receipts] == list(range(1, count + 1))
    for receipt in receipts:
        check_receipt(receipt, verify)


@pytest.mark.parametrize(
    "changes",
    [
        {"relay": "relay.arusha"},
        {"channel": b"x" * 32},
        {"channel": b"x" * 31},
        {"seq": 99},
        {"seq": 0},
        {"seq": 1 << 63},
        {"head": b"x" * 32},
        {"head": b"short"},
        {"time": 1},
        {"time": -1},
        {"index": 1},
        {"index": -1},
        {"index": 5},
        {"count": 4},
        {"count": 0},
        {"count": 1 << 62},
        {"path": []},
        {"path": [b"short"]},
        {"path": [bytes(32)] * (MAX_PATH + 1)},
        {"signature": bytes(64)},
        {"signature": b""},
        {"relay": "x" * 70_000},
        {"relay": ""},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_changed_receipt_proves_nothing(changes: dict[str, object]) -> None:
    check_receipt(RECEIPTS[2], verify)
    with pytest.raises(ReceiptInvalid):
        check_receipt(msgspec.structs.replace(RECEIPTS[2], **changes), verify)


@pytest.mark.parametrize("sizes", [[1], [7], [3, 1, 5], [1] * 9])
def test_receipts_in_one_frame_are_the_same_receipts(sizes: list[int]) -> None:
    signer, all_stamped = Signer(), stamped(sum(sizes))
    groups = [all_stamped[sum(sizes[:number]) :][:size] for number, size in enumerate(sizes)]
    together = issue_together("relay.nairobi", groups, signer)
    assert len(signer.signed) == 1
    assert [receipt for group in together for receipt in group.each()] == issue("relay.nairobi", all_stamped, Signer())


@pytest.mark.parametrize(
    "changes",
    [
        {"siblings": []},
        {"siblings": [b"short"] * 3},
        {"siblings": [bytes(32)] * 1000},
        {"first": 7},
        {"count": 1 << 62},
        {"count": 0},
        {"stamped": []},
        {"stamped": [Stamped(b"short", 1, bytes(32), 1)]},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_receipts_of_the_wrong_shape_are_refused(changes: dict[str, object]) -> None:
    receipts = issue_together("relay.nairobi", [stamped(3), stamped(4)], Signer())[1]
    with pytest.raises(ReceiptInvalid):
        msgspec.structs.replace(receipts, **changes).each()


def test_a_path_of_another_receipt_does_not_serve() -> None:
    with pytest.raises(ReceiptInvalid):
        check_receipt(msgspec.structs.replace(RECEIPTS[2], path=RECEIPTS[3].path), verify)


def test_out_of_bounds_is_not_stamped() -> None:
    for changes in ({"head": b"short"}, {"seq": 0}, {"time": -1}, {"channel": b"short"}):
        with pytest.raises(MalformedError):
            msgspec.structs.replace(stamped(1)[0], **changes).leaf()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mutated_receipts_are_refused(data: st.DataObject) -> None:
    valid = msgspec.msgpack.encode(RECEIPTS[1])
    position = data.draw(st.integers(0, len(valid) - 1))
    mutated = bytearray(valid)
    mutated[position] ^= data.draw(st.integers(1, 255))
    with suppress(msgspec.MsgspecError, UnicodeDecodeError):
        receipt = msgspec.msgpack.decode(bytes(mutated), type=Receipt)
        if receipt != RECEIPTS[1]:
            with pytest.raises(ProtocolError):
                check_receipt(receipt, verify)
