"""Answers of a timestamping authority, good and bad."""

from __future__ import annotations

import pytest

from rogatory.keys.errors import RefusedFile
from rogatory.keys.timestamps import TimestampRefused, check_timestamp, read_roots, request_for
from rogatory.protocol.timestamp import MAX_RESPONSE, stamped_bytes
from tests.node.timestamping.authority import Fault, TimeAuthority

NOW = 1_790_000_000
DATA = stamped_bytes(bytes(32), 9, bytes(32))


@pytest.fixture(scope="module")
def authority() -> TimeAuthority:
    return TimeAuthority(NOW)


def test_a_good_answer_proves_its_time(authority: TimeAuthority) -> None:
    request = request_for(DATA)
    stamped = check_timestamp(authority.answer(request.as_bytes()), DATA, read_roots(authority.pem), request.nonce)
    assert stamped.at == NOW
    assert stamped.issuer == "CN=Time Root"


@pytest.mark.parametrize("fault", Fault)
def test_a_bad_answer_is_refused(authority: TimeAuthority, fault: Fault) -> None:
    request = request_for(DATA)
    response = authority.answer(request.as_bytes(), fault)
    with pytest.raises(TimestampRefused):
        check_timestamp(response, DATA, read_roots(authority.pem), request.nonce)


def test_of_another_head_or_by_another_authority_it_proves_nothing(authority: TimeAuthority) -> None:
    response = authority.answer(request_for(DATA).as_bytes())
    other = TimeAuthority(NOW)
    for data, pem in ((stamped_bytes(bytes(32), 8, bytes(32)), authority.pem), (DATA, other.pem)):
        with pytest.raises(TimestampRefused):
            check_timestamp(response, data, read_roots(pem))
    for bad in (b"", b"0\x00", bytes(MAX_RESPONSE + 1), response[:-1]):
        with pytest.raises(TimestampRefused):
            check_timestamp(bad, DATA, read_roots(authority.pem))


def test_roots_are_pem() -> None:
    with pytest.raises(RefusedFile):
        read_roots(b"nothing")
