"""Signatures: the floor under everything that is signed, and signed documents on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from rogatory.keys.identity import Identity
from rogatory.keys.signatures import check_ed25519
from rogatory.protocol.documents import Consultation, compose, open_document, sign_document
from tests.benchmarks.figures import Figure, repeat

ED25519_VERIFY = "Ed25519 verify"
MLDSA_SIGN = "ML-DSA-65 sign"
TEXT = "The vessel left Mombasa on the fourth. " * 25


def measure(count: int) -> Iterator[Figure]:
    """`count`: how often each is done."""
    identity = Identity.generate("ke.central", os.urandom)
    signer, message = identity.document_signer(), os.urandom(1000)
    signature = identity.sign_online(message)
    yield repeat(ED25519_VERIFY, count, lambda: check_ed25519(identity.online_public, signature, message))
    yield repeat(MLDSA_SIGN, count, lambda: signer.sign_mldsa65(message))
    payload = compose(
        Consultation(text=TEXT, language="en"),
        author="ke.central",
        key_set=1,
        addressees=("tz.central",),
        channel=bytes(32),
        message_id=bytes(16),
        written_at=int(time.time()),
    )
    envelope = sign_document(payload, signer)
    yield repeat("document sign", count, lambda: sign_document(payload, signer), against=MLDSA_SIGN)
    yield repeat(
        "document open", count, lambda: open_document(envelope, lambda *_: signer.keys), against=ED25519_VERIFY
    )
