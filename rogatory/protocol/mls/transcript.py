"""Transcript hashes and the confirmation tag (RFC 9420 sections 8.1 and 8.2)."""

from __future__ import annotations

from .codec import opaque
from .suite import CipherSuite


def confirmed_transcript_hash(suite: CipherSuite, interim_before: bytes, confirmed_input: bytes) -> bytes:
    """`confirmed_input` is the commit's ConfirmedTranscriptHashInput."""
    return suite.digest(interim_before + confirmed_input)


def interim_transcript_hash(suite: CipherSuite, confirmed: bytes, confirmation_tag: bytes) -> bytes:
    return suite.digest(confirmed + opaque(confirmation_tag))


def confirmation_tag(suite: CipherSuite, confirmation_key: bytes, confirmed: bytes) -> bytes:
    return suite.mac(confirmation_key, confirmed)
