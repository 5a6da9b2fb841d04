"""The WebSocket to a relay, opened and bound to its certificate."""

from __future__ import annotations

import ssl
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from rogatory.keys.errors import LinkAuthenticationError
from rogatory.keys.link import PLAIN_BINDING, certificate_binding
from rogatory.node.link.address import RelayAddress
from rogatory.protocol.limits import MAX_FRAME
from rogatory.protocol.text import message

OPEN_TIMEOUT: Final = 10.0
PING_EVERY: Final = 20.0
"""Seconds between pings; a relay that leaves one unanswered for as long counts as gone."""

SOCKET_ERRORS: Final = (OSError, TimeoutError, WebSocketException)
"""How a connection fails without anybody having broken the protocol."""


async def open_socket(address: RelayAddress) -> tuple[ClientConnection, bytes]:
    """A connection, and what binds the session to it (rogatory.keys.link).

    Raises one of SOCKET_ERRORS, or LinkAuthenticationError if the certificate is not the pinned one.
    """
    socket = await connect(
        address.link_url,
        ssl=address.tls_context(),
        # An office's proxy, if the environment names one, tunnels TLS and stands outside it.
        proxy=True if address.tls else None,
        compression=None,
        max_size=MAX_FRAME,
        open_timeout=OPEN_TIMEOUT,
        ping_interval=PING_EVERY,
        ping_timeout=PING_EVERY,
        close_timeout=2.0,
    )
    try:
        return socket, _binding(socket, address)
    except LinkAuthenticationError:
        await socket.close()
        raise


def _binding(socket: ClientConnection, address: RelayAddress) -> bytes:
    if not address.tls:
        return PLAIN_BINDING
    tls = socket.transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLObject) else None
    if certificate is None:
        raise LinkAuthenticationError(
            message("{host} showed no certificate: check the relay's address", host=address.host)
        )
    binding = certificate_binding(certificate)
    if address.certificate_sha256 is not None and binding != address.certificate_sha256:
        raise LinkAuthenticationError(
            message(
                "{host} showed another certificate than the directory names: something stands between, or the relay's"
                " certificate was changed: ask its operator",
                host=address.host,
            )
        )
    return binding
