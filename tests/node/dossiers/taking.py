"""Dossiers of simulated nodes, and what a stranger finds in them."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.verification import Report
from rogatory.keys.verification.dossier import Trust, verify_dossier
from rogatory.node.attachments.files import SealedFiles
from rogatory.node.dossiers.exporting import DossierSource
from rogatory.node.matters.commands import reply, say, send_request
from rogatory.protocol.documents import DocumentSigner
from rogatory.protocol.dossier.archive import Member, ending, local_header
from rogatory.protocol.dossier.manifest import MANIFEST, SEAL, Entry, decode_manifest, encode_manifest, seal
from tests.node.harness import SimulatedNode, World
from tests.node.letters import BANK_RECORDS


def trusted_of(node: SimulatedNode) -> TrustedDirectory:
    """The directory in the node's folder, refreshed now."""
    world = node.world
    trusted = TrustedDirectory(world.folder / f"{node.authority}.directory", world.simulator.root, keeps_history=True)
    trusted.refresh(world.simulator.bundle())
    return trusted


def take(node: SimulatedNode, matter: str) -> bytes:
    """The dossier that the node exports now."""
    files = SealedFiles(node.world.folder / f"{node.authority}.attachments")
    source = DossierSource(node.database, files, trusted_of(node))
    return b"".join(source.take(matter, node.core.identity, node.core.directory, node.world.now))


def found(
    data: bytes, root: bytes | None = None, fingerprint: str | None = None, history: bytes | None = None
) -> Report:
    """What a stranger's check says."""
    return verify_dossier(io.BytesIO(data), Trust(root, fingerprint, history)).report


def members_of(data: bytes) -> dict[str, bytes]:
    """What any other zip program finds in the file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes]) -> bytes:
    """These members as a dossier has them, whatever its manifest says."""
    data, entries = b"", []
    for name, content in members.items():
        entries.append(Member(name, len(content), zlib.crc32(content)))
        data += local_header(entries[-1]) + content
    return data + ending(entries)


def sealed_again(members: Mapping[str, bytes], signer: DocumentSigner, **said: Any) -> bytes:
    """What the exporter itself could make of these members: with a manifest that fits, and its signature. `said`: other
    fields of the manifest.
    """
    inside = {name: content for name, content in members.items() if name not in (MANIFEST, SEAL)}
    entries = tuple(
        Entry(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in inside.items()
    )
    manifest = encode_manifest(msgspec.structs.replace(decode_manifest(members[MANIFEST]), members=entries, **said))
    return packed({**inside, MANIFEST: manifest, SEAL: seal(manifest, signer)})


def request_with_steps(world: World) -> str:
    """A request of Kenya's to Tanzania with handling codes, three steps of its life, some words; gives the matter."""
    ke, tz = world.nodes["ke.central"], world.nodes["tz.central"]
    limits = {"use_limits": {"handling": ["H1", "H3"], "text": "Only for the case named."}}
    matter = ke.run(lambda tx: send_request(tx, ["tz.central"], BANK_RECORDS | limits)).matter
    world.settle()
    for outcome in ("accepted", "in_execution", "executed"):
        world.now += 3600
        said = {"outcome": outcome, "language": "en", "text": f"It is {outcome}."}
        tz.run(lambda tx, said=said: reply(tx, matter, said))  # type: ignore[misc]
        world.settle()
    for node in (ke, tz):
        speak(node, matter)
    return matter


def speak(node: SimulatedNode, matter: str) -> None:
    """The node has something in the log, and so a receipt that covers all before it."""
    node.run(lambda tx: say(tx, matter, "Thank you.", subject="Records"))
    node.world.settle()
