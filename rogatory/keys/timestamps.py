"""Timestamps of RFC 3161: asked for, and checked against certificates that an authority chose to trust."""

from collections.abc import Sequence
from typing import NamedTuple

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from rogatory.keys.errors import KeysError, RefusedFile
from rogatory.protocol.text import message
from rogatory.protocol.timestamp import MAX_RESPONSE


class TimestampRefused(KeysError):
    """A timestamp that proves nothing: of something else, wrongly signed, or by an authority that is not trusted."""


class Stamped(NamedTuple):
    """When the authority says that the bytes were there (Unix seconds), and who certifies its key."""

    at: int
    issuer: str


def request_for(data: bytes) -> TimeStampRequest:
    """What is asked of the authority: it is shown a SHA-256 alone, and a nonce that keeps old answers out."""
    return TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """The certificates in a PEM file. Raises RefusedFile."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise RefusedFile(
            message("this holds no certificates in PEM: get those of the timestamping authority")
        ) from None


def check_timestamp(
    response: bytes, data: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None
) -> Stamped:
    """What a TimeStampResp proves of `data`; certificates are judged as of its own time. Raises TimestampRefused."""
    if len(response) > MAX_RESPONSE:
        raise TimestampRefused(message("a timestamp has at most {most} bytes", most=MAX_RESPONSE))
    try:
        decoded = decode_timestamp_response(response)
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(decoded, data)
        info, signers = decoded.tst_info, decoded.signed_data.signer_infos
        issuer = next(iter(signers)).issuer.rfc4514_string()
    except (VerificationError, ValueError) as error:
        raise TimestampRefused(
            message("the timestamp does not hold against the certificates given: {why}", why=str(error)[:200])
        ) from None
    return Stamped(int(info.gen_time.timestamp()), issuer)
