"""What goes over an open socket: the handshake, then frames both ways until one side ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from rogatory.node.link.mailbox import Mailbox
from rogatory.node.link.session import Answer, Delivered, Ended, Opened, Session
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.codec import decode_server_frame, encode_frame
from rogatory.protocol.frames.server import Goodbye, Ready, ServerFrame
from rogatory.protocol.text import message


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
    socket: ClientConnection,
    session: Session,
    outgoing: asyncio.Queue[ClientFrame],
    receive: Callable[[list[ServerFrame]], Awaitable[None]],
) -> NoReturn:
    """Send what `outgoing` gives and hand over what arrives in batches, until it ends; raises what ended it."""
    mailbox = Mailbox()
    await _first_to_fail(_read(socket, session, mailbox), _hand_over(mailbox, receive), _write(socket, outgoing))


async def _hand_over(mailbox: Mailbox, receive: Callable[[list[ServerFrame]], Awaitable[None]]) -> NoReturn:
    while True:
        await receive(await mailbox.take())


async def _read(socket: ClientConnection, session: Session, mailbox: Mailbox) -> NoReturn:
    while True:
        data = await socket.recv(decode=False)
        match session.receive(decode_server_frame(data)):
            case Delivered(frame):
                await mailbox.put(frame, len(data))
            case Ended(goodbye):
                raise SessionOver(goodbye)


async def _write(socket: ClientConnection, outgoing: asyncio.Queue[ClientFrame]) -> NoReturn:
    while True:
        frame = await outgoing.get()
        try:
            await socket.send(encode_frame(frame))
        except ConnectionClosed:
            # The reader meets the same end, after the relay's last words.
            await asyncio.Event().wait()


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
