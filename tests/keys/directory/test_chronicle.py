"""The exported history: verified as a whole, and no part of it can be changed, left out or moved unnoticed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from rogatory.keys.directory import chronicle
from rogatory.keys.directory.assemble import metadata_file
from rogatory.keys.directory.chronicle import pack_history, read_chronicle
from rogatory.keys.errors import (
    DirectoryRefused,
    EntryMismatch,
    HistoryRewritten,
    IncompleteBundle,
    MalformedBundle,
    WrongSignature,
)
from rogatory.keys.publishing import changes, folder
from rogatory.keys.publishing.sealing import latest, seal
from tests.keys.directory.forging import rewritten
from tests.keys.simulator import DirectorySimulator

Files = dict[str, bytes]


@pytest.fixture
def simulator() -> DirectorySimulator:
    """Versions 1 to 5 of the targets under two roots and two publishers, ten days apart."""
    simulator = DirectorySimulator(["ke.central", "tz.central"], shift=timedelta(days=-100))
    for change in (
        lambda: simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"]),
        lambda: simulator.set_seats("gljcn", members=["tz.central"]),
        lambda: simulator.renew_keys("ke.central"),
        simulator.rotate_trustees,
        simulator.replace_publisher,
        lambda: simulator.strike_off("tz.central"),
        simulator.renew,
    ):
        simulator.shift += timedelta(days=10)
        change()
    return simulator


def files_of(simulator: DirectorySimulator) -> Files:
    return dict(simulator._ever_published)


def test_every_version_and_when_it_was_published(simulator: DirectorySimulator) -> None:
    known = read_chronicle(simulator.exported_history(), simulator.root)
    assert [moment.targets_version for moment in known.moments] == [1, 2, 3, 4, 5]
    days = [round((known.until - moment.published) / 86_400) for moment in known.moments]
    assert days == [70, 60, 40, 30, 10]
    assert known.directory.targets_version == 5
    assert known.published(3) == known.moments[2].published
    with pytest.raises(IncompleteBundle, match="newer history"):
        known.published(6)


def test_trust_may_begin_at_a_later_root(simulator: DirectorySimulator) -> None:
    root = files_of(simulator)[metadata_file("root", 2)]
    known = read_chronicle(simulator.exported_history(), root)
    assert [moment.targets_version for moment in known.moments] == [4, 5]
    assert known.published(4) is None, "when it began under the roots before is not verified"


def test_an_older_export_is_good_and_says_how_old_it_is(simulator: DirectorySimulator) -> None:
    before = simulator.exported_history()
    simulator.shift += timedelta(days=20)
    simulator.add_authority("ug.central")
    old, new = read_chronicle(before, simulator.root), read_chronicle(simulator.exported_history(), simulator.root)
    assert round((new.until - old.until) / 86_400) == 20


Change = Callable[[DirectorySimulator, Files], object]


def put(name: str, data: Callable[[Files], bytes]) -> Change:
    return lambda simulator, files: files.update({name: data(files)})


def edited(files: Files) -> bytes:
    """The second snapshot, said to be published a second later."""
    document = msgspec.json.decode(files[metadata_file("snapshot", 2)])
    document["signed"]["x-rogatory-published"] += 1
    return msgspec.json.encode(document)


def resealed(simulator: DirectorySimulator, files: Files, *, as_of_root: int) -> None:
    """The first publisher's key, stolen after it was replaced, seals another state."""
    thief = DirectorySimulator(["ke.central", "tz.central"]).publisher
    later = {version: files.pop(metadata_file("root", version)) for version in range(as_of_root + 1, 4)}
    seal(files, thief, simulator.now(), simulator.repository.terms)
    files |= {metadata_file("root", version): data for version, data in later.items()}


DAMAGED: dict[str, tuple[Change, type[DirectoryRefused], str]] = {
    "a snapshot is altered": (
        put(metadata_file("snapshot", 2), edited),
        WrongSignature,
        "snapshot",
    ),
    "a snapshot stands in another's place": (
        put(metadata_file("snapshot", 3), lambda files: files[metadata_file("snapshot", 2)]),
        EntryMismatch,
        "out of order",
    ),
    "a snapshot that is none": (put(metadata_file("snapshot", 2), lambda _: b"{}"), EntryMismatch, "does not name"),
    "targets are missing": (
        lambda _, files: files.pop(metadata_file("targets", 2)),
        IncompleteBundle,
        "metadata/2.targets.json",
    ),
    "targets stand in another's place": (
        put(metadata_file("targets", 3), lambda files: files[metadata_file("targets", 2)]),
        EntryMismatch,
        "metadata/3.targets.json",
    ),
    "a document is missing": (
        lambda _, files: files.pop(next(name for name in files if name.endswith(".ke.central.json"))),
        IncompleteBundle,
        "ke.central.json",
    ),
    "a root is missing": (lambda _, files: files.pop(metadata_file("root", 2)), IncompleteBundle, "lacks root 2"),
    "no timestamp": (lambda _, files: files.pop("metadata/timestamp.json"), IncompleteBundle, "timestamp"),
    "no snapshot": (
        lambda _, files: [files.pop(name) for name in list(files) if name.endswith("snapshot.json")],
        IncompleteBundle,
        "snapshot",
    ),
    "a former publisher's key": (
        lambda simulator, files: resealed(simulator, files, as_of_root=3),
        WrongSignature,
        "snapshot",
    ),
    "a former publisher's key under its own root": (
        lambda simulator, files: resealed(simulator, files, as_of_root=1),
        EntryMismatch,
        "does not follow the one before",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_history_that_was_changed(simulator: DirectorySimulator, name: str) -> None:
    change, error, said = DAMAGED[name]
    files = files_of(simulator)
    change(simulator, files)
    with pytest.raises(error, match=said):
        read_chronicle(pack_history(files), simulator.root)


def test_all_signers_together_cannot_rewrite_it(simulator: DirectorySimulator) -> None:
    other_key = "A" * 43 + "="
    bundle = rewritten(
        simulator,
        "targets",
        simulator.trustees,
        "authorities/ke.central.json",
        lambda entry: entry["key_sets"][0].update(online=other_key),
    )
    files = files_of(simulator) | msgspec.msgpack.decode(bundle)["files"]
    with pytest.raises(HistoryRewritten):
        read_chronicle(pack_history(files), simulator.root)


@pytest.mark.parametrize("cut", [0, 1, 1000, -1])
def test_a_history_cut_short(simulator: DirectorySimulator, cut: int) -> None:
    with pytest.raises(MalformedBundle):
        read_chronicle(simulator.exported_history()[:cut], simulator.root)


def test_other_files_are_no_history(simulator: DirectorySimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MalformedBundle):
        read_chronicle(simulator.bundle(), simulator.root)
    monkeypatch.setattr(chronicle, "MAX_HISTORY_BYTES", 1000)
    with pytest.raises(MalformedBundle, match="is not read"):
        read_chronicle(b"x" * 1001, simulator.root)


# On disk


def test_the_folder_keeps_what_was_published(tmp_path: Path) -> None:
    simulator = DirectorySimulator(["ke.central", "tz.central"])
    path = tmp_path / "directory"
    folder.create_folder(path, simulator.repository)
    for address in ("Nairobi", "Mombasa"):
        with folder.opened(path) as repository:
            entry = msgspec.structs.replace(repository.directory().authority("ke.central"), address=address)
            changes.put_authority(repository, entry, simulator.now())
            for signer in simulator.trustees:
                repository.sign(signer)
            repository.publish(simulator.publisher, simulator.now())
    known = read_chronicle(pack_history(folder.history(path)), simulator.root)
    assert [moment.targets_version for moment in known.moments] == [1, 2, 3]
    # What a crash left in history alone is replaced by what is published in its place.
    stray = path / "history" / metadata_file("snapshot", 4)
    stray.write_bytes(read_bytes_of_another(simulator))
    with folder.opened(path) as repository:
        changes.strike_off(repository, "tz.central", simulator.now())
        for signer in simulator.trustees:
            repository.sign(signer)
        repository.publish(simulator.publisher, simulator.now())
    assert read_chronicle(pack_history(folder.history(path)), simulator.root).directory.targets_version == 4


def read_bytes_of_another(simulator: DirectorySimulator) -> bytes:
    files = dict(simulator.repository.published)
    seal(files, simulator.publisher, simulator.now(), simulator.repository.terms)
    return (latest(files, "snapshot") or (0, b""))[1]
