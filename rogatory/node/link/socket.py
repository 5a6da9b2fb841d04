"""The WebSocket to a relay, opened and bound to its certificate."""

from __future__ import annotations

import socket as tcp
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
NOT_SENT: Final = 16 * 1024
"""Bytes that the system takes ahead of the line: what it has taken is not seen to move any more."""

SOCKET_ERRORS: Final = (OSError, TimeoutError, WebSocketException)
"""How a connection fails without anybody having broken the protocol."""


class MeasuredConnection(ClientConnection):
    """A connection that counts the bytes on the line, as they come and go and not frame by frame."""

    received = 0
    sent = 0

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.received += len(data)
        super().data_received(data)

    async def send_frame(self, data: bytes) -> None:
        """Send one frame. Raises ConnectionClosed."""
        self.sent += len(data)
        await self.send(data)

    @property
    def left(self) -> int:
        """Bytes of frames that were sent and wait in this process no longer."""
        return self.sent - self.transport.get_write_buffer_size()


async def open_socket(address: RelayAddress) -> tuple[MeasuredConnection, bytes]:
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
        ping_interval=None,  # see conversation.py: on a slow line a pong may come late
        close_timeout=2.0,
        create_connection=MeasuredConnection,
    )
    assert isinstance(socket, MeasuredConnection)
    _hold_back(socket)
    try:
        return socket, _binding(socket, address)
    except LinkAuthenticationError:
        await socket.close()
        raise


def _hold_back(socket: ClientConnection) -> None:
    line = socket.transport.get_extra_info("socket")
    if line is not None and hasattr(tcp, "TCP_NOTSENT_LOWAT"):
        line.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_NOTSENT_LOWAT, NOT_SENT)


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
