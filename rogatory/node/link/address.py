"""Where a relay is reached, and over which kind of connection."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from rogatory.keys.directory.model import RelayEntry
from rogatory.node.config import is_loopback
from rogatory.node.errors import RefusedInput
from rogatory.protocol.text import message

_TLS: Final = {"https": True, "wss": True, "http": False, "ws": False}


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """One address of a relay. `certificate_sha256`: the only certificate to accept there, where no public CA vouches.

    Plain connections exist to loopback alone: elsewhere the link is TLS, and bound to its certificate.
    """

    host: str
    tls: bool
    certificate_sha256: bytes | None = None

    @property
    def link_url(self) -> str:
        """For the WebSocket."""
        return f"{'wss' if self.tls else 'ws'}://{self.host}/v1/link"

    @property
    def base_url(self) -> str:
        """For HTTP."""
        return f"{'https' if self.tls else 'http'}://{self.host}"

    @property
    def directory_url(self) -> str:
        """For the directory bundle that the relay mirrors."""
        return f"{self.base_url}/directory"

    def tls_context(self) -> ssl.SSLContext | None:
        """How the server's certificate is checked; None on a plain connection.

        A pinned certificate is compared by its hash after the TLS handshake, before anything is sent.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if self.certificate_sha256 is not None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_address(url: str, certificate_sha256: str | None = None) -> RelayAddress:
    """The address in a URL. Raises RefusedInput if it cannot be one, or is plain beyond loopback."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if host is None or parts.scheme not in _TLS or parts.path not in ("", "/") or parts.query or parts.username:
        raise RefusedInput(
            message("{url} is no relay's address", url=repr(url[:200])),
            message("it looks like https://relay.example.org or http://127.0.0.1:8443"),
        )
    tls = _TLS[parts.scheme]
    if not tls and not is_loopback(host):
        raise RefusedInput(
            message("{url} would be reached without TLS", url=repr(url[:200])),
            message("ask the relay's operator for its https address: plain connections are for loopback alone"),
        )
    return RelayAddress(parts.netloc, tls, bytes.fromhex(certificate_sha256) if certificate_sha256 else None)


def addresses_of(entry: RelayEntry) -> list[RelayAddress]:
    """The usable addresses of a relay, in the directory's order. Raises RefusedInput if none is usable."""
    usable: list[RelayAddress] = []
    refused: RefusedInput | None = None
    for url in entry.urls:
        try:
            usable.append(parse_address(url, entry.certificate_sha256))
        except RefusedInput as error:
            refused = error
    if not usable and refused is not None:
        raise refused
    return usable
