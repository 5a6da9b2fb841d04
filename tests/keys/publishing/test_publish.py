"""Drafts, signatures and publication: nothing is published that enough keys have not signed."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from rogatory.keys.directory.model import authority_path, relay_path
from rogatory.keys.errors import HistoryRewritten, PublishError, ThresholdNotMet, WrongSignature
from rogatory.keys.identity import RelayKeys
from rogatory.keys.publishing import changes, folder
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.publishing.role_keys import role_signer
from rogatory.keys.renewal import Renewal
from tests.keys.simulator import DirectorySimulator


@pytest.fixture
def simulator() -> DirectorySimulator:
    simulator = DirectorySimulator(["ke.central", "tz.central"])
    simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"], coordinator_keys=3, threshold=2)
    return simulator


def draft_an_address(simulator: DirectorySimulator, address: str = "Nairobi") -> Repository:
    entry = msgspec.structs.replace(simulator.directory().authority("ke.central"), address=address)
    changes.put_authority(simulator.repository, entry, simulator.now())
    return simulator.repository


# Signatures


def test_one_signature_of_two_publishes_nothing(simulator: DirectorySimulator) -> None:
    repository = draft_an_address(simulator)
    before = dict(repository.published)
    with pytest.raises(ThresholdNotMet, match="targets has 0 of 2"):
        repository.publish(simulator.publisher, simulator.now())
    repository.sign(simulator.trustees[0])
    repository.sign(simulator.trustees[0])
    assert repository.signatures("targets") == (1, 2)
    with pytest.raises(ThresholdNotMet, match="targets has 1 of 2"):
        repository.publish(simulator.publisher, simulator.now())
    assert repository.published == before
    repository.sign(simulator.trustees[2])
    directory = repository.publish(simulator.publisher, simulator.now())
    assert directory.authority("ke.central").address == "Nairobi"
    assert repository.drafts == {}


def test_a_change_drops_signatures(simulator: DirectorySimulator) -> None:
    repository = draft_an_address(simulator)
    repository.sign(simulator.trustees[0])
    draft_an_address(simulator, "Mombasa")
    assert repository.signatures("targets") == (0, 2)


def test_a_key_signs_only_what_it_counts_for(simulator: DirectorySimulator) -> None:
    repository = draft_an_address(simulator)
    changes.set_seats(repository, "gljcn", simulator.now(), members=["tz.central"])
    assert repository.sign(simulator.trustees[0]) == ["targets"]
    assert repository.sign(simulator.coordinator_signers["gljcn"][0]) == ["network-gljcn"]
    for signer in (simulator.publisher, role_signer(b"x" * 32)):
        with pytest.raises(PublishError):
            repository.sign(signer)


def test_a_roster_needs_its_coordinators_threshold_and_no_trustee(simulator: DirectorySimulator) -> None:
    repository = simulator.repository
    changes.set_seats(repository, "gljcn", simulator.now(), members=["tz.central"])
    first, second, _ = simulator.coordinator_signers["gljcn"]
    repository.sign(first)
    with pytest.raises(ThresholdNotMet, match="network-gljcn has 1 of 2"):
        repository.publish(simulator.publisher, simulator.now())
    repository.sign(second)
    targets = simulator.directory().targets_version
    directory = repository.publish(simulator.publisher, simulator.now())
    assert directory.members_at("gljcn", 2) == {"tz.central"}
    assert directory.targets_version == targets


def test_only_the_publisher_publishes(simulator: DirectorySimulator) -> None:
    before = dict(simulator.repository.published)
    with pytest.raises(WrongSignature, match="timestamp"):
        simulator.repository.renew(simulator.trustees[0], simulator.now())
    assert simulator.repository.published == before


def test_new_trustees_need_the_old_ones_consent_and_their_own(simulator: DirectorySimulator) -> None:
    repository = simulator.repository
    new = [role_signer(bytes([number]) * 32) for number in range(3)]
    repository.set_trustees([signer.public_key for signer in new], 3, simulator.now())
    for signer in new:
        repository.sign(signer)
    with pytest.raises(ThresholdNotMet, match="root has 0 of 2"):
        repository.publish(simulator.publisher, simulator.now())
    for signer in simulator.trustees[:2]:
        assert repository.sign(signer) == ["root"]
    assert repository.publish(simulator.publisher, simulator.now()).root_version == 2


@pytest.mark.parametrize("threshold", [0, 4])
def test_a_threshold_that_cannot_be_met(simulator: DirectorySimulator, threshold: int) -> None:
    with pytest.raises(PublishError, match="threshold"):
        Repository.create(
            [signer.public_key for signer in simulator.trustees],
            threshold,
            [simulator.publisher.public_key],
            simulator.now(),
        )


def test_one_key_given_twice_is_one_key(simulator: DirectorySimulator) -> None:
    key = simulator.trustees[0].public_key
    with pytest.raises(PublishError, match="threshold"):
        Repository.create([key, key], 2, [simulator.publisher.public_key], simulator.now())


# Changes


def test_details_change_and_keys_and_terms_stay(simulator: DirectorySimulator) -> None:
    before = simulator.directory().authority("ke.central")
    changes.put_authority(
        simulator.repository,
        msgspec.structs.replace(before, email="ca@example.org", since=0, until=None, key_sets=before.key_sets),
        simulator.now(),
    )
    simulator.publish()
    after = simulator.directory().authority("ke.central")
    assert after == msgspec.structs.replace(before, email="ca@example.org")


def test_another_key_is_no_change_of_details(simulator: DirectorySimulator) -> None:
    entry = msgspec.structs.replace(
        simulator.directory().authority("ke.central"), key_sets=(simulator.stranger("ke.central").key_set(),)
    )
    with pytest.raises(PublishError, match="other keys"):
        changes.put_authority(simulator.repository, entry, simulator.now())


def test_many_are_enrolled_in_one_version_or_none(simulator: DirectorySimulator) -> None:
    newcomer = DirectorySimulator(["ug.central", "rw.central"]).directory()
    ug, rw = newcomer.authority("ug.central"), newcomer.authority("rw.central")
    before, drafts = simulator.directory(), dict(simulator.repository.drafts)
    for refused, why in (
        ([ug, before.authority("ke.central")], "ke.central is enrolled already"),
        ([ug, ug], "ug.central is enrolled already"),
        ([ug, msgspec.structs.replace(rw, relay="relay.two")], "relay.two"),
    ):
        with pytest.raises(PublishError, match=re.escape(why)):
            changes.enrol(simulator.repository, refused, simulator.now())
        assert simulator.repository.drafts == drafts
    changes.enrol(simulator.repository, [ug, rw], simulator.now())
    simulator.publish()
    after = simulator.directory()
    assert {after.authority(name).since for name in ("ug.central", "rw.central")} == {before.targets_version + 1}


def test_a_key_set_out_of_turn(simulator: DirectorySimulator) -> None:
    with pytest.raises(PublishError, match="number 2"):
        changes.renew_keys(
            simulator.repository,
            Renewal(
                authority="ke.central",
                key_set=simulator.stranger("ke.central").key_set(),
                recovery=simulator.recovery_key("ke.central").public(),
            ),
            simulator.now(),
        )


def test_striking_off_twice(simulator: DirectorySimulator) -> None:
    simulator.strike_off("tz.central")
    with pytest.raises(PublishError, match="already"):
        simulator.strike_off("tz.central")


def test_seats_are_for_enrolled_authorities(simulator: DirectorySimulator) -> None:
    with pytest.raises(PublishError, match=r"zm\.central"):
        changes.set_seats(simulator.repository, "gljcn", simulator.now(), members=["ke.central", "zm.central"])


def test_unknown_relay_and_unknown_authority(simulator: DirectorySimulator) -> None:
    entry = msgspec.structs.replace(simulator.directory().authority("ke.central"), relay="relay.two")
    with pytest.raises(PublishError, match=r"relay\.two"):
        changes.put_authority(simulator.repository, entry, simulator.now())
    with pytest.raises(PublishError, match=r"zm\.central"):
        changes.strike_off(simulator.repository, "zm.central", simulator.now())


def test_a_relay_with_new_keys_keeps_the_old_ones_on_record(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = simulator.trusted(tmp_path)
    old = simulator.directory().relay("relay.one")
    keys = RelayKeys("relay.one", b"i" * 32, b"r" * 32)
    changes.put_relay(simulator.repository, keys.entry(("https://new.example",)), simulator.now())
    simulator.publish()
    relay = trusted.refresh(simulator.bundle()).relay("relay.one")
    assert relay.receipt == keys.receipt.public
    (former,) = relay.former
    assert (former.receipt, former.since, former.until) == (old.receipt, old.since, relay.since)


def test_a_network_is_founded_once(simulator: DirectorySimulator) -> None:
    with pytest.raises(PublishError, match="gljcn"):
        simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"])


def test_the_publisher_refuses_what_clients_would(simulator: DirectorySimulator) -> None:
    repository = simulator.repository
    entry = simulator.directory().authority("ke.central")
    repository.put(
        "targets",
        authority_path("ke.central"),
        msgspec.structs.replace(entry, key_sets=(msgspec.structs.replace(entry.key_sets[0], online=bytes(32)),)),
        simulator.now(),
    )
    before = dict(repository.published)
    with pytest.raises(HistoryRewritten):
        simulator.publish()
    assert repository.published == before


# Renewal


def test_renewal_makes_a_timestamp_and_in_time_a_snapshot(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = simulator.trusted(tmp_path)
    before = simulator.directory()
    simulator.renew()
    after = trusted.refresh(simulator.bundle())
    assert after.timestamp_version == before.timestamp_version + 1
    assert after.snapshot_version == before.snapshot_version
    later = simulator.now() + simulator.repository.terms.snapshot / 2 + timedelta(hours=1)
    renewed = simulator.repository.renew(simulator.publisher, later)
    assert renewed.snapshot_version == before.snapshot_version + 1
    assert renewed.targets_version == before.targets_version


def test_drafts_stay_drafts_when_the_timestamp_is_renewed(simulator: DirectorySimulator) -> None:
    draft_an_address(simulator)
    simulator.renew()
    assert simulator.repository.draft_roles() == ["targets"]
    assert simulator.directory().authority("ke.central").address is None


# On disk


def test_a_folder_holds_the_repository(simulator: DirectorySimulator, tmp_path: Path) -> None:
    folder.create_folder(tmp_path / "directory", simulator.repository)
    with folder.opened(tmp_path / "directory") as repository:
        changes.strike_off(repository, "tz.central", simulator.now())
    loaded = folder.load(tmp_path / "directory")
    assert loaded.published == simulator.repository.published
    assert loaded.draft_roles() == ["targets"]


def test_a_failure_leaves_the_folder_as_it_was(simulator: DirectorySimulator, tmp_path: Path) -> None:
    path = tmp_path / "directory"
    folder.create_folder(path, simulator.repository)

    def change() -> None:
        with folder.opened(path) as repository:
            changes.strike_off(repository, "tz.central", simulator.now())
            changes.strike_off(repository, "zm.central", simulator.now())

    with pytest.raises(PublishError, match=r"zm\.central"):
        change()
    assert folder.load(path).drafts == {}


@pytest.mark.parametrize("timestamp_written", [False, True])
def test_a_crash_during_publication_is_finished_by_the_next(
    simulator: DirectorySimulator, tmp_path: Path, timestamp_written: bool
) -> None:
    """All new files are on disk, perhaps without the timestamp; old files and drafts are not cleared yet."""
    path = tmp_path / "directory"
    draft_an_address(simulator)
    for signer in simulator.trustees:
        simulator.repository.sign(signer)
    folder.create_folder(path, simulator.repository)
    simulator.publish()
    for name, data in simulator.repository.published.items():
        if timestamp_written or name != "metadata/timestamp.json":
            file = path / "mirror" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    loaded = folder.load(path)
    loaded.directory()
    assert loaded.drafts == {}
    with folder.opened(path) as repository:
        assert repository.renew(simulator.publisher, simulator.now()).authority("ke.central").address == "Nairobi"
    left = folder.load(path).published
    assert len([name for name in left if ".ke.central.json" in name]) == 1


def test_one_command_at_a_time(simulator: DirectorySimulator, tmp_path: Path) -> None:
    folder.create_folder(tmp_path / "directory", simulator.repository)
    with (
        folder.opened(tmp_path / "directory"),
        pytest.raises(PublishError, match="another command"),
        folder.opened(tmp_path / "directory"),
    ):
        pass


def test_folders_that_are_none(simulator: DirectorySimulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PublishError, match="not empty"):
        folder.create_folder(tmp_path, simulator.repository)
    with pytest.raises(PublishError, match="holds no directory"):
        folder.load(tmp_path)


def test_a_missing_document_is_told(simulator: DirectorySimulator) -> None:
    with pytest.raises(PublishError, match=r"relay\.two"):
        simulator.repository.document("targets", relay_path("relay.two"))
