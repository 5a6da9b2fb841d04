"""TLS, and what the proofs of a link are bound to: the certificate that nodes see."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from rogatory.keys.link import PLAIN_BINDING, certificate_binding
from rogatory.protocol.text import message, text_of
from rogatory.relay.config import RelayConfig
from rogatory.relay.errors import ConfigError


def server_context(config: RelayConfig) -> ssl.SSLContext | None:
    """The context of a relay that ends TLS itself; None for one that does not. Raises ConfigError."""
    if config.certificate is None or config.private_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    certificate, private_key = config.path(config.certificate), config.path(config.private_key)
    try:
        context.load_cert_chain(certificate, private_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            message(
                "{certificate} and {private_key} cannot be used for TLS: {error}",
                certificate=certificate,
                private_key=private_key,
                error=text_of(error),
            )
        ) from None
    return context


def link_binding(config: RelayConfig) -> bytes:
    """What proofs are bound to (rogatory.keys.link): the certificate, or zeros on loopback. Raises ConfigError."""
    name = config.certificate or config.behind_proxy_certificate
    return PLAIN_BINDING if name is None else certificate_binding(read_certificate(config.path(name)))


def read_certificate(path: Path) -> bytes:
    """The first certificate of a PEM file, in DER form. Raises ConfigError."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0].public_bytes(Encoding.DER)
    except (OSError, ValueError) as error:
        raise ConfigError(
            message("the certificate {path} cannot be read: {error}", path=path, error=text_of(error))
        ) from None
