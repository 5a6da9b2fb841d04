"""Nobody signs what a review does not show: drafts are read strictly, whoever made them."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from securesystemslib.signer import Signature, SSlibKey
from tuf.api.metadata import DelegatedRole, Delegations, TargetFile, Targets

from rogatory.keys.directory.model import authority_path
from rogatory.keys.errors import PublishError
from rogatory.keys.publishing import changes
from rogatory.keys.publishing.draft_file import decode_draft, encode_draft, take_in
from rogatory.keys.publishing.proposal import check_terms, read_proposal
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.publishing.review import review
from rogatory.keys.publishing.role_keys import role_signer
from tests.keys.simulator import DirectorySimulator

KE, TZ = "ke.central", "tz.central"


@pytest.fixture
def simulator() -> DirectorySimulator:
    simulator = DirectorySimulator([KE, TZ])
    simulator.add_network("gljcn", members=[KE, TZ], coordinators=[KE])
    return simulator


def drafted(simulator: DirectorySimulator) -> Repository:
    """A draft of every role."""
    repository = Repository(dict(simulator.repository.published), {})
    changes.strike_off(repository, TZ, simulator.now())
    changes.set_seats(repository, "gljcn", simulator.now(), members=[KE])
    repository.extend("root", simulator.now())
    return repository


def lines_of(repository: Repository, simulator: DirectorySimulator) -> list[str]:
    return [line.strip() for line in review(read_proposal(repository), simulator.now().timestamp())]


# What is shown


def test_each_role_and_each_difference(simulator: DirectorySimulator) -> None:
    said = lines_of(drafted(simulator), simulator)
    assert [line for line in said if not line.endswith("days from now):")] == [
        "nothing changes but its term",
        "tz.central: STRUCK OFF, trusted with nothing new from now on",
        "tz.central: key set 1 ends",
        "gljcn: tz.central is NO LONGER member",
    ]
    assert [line.split(",")[0] for line in said if line.endswith("days from now):")] == [
        "root",
        "targets",
        "network-gljcn",
    ]
    assert "(730 days from now):" in said[0]


DETAILS: list[tuple[dict[str, Any], str]] = [
    ({"telephone": "+254 20 1234567"}, "ke.central: telephone: +254 20 1234567 (was nothing)"),
    ({"untoc_basis_mla": False}, "ke.central: UNTOC as basis for mutual legal assistance: no (was nothing)"),
    ({"names": {"en": "Office"}}, "ke.central: name: en: Office (was en: Central Authority ke.central)"),
    ({"contact_24_7": "duty officer"}, "ke.central: contact 24/7: duty officer (was nothing)"),
    ({"languages": ("en", "sw")}, "ke.central: languages: en, sw (was nothing)"),
    ({"relay": "relay.two"}, "ke.central: relay: relay.two (was relay.one)"),
    ({"competences": ()}, "ke.central: competences: nothing (was mutual_legal_assistance, extradition)"),
]


@pytest.mark.parametrize(("details", "line"), DETAILS, ids=[next(iter(details)) for details, _ in DETAILS])
def test_every_field_of_an_entry(simulator: DirectorySimulator, details: dict[str, Any], line: str) -> None:
    simulator.add_relay("relay.two")
    repository = simulator.repository
    entry = msgspec.structs.replace(simulator.directory().authority(KE), **details)
    changes.put_authority(repository, entry, simulator.now())
    assert line in lines_of(repository, simulator)


def test_all_that_an_entry_can_say_is_shown(simulator: DirectorySimulator) -> None:
    """A field that is added to entries later is shown without anybody thinking of it."""
    entry = simulator.directory().authority(KE)
    full = {"text": "x", "flag": True}
    changed = msgspec.structs.replace(
        entry,
        territory=full["text"],
        address="x",
        telephone="x",
        email="x",
        office_hours="x",
        time_zone="x",
        contact_24_7="x",
        languages=("sw",),
        untoc_basis_extradition=True,
        untoc_basis_mla=True,
        interpol_urgency=True,
        formal_requirements="x",
        informal_channels="x",
        links=("x",),
        treaties=("x",),
        last_review="2026-01-01",
    )
    changes.put_authority(simulator.repository, changed, simulator.now())
    assert len([line for line in lines_of(simulator.repository, simulator) if line.endswith("(was nothing)")]) == 16


def test_new_keys_show_their_fingerprint_and_who_vouches(simulator: DirectorySimulator) -> None:
    with_drafts = simulator.repository
    simulator._drafting = True
    simulator.renew_keys(KE, endorsed_by="recovery key", new_recovery=True)
    simulator.mark_compromised(KE, [1], 1_700_000_000)
    said = lines_of(with_drafts, simulator)
    assert "ke.central: key set 2 BEGINS, signed by the authority's recovery key" in said
    assert "ke.central: a NEW RECOVERY KEY" in said
    assert "ke.central: key set 1 ends" in said
    assert any(line.startswith("ke.central: key set 1 is COMPROMISED since 2023-11-14") for line in said)


def test_a_relays_new_keys_and_address(simulator: DirectorySimulator) -> None:
    simulator._drafting = True
    simulator.replace_relay_keys("relay.one")
    simulator.add_relay("relay.one", "https://new.example")
    said = lines_of(simulator.repository, simulator)
    assert any(line.startswith("relay.one: NEW KEYS, fingerprint ") for line in said)
    assert "relay.one: address: https://new.example (was http://127.0.0.1:8443)" in said


def test_a_network_and_its_coordinators(simulator: DirectorySimulator) -> None:
    simulator._drafting = True
    simulator.add_network("wacap", [KE], [KE], observers=[TZ], coordinator_keys=2, threshold=2)
    keys = [role_signer(b"k" * 32).public_key]
    simulator.repository.delegate("gljcn", keys, 1, simulator.now())
    said = lines_of(simulator.repository, simulator)
    assert "network ADDED: wacap" in said
    assert "wacap: 2 of 2 keys must sign its roster" in said
    assert "wacap: tz.central becomes observer" in said
    assert any(line.startswith("gljcn: its roster may NO LONGER be signed by the key") for line in said)
    assert any(line.startswith("gljcn: its roster may be signed by the coordinator key") for line in said)


# What is refused


def with_role(repository: Repository, role: str, change: Callable[[Any], object]) -> None:
    draft = repository.draft(role)
    change(draft.signed)
    repository.drafts[f"{role}.json"] = draft.to_bytes()


def with_document(repository: Repository, role: str, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(repository.drafts[f"targets/{path}"])
    change(document)
    data = msgspec.json.format(json.dumps(document).encode(), indent=2) + b"\n"
    repository.drafts[f"targets/{path}"] = data
    info = TargetFile.from_data(path, data, ["sha256"])
    with_role(repository, role, lambda signed: signed.targets.update({path: info}))


def rename(repository: Repository, old: str, new: str) -> None:
    repository.drafts[new] = repository.drafts.pop(old)


def stranger() -> SSlibKey:
    key = role_signer(b"s" * 32).public_key
    assert isinstance(key, SSlibKey)
    return key


def grab(signed: Targets, network: str, paths: Iterable[str]) -> None:
    assert signed.delegations is not None
    assert signed.delegations.roles is not None
    role = DelegatedRole(network, [stranger().keyid], 1, True, paths=list(paths))
    signed.delegations.roles[network] = role
    signed.delegations.keys[stranger().keyid] = stranger()


HIDDEN: dict[str, tuple[Callable[[Repository], object], str]] = {
    "a field of the root": (
        lambda it: with_role(it, "root", lambda signed: signed.unrecognized_fields.update(x=1)),
        "it has a field 'x'",
    ),
    "a key of the root without a role": (
        lambda it: with_role(it, "root", lambda signed: signed.keys.update({stranger().keyid: stranger()})),
        "keys that serve no role",
    ),
    "another role of the root": (
        lambda it: with_role(it, "root", lambda signed: setattr(signed, "consistent_snapshot", False)),
        "other roles",
    ),
    "a field of the targets": (
        lambda it: with_role(it, "targets", lambda signed: signed.unrecognized_fields.update(x=1)),
        "it has a field 'x'",
    ),
    "a target that no index names": (
        lambda it: with_role(
            it,
            "targets",
            lambda signed: signed.targets.update({"x.json": TargetFile.from_data("x.json", b"x", ["sha256"])}),
        ),
        "which its index does not name",
    ),
    "a network that no index names": (
        lambda it: with_role(it, "targets", lambda signed: grab(signed, "network-x", ["networks/x.json"])),
        "rights to others",
    ),
    "a network's right to more than its roster": (
        lambda it: with_role(it, "targets", lambda signed: grab(signed, "network-gljcn", ["*"])),
        "something else than its roster",
    ),
    "a roster's right passed on": (
        lambda it: with_role(it, "network-gljcn", lambda signed: setattr(signed, "delegations", Delegations({}, {}))),
        "passes its right on",
    ),
    "a roster's role that signs for more": (
        lambda it: with_role(
            it,
            "network-gljcn",
            lambda signed: signed.targets.update({"authorities/ke.central.json": TargetFile.from_data("a", b"x")}),
        ),
        "something else than the roster",
    ),
    "a field of an entry": (
        lambda it: with_document(it, "targets", authority_path(TZ), lambda entry: entry.update(x=1)),
        "something that this program does not know",
    ),
    "a field of a roster": (
        lambda it: with_document(it, "network-gljcn", "networks/gljcn.json", lambda roster: roster.update(x=1)),
        "something that this program does not know",
    ),
    "a document that is not the one signed for": (
        lambda it: it.drafts.update({f"targets/{authority_path(TZ)}": b"{}"}),
        "the draft lacks authorities/tz.central.json",
    ),
    "a document that is missing": (
        lambda it: it.drafts.pop(f"targets/{authority_path(TZ)}"),
        "the draft lacks authorities/tz.central.json",
    ),
    "a version skipped": (
        lambda it: with_role(it, "targets", lambda signed: setattr(signed, "version", 9)),
        "is version 9, and the next is 3",
    ),
    "another role's name": (
        lambda it: rename(it, "network-gljcn.json", "gljcn.json"),
        "no such role",
    ),
    "metadata of another kind": (
        lambda it: it.drafts.update({"targets.json": it.drafts["root.json"]}),
        "stands in a wrong place",
    ),
    "metadata that is none": (lambda it: it.drafts.update({"root.json": b"{}"}), "is damaged"),
    "a past rewritten": (
        lambda it: with_document(it, "targets", authority_path(TZ), lambda entry: entry.update(since=2)),
        "rewrites the past",
    ),
    "no draft": (lambda it: it.drafts.clear(), "there is no draft"),
    "what is published is damaged": (
        lambda it: it.published.update({"metadata/timestamp.json": b"{}"}),
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_a_review_would_not_show_is_not_signed(simulator: DirectorySimulator, name: str) -> None:
    repository = drafted(simulator)
    good = encode_draft(repository)
    change, said = HIDDEN[name]
    change(repository)
    raw = msgspec.msgpack.decode(good) | {"published": repository.published, "drafts": repository.drafts}
    with pytest.raises(PublishError, match=said) as refusal:
        decode_draft(msgspec.msgpack.encode(raw), "stick.draft")
    assert str(refusal.value).startswith("stick.draft is refused: ")


def test_a_draft_brings_no_other_files(simulator: DirectorySimulator) -> None:
    """What is not signed for is left behind, so that no name leads out of the folder."""
    repository = drafted(simulator)
    repository.drafts["targets/../../../etc/passwd"] = b"x"
    repository.drafts["targets/stray.json"] = b"x"
    offered = decode_draft(msgspec.msgpack.encode(_raw(repository)), "stick.draft")
    here = Repository(dict(simulator.repository.published), {})
    take_in(here, offered)
    assert {name for name in here.drafts if "/" in name} == {
        "targets/authorities/tz.central.json",
        "targets/networks/gljcn.json",
    }


def test_a_role_with_a_path_for_a_name(simulator: DirectorySimulator) -> None:
    repository = drafted(simulator)
    repository.drafts["..json"] = repository.drafts["network-gljcn.json"]
    with pytest.raises(PublishError, match="no such role"):
        decode_draft(msgspec.msgpack.encode(_raw(repository)), "stick.draft")


def test_signatures_that_do_not_count_are_left_behind(simulator: DirectorySimulator) -> None:
    repository = drafted(simulator)
    repository.sign(simulator.trustees[0])
    draft = repository.draft("targets")
    draft.sign(role_signer(b"s" * 32), append=True)
    draft.sign(simulator.publisher, append=True)
    forged = simulator.trustees[1].public_key.keyid
    draft.signatures[forged] = Signature(forged, "00" * 64)
    repository.drafts["targets.json"] = draft.to_bytes()
    here = Repository(dict(simulator.repository.published), {})
    take_in(here, repository)
    assert set(here.draft("targets").signatures) == {simulator.trustees[0].public_key.keyid}
    # A good signature from another copy is joined, whatever stood in its place in the first.
    other = drafted(simulator)
    other.drafts = dict(repository.drafts)
    other.sign(simulator.trustees[1])
    take_in(here, other)
    assert here.signatures("targets") == (2, 2)


def test_a_draft_that_has_run_out(simulator: DirectorySimulator) -> None:
    proposal = read_proposal(drafted(simulator))
    check_terms(proposal, simulator.now().timestamp())
    with pytest.raises(PublishError, match="the draft of targets ran out on"):
        check_terms(proposal, (simulator.now() + timedelta(days=366)).timestamp())


def _raw(repository: Repository) -> dict[str, Any]:
    return {"format": "rogatory directory draft 1", "published": repository.published, "drafts": repository.drafts}
