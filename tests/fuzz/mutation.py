"""Bytes to try a decoder with: any, valid ones with changes, and what claims to be more than it is."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st

# Claims of length: MLS varints, MessagePack headers of binary, strings, arrays and maps, each the largest there is.
CLAIMS = tuple(
    bytes.fromhex(claim)
    for claim in (
        "3f",
        "7fff",
        "bfffffff",
        "ffffffff",
        "ffffffffffffffff",
        "c6ffffffff",
        "dbffffffff",
        "ddffffffff",
        "dfffffffff",
        "dcffff",
        "deffff",
    )
)
FILLERS = (b"\x00", b"\x01", b"\x02", b"\x40\x00", b"\x81", b"\x91", b"\xa0", b"\xc0", b"[", b'{"a":', b"\xff")


def padding(filler: bytes, length: int) -> bytes:
    return (filler * (length // len(filler) + 1))[:length]


def as_mls_vector(body: bytes) -> bytes:
    return (len(body) | 0x8000_0000).to_bytes(4, "big") + body


bombs: st.SearchStrategy[bytes] = st.builds(
    lambda head, filler, length, wrap: wrap(head + padding(filler, length)),
    st.one_of(st.just(b""), st.sampled_from(CLAIMS), st.binary(max_size=8)),
    st.sampled_from(FILLERS),
    st.sampled_from([64, 4096, 60_000]),
    st.sampled_from([bytes, as_mls_vector]),
)


@st.composite
def mutations(draw: st.DrawFn, examples: Sequence[bytes]) -> bytes:
    """A valid encoding with one to four changes."""
    data = bytearray(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(1, 40))
        kind = draw(st.integers(0, 6))
        if kind == 0 and at < len(data):
            data[at] ^= 1 << (length % 8)
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = draw(st.binary(min_size=1, max_size=8))
        elif kind == 3:
            data[at:at] = data[at : at + length]
        elif kind == 4:
            claim = draw(st.sampled_from(CLAIMS))
            data[at : at + len(claim)] = claim
        elif kind == 5:
            other = draw(st.sampled_from(examples))
            data[at:] = other[draw(st.integers(0, len(other))) :]
        else:
            del data[at:]
    return bytes(data)
