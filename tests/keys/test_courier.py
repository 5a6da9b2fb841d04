"""Courier files: whole, by whom they say, for whom they say, or refused."""

from __future__ import annotations

import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.keys.courier import (
    CHUNK,
    MAX_RECORD,
    Answer,
    Carried,
    Direction,
    DirectoryPart,
    Record,
    Sealer,
    Slip,
    request_digest,
    unseal,
    verified,
    without_ref,
)
from rogatory.keys.errors import CourierRefused
from rogatory.keys.identity import Ed25519Key
from rogatory.protocol.frames.client import FetchChannels

RELAY, AUTHORITY, STRANGER = (Ed25519Key(bytes([number]) * 32) for number in (1, 2, 3))
SLIP = Slip(Direction.TO_RELAY, "relay.one", "ke.central", 1, 7)


def sealed(*records: Record, slip: Slip = SLIP, by: Ed25519Key = AUTHORITY, reader: Ed25519Key = RELAY) -> bytes:
    sealer = Sealer(reader.public, slip, by.sign)
    return b"".join([sealer.begin(), *(sealer.add(record) for record in records), sealer.finish()])


def opened(data: bytes, direction: Direction = Direction.TO_RELAY, seed: bytes = RELAY.seed) -> tuple[Slip, bytes]:
    return verified(io.BytesIO(data), seed, direction, lambda slip, bundle: AUTHORITY.public)


WHOLE = sealed(Carried(bytes(3 * CHUNK)), DirectoryPart(b"one "), DirectoryPart(b"bundle"), Answer(bytes(32), b"frame"))


def test_what_was_sealed_is_read_in_order() -> None:
    assert opened(WHOLE) == (SLIP, b"one bundle")
    records = list(unseal(io.BytesIO(WHOLE), RELAY.seed))
    assert records[0] == SLIP
    assert [type(record).__name__ for record in records[1:]] == [
        "Carried", "DirectoryPart", "DirectoryPart", "Answer", "Signature"
    ]  # fmt: skip


@pytest.mark.parametrize("number", [-1, 1 << 63])
def test_a_number_that_no_database_holds_is_refused_before_anything_is_used(number: int) -> None:
    for slip in (
        msgspec.structs.replace(SLIP, number=number),
        msgspec.structs.replace(SLIP, key_set=number),
        msgspec.structs.replace(SLIP, answers=number),
    ):
        with pytest.raises(CourierRefused):
            opened(sealed(slip=slip))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_that_was_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(CourierRefused):
        opened(WHOLE[:length])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_file_that_was_changed_anywhere_is_refused(place: int, change: int) -> None:
    with pytest.raises(CourierRefused):
        opened(WHOLE[:place] + bytes([WHOLE[place] ^ change]) + WHOLE[place + 1 :])


def test_a_file_that_goes_on_after_its_end_is_refused() -> None:
    with pytest.raises(CourierRefused, match="end where it should"):
        opened(WHOLE + b"\0")


def test_a_file_for_another_reader_is_refused() -> None:
    with pytest.raises(CourierRefused, match="somebody else"):
        opened(WHOLE, seed=STRANGER.seed)


def test_a_file_by_another_than_it_names_is_refused() -> None:
    with pytest.raises(CourierRefused, match="not signed by who it names"):
        opened(sealed(by=STRANGER))


def test_a_file_that_goes_the_other_way_is_refused() -> None:
    with pytest.raises(CourierRefused, match="goes to relay"):
        opened(WHOLE, Direction.TO_AUTHORITY)


def test_a_signature_of_one_direction_is_none_of_the_other() -> None:
    slip = msgspec.structs.replace(SLIP, direction=Direction.TO_AUTHORITY)
    other_label = sealed(slip=slip)
    assert opened(other_label, Direction.TO_AUTHORITY)[0] == slip
    with pytest.raises(CourierRefused):
        opened(other_label, Direction.TO_RELAY)


def test_a_file_that_does_not_begin_with_its_slip_is_refused() -> None:
    class Headless(Sealer):
        def add(self, record: Record) -> bytes:
            return b"" if isinstance(record, Slip) else super().add(record)

    sealer = Headless(RELAY.public, SLIP, AUTHORITY.sign)
    with pytest.raises(CourierRefused, match="begin with whose it is"):
        opened(sealer.begin() + sealer.add(Carried(b"frame")) + sealer.finish())


def test_a_record_over_the_limit_is_not_written() -> None:
    with pytest.raises(ValueError, match="limit"):
        sealed(Carried(bytes(MAX_RECORD)))


def test_a_request_is_told_by_its_frame_whatever_its_number() -> None:
    one, other = without_ref(FetchChannels(5, b"after")), without_ref(FetchChannels(9, b"after"))
    assert request_digest(one) == request_digest(other)
    assert request_digest(one) != request_digest(without_ref(FetchChannels(5, b"")))
