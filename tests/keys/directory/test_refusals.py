"""What a client refuses of a bundle that anybody may have handed it: rolled back, wrongly signed, mixed, damaged."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rogatory.keys.directory import bundle as bundles
from rogatory.keys.directory.assemble import metadata_file
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import (
    DirectoryExpired,
    DirectoryRefused,
    EntryMismatch,
    Equivocated,
    IncompleteBundle,
    MalformedBundle,
    RolledBack,
    WrongSignature,
)
from rogatory.keys.publishing.role_keys import role_signer
from rogatory.keys.publishing.sealing import latest, seal, stamp
from tests.keys.directory.forging import Files, edited, refused, resigned, sealed
from tests.keys.simulator import DirectorySimulator

# Rolled back


def test_an_older_bundle_is_refused_whatever_role_it_takes_back(tmp_path: Path) -> None:
    """Each step publishes a new version of one more role."""
    simulator = DirectorySimulator()
    simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"])
    steps: list[tuple[str, Callable[[], object]]] = [
        ("timestamp", simulator.renew),
        ("roster and snapshot", lambda: simulator.set_seats("gljcn", members=["tz.central"])),
        ("targets", lambda: simulator.add_authority("ug.central")),
        ("root", simulator.rotate_trustees),
    ]
    for name, step in steps:
        before = simulator.bundle()
        step()
        refused(simulator.trusted(tmp_path / name), before, RolledBack)


def test_the_publisher_cannot_take_back_a_role_under_a_new_snapshot(tmp_path: Path) -> None:
    """TUF specification 5.5.5: versions of targets roles in the snapshot never decrease."""
    simulator = DirectorySimulator()
    simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"])
    old = dict(simulator.repository.published)
    for name, step in (
        ("network-gljcn", lambda: simulator.set_seats("gljcn", members=["tz.central"])),
        ("targets", lambda: simulator.add_authority("ug.central")),
    ):
        step()

        def take_back(files: Files, role: str = name) -> None:
            version, _ = latest(files, role) or (0, b"")
            del files[metadata_file(role, version)]
            before, data = latest(old, role) or (0, b"")
            files.update({file: content for file, content in old.items() if file.startswith("targets/")})
            files[metadata_file(role, before)] = data

        refused(simulator.trusted(tmp_path / name), sealed(simulator, take_back), RolledBack)


def test_a_root_that_is_held_may_not_be_left_out(simulator: DirectorySimulator, tmp_path: Path) -> None:
    simulator.rotate_trustees()
    trusted = simulator.trusted(tmp_path)
    without = edited(simulator.bundle(), lambda files: files.pop("metadata/2.root.json"))
    assert "root version 1, not 2" in refused(trusted, without, RolledBack)


def test_targets_do_not_go_back_even_when_the_publisher_key_was_replaced(tmp_path: Path) -> None:
    """TUF lets the online roles start anew after a key rotation (5.3.11); what trustees signed stays."""
    simulator = DirectorySimulator()
    old = dict(simulator.repository.published)
    simulator.add_authority("ug.central")
    trusted = simulator.trusted(tmp_path)
    simulator.replace_publisher()
    roots = {name: data for name, data in simulator.repository.published.items() if name.endswith(".root.json")}
    anew = {name: data for name, data in old.items() if "snapshot" not in name and "timestamp" not in name} | roots
    seal(anew, simulator.publisher, simulator.now(), simulator.repository.terms)
    refused(trusted, bundles.pack(anew), RolledBack)


# Signatures


def corrupted(files: Files, name: str) -> None:
    document: dict[str, Any] = json.loads(files[name])
    for signature in document["signatures"]:
        signature["sig"] = ("1" if signature["sig"][0] == "0" else "0") + signature["sig"][1:]
    files[name] = json.dumps(document).encode()


def test_a_timestamp_with_a_wrong_signature(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    simulator.renew()
    forged = edited(simulator.bundle(), lambda files: corrupted(files, "metadata/timestamp.json"))
    assert "timestamp" in refused(trusted, forged, WrongSignature)


def test_a_snapshot_of_somebody_who_is_no_publisher(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    simulator.publisher = role_signer(b"s" * 32)
    assert "timestamp" in refused(trusted, sealed(simulator, lambda files: None), WrongSignature)


def test_a_root_that_the_old_trustees_have_not_signed(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    usurped = DirectorySimulator(seed=2)
    usurped.rotate_trustees()

    def usurp(files: Files) -> None:
        files["metadata/2.root.json"] = usurped.repository.published["metadata/2.root.json"]

    assert "root" in refused(trusted, edited(simulator.bundle(), usurp), WrongSignature)


def test_another_directory_altogether(trusted: TrustedDirectory) -> None:
    refused(trusted, DirectorySimulator(seed=2).bundle(), WrongSignature)


@pytest.mark.parametrize("signers", [[], [0], [0, 0]], ids=["nobody", "one of two", "one of two, twice"])
def test_targets_below_the_trustees_threshold(
    simulator: DirectorySimulator, trusted: TrustedDirectory, signers: list[int]
) -> None:
    chosen = [simulator.trustees[number] for number in signers]
    forged = sealed(simulator, lambda files: resigned(files, "targets", chosen))
    assert "targets" in refused(trusted, forged, WrongSignature)


def test_two_of_three_trustees_are_enough(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    version = trusted.load().targets_version
    bundle = sealed(simulator, lambda files: resigned(files, "targets", simulator.trustees[1:]))
    assert trusted.refresh(bundle).targets_version == version + 1


@pytest.mark.parametrize("who", ["stranger", "publisher", "trustee"])
def test_a_roster_that_its_coordinators_have_not_signed(
    simulator: DirectorySimulator, trusted: TrustedDirectory, who: str
) -> None:
    signer = {
        "stranger": role_signer(b"s" * 32),
        "publisher": simulator.publisher,
        "trustee": simulator.trustees[0],
    }[who]
    forged = sealed(simulator, lambda files: resigned(files, "network-gljcn", [signer]))
    assert "network-gljcn" in refused(trusted, forged, WrongSignature)


def test_a_stored_directory_of_another_root_is_not_trusted(simulator: DirectorySimulator, tmp_path: Path) -> None:
    simulator.trusted(tmp_path)
    with pytest.raises(WrongSignature, match=r"directory\.bundle"):
        TrustedDirectory(tmp_path, DirectorySimulator(seed=2).root).load()


def test_a_damaged_stored_directory_is_no_missing_one(simulator: DirectorySimulator, tmp_path: Path) -> None:
    simulator.trusted(tmp_path)
    stored = tmp_path / "directory.bundle"
    for damaged in (stored.read_bytes()[:-10], bundles.pack({})):
        stored.write_bytes(damaged)
        with pytest.raises(MalformedBundle, match=r"directory\.bundle"):
            TrustedDirectory(tmp_path, simulator.root).load()


# Mixtures and damage


def test_any_file_missing(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    simulator.add_authority("rw.central")
    names = [name for name in simulator.repository.published if not name.endswith(".root.json")]
    assert len(names) >= 9
    for name in names:
        files = bundles.unpack(simulator.bundle())
        del files[name]
        assert name in refused(trusted, bundles.pack(files), IncompleteBundle)


def test_one_entry_of_another_version(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    def document(files: Files) -> str:
        return next(name for name in files if name.endswith(".ke.central.json"))

    old = simulator.repository.published[document(simulator.repository.published)]
    simulator.renew_keys("ke.central")
    forged = edited(simulator.bundle(), lambda files: files.update({document(files): old}))
    assert "ke.central" in refused(trusted, forged, EntryMismatch)


@pytest.mark.parametrize("role", ["snapshot", "targets", "network-gljcn"])
def test_one_role_of_another_version(simulator: DirectorySimulator, trusted: TrustedDirectory, role: str) -> None:
    old = latest(simulator.repository.published, role)
    assert old is not None
    simulator.renew_keys("ke.central")
    simulator.set_seats("gljcn", members=["ug.central"])

    def swap(files: Files) -> None:
        version, _ = latest(files, role) or (0, b"")
        files[metadata_file(role, version)] = old[1]

    assert role in refused(trusted, edited(simulator.bundle(), swap), EntryMismatch)


def test_one_role_in_the_place_of_another(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    def swap(files: Files) -> None:
        files["metadata/timestamp.json"] = files["metadata/1.root.json"]

    refused(trusted, edited(simulator.bundle(), swap), EntryMismatch)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "network-gljcn"])
def test_two_documents_under_one_version(simulator: DirectorySimulator, trusted: TrustedDirectory, role: str) -> None:
    """A publisher, or the role's own keys, show one client one thing and another client another."""
    later, terms = simulator.now() + timedelta(hours=1), simulator.repository.terms
    if role in ("targets", "network-gljcn"):
        files = dict(simulator.repository.published)
        signers = simulator.trustees if role == "targets" else simulator.coordinator_signers["gljcn"]
        resigned(files, role, signers, lambda targets: setattr(targets, "expires", later), same_version=True)
        seal(files, simulator.publisher, later, terms)
    elif role == "timestamp":
        simulator.renew()
        trusted.refresh(simulator.bundle())
        files = bundles.unpack(simulator.history[-2])
        stamp(files, simulator.publisher, later, terms)
    else:
        version, _ = latest(simulator.repository.published, role) or (0, b"")
        files = dict(simulator.repository.published)
        del files[metadata_file(role, version)]
        files[metadata_file(role, version - 1)] = bundles.unpack(simulator.history[-2])[
            metadata_file(role, version - 1)
        ]
        seal(files, simulator.publisher, later, terms)
    assert role in refused(trusted, bundles.pack(files), Equivocated)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"{}", b"\x82\xa6format\xa1x\xa5files\x80", b"\x93" * 5000, b"\xdf\xff\xff\xff\xff"],
    ids=["empty", "invalid", "json", "other format", "deep", "huge map"],
)
def test_what_is_no_bundle(trusted: TrustedDirectory, data: bytes) -> None:
    refused(trusted, data, MalformedBundle)


def test_a_bundle_cut_short(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    simulator.renew()
    whole = simulator.bundle()
    for length in range(0, len(whole), 997):
        refused(trusted, whole[:length], MalformedBundle)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_changes_nothing_that_is_trusted(
    simulator: DirectorySimulator, trusted: TrustedDirectory, data: st.DataObject
) -> None:
    bundle = bytearray(simulator.bundle())
    position = data.draw(st.integers(0, len(bundle) - 1))
    bundle[position] ^= data.draw(st.integers(1, 255))
    before = trusted.load()
    try:
        after = trusted.refresh(bytes(bundle))
    except (DirectoryRefused, DirectoryExpired):
        after = trusted.load()
    assert after.authority_entries == before.authority_entries
    assert after.roster_entries == before.roster_entries
    assert after.relay_entries == before.relay_entries


def test_limits(simulator: DirectorySimulator) -> None:
    with pytest.raises(MalformedBundle):
        bundles.unpack(simulator.bundle(), max_bytes=100)
    with pytest.raises(MalformedBundle):
        bundles.pack({"x" * 301: b""})
    with pytest.raises(MalformedBundle):
        bundles.unpack(bundles.pack({}).replace(b"\x80", b"\xdf\x00\x00\xff\xff"))
