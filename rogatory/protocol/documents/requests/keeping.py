"""The limits of what an earlier document says, kept by a later one that uses or hands on what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from rogatory.protocol.documents.base import Payload
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.requests.parts import Confidentiality, Handling, UseLimits
from rogatory.protocol.text import Message, message

MOST_TEXT: Final = 20_000
"""Characters of a text of use limits (`fields.Text`)."""


class Kept(NamedTuple):
    """The fields of a body in which limits stand."""

    use_limits: UseLimits | None
    confidentiality: Confidentiality | None


def dropped_limits(earlier: Payload, later: Any) -> tuple[Message, ...]:
    """The limits of a document (UNTOC 18(5), 18(19), 18(20)) that the body `later` does not keep, a line each."""
    return tuple(_dropped(earlier.body, later))


def keep_limits(earlier: Iterable[Payload], own: Kept) -> Kept:
    """`own` limits and those of all these documents. Raises UnsoundDocument where their texts are too long together."""
    limits = own.use_limits or UseLimits()
    codes, texts, confidentiality = set(limits.handling), [limits.text], own.confidentiality
    for payload in earlier:
        codes |= _codes(payload.body)
        said = _line(" ".join(texts))
        texts += [text for text in _texts(payload.body) if _line(text) not in said]
        confidentiality = confidentiality or getattr(payload.body, "confidentiality", None)
    text = "\n".join(each for each in texts if each.strip())
    if len(text) > MOST_TEXT:
        raise UnsoundDocument(message("the use limits that are to be kept are too long to stand in one document"))
    if not codes and not text:
        return Kept(own.use_limits, confidentiality)
    return Kept(UseLimits(handling=tuple(sorted(codes)), text=text), confidentiality)


def _dropped(earlier: Any, later: Any) -> Iterator[Message]:
    if codes := sorted(_codes(earlier) - _codes(later)):
        yield message("handling {codes}", codes=tuple(code.value for code in codes))
    said = _line(" ".join(_texts(later)))
    for text in _texts(earlier):
        if _line(text) not in said:
            yield message("use limits: {text}", text=_line(text))
    if getattr(earlier, "confidentiality", None) is not None and getattr(later, "confidentiality", None) is None:
        yield message("confidentiality (UNTOC 18(20))")


def _codes(body: Any) -> set[Handling]:
    limits: UseLimits | None = getattr(body, "use_limits", None)
    return set() if limits is None else set(limits.handling)


def _texts(body: Any) -> list[str]:
    """Use limits in words, and restrictions of UNTOC 18(5)."""
    limits: UseLimits | None = getattr(body, "use_limits", None)
    texts = ["" if limits is None else limits.text, getattr(body, "restrictions", "")]
    return [text for text in texts if text.strip()]


def _line(text: str) -> str:
    return " ".join(text.split())
