"""A timestamping authority of RFC 3161 for tests: its own root, and answers that may be bad in one way."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SHA256, RSA, POLICY = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1", "1.2.3.4.1"


class Fault(StrEnum):
    """What is wrong with an answer."""

    SIGNATURE = "signature"
    IMPRINT = "imprint"
    NONCE = "nonce"
    REJECTED = "rejected"


class TimeAuthority:
    """Answers requests in DER. `now`: Unix seconds."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.root = _certificate("Time Root", root_key, "Time Root", root_key, now, ca=True)
        self._certificate = _certificate("Time Authority", self._key, "Time Root", root_key, now, ca=False)

    @property
    def pem(self) -> bytes:
        """The root's certificate."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def answer(self, request: bytes, fault: Fault | None = None) -> bytes:
        """The TimeStampResp (RFC 3161 section 2.4.2) to a TimeStampReq."""
        if fault is Fault.REJECTED:
            return _sequence(_sequence(_integer(2)))
        _, imprint, *rest = _parts(request)
        nonce = next(_content(each) for each in rest if each[0] == 0x02)
        if fault is Fault.IMPRINT:
            imprint = imprint[:-1] + bytes([imprint[-1] ^ 1])
        if fault is Fault.NONCE:
            nonce = nonce[:-1] + bytes([nonce[-1] ^ 1])
        at = datetime.fromtimestamp(self.now, UTC).strftime("%Y%m%d%H%M%SZ").encode()
        info = _sequence(_integer(1), _oid(POLICY), imprint, _integer(7), _tlv(0x18, at), _tlv(0x02, nonce))
        return _sequence(_sequence(_integer(0)), self._signed(info, fault is Fault.SIGNATURE))

    def _signed(self, info: bytes, wrong: bool) -> bytes:
        """A CMS SignedData (RFC 5652 section 5.1) around a TSTInfo."""
        digest = _tlv(0x04, hashlib.sha256(info).digest())
        attributes = b"".join(
            sorted(
                (
                    _sequence(_oid(CONTENT_TYPE), _tlv(0x31, _oid(TST_INFO))),
                    _sequence(_oid(MESSAGE_DIGEST), _tlv(0x31, digest)),
                )
            )
        )
        signature = self._key.sign(_tlv(0x31, attributes), padding.PKCS1v15(), hashes.SHA256())
        if wrong:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        sha256, rsa_key = _sequence(_oid(SHA256), _tlv(0x05, b"")), _sequence(_oid(RSA), _tlv(0x05, b""))
        signer = _sequence(
            _integer(1),
            _sequence(self._certificate.issuer.public_bytes(), _integer(self._certificate.serial_number)),
            sha256,
            _tlv(0xA0, attributes),
            rsa_key,
            _tlv(0x04, signature),
        )
        content = _sequence(_oid(TST_INFO), _tlv(0xA0, _tlv(0x04, info)))
        certificate = self._certificate.public_bytes(serialization.Encoding.DER)
        data = _sequence(_integer(3), _tlv(0x31, sha256), content, _tlv(0xA0, certificate), _tlv(0x31, signer))
        return _sequence(_oid(SIGNED_DATA), _tlv(0xA0, data))


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, now: float, *, ca: bool
) -> x509.Certificate:
    at = datetime.fromtimestamp(now, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=900))
        .not_valid_after(at + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _tlv(tag: int, content: bytes) -> bytes:
    """X.690 section 8.1: tag, length, content."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytes([40 * first + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        content += bytes(reversed(groups))
    return _tlv(0x06, content)


def _parts(data: bytes) -> list[bytes]:
    """The elements of a sequence, whole."""
    _, start, end = _measured(data)
    found = []
    while start < end:
        _, _, after = _measured(data[start:])
        found.append(data[start : start + after])
        start += after
    return found


def _content(element: bytes) -> bytes:
    _, start, end = _measured(element)
    return element[start:end]


def _measured(data: bytes) -> tuple[int, int, int]:
    """Tag, and where the content begins and ends."""
    length, start = data[1], 2
    if length >= 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[0], start, start + length
