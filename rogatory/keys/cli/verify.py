"""`verify FILE`: what a dossier, proof file or document proves, against the directory's history, offline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from cryptography.x509 import Certificate

from rogatory.keys.cli.options import Json, read_bounded, show
from rogatory.keys.directory.bundle import MAX_FILE_BYTES
from rogatory.keys.directory.chronicle import MAX_HISTORY_BYTES, Chronicle, read_chronicle
from rogatory.keys.errors import DirectoryRefused, Disproved, NotProven, RefusedFile
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import root_fingerprint
from rogatory.keys.plain import moment
from rogatory.keys.timestamps import read_roots
from rogatory.keys.verification import Report, Verdict, verify_envelope, verify_proof
from rogatory.keys.verification.dossier import Trust, Verified, is_dossier, verify_dossier
from rogatory.protocol.documents.document import peek_document
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.proof import MAX_PROOF, decode_proof
from rogatory.protocol.text import message, text_of

_CONCLUSIONS = {
    Verdict.PROVEN: message("everything above is proven"),
    Verdict.UNSURE: message("NOT everything above is proven"),
    Verdict.FALSE: message("the file CONTRADICTS itself or the directory: rely on nothing of it"),
}


def verify(
    file: Annotated[Path, typer.Argument(help="A dossier, a proof file, or the envelope of one document.")],
    history: Annotated[
        Path | None,
        typer.Option(help="From `rogatory-keys directory export-history`; a dossier brings its own, if older."),
    ] = None,
    root: Annotated[Path | None, typer.Option(help="The first root.json, got from a trustee.")] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="For a dossier without --root: the root's fingerprint, as a trustee tells it.")
    ] = None,
    timestamp_roots: Annotated[
        Path | None, typer.Option(help="Certificates (PEM) of the timestamping authority, to check timestamps against.")
    ] = None,
    text: Annotated[Path | None, typer.Option(help="Write the text of the first document (JSON) to this file.")] = None,
    json: Json = False,
) -> None:
    """Say who said what to whom and when, and what of it is proven. Exit status 0 proven, 7 not proven, 3 false.

    Keys are judged as of the time that receipts prove, also after they were renewed or revoked.
    """
    trusted = None if root is None else read_bounded(root, MAX_FILE_BYTES)
    time_roots = [] if timestamp_roots is None else read_roots(read_bounded(timestamp_roots, MAX_FILE_BYTES))
    with file.open("rb") as opened:
        dossier = is_dossier(opened.read(4))
    if dossier:
        if text is not None:
            raise typer.BadParameter(message("--text is for proof files: a dossier has the texts in it"))
        newer = None if history is None else read_bounded(history, MAX_HISTORY_BYTES)
        report, trusted = _dossier(file, Trust(trusted, fingerprint, newer, time_roots))
    elif trusted is None or history is None or fingerprint is not None:
        raise RefusedFile(
            message("{file} is no dossier; a proof file or document is checked with --history and --root", file=file)
        )
    else:
        report = _proof(file, _chronicle(history, trusted), text, time_roots)
    show(report, json, *_lines(report, trusted))
    if report.verdict is Verdict.UNSURE:
        raise NotProven(message("{file}: not everything is proven", file=file))
    if report.verdict is Verdict.FALSE:
        raise Disproved(
            message("{file}: the evidence is contradicted; keep it, and ask whoever gave it to you", file=file)
        )


def _proof(file: Path, known: Chronicle, text: Path | None, time_roots: Sequence[Certificate]) -> Report:
    data = read_bounded(file, MAX_PROOF)
    try:
        is_envelope = data.startswith(b"{")
        report = verify_envelope(data, known) if is_envelope else verify_proof(data, known, time_roots)
        envelope = data if is_envelope else decode_proof(data).documents[0].envelope
        if text is not None:
            write_atomically(text, peek_document(envelope).payload_bytes, mode=0o644)
    except MalformedError as error:
        raise RefusedFile(
            message(
                "{file} is no proof file or document, or a damaged one ({error}): ask for it again",
                file=file,
                error=text_of(error),
            )
        ) from None
    return report


def _dossier(file: Path, trust: Trust) -> Verified:
    try:
        with file.open("rb") as opened:
            return verify_dossier(opened, trust)
    except DirectoryRefused as error:
        raise RefusedFile(
            message(
                "the directory's history that {file} is checked against is refused: {error}",
                file=file,
                error=text_of(error),
            )
        ) from None
    except ProtocolError as error:
        raise RefusedFile(
            message(
                "{file} is no dossier, or was altered or damaged since it was exported ({error}): rely on"
                " nothing of it, and ask for it again",
                file=file,
                error=text_of(error),
            )
        ) from None


def _chronicle(history: Path, root: bytes) -> Chronicle:
    data = read_bounded(history, MAX_HISTORY_BYTES)
    try:
        return read_chronicle(data, root)
    except DirectoryRefused as error:
        raise RefusedFile(message("{history} is refused: {error}", history=history, error=text_of(error))) from None


def _lines(report: Report, root: bytes) -> list[str]:
    return [
        *report.lines(),
        message(
            "checked against directory version {version}, as confirmed on {day}: what was revoked later is not"
            " seen here",
            version=report.directory_version,
            day=moment(report.history_until),
        ),
        message("trust starts from the root with the fingerprint {fingerprint}", fingerprint=root_fingerprint(root)),
        _CONCLUSIONS[report.verdict],
    ]
