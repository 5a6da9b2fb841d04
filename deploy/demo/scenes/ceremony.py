"""Trustees make the directory's root; authorities and networks are enrolled; the publisher publishes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial

from deploy.demo.cast import NETWORKS, OFFICES, RELAY, THRESHOLD, TRUSTEES, Network, Office
from deploy.demo.errors import expect
from deploy.demo.stage import Stage

PUBLISHER = "publisher.key"
SIGNING = [argument for trustee in TRUSTEES[:THRESHOLD] for argument in ("--key", f"trustees/{trustee}.key")]
READ_ALOUD = (" ADDED: ", " becomes ", " keys must sign", f" {OFFICES[0].id}: ")
COST = ("--cost", "interactive")


def found_directory(stage: Stage) -> None:
    """Three trustees, of whom two sign, begin an empty directory, and give out its root."""
    keys = stage.tools.keys
    (stage.folder / "trustees").mkdir()
    (stage.folder / "coordinators").mkdir()
    stage.together(
        *(_key(stage, "trustee", f"trustees/{trustee}.key") for trustee in TRUSTEES),
        *(_key(stage, "coordinator", f"coordinators/{network.id}.key") for network in NETWORKS),
        _key(stage, "publisher", PUBLISHER),
    )
    publics = [argument for trustee in TRUSTEES for argument in ("--trustee", f"trustees/{trustee}.key.pub")]
    threshold = ("--threshold", str(THRESHOLD))
    keys("directory", "init", "directory", *publics, "--publisher", f"{PUBLISHER}.pub", *threshold)
    signed = keys("directory", "sign", "directory", *SIGNING, "--yes")
    expect(f"{THRESHOLD} of {THRESHOLD} signatures" in signed, "two trustees' signatures do not count as enough")
    keys("directory", "publish", "directory", "--publisher-key", PUBLISHER, "--yes")
    keys("directory", "root", "directory", "root.json")
    stage.screen.shown(f"{len(TRUSTEES)} trustees, any {THRESHOLD} of whom sign; all trust begins with their root.json")


def enrol(stage: Stage) -> None:
    """The relay and every authority make keys, and the trustees take them into the directory."""
    tools = stage.tools
    url = ("--url", stage.url, "--port", str(stage.port))
    made: dict[str, str] = {}
    stage.together(
        lambda: tools.relay("init", "relay", "--relay", RELAY, *url),
        *(partial(_make_node, stage, office, made) for office in OFFICES),
    )
    shutil.copy(stage.folder / "root.json", stage.folder / "relay" / "root.json")
    tools.keys("relay", "add", "relay/relay.enrolment", "--directory", "directory")
    for office in OFFICES:
        added = tools.keys("authority", "add", f"{office.key}/enrolment.json", "--directory", "directory", "--json")
        expect(json.loads(added)["fingerprint"] == made[office.id], f"two fingerprints for {office.id}")
    stage.screen.shown("the trustees see the fingerprints that each authority reads to them on the telephone")


def publish(stage: Stage) -> None:
    """Networks are founded; trustees and coordinators sign, the publisher publishes, the relay mirrors."""
    keys = stage.tools.keys
    for network in NETWORKS:
        keys("network", "add", network.id, "--directory", "directory", *_seats(network))
    coordinators = [argument for one in NETWORKS for argument in ("--key", f"coordinators/{one.id}.key")]
    review = keys("directory", "sign", "directory", *SIGNING, *coordinators, "--yes")
    stage.screen.letter("What trustees and coordinators read before they sign (in part)", _in_short(review))
    published = keys("directory", "publish", "directory", "--publisher-key", PUBLISHER, "--yes")
    expect("directory version 2" in published, f"another version was published: {published}")
    keys("directory", "bundle", "directory", "directory.bundle")
    stage.tools.relay("directory", "import", "directory.bundle", "--config", "relay/relay.toml")
    stage.start_relay()
    served = stage.ready()
    expect(served.get("directory_version") == 2, f"the relay serves another directory: {served}")
    stage.screen.shown(f"the relay listens on {stage.url} and mirrors the signed directory, version 2")


def _in_short(review: str) -> str:
    """Of the review that `sign` prints: what is added, who gets a seat, and one authority in full."""
    return "\n".join(line.strip() for line in review.splitlines() if any(mark in line for mark in READ_ALOUD))


def _key(stage: Stage, kind: str, file: str) -> Callable[[], object]:
    return lambda: stage.tools.keys(kind, "create", file, *COST)


def _make_node(stage: Stage, office: Office, made: dict[str, str]) -> None:
    details = stage.folder / f"{office.key}.json"
    details.write_text(json.dumps(office.details, ensure_ascii=False), encoding="utf-8")
    who = ("--authority", office.id, "--state", office.key, "--name", f"{office.details['languages'][0]}={office.name}")
    where = ("--relay", RELAY, "--relay-url", stage.url, "--root", "root.json", "--details", details.name)
    made[office.id] = stage.tools.node("", "init", office.key, *who, *where)["fingerprint"]


def _seats(network: Network) -> list[str]:
    seats = [
        "--relay",
        RELAY,
        "--name",
        f"en={network.name}",
        "--coordinator-key",
        f"coordinators/{network.id}.key.pub",
    ]
    for member in network.members:
        seats += ["--member", member]
    return [*seats, "--coordinator", network.coordinator]
