"""Padme: message lengths leak O(log log L) bits, at most 12 per cent are added.

Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files and
Communication with PURBs", PoPETs 2019(4), section 4.3 and algorithm 1.
"""

from __future__ import annotations

from typing import Final

MINIMUM: Final = 256
"""Bytes: short answers all look alike."""


def padme(length: int) -> int:
    """The length that `length` bytes are padded to; at least MINIMUM. Serves MLS as `pad_to`."""
    if length < 0:
        raise ValueError("a length is not negative")
    if length <= MINIMUM:
        return MINIMUM
    exponent = length.bit_length() - 1
    kept = exponent.bit_length()  # floor(log2(exponent)) + 1
    mask = (1 << (exponent - kept)) - 1
    return (length + mask) & ~mask
