"""A relay that sends any frames whatever: the core answers, or refuses in words; it never breaks."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rogatory.keys.errors import KeysError
from rogatory.node.core import Core
from rogatory.node.errors import NodeError
from rogatory.node.inbox.queries import events
from rogatory.node.matters.commands import open_consultation
from rogatory.node.store.database import Database
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.frames.codec import decode_server_frame, encode_frame
from rogatory.protocol.frames.server import (
    Accepted,
    AcceptedTogether,
    Acknowledgements,
    Channels,
    Claimed,
    ClaimedPackage,
    Code,
    DirectoryChanged,
    Entries,
    Entry,
    HeaderLine,
    Headers,
    Invited,
    Published,
    Ready,
    Refused,
    Resumed,
    ServerFrame,
    StockLow,
)
from rogatory.protocol.header import Form, genesis
from rogatory.protocol.receipt import Receipt, Receipts, Stamped
from tests.keys.simulator import DirectorySimulator

SIMULATOR = DirectorySimulator(["ke.central", "tz.central"])
CHANNEL = SIMULATOR.add_network("gljcn", members=["ke.central", "tz.central"], coordinators=["ke.central"])
DIRECTORY = SIMULATOR.directory()
READY = Ready(0, 0, False, bytes(32), 1 << 20, 1 << 23, 256, 1 << 22)

refs = st.integers(0, 6)
seqs = st.one_of(st.integers(0, 4), st.integers(-(2**63), 2**64 - 1))
hashes = st.one_of(st.just(bytes(32)), st.just(genesis(CHANNEL).hash), st.binary(max_size=40))
channels = st.one_of(st.just(CHANNEL), st.binary(min_size=32, max_size=32), st.binary(max_size=3))
authorities = st.one_of(st.sampled_from(["ke.central", "tz.central", "zz.nobody", ""]), st.text(max_size=80))
blobs = st.binary(max_size=200)
forms = st.sampled_from(list(Form))
receipts = st.builds(
    Receipt,
    st.sampled_from(["relay.one", "relay.two"]),
    channels,
    seqs,
    hashes,
    seqs,
    seqs,
    seqs,
    st.lists(hashes, max_size=3),
    blobs,
)
together = st.builds(
    Receipts,
    st.sampled_from(["relay.one", "relay.two"]),
    seqs,
    seqs,
    st.lists(st.builds(Stamped, channels, seqs, hashes, seqs), max_size=3),
    st.lists(hashes, max_size=3),
    blobs,
)
entries = st.builds(Entry, seqs, authorities, forms, seqs, st.none() | blobs, st.none() | hashes)
acknowledgements = st.builds(
    Acknowledgement, channels, authorities, seqs, seqs, hashes, st.lists(seqs, max_size=3), blobs
)
frames: st.SearchStrategy[ServerFrame] = st.one_of(
    st.builds(Accepted, refs, receipts, st.booleans()),
    st.builds(AcceptedTogether, st.lists(refs, max_size=3), st.lists(refs, max_size=3), together),
    st.builds(Refused, refs, st.sampled_from(list(Code)), st.text(max_size=30), st.none() | seqs),
    st.builds(Resumed, refs, channels, seqs, hashes, seqs, hashes, seqs, st.none() | seqs),
    st.builds(Entries, channels, st.lists(entries, max_size=3), hashes),
    st.builds(Headers, refs, channels, seqs, st.lists(st.builds(HeaderLine, authorities, forms, hashes), max_size=3)),
    st.builds(Channels, refs, st.lists(channels, max_size=3)),
    st.builds(Acknowledgements, channels, st.lists(acknowledgements, max_size=3)),
    st.builds(Published, refs, seqs),
    st.builds(
        Claimed,
        refs,
        st.lists(st.builds(ClaimedPackage, authorities, blobs, st.booleans()), max_size=3),
        st.lists(authorities, max_size=3),
    ),
    st.builds(StockLow, seqs, st.booleans()),
    st.builds(Invited, seqs, channels, seqs, authorities, seqs, blobs, blobs),
    st.builds(DirectoryChanged, hashes),
)


@contextmanager
def opened_core(seed: int) -> Iterator[Core]:
    """A core with a directory, a session, a network to found and a document to send."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "node.db", bytes(32))
        try:
            core = Core(database, SIMULATOR.identity("ke.central"), now=time.time, random=random.Random(seed).randbytes)
            core.set_directory(DIRECTORY)
            core.session_opened("relay.one", READY)
            core.run(lambda tx: open_consultation(tx, ["tz.central"], "A consultation", "Text"))
            yield core
        finally:
            database.close()


def wired(frame: ServerFrame) -> ServerFrame | None:
    """The frame as it comes off the wire, or None for one that the codec refuses."""
    try:
        return decode_server_frame(encode_frame(frame))
    except (ProtocolError, OverflowError):
        return None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.integers(0, 3), st.lists(st.lists(frames, min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_frames_are_answered_or_refused_in_words(seed: int, batches: list[list[ServerFrame]]) -> None:
    with opened_core(seed) as core:
        for batch in batches:
            try:
                core.receive("relay.one", [frame for each in batch if (frame := wired(each)) is not None])
            except (ProtocolError, KeysError, NodeError):
                core.session_closed("relay.one")
                core.session_opened("relay.one", READY)
        core.tick()
        assert core.read(events)
