"""What an officer sees beside what the relay has stored, and what is proven of the request's way."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.demo import lines
from deploy.demo.cast import KE, RELAY, TZ
from deploy.demo.desk import acknowledged_at, document_at
from deploy.demo.errors import DemoFailed, expect
from deploy.demo.relay_store import StoredEntry, files_of, found_in, stored_entries
from deploy.demo.scenes.request import Sent
from deploy.demo.stage import Stage

FIELDS = ("reference", "subject", "facts", "assistance", "aim")
EXCERPT = 190
HEX_BYTES = 288
OFFSET = 400
"""Where the ciphertext has begun for certain: before it stand the channel id and the clear declaration."""


def side_by_side(stage: Stage, sent: Sent) -> None:
    """The request at the officer's desk, and the same entry in the relay's database."""
    request = stage.tools.node(TZ.key, "document", "show", sent.request)
    entries = stored_entries(stage.relay_folder / "relay.db", request["matter"])
    stored = next((entry for entry in entries if entry.seq == request["seq"]), None)
    if stored is None or not stored.body:
        raise DemoFailed(f"the relay's database has no body of entry {request['seq']}")
    expect(hashlib.sha256(stored.body).digest() == stored.body_hash, "the relay keeps a hash of other bytes")
    both = Table.grid(padding=(0, 1), expand=True)
    both.add_column(ratio=1)
    both.add_column(ratio=1)
    both.add_row(_desk(request), _relay(entries, stored))
    stage.screen.show(both)


def search(stage: Stage) -> None:
    """None of the officers' words is in any file of the relay; what it must know to do its work is."""
    files = [*files_of(stage.relay_folder), stage.relay.log]
    size = sum(path.stat().st_size for path in files)
    # The relay knows who talks to whom; if the search did not find that, it would prove nothing.
    expect(bool(found_in(files, KE.id)), f"the search of the relay's files does not even find {KE.id}")
    for phrase in lines.PHRASES:
        where = found_in(files, phrase)
        expect(not where, f"the relay has the words {phrase!r} in {', '.join(path.name for path in where)}")
    quoted = ", ".join(f'"{phrase}"' for phrase in lines.PHRASES[:4])
    stage.screen.shown(
        f"searched {len(files)} files of the relay, {size:,} bytes, for {len(lines.PHRASES)} phrases of the letters"
        f" ({quoted}, ...) as text, hexadecimal and base64: none is there"
    )
    stage.screen.shown(
        f"what the relay does see is found by the same search: {KE.id} and {TZ.id} talk, when, and how much"
    )


def evidences(stage: Stage, sent: Sent) -> None:
    """Receipt of the relay, acknowledgement of the addressee's node, receipt of the addressee, signatures."""
    request = stage.tools.node(KE.key, "document", "show", sent.request)
    stage.tools.node(KE.key, "document", "save", sent.request, "request.dsse.json")
    receipt, paper = request["receipt"], document_at(stage, KE, sent.matter, "receipt")
    acknowledged = acknowledged_at(request, TZ.id)
    if paper is None or acknowledged is None:
        raise DemoFailed("an evidence is missing: no acknowledgement, or no receipt")
    expect(paper["body"]["head"] == receipt["head"], f"{TZ.id} and {RELAY} signed different heads of the log")
    table = Table("evidence", "by", "says", border_style="dim", expand=True)
    rows = (
        ("document", KE.id, f"SHA-256 {_short(request['digest'])}, signed with Ed25519 and ML-DSA-65"),
        ("submission", RELAY, f"entry {receipt['seq']}, {receipt['time']}, head {_short(receipt['head'])}"),
        ("delivery", TZ.id, f"acknowledged by its node, {acknowledged}"),
        ("receipt", TZ.id, f"{paper['body']['reference']}, the same head {_short(paper['body']['head'])}"),
    )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stage.screen.show(table)
    stage.screen.shown(
        "relay and addressee signed the same head of the log; the signed request is saved, to be checked anywhere"
    )


def verify(stage: Stage, sent: Sent) -> None:
    """A stranger checks the request's proof file, offline, against the directory's history."""
    stage.tools.node(KE.key, "document", "prove", sent.request, "request.proof")
    stage.tools.keys("directory", "export-history", "directory", "directory.history")
    found = stage.tools.keys(
        "verify", "request.proof", "--history", "directory.history", "--root", "root.json", "--json"
    )
    report = json.loads(found)
    # The others in it are evidences: what the addressee's node stated about the request.
    (document,) = (each for each in report["documents"] if each["kind"] == "request")
    expect(report["verdict"] == "proven", f"the proof file does not prove the request: {report}")
    expect(document["author"] == KE.id and TZ.id in document["read_by"], "it proves another author or reader")
    stage.screen.shown(
        f"without node, relay or network, years later: {KE.id} wrote this request, {RELAY} had it then,"
        f" {TZ.id} has read it; all is proven, as of the time of the receipt"
    )


def _short(digits: str) -> str:
    return f"{digits[:16]}..."


def _desk(request: dict[str, Any]) -> Panel:
    text = Text()
    for name in FIELDS:
        value = request["body"][name].replace("\n", " ")
        text.append(f"{name}  ", style="bold")
        text.append(value if len(value) <= EXCERPT else f"{value[:EXCERPT]}...")
        text.append("\n")
    for person in request["body"]["persons"]:
        text.append(f"{person['role']}  ", style="bold")
        text.append(f"{person['name']}\n")
    return Panel(text, title=Text(f"The officer in {TZ.place}"), border_style="green")


def _relay(entries: list[StoredEntry], stored: StoredEntry) -> Panel:
    text = Text("entry  author       bytes  SHA-256\n", style="bold")
    for entry in entries:
        line = f"{entry.seq:>5}  {entry.author:<10} {len(entry.body):>7}  {entry.body_hash.hex()[:10]}...\n"
        text.append(line, style="reverse" if entry.seq == stored.seq else "")
    text.append(f"\nentry {stored.seq}, from byte {OFFSET}:\n", style="bold")
    text.append(stored.body[OFFSET : OFFSET + HEX_BYTES].hex(" ", 2), style="red")
    text.append(" ...")
    return Panel(text, title=Text("The relay, in its database"), border_style="red")
