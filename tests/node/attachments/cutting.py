"""A relay behind a bad line: a proxy that breaks each connection after so many bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

from tests.relay.process import free_port


class CuttingProxy:
    """Listens on loopback and passes connections on to `port`; `limit` bytes of each get through, None for all."""

    def __init__(self, port: int = 0) -> None:
        self.target = port
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.limit: int | None = None
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        for each in list(self._open):
            _end(each)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue
            self._open |= {near, far}
            passed = [0]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, sink, passed), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, passed: list[int]) -> None:
        try:
            while data := source.recv(16_384):
                limit = self.limit
                if limit is not None and passed[0] + len(data) > limit:
                    sink.sendall(data[: max(0, limit - passed[0])])
                    self.cuts += 1
                    break
                passed[0] += len(data)
                sink.sendall(data)
        except OSError:
            pass
        _end(source)
        _end(sink)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
