"""What goes over an open socket: the handshake, then frames both ways until one side ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from rogatory.node.link.mailbox import Mailbox
from rogatory.node.link.patience import Patience
from rogatory.node.link.session import Answer, Delivered, Ended, Opened, Session
from rogatory.node.link.socket import MeasuredConnection
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.codec import decode_server_frame, encode_frame
from rogatory.protocol.frames.server import Goodbye, Ready, ServerFrame
from rogatory.protocol.text import message

PINGS: Final = 3
LOOKS: Final = 12
"""In each term of patience."""


class SessionOver(Exception):
    """Ends a session's tasks; with the relay's goodbye, if it said one."""

    def __init__(self, goodbye: Goodbye) -> None:
        super().__init__(
            message(
                "the relay said goodbye: {code}: {explanation}",
                code=goodbye.code.value,
                explanation=goodbye.explanation[:300],
            )
        )
        self.goodbye = goodbye


async def shake_hands(socket: ClientConnection, session: Session) -> Ready:
    """Prove both ends to each other. Raises SessionOver, LinkAuthenticationError, ProtocolError, ConnectionClosed."""
    await socket.send(encode_frame(session.hello()))
    while True:
        match session.receive(decode_server_frame(await socket.recv(decode=False))):
            case Answer(frame):
                await socket.send(encode_frame(frame))
            case Opened(ready):
                return ready
            case Ended(goodbye):
                raise SessionOver(goodbye)


async def converse(
    socket: MeasuredConnection,
    session: Session,
    outgoing: asyncio.Queue[ClientFrame],
    receive: Callable[[list[ServerFrame]], Awaitable[None]],
    patience: Patience,
) -> NoReturn:
    """Send what `outgoing` gives and hand over what arrives in batches, until it ends; raises what ended it."""
    mailbox = Mailbox()
    await _first_to_fail(
        _read(socket, session, mailbox, patience),
        _hand_over(mailbox, receive),
        _write(socket, outgoing, patience),
        _watch(socket, mailbox, patience),
    )


async def _hand_over(mailbox: Mailbox, receive: Callable[[list[ServerFrame]], Awaitable[None]]) -> NoReturn:
    while True:
        await receive(await mailbox.take())


async def _read(socket: MeasuredConnection, session: Session, mailbox: Mailbox, patience: Patience) -> NoReturn:
    while True:
        data = await socket.recv(decode=False)
        match session.receive(decode_server_frame(data)):
            case Delivered(frame):
                patience.answered(frame)
                await mailbox.put(frame, len(data))
            case Ended(goodbye):
                raise SessionOver(goodbye)


async def _write(socket: MeasuredConnection, outgoing: asyncio.Queue[ClientFrame], patience: Patience) -> NoReturn:
    while True:
        frame = await outgoing.get()
        patience.asked(frame)
        try:
            await socket.send_frame(encode_frame(frame))
        except ConnectionClosed:
            # The reader meets the same end, after the relay's last words.
            await asyncio.Event().wait()


async def _watch(socket: MeasuredConnection, mailbox: Mailbox, patience: Patience) -> NoReturn:
    """Ping, one at a time, and look whether the line and the relay still do their part. Raises as `Patience.check`."""
    clock, ping = asyncio.get_running_loop().time, None
    pinged_at = looked_at = clock()
    while True:
        await asyncio.sleep(patience.term / LOOKS)
        if mailbox.is_full() or clock() - looked_at > patience.term / 2:  # it did not read, or this process did not run
            patience.start_again()
        looked_at = clock()
        patience.moved(socket.received, socket.left)
        patience.check()
        if (ping is None or ping.done()) and looked_at - pinged_at >= patience.term / PINGS:
            pinged_at, ping = looked_at, asyncio.create_task(_ping(socket, patience))


async def _ping(socket: MeasuredConnection, patience: Patience) -> None:
    number = patience.ping()
    try:
        await (await socket.ping())
    except ConnectionClosed:
        return  # the reader meets the same end
    patience.pong(number)


async def _first_to_fail(*parts: Coroutine[None, None, NoReturn]) -> NoReturn:
    """Run the parts until one fails, end the others, and raise what failed; of several the first named."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        failed = next(task for task in tasks if task.done())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    failed.result()
