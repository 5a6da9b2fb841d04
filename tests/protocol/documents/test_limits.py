"""How what is said may be used stands beside it, signed."""

from __future__ import annotations

import msgspec
import pytest

from rogatory.protocol.documents import (
    FORMS,
    Confidentiality,
    Handling,
    MissingEssential,
    UseLimits,
    limits_of,
    sign_document,
    template_of,
)
from tests.protocol.examples import BODIES, KENYA, bank_records, payload


def test_limits_of_a_request_are_told_in_lines() -> None:
    limits = UseLimits(handling=(Handling.H1, Handling.H3), text="Only for\nthe case named.")
    request = bank_records(use_limits=limits, confidentiality=Confidentiality(reason="The suspect does not know."))
    assert limits_of(payload(request)) == (
        "HANDLING H1, H3 (set by ke.central)",
        "USE LIMITS (set by ke.central): Only for the case named.",
        "CONFIDENTIAL, asks ke.central (UNTOC 18(20)): The suspect does not know.",
    )


def test_restrictions_on_spontaneous_information_are_told() -> None:
    given = template_of("spontaneous_information") | {"restrictions": "Not in court."}
    body = msgspec.convert(given, FORMS["spontaneous_information"])
    assert limits_of(payload(body)) == ("RESTRICTED, says ke.central (UNTOC 18(5)): Not in court.",)


def test_a_reply_limits_the_use_of_what_it_carries() -> None:
    limited = msgspec.structs.replace(BODIES["reply"], use_limits=UseLimits(handling=(Handling.H2,)))
    assert limits_of(payload(limited)) == ("HANDLING H2 (set by ke.central)",)
    assert sign_document(payload(limited), KENYA)
    unsaid = msgspec.structs.replace(BODIES["reply"], use_limits=UseLimits(handling=(Handling.H3,)))
    with pytest.raises(MissingEssential, match=r"18\(19\)"):
        sign_document(payload(unsaid), KENYA)


@pytest.mark.parametrize("kind", sorted(set(BODIES) - {"request"}))
def test_what_sets_no_limits_says_none(kind: str) -> None:
    assert limits_of(payload(BODIES[kind])) == ()
