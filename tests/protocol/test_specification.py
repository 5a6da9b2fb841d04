"""PROTOCOL.md against the code: its examples, tables and test values hold."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import re
import typing

import msgspec
import pytest

from rogatory.protocol import limits
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.content import document_commitment
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, access_digest, encode_declaration
from rogatory.protocol.documents import FORMS, KINDS, MAX_ENVELOPE, MAX_PAYLOAD, document_digest
from rogatory.protocol.documents.dsse import pae
from rogatory.protocol.documents.kinds.reply import Ground, Outcome
from rogatory.protocol.documents.registry import decode_payload
from rogatory.protocol.extensions import JoinInfo
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.server import Code, ServerFrame
from rogatory.protocol.header import Form, body_hash, genesis, next_header
from rogatory.protocol.judgement import VoidCode
from rogatory.protocol.life.table import LIFE, State
from rogatory.protocol.receipt import Receipt, Stamped, root_input

TEXT = (importlib.resources.files("rogatory.protocol") / "PROTOCOL.md").read_text(encoding="utf-8")
CHANNEL, HEAD = bytes(range(32)), b"\xab" * 32


def section(title: str) -> str:
    """From a heading to the next one of its depth or higher."""
    depth = len(title) - len(title.lstrip("#"))
    start = TEXT.index(f"\n{title}\n") + len(title) + 2
    following = re.compile(rf"^#{{1,{depth}}} ", re.MULTILINE).search(TEXT, start)
    return TEXT[start : following.start() if following else len(TEXT)]


def table(text: str) -> list[list[str]]:
    """All rows of all tables in `text`, without headings."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in row] for row in rows if not set(row[0].strip()) <= {"-", " "}]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_an_example_that_decodes(kind: str) -> None:
    found = re.search(r"```json\n(.*?)```", section(f"### {kind}"), re.DOTALL)
    assert found, f"no example of {kind}"
    example = json.loads(found[1])
    charter = re.search(r"```json\n(.*?)```", section("### charter"), re.DOTALL)
    assert charter
    common = json.loads(charter[1])
    if kind != "charter":
        addressees = ["tz.central"] if KINDS[kind].ADDRESSED else []
        example = {**common, "kind": kind, "addressees": addressees, "body": example}
    assert decode_payload(json.dumps(example).encode()).kind == kind


def test_the_table_of_kinds_is_the_registry() -> None:
    rows = table(section("## 14. Kinds of documents").split("###")[0])[1:]
    assert {row[0]: (row[1] != "to the channel", row[2] == "yes") for row in rows} == {
        kind: (body.ADDRESSED, body.CASE_DATA) for kind, body in KINDS.items()
    }


def test_every_member_of_a_request_is_described() -> None:
    described = section("### request")
    for field in msgspec.structs.fields(KINDS["request"]):
        assert field.name in described.split("```")[2], field.name
    common = {field.name for field in msgspec.structs.fields(KINDS["request"])}
    rows = {row[0]: (row[1], row[2]) for row in table(described) if row[0] in FORMS}
    assert set(rows) == set(FORMS)
    for name, form in FORMS.items():
        own = [field.name for field in msgspec.structs.fields(form) if field.name not in common]
        assert rows[name] == (form.ARTICLE, ", ".join(own)), name
    assert {ground.value for ground in Ground} >= {"18(21)(a)", "18(21)(d)", "18(9)"}


def test_the_table_of_the_life_of_requests_is_the_code() -> None:
    rows = {row[0]: row[1:] for row in table(section("## 22. The life of a request"))[1:]}
    assert rows == {
        step.value: [
            "either" if rule.role is None else rule.role.value,
            ", ".join(state.value for state in State if state in rule.states),
            "stays" if rule.to is None else rule.to.value,
            "" if rule.need is None else rule.need.value,
        ]
        for step, rule in LIFE.items()
    }
    assert set(LIFE) == set(Outcome)


def test_the_tables_of_frames_are_the_frames() -> None:
    rows = {row[0]: row[1] for row in table(section("## 4. Frames")) if len(row) > 1}
    for frame in (*typing.get_args(ClientFrame), *typing.get_args(ServerFrame)):
        written = [re.sub(r" = .*", "", name.strip()) for name in rows[frame.__struct_config__.tag].split(",")]
        assert written == list(frame.__struct_fields__), frame


def test_every_refusal_is_explained() -> None:
    codes = {code for row in table(section("## 4. Frames")) for code in re.split(r"`, `", row[0])}
    assert {code.value for code in Code} <= codes


def test_every_void_is_a_numbered_rule() -> None:
    judgement = section("## 16. Judgement")
    assert {code.value for code in VoidCode} == {
        code for row in table(judgement) if re.match(r"\d+\. ", row[0]) for code in re.findall(r"[a-z_]+", row[1])
    }
    numbers = [int(number) for number in re.findall(r"^\| (\d+)\. ", judgement, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_limits_are_those_of_the_code() -> None:
    written = {row[0]: int(row[1].replace(",", "")) for row in table(section("## 19. Limits"))[1:]}
    units = {"KIB", "MIB"}
    in_code = {name: getattr(limits, name) for name in dir(limits) if name.isupper() and name not in units}
    assert written == {**in_code, "MAX_ENVELOPE": MAX_ENVELOPE, "MAX_PAYLOAD": MAX_PAYLOAD}


def test_the_declaration_and_the_join_extension_are_described_in_order() -> None:
    rows = [row[0] for row in table(section("## 10. Declaration"))[1:]]
    assert rows == list(Declaration.__struct_fields__)
    join = section("## 9. Profile of MLS").split("0xF0A2")[1]
    positions = [join.index(name) for name in JoinInfo.__struct_fields__]
    assert positions == sorted(positions)
    receipt = section("## 6. Receipts").split("is the array:")[1]
    positions = [receipt.index(name) for name in Receipt.__struct_fields__]
    assert positions == sorted(positions)


def test_the_pre_authentication_encoding_is_as_written() -> None:
    assert '`"' + pae(b"").decode().removesuffix("0 ") + '"' in TEXT


def test_the_test_values_are_those_of_the_code() -> None:
    stamped = Stamped(CHANNEL, 9, HEAD, 1_790_000_000_000)
    acknowledgement = Acknowledgement(CHANNEL, "ke.central", 1, 9, HEAD, [3, 5])
    declaration = Declaration(DirectoryPin(7, 3), Seen(4, HEAD), document=b"\x01" * 32)
    header = next_header(CHANNEL, genesis(CHANNEL), "ke.central", Form.MLS, body_hash(b"body"))
    assert {row[0]: bytes.fromhex(row[2]) for row in table(section("## 20. Test values"))[1:]} == {
        "genesis": genesis(CHANNEL).hash,
        "header": header.hash(),
        "receipt leaf": stamped.leaf(),
        "receipt root": hashlib.sha256(root_input("relay.nairobi", 1, stamped.leaf())).digest(),
        "acknowledgement": hashlib.sha256(acknowledgement.signing_input()).digest(),
        "access": access_digest(["tz.central", "ke.central"]),
        "commitment": document_commitment(bytes(32), b"\x01" * 32),
        "declaration": encode_declaration(declaration),
        "digest": document_digest(b"{}"),
    }
