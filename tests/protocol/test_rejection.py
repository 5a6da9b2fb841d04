"""Rejections: what a relay signs when it refuses entries, and that nothing of it can be changed."""

from __future__ import annotations

import msgspec
import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.server import Code
from rogatory.protocol.rejection import FINAL, RefusedEntry, Rejection, RejectionInvalid, check_rejection, reject

KEY = SigningKey(bytes(32))


def refused(number: int) -> RefusedEntry:
    return RefusedEntry(bytes(32), "ke.central", bytes([number]) * 32, "too_large", 1_790_000_000_000 + number)


def sign(data: bytes) -> bytes:
    return KEY.sign(data).signature


def verify(signature: bytes, data: bytes) -> None:
    try:
        KEY.verify_key.verify(data, signature)
    except BadSignatureError:
        raise RejectionInvalid("forged") from None


@pytest.mark.parametrize("count", [1, 2, 5])
def test_all_that_was_refused_together_is_proven_by_one_signature(count: int) -> None:
    rejections = reject("relay.one", [refused(number) for number in range(count)], sign)
    assert len({each.signature for each in rejections}) == 1
    for each in rejections:
        check_rejection(each, verify)
        check_rejection(msgspec.msgpack.decode(msgspec.msgpack.encode(each), type=Rejection), verify)


@pytest.mark.parametrize(
    "change",
    [
        {"relay": "relay.two"},
        {"index": 1},
        {"count": 4},
        {"path": []},
        {"signature": bytes(64)},
        {"refused": refused(9)},
        {"refused": msgspec.structs.replace(refused(0), code="quota")},
        {"refused": msgspec.structs.replace(refused(0), author="tz.central")},
        {"refused": msgspec.structs.replace(refused(0), time=5)},
        {"refused": msgspec.structs.replace(refused(0), channel=b"\x01" * 32)},
        {"refused": msgspec.structs.replace(refused(0), channel=b"short")},
    ],
)
def test_nothing_of_a_rejection_can_be_changed(change: dict[str, object]) -> None:
    good = reject("relay.one", [refused(number) for number in range(3)], sign)[0]
    with pytest.raises(RejectionInvalid):
        check_rejection(msgspec.structs.replace(good, **change), verify)


def test_out_of_bounds_nothing_is_signed() -> None:
    with pytest.raises(MalformedError):
        reject("relay.one", [msgspec.structs.replace(refused(0), body_hash=b"")], sign)


def test_every_final_code_is_one_of_the_links() -> None:
    assert {code.value for code in Code} >= FINAL
