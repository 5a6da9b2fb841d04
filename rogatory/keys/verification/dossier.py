"""A dossier: the whole of a matter against the directory's history that it carries, offline, from one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NamedTuple

from cryptography.x509 import Certificate

from rogatory.keys.directory.bundle import MAX_FILE_BYTES
from rogatory.keys.directory.chronicle import MAX_HISTORY_BYTES, Chronicle, read_chronicle
from rogatory.keys.errors import RefusedFile
from rogatory.keys.fingerprint import root_fingerprint
from rogatory.keys.plain import moment
from rogatory.keys.verification.container import Container
from rogatory.keys.verification.matter import Matter
from rogatory.keys.verification.report import Claim, Finding, Report, Verdict, key_set_of
from rogatory.keys.verification.verify import conclude
from rogatory.protocol.documents.errors import DocumentError
from rogatory.protocol.dossier import manifest as form
from rogatory.protocol.dossier.manifest import Manifest, check_seal, decode_manifest
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.text import message, text_of


@dataclass(frozen=True, slots=True)
class Trust:
    """What a dossier is checked against: a root got from a trustee, or the fingerprint of the one in the file (digits),
    or neither; a newer history than the one in the file, if there is one; and the roots of timestamping authorities.
    """

    root: bytes | None = None
    fingerprint: str | None = None
    history: bytes | None = None
    time_roots: Sequence[Certificate] = ()


class Verified(NamedTuple):
    """What was found, and the root that trust started from."""

    report: Report
    root: bytes


def is_dossier(start: bytes) -> bool:
    """Whether a file that begins so is a zip file."""
    return start.startswith(b"PK")


def verify_dossier(file: BinaryIO, trust: Trust) -> Verified:
    """What a dossier proves. Raises MalformedError for a file that was altered or is none, DirectoryRefused,
    RefusedFile where the fingerprint is another's.
    """
    container = Container(file)
    data = container.read(form.MANIFEST, form.MAX_MANIFEST)
    manifest = decode_manifest(data)
    _check_members(container, manifest)
    root, findings = _root(container, trust)
    history = trust.history or container.read(form.HISTORY, MAX_HISTORY_BYTES)
    chronicle = read_chronicle(history, root)
    sealed = _sealed(container.read(form.SEAL, form.MAX_SEAL), data, manifest, chronicle)
    findings.append(sealed)
    if sealed.verdict is Verdict.FALSE:
        return Verified(conclude((), tuple(findings), chronicle), root)
    fingerprint = root_fingerprint(container.read(form.ROOT, MAX_FILE_BYTES))
    matter = Matter(container, manifest, chronicle, fingerprint, trust.time_roots)
    findings += matter.findings
    return Verified(conclude(tuple(matter.reports), tuple(findings), chronicle, tuple(matter.notes)), root)


def _check_members(container: Container, manifest: Manifest) -> None:
    """Raise MalformedError unless the file has what the manifest names, in its order, and nothing besides."""
    held = [(each.member.name, each.member.size, each.sha256) for each in container.members.values()]
    named = [(each.name, each.size, each.sha256) for each in manifest.members]
    if [name for name, _, _ in held[-2:]] != [form.MANIFEST, form.SEAL]:
        raise MalformedError(message("it does not end with its manifest and the signature of it"))
    for found, wanted in zip(held[:-2], named, strict=False):
        if found != wanted:
            raise MalformedError(
                message("{found!r} is not what its exporter signed: altered, exchanged or moved", found=found[0])
            )
    if len(held) - 2 != len(named):
        raise MalformedError(message("members were added or taken away since its exporter signed it"))


def _root(container: Container, trust: Trust) -> tuple[bytes, list[Finding]]:
    inside = container.read(form.ROOT, MAX_FILE_BYTES)
    if trust.root is not None:
        return trust.root, []
    fingerprint = root_fingerprint(inside)
    if trust.fingerprint is None:
        text = message(
            "the root in this file was compared with nothing: ask a trustee of the directory for its fingerprint, and"
            " give it with --fingerprint, if it is {fingerprint}",
            fingerprint=fingerprint,
        )
        return inside, [Finding(Claim.ROOT, Verdict.UNSURE, text)]
    if "".join(trust.fingerprint.split()) != "".join(fingerprint.split()):
        raise RefusedFile(
            message("the root in this file is another: its fingerprint is {fingerprint}", fingerprint=fingerprint)
        )
    text = message("the root in this file has the fingerprint that was given")
    return inside, [Finding(Claim.ROOT, Verdict.PROVEN, text)]


def _sealed(seal: bytes, data: bytes, manifest: Manifest, chronicle: Chronicle) -> Finding:
    """Whose signature stands under the whole. Each document stands by itself, whatever is found here."""
    who = key_set_of(manifest.authority, manifest.key_set)
    try:
        check_seal(seal, data, chronicle.directory.document_keys)
    except DocumentError as error:
        if isinstance(error, MalformedError):
            raise
        return Finding(
            Claim.EXPORT,
            Verdict.FALSE,
            message("the whole is not signed by {who}: {error}", who=who, error=text_of(error)),
        )
    said = message(
        "the whole is signed by {who}, which says that it exported it on {day}", who=who, day=manifest.exported_at
    )
    key_set = chronicle.directory.key_set(manifest.authority, manifest.key_set)
    if key_set.compromised_since is not None:
        text = message(
            "{said}; these keys are compromised since {since}: whoever found them may have left documents out; what"
            " each document proves stays",
            said=said,
            since=moment(key_set.compromised_since),
        )
        return Finding(Claim.EXPORT, Verdict.UNSURE, text)
    ended = None if key_set.until is None else chronicle.ended(key_set.until)
    at = datetime.fromisoformat(manifest.exported_at).timestamp()
    if ended is not None and at > ended + chronicle.directory.max_stale_seconds:
        text = message("{said}, and these keys had ended on {ended}", said=said, ended=moment(ended))
        return Finding(Claim.EXPORT, Verdict.UNSURE, text)
    return Finding(Claim.EXPORT, Verdict.PROVEN, said)
