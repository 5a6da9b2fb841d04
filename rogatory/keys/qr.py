"""Fingerprints as QR codes: for a telephone's camera, where digits would be read aloud.

The code holds `ROGATORY:<id>:<60 digits>` in capitals, which QR's alphanumeric mode keeps small. Whoever scans it
compares with what their own program shows: a code on a screen or on paper proves no more than the digits beside it.
"""

import io
from pathlib import Path

import segno

from rogatory.keys.errors import RefusedFile
from rogatory.protocol.text import message

_KINDS = {".svg": "svg", ".png": "png"}


def qr_text(name: str, fingerprint: str) -> str:
    """What the code says. `name` is the id of an authority or relay, or the kind of a role's key."""
    return f"ROGATORY:{name.upper()}:{fingerprint.replace(' ', '')}"


def qr_lines(name: str, fingerprint: str) -> list[str]:
    """The code for a terminal, in block characters; 21 lines of 41 columns for most ids."""
    out = io.StringIO()
    _code(name, fingerprint).terminal(out, compact=True)
    return out.getvalue().splitlines()


def save_qr(path: Path, name: str, fingerprint: str) -> None:
    """Write the code to a .svg or .png file. Raises RefusedFile for another kind, OSError."""
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise RefusedFile(message("{path}: a QR code is written to a file that ends with .svg or .png", path=path))
    out = io.BytesIO()
    _code(name, fingerprint).save(out, kind=kind, scale=8)
    path.write_bytes(out.getvalue())


def _code(name: str, fingerprint: str) -> segno.QRCode:
    return segno.make(qr_text(name, fingerprint), micro=False, error="m")
