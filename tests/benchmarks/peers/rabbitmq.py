"""RabbitMQ as Debian ships it: publisher confirms, durable queues, persistent messages, nothing else changed.

A broker of its own, on ports and in folders of its own, beside any that the machine may run.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.load import SIZE
from tests.benchmarks.peers.contender import Contender, Measure, PeerFailed, Scale, Works
from tests.benchmarks.peers.programs import child, debian, python_with, wait_until
from tests.benchmarks.peers.wanted import RABBITMQ
from tests.relay.process import free_port

CLIENT = Path(__file__).with_name("amqp.py")
PACKAGES = ("pamqp", "uvloop")
PART = 2
"""It is given this part of the messages."""

SECONDS = 300.0


@contextmanager
def _running(folder: Path, scale: Scale) -> Iterator[Works]:
    server = debian("rabbitmq-server", "rabbitmq-server", scale.install)
    names = debian("epmd", "erlang-base", scale.install)
    python = python_with("rabbitmq", PACKAGES, scale.install)
    own = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one on the PATH changes the user and writes to /var
    folder.mkdir()
    port, log = free_port(), folder / "server.log"
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{port}\n")
    (folder / "plugins").write_text("[].\n")
    mapper = str(free_port())
    environment = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": mapper,
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"bench{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }
    with (
        child([str(names), "-port", mapper, "-address", "127.0.0.1"], folder / "epmd.log"),
        child([str(own if own.exists() else server)], log, environment) as pid,
    ):
        wait_until(pid, lambda: _answers(port), log)

        def work(measure: str, count: int) -> Callable[[], float]:
            return lambda: _measured([str(python), str(CLIENT), str(port), measure, str(count), str(SIZE)])

        yield {
            Measure.ACCEPTED: work("accepted", scale.part(PART)),
            Measure.DELIVERED: work("delivered", scale.part(PART)),
            Measure.DRAINED: work("drained", scale.part(PART)),
            Measure.BROADCAST: work("broadcast", scale.readers),
        }


def _answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        return bool(connection.recv(1))


def _measured(command: list[str]) -> float:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"not done after {SECONDS:.0f} seconds") from None
    if done.returncode != 0:
        raise PeerFailed(done.stderr[-600:])
    return float(done.stdout)


PEER = Contender(RABBITMQ, _running)
