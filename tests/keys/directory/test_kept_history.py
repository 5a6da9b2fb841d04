"""What a node keeps of the directories that it accepted, so that a stranger can be shown them years later."""

from pathlib import Path

import pytest

from rogatory.keys.directory.chronicle import Chronicle, Moment, read_chronicle
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import IncompleteBundle, MalformedBundle
from tests.keys.simulator import DirectorySimulator


def keeping(simulator: DirectorySimulator, folder: Path) -> TrustedDirectory:
    return TrustedDirectory(folder, simulator.root, keeps_history=True)


def versions(trusted: TrustedDirectory, simulator: DirectorySimulator) -> list[int]:
    known = read_chronicle(trusted.history(), simulator.root)
    return [moment.targets_version for moment in known.moments]


def test_every_accepted_version_stays_also_after_restarts(simulator: DirectorySimulator, tmp_path: Path) -> None:
    first = simulator.directory().targets_version
    keeping(simulator, tmp_path).refresh(simulator.bundle())
    for change in (lambda: simulator.renew_keys("ke.central"), simulator.rotate_trustees, simulator.renew):
        change()
        keeping(simulator, tmp_path).refresh(simulator.bundle())
    simulator.strike_off("tz.central")
    trusted = keeping(simulator, tmp_path)
    trusted.refresh(simulator.bundle())
    every = list(range(first, simulator.directory().targets_version + 1))
    assert len(every) == 4
    assert versions(trusted, simulator) == every
    assert versions(keeping(simulator, tmp_path), simulator) == every


def test_versions_that_were_missed_are_left_out_and_what_was_there_before_is_not(
    simulator: DirectorySimulator, tmp_path: Path
) -> None:
    first = simulator.directory().targets_version
    simulator.trusted(tmp_path)  # by an edition that kept no history
    simulator.renew_keys("ke.central")
    simulator.renew_keys("tz.central")
    trusted = keeping(simulator, tmp_path)
    trusted.refresh(simulator.bundle())
    assert versions(trusted, simulator) == [first, first + 2]


def test_a_refused_bundle_adds_nothing(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = keeping(simulator, tmp_path)
    with pytest.raises(IncompleteBundle):
        trusted.history()
    trusted.refresh(simulator.bundle())
    before = trusted.history()
    with pytest.raises(MalformedBundle):
        trusted.refresh(b"nothing")
    assert trusted.history() == before


def test_a_damaged_history_stops_no_refresh(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = keeping(simulator, tmp_path)
    trusted.refresh(simulator.bundle())
    (tmp_path / "directory.history").write_bytes(b"damaged")
    simulator.renew_keys("ke.central")
    assert trusted.refresh(simulator.bundle()).targets_version == simulator.directory().targets_version
    with pytest.raises(MalformedBundle):
        trusted.history()


def test_whoever_keeps_none_has_the_newest_only(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = simulator.trusted(tmp_path)
    simulator.renew_keys("ke.central")
    trusted.refresh(simulator.bundle())
    assert versions(trusted, simulator) == [simulator.directory().targets_version]
    assert not (tmp_path / "directory.history").exists()


def test_a_term_counts_as_ended_when_it_may_first_have(simulator: DirectorySimulator) -> None:
    directory = simulator.directory()
    moments = (Moment(100, 1), Moment(200, 2), Moment(900, 5))
    known = Chronicle(moments, directory, 1000)
    assert [known.ended(version) for version in (1, 2, 3, 4, 5)] == [100, 200, 200, 200, 900]
    assert [known.published(version) for version in (1, 2, 3, 4, 5)] == [100, 200, 900, 900, 900]
    later = Chronicle(moments[1:], directory, 1000)
    assert later.ended(2) is None
