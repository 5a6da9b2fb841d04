"""The relays' time, told from what each session began with and what has passed since."""

from __future__ import annotations

from rogatory.node.channels.clocks import SessionClocks
from rogatory.node.channels.session import Attachment, Reading, Session
from rogatory.protocol.frames.server import Ready

CHANNEL, OTHER = bytes(32), bytes([1]) * 32


def session(relay: str, time: int, opened: float) -> Session:
    """One that began when the relay's clock said `time` (Unix seconds) and the steady one `opened`."""
    ready = Ready(time * 1000, 0, False, bytes(32), 1 << 20, 1 << 23, 256, 1 << 22)
    return Session(relay, ready, opened)


def test_the_relay_s_clock_goes_on_since_the_session_began() -> None:
    begun = session("relay.one", 1_000_000, 50.0)
    begun.attached = {CHANNEL: Attachment(Reading.LIVE)}
    assert SessionClocks({"relay.one": begun}, 50.0).at(CHANNEL) == 1_000_000
    assert SessionClocks({"relay.one": begun}, 80.5).at(CHANNEL) == 1_000_030.5
    assert SessionClocks({"relay.one": begun}, 80.5).at(OTHER) is None


def test_before_the_log_is_read_to_its_head_no_time_is_told() -> None:
    begun = session("relay.one", 1_000_000, 50.0)
    for reading in set(Reading) - {Reading.LIVE}:
        begun.attached = {CHANNEL: Attachment(reading)}
        assert SessionClocks({"relay.one": begun}, 60.0).at(CHANNEL) is None


def test_each_channel_has_its_own_relay_s_time() -> None:
    one, two = session("relay.one", 1_000_000, 50.0), session("relay.two", 1_000_900, 50.0)
    one.attached, two.attached = {CHANNEL: Attachment(Reading.LIVE)}, {OTHER: Attachment(Reading.LIVE)}
    clocks = SessionClocks({"relay.one": one, "relay.two": two}, 60.0)
    assert (clocks.at(CHANNEL), clocks.at(OTHER), clocks.latest()) == (1_000_010, 1_000_910, 1_000_910)
    assert SessionClocks({}, 60.0).latest() is None
