"""Pre-shared keys (RFC 9420 section 8.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from .codec import Reader, Structure, opaque, uint8, uint16, uint64
from .errors import MLSDecodeError, PskUnavailable
from .suite import CipherSuite

_EXTERNAL = 1
_RESUMPTION = 2


class ResumptionUsage(IntEnum):
    APPLICATION = 1
    REINIT = 2
    BRANCH = 3


@dataclass(frozen=True, slots=True)
class ResumptionPsk:
    """Names the resumption key of an epoch of a group."""

    usage: ResumptionUsage
    group_id: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class PreSharedKeyID(Structure):
    """`source` is an external key's id, or the epoch whose resumption key is meant."""

    source: bytes | ResumptionPsk
    nonce: bytes

    @classmethod
    def read(cls, reader: Reader) -> PreSharedKeyID:
        kind = reader.uint8()
        source: bytes | ResumptionPsk
        if kind == _EXTERNAL:
            source = reader.opaque()
        elif kind == _RESUMPTION:
            usage = reader.uint8()
            if usage not in ResumptionUsage.__members__.values():
                raise MLSDecodeError(f"a resumption key's usage {usage} is not known")
            source = ResumptionPsk(ResumptionUsage(usage), reader.opaque(), reader.uint64())
        else:
            raise MLSDecodeError(f"a pre-shared key's type {kind} is not known")
        return cls(source, reader.opaque())

    def encode(self) -> bytes:
        if isinstance(self.source, bytes):
            source = uint8(_EXTERNAL) + opaque(self.source)
        else:
            named = self.source
            source = uint8(_RESUMPTION) + uint8(named.usage) + opaque(named.group_id) + uint64(named.epoch)
        return source + opaque(self.nonce)


@dataclass(frozen=True, slots=True)
class PskStore:
    """The keys at hand: external ones by id, resumption ones by group id and epoch."""

    external: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    resumption: Mapping[tuple[bytes, int], bytes] = field(default_factory=dict, repr=False)

    def with_resumption(self, group_id: bytes, epoch: int, key: bytes) -> PskStore:
        return replace(self, resumption={**self.resumption, (group_id, epoch): key})

    def find(self, key_id: PreSharedKeyID) -> bytes:
        """Raises PskUnavailable."""
        source = key_id.source
        if isinstance(source, bytes):
            key = self.external.get(source)
        else:
            key = self.resumption.get((source.group_id, source.epoch))
        if key is None:
            raise PskUnavailable("external" if isinstance(source, bytes) else f"epoch {source.epoch}")
        return key


NO_PSKS = PskStore()


def psk_secret(suite: CipherSuite, keys: Iterable[tuple[PreSharedKeyID, bytes]]) -> bytes:
    """All keys combined, in order; the zero secret for none."""
    ordered = list(keys)
    secret = suite.zero
    for index, (key_id, key) in enumerate(ordered):
        label = key_id.encode() + uint16(index) + uint16(len(ordered))
        extracted = suite.extract(suite.zero, key)
        psk_input = suite.expand_with_label(extracted, b"derived psk", label, suite.hash_length)
        secret = suite.extract(psk_input, secret)
    return secret
