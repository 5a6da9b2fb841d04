"""Limits of an earlier document in a later one: what is dropped, and how they are kept."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rogatory.protocol.documents import (
    FORMS,
    Confidentiality,
    Handling,
    Kept,
    Payload,
    UnsoundDocument,
    UseLimits,
    dropped_limits,
    keep_limits,
    template_of,
)
from tests.protocol.examples import payload

NOTHING = Kept(None, None)


def of(form: str = "mutual_legal_assistance", **fields: Any) -> Payload:
    return payload(msgspec.convert(template_of(form) | fields, FORMS[form]))


def limits(text: str = "", *codes: str) -> dict[str, Any]:
    return {"use_limits": {"handling": list(codes), "text": text}}


LIMITED = [
    of(**limits("", "H1")),
    of(**limits("For one case.", "H1", "H3")),
    of(**limits("For one case.")),
    of(confidentiality={}),
    of("spontaneous_information", restrictions="Keep the source\nsecret."),
    of("spontaneous_information", restrictions="Secret.", confidentiality={"reason": "a life"}, **limits("x", "H2")),
]


@pytest.mark.parametrize("earlier", LIMITED, ids=range(len(LIMITED)))
def test_what_is_dropped_is_told_and_what_is_kept_is_not(earlier: Payload) -> None:
    assert dropped_limits(earlier, of().body)
    kept = keep_limits([earlier], NOTHING)
    later = of(**{name: value for name, value in msgspec.to_builtins(kept._asdict()).items() if value is not None})
    assert dropped_limits(earlier, later.body) == ()
    assert keep_limits([earlier], kept) == kept
    assert keep_limits([earlier, earlier], NOTHING) == kept


def test_nothing_limited_is_nothing_dropped() -> None:
    for earlier in (of(), of(**limits(" \n")), of("spontaneous_information", restrictions=" ")):
        assert dropped_limits(earlier, of().body) == ()
        assert keep_limits([earlier], NOTHING) == NOTHING


def test_own_limits_stay_and_those_of_all_documents_are_added() -> None:
    own = Kept(UseLimits(handling=(Handling.H2,), text="Own."), None)
    kept = keep_limits(LIMITED, own)
    assert kept.confidentiality == Confidentiality()
    assert kept.use_limits is not None
    assert kept.use_limits.handling == (Handling.H1, Handling.H2, Handling.H3)
    assert kept.use_limits.text.splitlines() == ["Own.", "For one case.", "Keep the source", "secret.", "x", "Secret."]
    assert not any(dropped_limits(earlier, of(**msgspec.to_builtins(kept._asdict())).body) for earlier in LIMITED)


def test_texts_are_never_cut() -> None:
    long = of(**limits("a" * 15_000)), of(**limits("b" * 15_000))
    with pytest.raises(UnsoundDocument, match="too long"):
        keep_limits(long, NOTHING)
    fitting = keep_limits(long[:1], NOTHING)
    assert fitting.use_limits is not None
    assert len(fitting.use_limits.text) == 15_000
