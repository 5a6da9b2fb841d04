"""New keys of an authority: who vouches for them, what is refused, and what a directory says of them afterwards."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rogatory.keys.directory.endorsement import Standing
from rogatory.keys.enrolment import enrol_authority
from rogatory.keys.errors import EnrolmentRefused, HistoryRewritten, PublishError
from rogatory.keys.identity import Identity, RecoveryKey
from rogatory.keys.publishing import changes
from rogatory.keys.renewal import CheckedRenewal, check_renewal, endorse_file, look_at_renewal, renew
from tests.keys.simulator import DirectorySimulator

KE = "ke.central"


@pytest.fixture
def simulator() -> DirectorySimulator:
    return DirectorySimulator([KE, "tz.central"])


def checked(simulator: DirectorySimulator, data: bytes, authority: str = KE) -> CheckedRenewal:
    directory = simulator.directory()
    return check_renewal(data, directory.authority(authority), directory.targets_version + 1)


# Standing


@pytest.mark.parametrize(
    ("endorsed_by", "standing"),
    [
        ("key set", Standing.ENDORSED_BY_KEY_SET),
        ("recovery key", Standing.ENDORSED_BY_RECOVERY_KEY),
        (None, Standing.UNENDORSED),
    ],
)
def test_what_new_keys_rest_on(
    simulator: DirectorySimulator, tmp_path: Path, endorsed_by: Any, standing: Standing
) -> None:
    trusted = simulator.trusted(tmp_path)
    identity, data = simulator.renewal(KE, endorsed_by=endorsed_by)
    found = checked(simulator, data)
    assert found.standing is standing
    changes.renew_keys(simulator.repository, found.renewal, simulator.now())
    simulator.publish()
    directory = trusted.refresh(simulator.bundle())
    assert directory.standing(KE, 1) is Standing.ENROLLED
    assert directory.standing(KE, 2) is standing
    assert directory.standing(KE, 2).waits_for_confirmation == (endorsed_by is None)
    # In force all the same: members judge commits from the directory alone.
    directory.vouch_leaf(KE, identity.online_public, directory.targets_version)
    assert directory.authority(KE).key_sets[0].until == directory.targets_version


def test_each_key_set_endorses_the_next(simulator: DirectorySimulator) -> None:
    for _ in range(4):
        simulator.renew_keys(KE)
    directory = simulator.directory()
    assert [directory.standing(KE, number) for number in range(1, 6)] == [
        Standing.ENROLLED,
        *[Standing.ENDORSED_BY_KEY_SET] * 4,
    ]


def test_a_recovery_key_is_replaced_and_each_endorses_in_its_time(
    simulator: DirectorySimulator, tmp_path: Path
) -> None:
    trusted = simulator.trusted(tmp_path)
    first = simulator.recovery_key(KE)
    simulator.renew_keys(KE, new_recovery=True)
    trusted.refresh(simulator.bundle())
    simulator.renew_keys(KE, endorsed_by="recovery key")
    directory = trusted.refresh(simulator.bundle())
    assert directory.standing(KE, 2) is Standing.ENDORSED_BY_KEY_SET
    assert directory.standing(KE, 3) is Standing.ENDORSED_BY_RECOVERY_KEY
    (former,) = directory.authority(KE).former_recovery
    assert former.keys() == first.public()
    assert directory.authority(KE).recovery_at(former.until - 1) == first.public()
    assert directory.authority(KE).recovery_at(former.until) == simulator.recovery_key(KE).public()

    with pytest.raises(EnrolmentRefused, match="neither by its key set in force nor by its recovery key"):
        checked(
            simulator,
            renew(Identity.generate(KE, simulator._random, 4), simulator.recovery_key(KE).public(), first.signer()),
        )


def test_everything_lost_but_the_recovery_key(simulator: DirectorySimulator, tmp_path: Path) -> None:
    """A node made anew writes an enrolment file; the old recovery key, on another machine, endorses it."""
    trusted = simulator.trusted(tmp_path)
    identity = Identity.generate(KE, simulator._random, 2)
    recovery = RecoveryKey.generate(KE, simulator._random)
    enrolment = enrol_authority(simulator.directory().authority(KE), identity, recovery)
    found = checked(simulator, endorse_file(enrolment, simulator.recovery_key(KE).signer()))
    assert found.standing is Standing.ENDORSED_BY_RECOVERY_KEY
    changes.renew_keys(simulator.repository, found.renewal, simulator.now())
    simulator.publish()
    directory = trusted.refresh(simulator.bundle())
    assert directory.standing(KE, 2) is Standing.ENDORSED_BY_RECOVERY_KEY
    assert directory.authority(KE).recovery == recovery.public()


def test_everything_lost_waits_for_persons(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = simulator.trusted(tmp_path)
    identity = Identity.generate(KE, simulator._random, 2)
    enrolment = enrol_authority(
        simulator.directory().authority(KE), identity, RecoveryKey.generate(KE, simulator._random)
    )
    found = checked(simulator, enrolment)
    assert found.standing is Standing.UNENDORSED
    changes.renew_keys(simulator.repository, found.renewal, simulator.now())
    simulator.publish()
    assert trusted.refresh(simulator.bundle()).standing(KE, 2).waits_for_confirmation


def test_a_new_recovery_key_does_not_endorse_the_keys_that_it_comes_with(simulator: DirectorySimulator) -> None:
    """Else whoever persuades the trustees of new keys could endorse them himself."""
    recovery = RecoveryKey.generate(KE, simulator._random)
    data = renew(Identity.generate(KE, simulator._random, 2), recovery, recovery.signer())
    with pytest.raises(EnrolmentRefused, match="neither by"):
        checked(simulator, data)


# Compromise


def test_compromised_keys_endorse_nothing(simulator: DirectorySimulator) -> None:
    with pytest.raises(PublishError, match="marked as compromised"):
        simulator.renew_keys(KE, compromised_since=1_700_000_000)
    simulator.renew_keys(KE, endorsed_by="recovery key", compromised_since=1_700_000_000)
    directory = simulator.directory()
    assert directory.key_set(KE, 1).compromised_since == 1_700_000_000
    assert directory.key_set(KE, 2).compromised_since is None
    assert directory.standing(KE, 2) is Standing.ENDORSED_BY_RECOVERY_KEY


def test_what_they_endorsed_before_it_was_known_waits_from_then_on(
    simulator: DirectorySimulator, tmp_path: Path
) -> None:
    trusted = simulator.trusted(tmp_path)
    simulator.renew_keys(KE)
    assert trusted.refresh(simulator.bundle()).standing(KE, 2) is Standing.ENDORSED_BY_KEY_SET
    simulator.mark_compromised(KE, [1], 1_700_000_000)
    directory = trusted.refresh(simulator.bundle())
    assert directory.standing(KE, 2) is Standing.UNENDORSED
    assert directory.key_set(KE, 1).compromised_since == 1_700_000_000


def test_a_compromise_may_turn_out_to_be_older_but_never_younger(simulator: DirectorySimulator) -> None:
    simulator.strike_off(KE, compromised_since=1_700_000_000)
    simulator.mark_compromised(KE, [1], 1_600_000_000)
    assert simulator.directory().key_set(KE, 1).compromised_since == 1_600_000_000
    with pytest.raises(HistoryRewritten, match="becomes later"):
        simulator.mark_compromised(KE, [1], 1_650_000_000)


def test_an_authority_that_was_struck_off_comes_back(simulator: DirectorySimulator, tmp_path: Path) -> None:
    trusted = simulator.trusted(tmp_path)
    simulator.strike_off(KE, compromised_since=1_700_000_000)
    off = trusted.refresh(simulator.bundle())
    assert off.struck_off(KE, off.targets_version)
    with pytest.raises(PublishError, match="struck off"):
        simulator.renew_keys(KE, endorsed_by="recovery key")
    simulator.add_authority("ug.central")
    identity = simulator.renew_keys(KE, endorsed_by="recovery key", readmit=True)
    back = trusted.refresh(simulator.bundle())
    assert not back.struck_off(KE, back.targets_version)
    assert back.struck_off(KE, off.targets_version)
    assert back.struck_off(KE, back.targets_version - 1)
    assert not back.struck_off(KE, 1)
    assert back.standing(KE, 2) is Standing.ENDORSED_BY_RECOVERY_KEY
    assert back.online_key(KE, back.targets_version) == identity.online_public
    assert KE in [entry.id for entry in back.authorities()]


# Refusals


def altered(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(data)
    change(document)
    return json.dumps(document).encode()


def test_files_that_are_refused(simulator: DirectorySimulator) -> None:
    _, good = simulator.renewal(KE)
    _, of_recovery = simulator.renewal(KE, endorsed_by="recovery key")
    _, other = simulator.renewal("tz.central")
    recovery = simulator.recovery_key(KE)
    stranger = RecoveryKey.generate(KE, simulator._random)
    next_keys = Identity.generate(KE, simulator._random, 2)
    checked(simulator, good)
    refused = {
        "renews keys of tz.central": other,
        "key set 3, and the next of ke.central is 2": renew(
            Identity.generate(KE, simulator._random, 3), recovery.public(), None
        ),
        "prove that its maker holds the key 'online'": altered(
            good, lambda file: file["proofs"].update(online=json.loads(other)["proofs"]["online"])
        ),
        "prove that its maker holds the key 'mldsa65'": altered(good, lambda file: file["proofs"].pop("mldsa65")),
        "neither by its key set": altered(
            good, lambda file: file["endorsement"].update(json.loads(of_recovery)["endorsement"])
        ),
        "neither by its key set ": altered(good, lambda file: file["endorsement"].update(by=9)),
        "maker holds the key 'recovery ed25519'": renew(next_keys, stranger.public(), recovery.signer()),
        "of another kind": altered(good, lambda file: file.update(format="rogatory enrolment of a relay 1")),
        "no enrolment file": good[:-40],
        "malformed": altered(good, lambda file: file.update(payload="e30=")),
    }
    for reason, data in refused.items():
        with pytest.raises(EnrolmentRefused, match=reason.strip()):
            checked(simulator, data)


def test_old_keys_are_not_new_ones(simulator: DirectorySimulator) -> None:
    held = simulator.identity(KE)
    again = Identity(KE, 2, held.online_seed, held.doc_ed25519_seed, held.doc_mldsa65_seed)
    with pytest.raises(EnrolmentRefused, match="a key stands in it twice"):
        checked(simulator, renew(again, simulator.recovery_key(KE).public(), held.document_signer()))


def test_one_authority_endorses_no_other(simulator: DirectorySimulator) -> None:
    _, data = simulator.renewal(KE, endorsed_by=None)
    with pytest.raises(EnrolmentRefused, match=r"the key is one of tz\.central"):
        endorse_file(data, simulator.identity("tz.central").document_signer())


def test_two_renewals_in_one_draft(simulator: DirectorySimulator) -> None:
    _, first = simulator.renewal(KE)
    changes.renew_keys(simulator.repository, look_at_renewal(first), simulator.now())
    recovery = simulator.recovery_key(KE)
    second = renew(Identity.generate(KE, simulator._random, 3), recovery.public(), recovery.signer())
    with pytest.raises(PublishError, match="drafted already"):
        changes.renew_keys(simulator.repository, look_at_renewal(second), simulator.now())
