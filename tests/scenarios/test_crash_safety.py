"""Relay and nodes are killed, again and again, while they write to each other and the members change.

Real processes, real databases, SIGKILL. Every message arrives once, in order, and none is lost; a tap between nodes and
relay has every ciphertext that ever left a node, and shows that no MLS key made two of them.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from queue import SimpleQueue

from sqlalchemy import text as sql

from rogatory.node.channels.commands import wish_refresh
from rogatory.node.errors import DaemonUnreachable
from rogatory.node.store import groups, members
from rogatory.node.store.groups import Role
from rogatory.node.store.own_entries import EntryKind
from rogatory.protocol.header import Form, body_hash
from rogatory.protocol.mls.group import Group
from tests.node.process import NodeProcess
from tests.scenarios.key_use import KeyUse, follow, key_use
from tests.scenarios.scene import Scene, logged, said, say, until
from tests.scenarios.stopped_node import database_of, group_of, run_in
from tests.scenarios.tap import Hold, Moment

KE, TZ, NG, UG = "ke.central", "tz.central", "ng.central", "ug.central"
MESSAGES = 1000
"""In all, from two nodes."""
ROUNDS = 22
"""Each with the relay killed once, and a node once or twice: Kenya's, Tanzania's, and so on in turn."""
RIVALRIES = (4, 7, 13, 16)
"""Rounds in which one node's commit overtakes what the other one has sent."""


class Writer(threading.Thread):
    """Writes numbered messages through one node's API, as many as were allowed, whatever happens to the node."""

    def __init__(self, node: NodeProcess, matter: str) -> None:
        super().__init__(name=f"writer of {node.authority}", daemon=True)
        self.node = node
        self.matter = matter
        self.texts: list[str] = []
        self.failure: BaseException | None = None
        self._orders: SimpleQueue[bool] = SimpleQueue()

    def allow(self, count: int) -> None:
        """Write so many more."""
        for _ in range(count):
            self._orders.put(True)

    def finish(self) -> None:
        """Wait until all that was allowed is written."""
        self._orders.put(False)
        self.join(300)
        assert not self.is_alive(), f"{self.name} does not come to an end"
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        try:
            while self._orders.get():
                message = f"{self.node.authority} {len(self.texts)}"
                self._write(message)
                self.texts.append(message)
        except BaseException as error:
            self.failure = error
            raise

    def _write(self, message: str) -> None:
        """Until it surely stands: whose answer was lost in a crash may or may not have been stored."""
        while True:
            try:
                say(self.node, self.matter, message)
                return
            except (OSError, HTTPException, DaemonUnreachable):
                if (self.node.authority, message) in self._stored():
                    return

    def _stored(self) -> list[tuple[str, str]]:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                return said(self.node, self.matter)
            except (OSError, HTTPException, DaemonUnreachable):
                time.sleep(0.05)
        raise AssertionError(f"{self.node.authority} does not come back")


class Killing:
    """What is done to the processes, and how often it was."""

    def __init__(self, scene: Scene, channel: bytes, dice: random.Random) -> None:
        self.scene = scene
        self.channel = channel
        self.dice = dice
        self.relay_kills = 0
        self.node_kills: dict[str, int] = defaultdict(int)
        self.in_window: dict[Moment, int] = defaultdict(int)
        self.overtaken = 0

    def kill_both(self, node: NodeProcess) -> None:
        """The node and the relay, one shortly after the other."""
        with ThreadPoolExecutor() as pool:
            relay = pool.submit(self.kill_relay)
            time.sleep(self.dice.uniform(0, 0.5))
            self._kill(node)
            node.start()
            relay.result()

    def kill_relay(self) -> None:
        """The relay, a moment from now."""
        time.sleep(self.dice.uniform(0, 0.5))
        self.scene.relay.kill()
        self.relay_kills += 1
        self.scene.relay.start()

    def kill_in_window(self, node: NodeProcess, moment: Moment) -> None:
        """The node when its append was sent, or its commit accepted and not promoted yet; then the relay."""
        hold = self._held_after_restart(node, moment)
        self._kill(node)
        if moment is not Moment.SENT:
            pending = run_in(node, lambda tx: groups.get(tx.connection, self.channel, Role.PENDING))
            assert pending is not None, "it was promoted already"
        self.in_window[moment] += 1
        hold.release()
        with ThreadPoolExecutor() as pool:
            relay = pool.submit(self.kill_relay)
            node.start()
            relay.result()

    def overtake(self, first: NodeProcess, last: NodeProcess, *, also_kill: bool) -> None:
        """`first` commits while appends of `last` are on their way, which then come too late or not at all."""
        hold = self._held_after_restart(last, Moment.SENT)
        commits = self.scene.tap.commits[first.authority]
        self._restart_with_commit(first)
        until(lambda: self.scene.tap.commits[first.authority] > commits, "a commit")
        if also_kill:
            self._kill(last)
        hold.release()
        if also_kill:
            last.start()
        self.overtaken += 1
        self.kill_relay()

    def _held_after_restart(self, node: NodeProcess, moment: Moment) -> Hold:
        """Have the node restart and commit, and wait until it or something before it is held at that moment."""
        hold = self.scene.tap.hold(node.authority, moment)
        self._restart_with_commit(node)
        assert hold.reached.wait(180), f"{node.authority} sent nothing; its log:\n{node.log[-3000:]}"
        return hold

    def _restart_with_commit(self, node: NodeProcess) -> None:
        self._kill(node)
        run_in(node, lambda tx: wish_refresh(tx, self.channel))
        node.start()

    def _kill(self, node: NodeProcess) -> None:
        node.kill()
        self.node_kills[node.authority] += 1


class Uganda:
    """Comes in by an amendment while all this happens, and loses its keys twice."""

    def __init__(self, scene: Scene, matter: str) -> None:
        self.scene = scene
        self.matter = matter
        self.rejoins = 0
        self.awaited = True

    def propose(self) -> None:
        """Kenya proposes to add it."""
        wanted = {"authorities": [UG], "reason": "the vessel called at its port"}
        self.scene.nodes[KE].api("POST", f"/v1/matters/{self.matter}/amendments", wanted)

    def let_agree(self) -> None:
        """Whoever has read the proposal agrees."""
        for name in (TZ, NG):
            node = self.scene.nodes[name]
            for waiting in node.api("GET", "/v1/amendments?waiting=yes"):
                path = f"/v1/matters/{waiting['matter']}/amendments/{waiting['digest']}/agreement"
                node.api("POST", path, {})

    def comes_in(self) -> bool:
        """Agree, and look whether it is in; then Nigeria's node goes off, so that it commits nothing itself."""
        if self.awaited:
            self.let_agree()
            matters = self.scene.nodes[UG].api("GET", "/v1/matters")
            self.awaited = all(each["matter"] != self.matter for each in matters)
            if not self.awaited:
                self.scene.nodes[NG].stop()
        return not self.awaited

    def is_back(self) -> bool:
        """Whether it was let in again."""
        view = self.scene.nodes[UG].api("GET", f"/v1/matters/{self.matter}")
        return view["trouble"] is None

    def lose_keys(self) -> None:
        """Its MLS state is damaged while its node is down."""
        node = self.scene.nodes[UG]
        node.kill()
        with database_of(node) as database, database.begin() as connection:
            connection.execute(sql("UPDATE group_epochs SET state = x'00'"))
        node.start()
        self.rejoins += 1


def test_messages_survive_every_crash_and_no_key_is_used_twice(tmp_path: Path) -> None:
    dice = random.Random(7)
    with Scene(tmp_path, [KE, TZ, NG, UG]) as scene:
        ke, tz, ng, _ = scene.start(KE, TZ, NG, UG)
        matter = scene.consult(ke, [tz, ng])
        channel = bytes.fromhex(matter)
        ng.stop()
        beginning = group_of(ng, channel)
        scene.start(NG)
        writers = [Writer(ke, matter), Writer(tz, matter)]
        killing, uganda = Killing(scene, channel, dice), Uganda(scene, matter)
        for writer in writers:
            writer.start()
        for number in range(ROUNDS):
            for writer in writers:
                writer.allow(MESSAGES // 2 * (number + 1) // ROUNDS - MESSAGES // 2 * number // ROUNDS)
            time.sleep(dice.uniform(0, 0.3))
            _disturb(number, killing, (ke, tz))
            _change_members(number, uganda)
        for writer in writers:
            writer.finish()
        until(uganda.is_back, "Uganda to be let in again")
        scene.start(NG)
        expected = {KE: ["first", *writers[0].texts], TZ: writers[1].texts}
        assert sum(map(len, expected.values())) == MESSAGES + 1
        _check_arrival(scene, matter, expected)
        _check_uganda(scene, matter, channel)
        _check_troubles(scene)
        _check_agreement(scene, channel)
        scene.relay.stop()
        _check_keys(scene, channel, beginning)
        assert killing.relay_kills >= 20
        assert min(killing.node_kills[name] for name in (KE, TZ)) >= 10
        assert sum(killing.node_kills.values()) >= 20
        assert min(killing.in_window[moment] for moment in Moment) >= 2
        assert killing.overtaken == len(RIVALRIES)


def _disturb(number: int, killing: Killing, nodes: tuple[NodeProcess, NodeProcess]) -> None:
    node, other = nodes[number % 2], nodes[1 - number % 2]
    if number in RIVALRIES:
        killing.overtake(node, other, also_kill=number < ROUNDS // 2)
    elif number % 3 == 0:
        killing.kill_in_window(node, list(Moment)[number // 3 % 3])
    else:
        killing.kill_both(node)


def _change_members(number: int, uganda: Uganda) -> None:
    if number == 2:
        uganda.propose()
    elif number > 2 and uganda.awaited:
        if number == ROUNDS // 3:
            until(uganda.comes_in, "Uganda to come in")
        uganda.comes_in()
    elif number in (ROUNDS // 2, ROUNDS * 3 // 4):
        uganda.lose_keys()


def _check_arrival(scene: Scene, matter: str, expected: dict[str, list[str]]) -> None:
    """Once each, in its author's order, and in one order everywhere."""
    total = sum(map(len, expected.values()))
    nodes = [scene.nodes[name] for name in (KE, TZ, NG)]
    until(lambda: all(len(logged(node, matter)) >= total for node in nodes), "everything to arrive", 300, 1)
    orders = []
    for node in nodes:
        order = logged(node, matter)
        for author, texts in expected.items():
            assert [text for by, text in order if by == author] == texts, (node.authority, author)
        orders.append(order)
    assert orders[0] == orders[1] == orders[2]


def _check_uganda(scene: Scene, matter: str, channel: bytes) -> None:
    """It has once each whatever was sent since it came in; what it could not read at first was shared again."""
    ng, ug = scene.nodes[NG], scene.nodes[UG]
    documents = ng.api("GET", f"/v1/matters/{matter}/documents")
    ng.stop()
    member = run_in(ng, lambda tx: members.get(tx.connection, channel, UG))
    scene.start(NG)
    assert member is not None
    assert member.since_seq > member.first_seq, "it was let in again"
    wanted = {each["id"] for each in documents if each["kind"] == "consultation" and each["seq"] > member.first_seq}

    def held() -> list[str]:
        found = ug.api("GET", f"/v1/matters/{matter}/documents")
        return [each["id"] for each in found if each["kind"] == "consultation"]

    until(lambda: wanted <= set(held()), "Uganda to have everything since it came in", 300, 1)
    assert len(held()) == len(set(held()))


def _check_troubles(scene: Scene) -> None:
    """No officer was told of anything but Uganda's loss of its keys."""
    for name in (KE, TZ, NG):
        node = scene.nodes[name]
        assert node.events("trouble") == node.events("commit_void") == node.events("document_void") == []
    assert {event["code"] for event in scene.nodes[UG].events("trouble")} <= {"rejoin"}


def _check_agreement(scene: Scene, channel: bytes) -> None:
    """All members stand in the same epoch."""
    for node in scene.nodes.values():
        node.stop()
    groups = [group_of(node, channel) for node in scene.nodes.values()]
    assert len({group.epoch_authenticator for group in groups}) == 1
    assert len(groups[0].members()) == len(groups) == 4


def _check_keys(scene: Scene, channel: bytes, beginning: Group) -> None:
    """No key made two ciphertexts, among all that ever left a node, in the log or not."""
    tap = scene.tap
    bodies = {body_hash(sent.body): sent.body for sent in tap.sent if sent.form is Form.MLS}
    log = _log(scene, channel)
    epochs = follow(beginning, [bodies[each] for each in log if each in bodies])
    used: dict[KeyUse, set[bytes]] = defaultdict(set)
    for each, body in bodies.items():
        key = key_use(epochs, body)
        if key is not None:
            used[key].add(each)
    assert [key for key, made in used.items() if len(made) > 1] == []
    assert len(used) >= MESSAGES
    assert max(epochs) - min(epochs) >= 10
    _check_own_records(scene, channel, used)
    # The scenario did what it is for: bytes were sent again after crashes, others came too late and were made anew.
    assert len(tap.sent) > len(bodies)
    assert tap.answers["repeated"] > 0
    assert tap.answers["stale_base"] > 0
    assert bodies.keys() - set(log)
    print(f"answers {dict(tap.answers)}, {len(tap.sent)} appends, {len(bodies)} ciphertexts, {len(log)} in the log")


def _check_own_records(scene: Scene, channel: bytes, used: dict[KeyUse, set[bytes]]) -> None:
    """Every node had stored whatever left it, under the key that it was really made with."""
    recorded: dict[bytes, KeyUse] = {}
    query = sql("SELECT body_hash, epoch, leaf, kind, generation FROM own_entries WHERE epoch IS NOT NULL")
    for node in scene.nodes.values():
        for row in run_in(node, lambda tx: list(tx.connection.execute(query))):
            recorded[row[0]] = KeyUse(row[1], row[2], row[3] == EntryKind.COMMIT, row[4])
    for key, made in used.items():
        for each in made:
            assert recorded[each] == key


def _log(scene: Scene, channel: bytes) -> list[bytes]:
    """The relay's log: body hashes in order."""
    with sqlite3.connect(scene.relay.database) as database:
        rows = database.execute(
            "SELECT e.seq, e.body_hash FROM entries e JOIN channels c ON c.number = e.channel"
            " WHERE c.channel = ? ORDER BY e.seq",
            (channel,),
        ).fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    return [row[1] for row in rows]
