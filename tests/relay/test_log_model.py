"""Random histories of appends, many in one transaction, against a model that knows the rules and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import access_digest
from rogatory.protocol.frames.server import Code
from rogatory.protocol.header import Form, Head, body_hash, genesis, next_header
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Lane, NewEntry
from rogatory.relay.store.sqlite import SQLiteStore
from tests.relay.appender import Appended, Waiting, append
from tests.relay.test_store_failures import opened

AUTHORS = ["ke.a", "ke.b", "ke.c"]
CHANNELS = [bytes([number]) * 32 for number in range(2)]


@dataclass(frozen=True)
class Step:
    """An append: `back` says how old its base is, `body` makes repetitions likely. Or an acknowledgement of all
    that there is, which excepts every commit that leaves `access` off, if `back`."""

    author: str
    channel: bytes
    kind: str
    back: int
    body: int
    access: frozenset[str]
    resumed: bool


steps = st.builds(
    Step,
    author=st.sampled_from(AUTHORS),
    channel=st.sampled_from(CHANNELS),
    kind=st.sampled_from(
        ["application", "application", "commit", "access", "rejoin", "found", "acknowledge", "acknowledge"]
    ),
    back=st.sampled_from([0, 0, 0, 1]),
    body=st.integers(0, 40),
    access=st.frozensets(st.sampled_from(AUTHORS), min_size=1),
    resumed=st.booleans(),
)


@dataclass
class ModelLog:
    """What a relay should hold of a channel."""

    head: Head
    bodies: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    last_commit: int = 0
    access: set[str] = field(default_factory=set)
    leaving: dict[str, int] = field(default_factory=dict)
    electors: dict[int, set[str]] = field(default_factory=dict)
    voted: dict[int, set[str]] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int | None]] = field(default_factory=dict)


class Model:
    """The rules of PROTOCOL.md section 5, in the order of API.md."""

    def __init__(self) -> None:
        self.logs: dict[bytes, ModelLog] = {}
        self.closed: set[tuple[str, bytes]] = set()

    def entry(self, step: Step, lane: Lane) -> NewEntry:
        """The step as the store gets it. Its base is what the model holds now."""
        log = self.logs.get(step.channel)
        base = 0 if step.kind == "found" else max(0, (log.last_commit if log else 1) - step.back)
        access = sorted(step.access) if step.kind in ("access", "found") else None
        form = Form.REJOIN if step.kind == "rejoin" else Form.MLS
        return NewEntry(
            step.channel,
            step.author,
            max(base, 1) if form is Form.REJOIN else base,
            form,
            step.kind in ("commit", "access", "found"),
            hashlib.sha256(b"%d" % step.body).digest(),
            access,
            None,
            True,
            lane,
        )

    def append(self, entry: NewEntry) -> tuple[int, bool] | Code:
        """Seq and whether it is a repetition, or the code of the refusal."""
        if (entry.author, entry.channel) in self.closed:
            return Code.NOT_RESUMED
        outcome = self._append(entry)
        if isinstance(outcome, Code):
            self.closed.add((entry.author, entry.channel))
        return outcome

    def _append(self, entry: NewEntry) -> tuple[int, bool] | Code:
        log = self.logs.get(entry.channel)
        if log is None:
            if entry.base != 0:
                return Code.UNKNOWN_CHANNEL
            if not entry.commit or entry.access is None or entry.author not in entry.access:
                return Code.MALFORMED
            log = self.logs[entry.channel] = ModelLog(genesis(entry.channel))
        else:
            if entry.body in log.bodies:
                author, seq = log.bodies[entry.body]
                return (seq, True) if author == entry.author else Code.MALFORMED
            if log.spans.get(entry.author, (0, 0))[1] is not None:
                return Code.NOT_A_MEMBER
            if entry.base == 0:
                return Code.CHANNEL_EXISTS
            if entry.base != log.last_commit:
                return Code.STALE_BASE
            if entry.access is not None and entry.author not in entry.access:
                return Code.MALFORMED
        header = next_header(entry.channel, log.head, entry.author, entry.form, body_hash(entry.body))
        log.head = Head(header.seq, header.hash())
        log.bodies[entry.body] = (entry.author, header.seq)
        if entry.access is not None:
            self._declare(log, set(entry.access), entry.author, header.seq)
        if entry.commit:
            log.last_commit = header.seq
        return header.seq, False

    def _declare(self, log: ModelLog, access: set[str], author: str, seq: int) -> None:
        for authority in access:
            log.leaving.pop(authority, None)
            if log.spans.get(authority, (0, 0))[1] is not None:
                log.spans[authority] = (seq, None)
        removed = log.access - access
        log.leaving |= dict.fromkeys(removed, seq)
        log.electors[seq] = {member for member in log.access & access if member != author} or removed
        log.voted[seq] = set()
        log.access = access

    def acknowledge(self, step: Step) -> Acknowledgement | None:
        """The acknowledgement of this step, and what it brings about."""
        log = self.logs.get(step.channel)
        if log is None:
            return None
        seq = log.head.seq
        excepted = sorted(set(log.leaving.values())) if step.back else []
        made = Acknowledgement(step.channel, step.author, 1, seq, log.head.hash, excepted)
        held = log.acknowledged.get(step.author, 0)
        _, until = log.spans.get(step.author, (0, 0))
        if seq <= held or (until is not None and seq > until):
            return made
        log.acknowledged[step.author] = seq
        for removal in sorted(set(log.leaving.values())):
            if held < removal and removal not in excepted and step.author in log.electors[removal]:
                log.voted[removal].add(step.author)
                if len(log.voted[removal]) * 2 > len(log.electors[removal]):
                    for authority in [name for name, since in log.leaving.items() if since == removal]:
                        log.spans[authority] = (log.spans[authority][0], seq)
                        del log.leaving[authority]
        return made


async def run(batches: list[list[Step]], store: SQLiteStore) -> None:
    model = Model()
    lanes: dict[tuple[str, bytes], Lane] = {}
    for batch in batches:
        pending: list[asyncio.Future[Appended]] = []
        expected = []
        for step in batch:
            if step.kind == "acknowledge":
                made = model.acknowledge(step)
                await asyncio.wait([*pending, asyncio.ensure_future(store.acknowledge([made] if made else []))])
                continue
            place = (step.author, step.channel)
            if step.resumed:
                lanes[place] = Lane(Waiting())
                model.closed.discard(place)
            entry = model.entry(step, lanes.setdefault(place, Lane(Waiting())))
            pending.append(append(store, entry))
            expected.append(model.append(entry))
        outcomes = await asyncio.gather(*pending, return_exceptions=True)
        got: list[tuple[int, bool] | Code] = []
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                got.append(outcome.code)
            else:
                assert isinstance(outcome, Appended)
                got.append((outcome.receipt.seq, outcome.repeated))
        assert got == expected
    for channel, log in model.logs.items():
        for authority, (first, until) in log.spans.items():
            view = await store.view(channel, authority)
            assert (view.first, view.until) == (first, until)
            if until is None:
                assert (view.head, view.last_commit) == (log.head, log.last_commit)
                assert view.access == access_digest(log.access)
            page = await store.entries(channel, authority, 0, 1 << 30)
            last = log.head.seq if until is None else until
            assert [entry.seq for entry in page.entries] == list(range(1, last + 1))
            for shown in page.entries:
                assert (shown.body is not None) == (shown.seq >= first and shown.author != authority)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(steps, min_size=1, max_size=12), max_size=6))
def test_the_store_does_what_the_rules_say(batches: list[list[Step]]) -> None:
    async def history() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await opened(Path(folder) / "relay.db")
            try:
                # A founded channel from the start, so that most histories go somewhere.
                founding = Step(AUTHORS[0], CHANNELS[0], "found", 0, 99, frozenset(AUTHORS), True)
                await run([[founding], *batches], store)
            finally:
                await store.close()

    asyncio.run(history())
