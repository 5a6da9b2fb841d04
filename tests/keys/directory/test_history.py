"""A later directory says the same about the past, even if all its signers together would have it otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tuf.api.metadata import TargetFile, Targets

from rogatory.keys.directory.assemble import target_file
from rogatory.keys.errors import DirectoryRefused, EntryMismatch, HistoryRewritten
from tests.keys.directory.forging import Files, resigned, rewritten, sealed
from tests.keys.simulator import DirectorySimulator

Change = Callable[[dict[str, Any]], object]
AUTHORITY, RELAY, ROSTER = "authorities/ke.central.json", "relays/relay.one.json", "networks/gljcn.json"


@pytest.fixture
def simulator() -> DirectorySimulator:
    simulator = DirectorySimulator(["ke.central", "tz.central"])
    simulator.add_network("gljcn", members=["ke.central", "tz.central"], coordinators=["ke.central"])
    simulator.renew_keys("ke.central")
    simulator.set_seats("gljcn", members=["ke.central"])
    simulator.add_authority("ug.central")
    return simulator


def refused(
    simulator: DirectorySimulator, folder: Path, path: str, change: Change, error: type[DirectoryRefused]
) -> None:
    """Check that the signers' rewriting of one document is refused, and changes nothing."""
    trusted = simulator.trusted(folder)
    before = trusted.bundle()
    role, signers = (
        ("network-gljcn", simulator.coordinator_signers["gljcn"]) if path == ROSTER else ("targets", simulator.trustees)
    )
    with pytest.raises(error):
        trusted.refresh(rewritten(simulator, role, signers, path, change))
    assert trusted.bundle() == before


def put(*place: str | int, value: object) -> Change:
    """A change that puts a value in its place."""

    def change(document: dict[str, Any]) -> None:
        target: Any = document
        for step in place[:-1]:
            target = target[step]
        target[place[-1]] = value

    return change


OTHER_KEY = "A" * 43 + "="
REWRITINGS: dict[str, tuple[str, Change]] = {
    "the key of a past key set": (AUTHORITY, put("key_sets", 0, "online", value=OTHER_KEY)),
    "the key of the key set in force": (AUTHORITY, put("key_sets", 1, "ed25519", value=OTHER_KEY)),
    "the beginning of a key set": (AUTHORITY, put("key_sets", 1, "since", value=2)),
    "the end of a past key set": (AUTHORITY, put("key_sets", 0, "until", value=2)),
    "a past key set in force again": (AUTHORITY, put("key_sets", 0, "until", value=None)),
    "an end in the past": (AUTHORITY, put("key_sets", 1, "until", value=4)),
    "a new key set that ends the present one in the past": (AUTHORITY, put("until", value=4)),
    "a key set vanishes": (AUTHORITY, lambda entry: entry["key_sets"].pop()),
    "the beginning of an authority": (AUTHORITY, put("since", value=2)),
    "the recovery key": (AUTHORITY, put("recovery", "ed25519", value=OTHER_KEY)),
    "no recovery key": (AUTHORITY, lambda entry: entry.pop("recovery")),
    "a recovery key replaced in the past": (
        AUTHORITY,
        lambda entry: entry.update(
            former_recovery=[{**entry["recovery"], "until": 3}],
            recovery={**entry["recovery"], "ed25519": OTHER_KEY},
        ),
    ),
    "another endorsement": (AUTHORITY, put("key_sets", 1, "endorsement", "by", value=0)),
    "no endorsement": (AUTHORITY, lambda entry: entry["key_sets"][1].pop("endorsement")),
    "a term that was": (AUTHORITY, lambda entry: entry.update(former_terms=[{"since": 1, "until": 3}], since=3)),
    "a relay's key": (RELAY, put("receipt", value=OTHER_KEY)),
    "a relay's beginning": (RELAY, put("since", value=2)),
    "a seat vanishes": (ROSTER, lambda roster: roster["members"].pop()),
    "a past seat in force again": (ROSTER, put("members", 1, "until", value=None)),
    "a seat that began earlier": (ROSTER, put("observers", value=[{"authority": "ug.central", "since": 1}])),
    "a seat that ended earlier": (ROSTER, put("coordinators", 0, "until", value=2)),
    "the channel": (ROSTER, put("channel", value="ab" * 32)),
    "the announcers": (ROSTER, put("announcers", value="members")),
}


@pytest.mark.parametrize("name", REWRITINGS)
def test_the_past_is_not_rewritten(simulator: DirectorySimulator, tmp_path: Path, name: str) -> None:
    path, change = REWRITINGS[name]
    refused(simulator, tmp_path, path, change, HistoryRewritten)


MALFORMED: dict[str, tuple[str, Change]] = {
    "another authority's entry": (AUTHORITY, put("id", value="ke.other")),
    "an id of another State": (AUTHORITY, put("state", value="TZ")),
    "a short key": (AUTHORITY, put("key_sets", 0, "online", value="AAAA")),
    "a short ML-DSA key": (AUTHORITY, put("key_sets", 0, "mldsa65", value=OTHER_KEY)),
    "key sets out of order": (AUTHORITY, lambda entry: entry["key_sets"].reverse()),
    "a term in the future": (AUTHORITY, put("key_sets", 1, "since", value=1000)),
    "an unknown competence": (AUTHORITY, put("competences", value=["astrology"])),
    "an unknown relay": (AUTHORITY, put("relay", value="relay.nowhere")),
    "no key set": (AUTHORITY, put("key_sets", value=[])),
    "another relay's entry": (RELAY, put("id", value="relay.two")),
    "one key for identity and receipts": (RELAY, lambda relay: relay.update(receipt=relay["identity"])),
    "another network's roster": (ROSTER, put("id", value="wacap")),
    "a seat held twice": (ROSTER, lambda roster: roster["members"].append(dict(roster["members"][0], since=2))),
    "a short channel id": (ROSTER, put("channel", value="abcd")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_document_that_is_not_sound_is_refused(simulator: DirectorySimulator, tmp_path: Path, name: str) -> None:
    path, change = MALFORMED[name]
    refused(simulator, tmp_path, path, change, EntryMismatch)


HARMLESS: dict[str, tuple[str, Change]] = {
    "an address": (AUTHORITY, put("address", value="State Law Office, Nairobi")),
    "the time of a compromise, told later": (AUTHORITY, put("key_sets", 0, "compromised_since", value=1_700_000_000)),
    "a relay's address": (RELAY, put("urls", value=["https://relay.example"])),
    "a network's name": (ROSTER, put("names", "sw", value="Mtandao")),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_history_may_change(simulator: DirectorySimulator, tmp_path: Path, name: str) -> None:
    path, change = HARMLESS[name]
    role = "network-gljcn" if path == ROSTER else "targets"
    signers = simulator.coordinator_signers["gljcn"] if path == ROSTER else simulator.trustees
    simulator.trusted(tmp_path).refresh(rewritten(simulator, role, signers, path, change))


def test_an_authority_does_not_vanish(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = simulator.trusted(tmp_path)
    kept = msgspec.structs.replace(simulator.repository.index(), authorities=("ke.central", "tz.central"))
    data = msgspec.json.encode(kept)
    info = TargetFile.from_data("index.json", data, ["sha256"])

    def forget(targets: Targets) -> None:
        targets.targets["index.json"] = info
        del targets.targets["authorities/ug.central.json"]

    def forge(files: Files) -> None:
        files[target_file("index.json", info)] = data
        resigned(files, "targets", simulator.trustees, forget)

    with pytest.raises(HistoryRewritten, match=r"ug\.central"):
        trusted.refresh(sealed(simulator, forge))


def test_trustees_do_not_answer_for_a_network(simulator: DirectorySimulator, tmp_path: Path) -> None:
    """A roster in the top-level targets would win over the coordinators' in TUF's search order."""
    trusted = simulator.trusted(tmp_path)
    data = simulator.repository.document("network-gljcn", ROSTER)
    info = TargetFile.from_data(ROSTER, data, ["sha256"])

    def forge(files: Files) -> None:
        resigned(files, "targets", simulator.trustees, lambda targets: targets.targets.update({ROSTER: info}))

    with pytest.raises(EntryMismatch, match="gljcn"):
        trusted.refresh(sealed(simulator, forge))
