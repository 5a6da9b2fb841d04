"""`fingerprint FILE`: of an enrolment file, a public key file or a root."""

from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys.cli.authorities import fingerprint_of
from rogatory.keys.cli.options import Json, show
from rogatory.keys.directory.assemble import verified_root
from rogatory.keys.directory.publish.key_file import decode_public_key
from rogatory.keys.enrolment import check_enrolment, check_relay_enrolment
from rogatory.keys.errors import DirectoryRefused, EnrolmentRefused
from rogatory.keys.fingerprint import relay_fingerprint, root_fingerprint


def fingerprint(
    file: Annotated[Path, typer.Argument(help="An enrolment file, a FILE.pub or a root.json.")], json: Json = False
) -> None:
    """Show a file's fingerprint: 60 digits to compare by diplomatic note or on the telephone."""
    what, digits = _identify(file)
    show({"of": what, "fingerprint": digits}, json, f"{what}: {digits}")


def _identify(file: Path) -> tuple[str, str]:
    with file.open("rb") as opened:
        data = opened.read(1024 * 1024)
    head = data[:200]
    if b"rogatory enrolment of an authority" in head:
        entry = check_enrolment(data)
        return entry.id, fingerprint_of(entry)
    if b"rogatory enrolment of a relay" in head:
        relay = check_relay_enrolment(data)
        return relay.id, relay_fingerprint(relay.id, relay.identity, relay.receipt)
    if b"rogatory role key" in head:
        public = decode_public_key(data, str(file))
        return public.kind, public.fingerprint
    try:
        version = verified_root(data).version
    except DirectoryRefused:
        raise EnrolmentRefused(f"{file} is no enrolment file, public key file or root.json") from None
    return f"root {version}", root_fingerprint(data)
