"""`fingerprint FILE`: of an enrolment or renewal file, a public key file or a root."""

from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys.cli.options import Json, Qr, QrFile, about, read_bounded, show
from rogatory.keys.directory.assemble import verified_root
from rogatory.keys.enrolment import AUTHORITY_FORMAT, RELAY_FORMAT, check_relay_enrolment
from rogatory.keys.errors import DirectoryRefused, EnrolmentRefused
from rogatory.keys.fingerprint import key_set_fingerprint, relay_fingerprint, root_fingerprint
from rogatory.keys.proofs import MAX_FILE
from rogatory.keys.publishing.key_file import decode_public_key
from rogatory.keys.qr import qr_lines, save_qr
from rogatory.keys.renewal import RENEWAL_FORMAT, look_at_renewal
from rogatory.languages.commands import tell
from rogatory.protocol.text import message


def fingerprint(
    file: Annotated[Path, typer.Argument(help="An enrolment or renewal file, a FILE.pub or a root.json.")],
    qr: Qr = False,
    qr_file: QrFile = None,
    json: Json = False,
) -> None:
    """Show a file's fingerprint: 60 digits to compare by diplomatic note or on the telephone, or a QR code."""
    with about(file):
        what, digits = _identify(file)
    show({"of": what, "fingerprint": digits}, json, message("{what}: {digits}", what=what, digits=digits))
    if qr and not json:
        for line in qr_lines(what, digits):
            tell(line)
    if qr_file is not None:
        save_qr(qr_file, what, digits)


def _identify(file: Path) -> tuple[str, str]:
    data = read_bounded(file, MAX_FILE)
    head = data[:200]
    if AUTHORITY_FORMAT.encode() in head or RENEWAL_FORMAT.encode() in head:
        renewal = look_at_renewal(data)
        return renewal.authority, key_set_fingerprint(renewal.authority, renewal.key_set, renewal.recovery)
    if RELAY_FORMAT.encode() in head:
        relay = check_relay_enrolment(data)
        return relay.id, relay_fingerprint(relay.id, relay.identity, relay.receipt)
    if b"rogatory role key" in head:
        public = decode_public_key(data, str(file))
        return public.kind, public.fingerprint
    try:
        version = verified_root(data).version
    except DirectoryRefused:
        raise EnrolmentRefused(message("it is no enrolment or renewal file, public key file or root.json")) from None
    return message("root {version}", version=version), root_fingerprint(data)
