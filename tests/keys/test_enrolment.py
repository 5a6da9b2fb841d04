"""Enrolment files: every key is proved, and nothing in them can be changed."""

import base64
import json
import os
from typing import Any

import pytest

from rogatory.keys.directory.model import AuthorityEntry, Purpose
from rogatory.keys.enrolment import check_enrolment, check_relay_enrolment, enrol_authority, enrol_relay
from rogatory.keys.errors import EnrolmentRefused
from rogatory.keys.identity import Identity, RecoveryKey, RelayKeys

KENYA = Identity.generate("ke.central", os.urandom)
RECOVERY = RecoveryKey.generate("ke.central", os.urandom)
ENTRY = AuthorityEntry(
    id="ke.central",
    state="KE",
    names={"en": "Office of the Attorney-General", "sw": "Ofisi"},
    competences=(Purpose.MUTUAL_LEGAL_ASSISTANCE,),
    relay="relay.one",
    key_sets=(),
    telephone="+254 20 000 000",
    contact_24_7="duty officer",
)
PROOFS = ["online", "ed25519", "mldsa65", "recovery ed25519", "recovery mldsa65"]


def altered(file: bytes, **changes: Any) -> bytes:
    """The file with fields of its payload changed and its proofs kept."""
    document = json.loads(file)
    payload = json.loads(base64.b64decode(document["payload"])) | changes
    document["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(document).encode()


def test_an_enrolment_gives_its_entry() -> None:
    entry = check_enrolment(enrol_authority(ENTRY, KENYA, RECOVERY))
    assert entry.telephone == "+254 20 000 000"
    assert entry.key_sets == (KENYA.key_set(),)
    assert entry.recovery == RECOVERY.public()


@pytest.mark.parametrize("name", PROOFS)
def test_each_key_must_be_proved(name: str) -> None:
    whole = json.loads(enrol_authority(ENTRY, KENYA, RECOVERY))
    other = json.loads(
        enrol_authority(
            ENTRY, Identity.generate("ke.central", os.urandom), RecoveryKey.generate("ke.central", os.urandom)
        )
    )
    for proof in (None, "", other["proofs"][name]):
        forged = {**whole, "proofs": {k: v for k, v in whole["proofs"].items() if k != name}}
        if proof is not None:
            forged["proofs"][name] = proof
        with pytest.raises(EnrolmentRefused, match=name):
            check_enrolment(json.dumps(forged).encode())


def test_no_field_can_be_changed() -> None:
    file = enrol_authority(ENTRY, KENYA, RECOVERY)
    with pytest.raises(EnrolmentRefused):
        check_enrolment(altered(file, telephone="+1 900"))


WRONG: list[dict[str, Any]] = [
    {"id": "tz.central"},
    {"state": "Kenya"},
    {"relay": "../relay"},
    {"key_sets": []},
    {"names": {}},
    {"recovery": None},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_a_directory_would_refuse_is_refused_here(wrong: dict[str, Any]) -> None:
    with pytest.raises(EnrolmentRefused) as refusal:
        check_enrolment(altered(enrol_authority(ENTRY, KENYA, RECOVERY), **wrong))
    assert "does not prove" not in str(refusal.value)


def test_one_key_for_two_uses_is_refused() -> None:
    twice = Identity("ke.central", 1, KENYA.online_seed, KENYA.online_seed, KENYA.doc_mldsa65_seed)
    with pytest.raises(EnrolmentRefused, match="twice"):
        check_enrolment(enrol_authority(ENTRY, twice, RECOVERY))


def test_a_relay_enrols_and_kinds_are_not_mixed_up() -> None:
    keys = RelayKeys.generate("relay.one", os.urandom)
    file = enrol_relay(keys, ("wss://relay.example",), "ab" * 32)
    assert check_relay_enrolment(file) == keys.entry(("wss://relay.example",), "ab" * 32)
    with pytest.raises(EnrolmentRefused):
        check_enrolment(file)
    with pytest.raises(EnrolmentRefused):
        check_relay_enrolment(enrol_authority(ENTRY, KENYA, RECOVERY))
    with pytest.raises(EnrolmentRefused):
        check_relay_enrolment(altered(file, urls=["ws://elsewhere.example"]))


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"format":"x","payload":"","proofs":{}}'])
def test_what_is_no_enrolment_file_is_refused(data: bytes) -> None:
    with pytest.raises(EnrolmentRefused):
        check_enrolment(data)
