"""What a directory answers: who is found, which keys it vouches for as of a version, who sits in a network."""

import pytest

from rogatory.keys.directory.model import Purpose
from rogatory.keys.errors import NotVouched, UnknownAuthority, UnknownNetwork, UnknownRelay, UnknownVersion
from rogatory.protocol import errors as protocol
from rogatory.protocol.documents.errors import UnknownKeySet
from tests.keys.simulator import DirectorySimulator


@pytest.fixture
def simulator() -> DirectorySimulator:
    return DirectorySimulator(["ke.central", "tz.central", "ug.central"])


# Finding


def test_authorities_are_found_by_state_purpose_and_territory(simulator: DirectorySimulator) -> None:
    simulator.add_authority("tz.zanzibar", competences=[Purpose.EXTRADITION], territory="Zanzibar")
    simulator.add_authority("tz.mainland", competences=[Purpose.EXTRADITION], territory="Mainland")
    directory = simulator.directory()

    def found(**wanted: str) -> list[str]:
        purpose = Purpose(wanted["purpose"]) if "purpose" in wanted else None
        return [e.id for e in directory.find(wanted.get("state"), purpose, wanted.get("territory"))]

    assert found(state="TZ") == found(state="tz") == ["tz.central", "tz.mainland", "tz.zanzibar"]
    assert found(state="TZ", territory="zanzibar") == ["tz.zanzibar", "tz.central"]
    assert found(state="TZ", purpose="mutual_legal_assistance") == ["tz.central"]
    assert found(purpose="firearms") == []


def test_one_that_was_struck_off_is_not_found_but_stays_readable(simulator: DirectorySimulator) -> None:
    simulator.strike_off("ug.central", compromised_since=1_800_000_000)
    directory = simulator.directory()
    assert [entry.id for entry in directory.authorities()] == ["ke.central", "tz.central"]
    assert directory.key_set("ug.central", 1).compromised_since == 1_800_000_000
    assert directory.struck_off("ug.central", directory.targets_version)
    assert not directory.struck_off("ug.central", directory.targets_version - 1)
    assert not directory.struck_off("ke.central", directory.targets_version)


def test_unknown_names(simulator: DirectorySimulator) -> None:
    directory = simulator.directory()
    with pytest.raises(UnknownAuthority):
        directory.authority("zm.central")
    with pytest.raises(UnknownRelay):
        directory.relay("relay.two")
    with pytest.raises(UnknownNetwork):
        directory.roster("wacap")
    with pytest.raises(UnknownNetwork):
        directory.members_at("wacap", 1)
    with pytest.raises(UnknownKeySet):
        directory.document_keys("zm.central", 1)
    with pytest.raises(UnknownKeySet):
        directory.document_keys("ke.central", 2)


# Vouching


def test_a_leaf_is_vouched_for_as_of_the_version_that_it_pins(simulator: DirectorySimulator) -> None:
    enrolled = simulator.directory().targets_version
    first = simulator.identity("ke.central").online_public
    second = simulator.renew_keys("ke.central").online_public
    directory = simulator.directory()
    renewed = directory.targets_version

    directory.vouch_leaf("ke.central", first, enrolled)
    directory.vouch_leaf("ke.central", second, renewed)
    assert directory.online_key("ke.central", enrolled) == first
    assert directory.online_key("ke.central", renewed) == second
    for key, version in ((second, enrolled), (first, renewed)):
        with pytest.raises(NotVouched):
            directory.vouch_leaf("ke.central", key, version)


def test_a_version_newer_than_ours_is_waited_for(simulator: DirectorySimulator) -> None:
    directory = simulator.directory()
    newer = directory.targets_version + 1
    key = simulator.identity("ke.central").online_public
    with pytest.raises(UnknownVersion):
        directory.vouch_leaf("ke.central", key, newer)
    with pytest.raises(UnknownVersion):
        directory.vouch_leaf("zm.central", key, newer)
    with pytest.raises(UnknownVersion):
        directory.online_key("ke.central", newer)
    with pytest.raises(UnknownVersion):
        directory.struck_off("ke.central", newer)


def test_strangers_and_exchanged_keys_are_not_vouched_for(simulator: DirectorySimulator) -> None:
    directory = simulator.directory()
    version = directory.targets_version
    kenya = simulator.identity("ke.central")
    for authority, key in (
        ("zm.central", simulator.stranger("zm.central").online_public),
        ("ke.central", simulator.stranger("ke.central").online_public),
        ("tz.central", kenya.online_public),
        ("ke.central", kenya.key_set().ed25519),
        ("ke.central", b""),
    ):
        with pytest.raises(NotVouched):
            directory.vouch_leaf(authority, key, version)
    with pytest.raises(protocol.NotVouched):
        directory.vouch_leaf("ke.central", kenya.online_public, 0)


def test_an_authority_that_was_struck_off_is_vouched_for_before_only(simulator: DirectorySimulator) -> None:
    before = simulator.directory().targets_version
    key = simulator.identity("ug.central").online_public
    simulator.strike_off("ug.central")
    directory = simulator.directory()
    directory.vouch_leaf("ug.central", key, before)
    with pytest.raises(NotVouched):
        directory.vouch_leaf("ug.central", key, before + 1)
    with pytest.raises(NotVouched):
        directory.online_key("ug.central", before + 1)


def test_document_keys_of_every_key_set_stay(simulator: DirectorySimulator) -> None:
    simulator.renew_keys("ke.central")
    directory = simulator.directory()
    for number in (1, 2):
        assert directory.document_keys("ke.central", number) == (
            simulator.identity("ke.central", number).document_signer().keys
        )


# Networks


def test_seats_are_those_of_the_roster_version_named(simulator: DirectorySimulator) -> None:
    channel = simulator.add_network(
        "gljcn", members=["ke.central", "tz.central"], coordinators=["ke.central"], observers=["ug.central"]
    )
    simulator.set_seats("gljcn", members=["tz.central", "ug.central"], coordinators=["tz.central"], observers=[])
    directory = simulator.directory()
    roster = directory.roster_of_channel(channel)
    assert roster is not None
    assert roster.id == "gljcn"
    assert directory.roster_of_channel(bytes(32)) is None
    assert directory.network_versions == {"gljcn": 2}

    assert directory.members_at("gljcn", 1) == {"ke.central", "tz.central"}
    assert directory.members_at("gljcn", 2) == {"tz.central", "ug.central"}
    assert directory.participants_at("gljcn", 1) == {"ke.central", "tz.central", "ug.central"}
    assert directory.is_coordinator("gljcn", "ke.central", 1)
    assert not directory.is_coordinator("gljcn", "ke.central", 2)
    assert directory.is_observer("gljcn", "ug.central", 1)
    assert not directory.is_observer("gljcn", "ug.central", 2)
    assert directory.may_announce("gljcn", "ke.central", 1)
    assert not directory.may_announce("gljcn", "ke.central", 2)
    assert not directory.may_announce("gljcn", "ug.central", 1)
    for ask in (directory.members_at, directory.participants_at, directory.roster_at):
        with pytest.raises(UnknownVersion):
            ask("gljcn", 3)


def test_members_announce_where_the_roster_says_so(simulator: DirectorySimulator) -> None:
    simulator.add_network(
        "open",
        members=["ke.central"],
        coordinators=["tz.central"],
        observers=["ug.central"],
        announcers="members",
    )
    directory = simulator.directory()
    assert directory.may_announce("open", "ke.central", 1)
    assert directory.may_announce("open", "tz.central", 1)
    assert not directory.may_announce("open", "ug.central", 1)


def test_a_seat_can_be_given_back(simulator: DirectorySimulator) -> None:
    simulator.add_network("gljcn", members=["ke.central", "tz.central"], coordinators=["ke.central"])
    simulator.set_seats("gljcn", members=["ke.central"])
    simulator.set_seats("gljcn", members=["ke.central", "tz.central"])
    directory = simulator.directory()
    assert ["tz.central" in directory.members_at("gljcn", version) for version in (1, 2, 3)] == [True, False, True]
