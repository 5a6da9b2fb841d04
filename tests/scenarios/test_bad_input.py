"""Whatever is sent to a relay or a node: a clear error to who sent it, and the process goes on serving the others."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import pytest

from rogatory.keys.identity import Identity
from rogatory.protocol.frames.client import Credit, FetchHeaders, Hello, Resume
from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.frames.server import Code, DirectoryChanged, Published, Refused, Resumed, StockLow
from rogatory.protocol.limits import MAX_FRAME
from tests.node.process import NodeProcess
from tests.relay.client import Client, Departed, message
from tests.scenarios.scene import Scene, said, say, until

KE, TZ, UG, NG, SN = "ke.central", "tz.central", "ug.central", "ng.central", "sn.central"


@dataclass
class Stage:
    """A scene with two nodes that talk to each other, while others misbehave."""

    scene: Scene
    ke: NodeProcess
    tz: NodeProcess
    matter: str
    count: int = 0

    def client(self, identity: Identity) -> Client:
        """A link to the relay itself, past the tap."""
        return Client(self.scene.relay.link_url, identity)

    def identity(self, authority: str) -> Identity:
        """An authority's own keys."""
        return self.scene.simulator.identity(authority)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Scene(tmp_path_factory.mktemp("bad_input"), [KE, TZ, UG, NG, SN]) as scene:
        ke, tz = scene.start(KE, TZ)
        yield Stage(scene, ke, tz, scene.consult(ke, [tz]))


@pytest.fixture
def stage(staged: Stage) -> Iterator[Stage]:
    """After each test the same processes are there, and a message goes through."""
    processes = (staged.scene.relay, staged.ke, staged.tz)
    before = [process.pid for process in processes]
    yield staged
    staged.count += 1
    text = f"still here {staged.count}"
    say(staged.ke, staged.matter, text)
    until(lambda: (KE, text) in said(staged.tz, staged.matter), "a message to go through")
    assert [process.pid for process in processes] == before
    for process in processes:
        assert process.process is not None
        assert process.process.poll() is None
        assert "Traceback" not in process.log
    assert staged.scene.relay.get("/health")[0] == 200


OVERSIZED = bytes(MAX_FRAME + 2)
NOISE: list[bytes | str] = [
    b"",
    b"\xc1",
    b"\x7f" + os.urandom(4096),  # an integer, not a list as the next: the same fault twice is told of once
    b"\x91" * 200_000,
    msgspec.msgpack.encode(["append", 1]),
    msgspec.msgpack.encode(["no such frame", 1]),
    "text",
]
NAMES = ["empty", "reserved byte", "noise", "nested", "too few fields", "unknown frame", "text"]


# To the relay


@pytest.mark.parametrize("data", NOISE, ids=NAMES)
async def test_the_relay_ends_a_session_that_sends_noise(stage: Stage, data: bytes | str) -> None:
    client = await stage.client(stage.identity(NG)).connect()
    await client.send_bytes(data)
    goodbye = await client.departed()
    assert goodbye is not None
    assert goodbye.code is Code.MALFORMED
    assert goodbye.explanation


@pytest.mark.parametrize(
    "frame",
    [Credit(-1), Hello(NG, bytes(32), [1]), StockLow(1, True)],
    ids=["negative credit", "second hello", "a relay's frame"],
)
async def test_the_relay_ends_a_session_that_breaks_the_rules(stage: Stage, frame: Credit | Hello | StockLow) -> None:
    client = await stage.client(stage.identity(NG)).connect()
    await client.send_bytes(encode_frame(frame))
    goodbye = await client.departed()
    assert goodbye is not None
    assert goodbye.code is Code.MALFORMED


async def test_the_relay_does_not_read_oversized_frames(stage: Stage) -> None:
    client = await stage.client(stage.identity(NG)).connect()
    with contextlib.suppress(Departed):
        await client.send_bytes(OVERSIZED)
    assert await client.departed() is None


async def test_the_relay_refuses_requests_out_of_bounds_and_goes_on_with_the_session(stage: Stage) -> None:
    client = await stage.client(stage.identity(NG)).connect()
    for frame in (Resume(101, b"short", 0), FetchHeaders(102, bytes(32), -1, 1), FetchHeaders(103, bytes(32), 0, -1)):
        await client.send(frame)
        refused = await client.wait_for(Refused)
        assert (refused.ref, refused.code) == (frame.ref, Code.MALFORMED)
    assert isinstance(await client.publish([b"package"]), Published)
    await client.close()


async def test_an_unknown_version_is_turned_away(stage: Stage) -> None:
    client = stage.client(stage.identity(NG))
    await client.open()
    with pytest.raises(Departed) as departed:
        await client.hello(os.urandom(32), [7, 8])
    assert departed.value.code is Code.UNSUPPORTED_VERSION


async def test_strangers_are_turned_away(stage: Stage) -> None:
    simulator = stage.scene.simulator
    cases = {
        Code.NOT_ENROLLED: simulator.stranger("xx.nobody"),
        Code.BAD_PROOF: simulator.stranger(NG),
    }
    for code, identity in cases.items():
        with pytest.raises(Departed) as departed:
            await stage.client(identity).connect()
        assert departed.value.code is code


async def test_an_enrolled_stranger_to_a_channel_neither_reads_nor_writes(stage: Stage) -> None:
    channel = bytes.fromhex(stage.matter)
    async with stage.client(stage.identity(NG)) as client:
        resumed = await client.resume(channel)
        assert isinstance(resumed, Refused)
        assert resumed.code is Code.NOT_A_MEMBER
        headers = await client.headers(channel, 0, 10)
        assert isinstance(headers, Refused)
        assert headers.code is Code.NOT_A_MEMBER
        appended = await client.append(channel, message(channel), 1)
        assert isinstance(appended, Refused)
        assert appended.code is Code.NOT_A_MEMBER


async def test_who_is_a_member_no_longer_reads_no_further_and_writes_nothing(stage: Stage) -> None:
    ke, tz = stage.ke, stage.tz
    (ug,) = stage.scene.start(UG)
    matter = stage.scene.consult(ke, [tz, ug])
    channel = bytes.fromhex(matter)
    ug.api("POST", f"/v1/matters/{matter}/leave", {"reason": "not ours"})
    until(lambda: ke.api("GET", f"/v1/matters/{matter}")["members"] == [KE, TZ], "Uganda to be removed")
    say(ke, matter, "between the two of us")
    until(lambda: (KE, "between the two of us") in said(tz, matter), "the others to go on")
    assert (KE, "between the two of us") not in said(ug, matter)
    ug.stop()
    client = await stage.client(stage.identity(UG)).connect()
    resumed = await client.resume(channel, 0)
    assert isinstance(resumed, Resumed)
    assert resumed.last_commit <= resumed.seq == resumed.until  # entries may stand between the commit and its counting
    entries = await client.wait_entries(channel, resumed.seq)
    await client.quiet()
    assert max(entry.seq for entry in entries) == resumed.until
    for base in (1, resumed.last_commit, resumed.last_commit + 1):
        refused = await client.append(channel, message(channel), base)
        assert isinstance(refused, Refused)
        assert refused.code in (Code.NOT_A_MEMBER, Code.NOT_RESUMED)
    await client.close()
    until(lambda: not ke.events("trouble") + tz.events("trouble"), "silence", 1)


async def test_who_is_struck_off_is_out_at_once(stage: Stage) -> None:
    client = await stage.client(stage.identity(SN)).connect()
    stage.scene.simulator.strike_off(SN)
    stage.scene.relay.publish()
    goodbye = await client.departed()
    assert goodbye is not None
    assert goodbye.code is Code.NOT_ENROLLED
    with pytest.raises(Departed) as departed:
        await stage.client(stage.identity(SN)).connect()
    assert departed.value.code is Code.NOT_ENROLLED


@pytest.mark.parametrize("who", ["relay", "node"])
def test_noise_instead_of_http_harms_neither_relay_nor_node(stage: Stage, who: str) -> None:
    port = {"relay": stage.scene.relay.port, "node": urlsplit(stage.ke.folder.read_address().url).port}[who]
    for noise in (os.urandom(2000), b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 100_000, b"\x16\x03\x01" + bytes(300)):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.settimeout(5)
            try:
                connection.sendall(noise)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(4096)
            except ConnectionError:
                continue
            assert not answer or b" 400 " in answer.split(b"\r\n")[0]


# To a node, in the place of its relay


@pytest.mark.parametrize("data", NOISE, ids=NAMES)
def test_a_node_tells_of_a_relay_that_sends_noise_and_connects_again(stage: Stage, data: bytes | str) -> None:
    known = stage.tz.events()[-1]["id"]
    stage.scene.tap.inject(TZ, data)
    trouble = stage.tz.wait_event("trouble", after=known, code="link")
    assert "relay.one" in trouble["summary"]
    stage.tz.wait_online()


def test_a_node_does_not_read_oversized_frames(stage: Stage) -> None:
    since = stage.tz.api("GET", "/v1/status")["relays"][0]["since"]
    stage.scene.tap.inject(TZ, OVERSIZED)
    until(lambda: stage.tz.api("GET", "/v1/status")["relays"][0]["since"] != since, "a new session")
    stage.tz.wait_online()


def test_a_node_takes_no_notice_of_answers_to_what_it_never_asked(stage: Stage) -> None:
    known = stage.tz.events()[-1]["id"]
    for frame in (Refused(77_777, Code.QUOTA, "no"), Published(88_888, 3), DirectoryChanged(bytes(32))):
        stage.scene.tap.inject(TZ, encode_frame(frame))
    say(stage.ke, stage.matter, "after the answers")
    stage.tz.wait_event("document_received", after=known)
    assert stage.tz.events("trouble", after=known) == []


# To a node's local API

MALFORMED: list[tuple[str, str, bytes]] = [
    ("POST", "/v1/consultations", b""),
    ("POST", "/v1/consultations", b"{"),
    ("POST", "/v1/consultations", b"\xff\xfe"),
    ("POST", "/v1/consultations", b"[" * 100_000),
    ("POST", "/v1/consultations", b'{"to": "tz.central", "subject": 1, "text": null}'),
    ("POST", "/v1/consultations", b'{"to": ["tz.central"], "subject": "s", "text": "t", "more": 1}'),
    ("POST", "/v1/consultations", json.dumps({"to": ["nobody"], "subject": "s", "text": "t"}).encode()),
    ("POST", "/v1/consultations", json.dumps({"to": [TZ], "subject": "s" * 400, "text": "t"}).encode()),
    ("POST", "/v1/consultations", json.dumps({"to": [TZ], "subject": "s", "text": "t" * 3_000_000}).encode()),
    ("POST", "/v1/requests", json.dumps({"to": [TZ], "request": {}}).encode()),
    ("GET", "/v1/matters/zz", b""),
    ("GET", "/v1/matters/" + "0" * 64, b""),
    ("GET", "/v1/inbox?after=-1&limit=x", b""),
    ("GET", "/v1/inbox?after=" + "9" * 40, b""),
    ("DELETE", "/v1/status", b""),
    ("GET", "/v2/status", b""),
]


@pytest.mark.parametrize(("method", "path", "body"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_node_refuses_malformed_questions_with_an_explanation(
    stage: Stage, method: str, path: str, body: bytes
) -> None:
    address = urlsplit(stage.ke.folder.read_address().url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    headers = {"Authorization": f"Bearer {stage.ke.folder.read_token()}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    problem = json.loads(response.read())
    connection.close()
    assert 400 <= response.status < 500
    assert problem["explanation"]
    assert problem["exit_code"] not in (0, 1, 8)
