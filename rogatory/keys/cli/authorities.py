"""`authority ...`: enrol, renew, find, strike off authorities; look at the files in which they ask for it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys import plain
from rogatory.keys.cli.options import (
    DirectoryOption,
    Json,
    PassphraseFile,
    Qr,
    QrFile,
    about,
    now,
    read_bounded,
    show,
    show_fingerprint,
)
from rogatory.keys.directory.endorsement import Standing
from rogatory.keys.directory.model import AuthorityEntry, Purpose
from rogatory.keys.enrolment import AUTHORITY_FORMAT, check_enrolment
from rogatory.keys.errors import EnrolmentRefused
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import entry_fingerprint, key_set_fingerprint
from rogatory.keys.identity import RecoveryKey, check_authority_id
from rogatory.keys.passphrase import read_passphrase
from rogatory.keys.proofs import MAX_FILE
from rogatory.keys.publishing import changes, folder
from rogatory.keys.publishing.repository import TARGETS
from rogatory.keys.renewal import Renewal, check_renewal, endorse_file, look_at_renewal
from rogatory.keys.vault import open_vault
from rogatory.languages.commands import tell
from rogatory.protocol.text import message

app = typer.Typer(help="Authorities in the directory.", no_args_is_help=True)

Enrolment = Annotated[Path, typer.Argument(help="The authority's enrolment file.")]
RenewalFile = Annotated[Path, typer.Argument(help="The authority's renewal or enrolment file.")]
AuthorityId = Annotated[str, typer.Argument(help="Its id.")]
CompromisedSince = Annotated[datetime | None, typer.Option(help="From when on its keys may have been another's (UTC).")]


@app.command()
def check(file: RenewalFile, qr: Qr = False, qr_file: QrFile = None, json: Json = False) -> None:
    """Check the proofs of an enrolment or renewal file; show what it asks for and its fingerprint."""
    data = read_bounded(file, MAX_FILE)
    with about(file):
        entry = check_enrolment(data) if AUTHORITY_FORMAT.encode() in data[:200] else None
        renewal = look_at_renewal(data)
    fingerprint = _fingerprint(renewal)
    if entry is not None:
        show({"entry": entry, "fingerprint": fingerprint}, json, *_lines(entry))
    else:
        show({"renewal": renewal, "fingerprint": fingerprint}, json, *_renewal_lines(renewal))
    show_fingerprint(renewal.authority, fingerprint, qr=qr, qr_file=qr_file, quiet=json)


@app.command()
def add(
    enrolment: Enrolment, directory: DirectoryOption, qr: Qr = False, qr_file: QrFile = None, json: Json = False
) -> None:
    """Take an authority (or its changed details) into the next version of the directory.

    Compare the fingerprint with the authority by diplomatic note or on the telephone before signing.
    """
    with about(enrolment):
        entry = check_enrolment(read_bounded(enrolment, MAX_FILE))
    with folder.opened(directory) as repository:
        changes.put_authority(repository, entry, now())
    fingerprint = entry_fingerprint(entry)
    show({"entry": entry, "fingerprint": fingerprint}, json, *_lines(entry))
    show_fingerprint(entry.id, fingerprint, qr=qr, qr_file=qr_file, quiet=json)
    if not json:
        tell(message("drafted; not yet signed"))


@app.command()
def renew(
    file: RenewalFile,
    directory: DirectoryOption,
    unendorsed: Annotated[
        bool, typer.Option("--unendorsed", help="Take in keys that neither old keys nor the recovery key signed.")
    ] = False,
    readmit: Annotated[bool, typer.Option("--readmit", help="Admit one again that was struck off.")] = False,
    compromised_since: CompromisedSince = None,
    json: Json = False,
) -> None:
    """Take an authority's new keys into the next version of the directory; its keys before end.

    The file must be signed by the key set in force or by the recovery key. After the loss of both, compare the
    fingerprint by diplomatic note, then give --unendorsed: every correspondent will be asked to confirm it too.
    """
    data = read_bounded(file, MAX_FILE)
    with about(file):
        seen = look_at_renewal(data)
    with folder.opened(directory) as repository:
        version = repository.next_version(TARGETS, now())
        held = changes.authority_entry(repository, seen.authority, version)
        with about(file):
            checked = check_renewal(data, held, version)
        if checked.standing is Standing.UNENDORSED and not unendorsed:
            raise EnrolmentRefused(
                message(
                    "{file}: the new keys of {authority} are signed neither by its keys in force nor by its"
                    " recovery key: ask for a file endorsed by the recovery key (`rogatory-keys authority"
                    " endorse`); if both are lost, compare the fingerprint by diplomatic note and give"
                    " --unendorsed",
                    file=file,
                    authority=seen.authority,
                )
            )
        changes.renew_keys(
            repository, checked.renewal, now(), compromised_since=_unix(compromised_since), readmit=readmit
        )
    fingerprint = _fingerprint(seen)
    show(
        {"renewal": seen, "standing": checked.standing, "fingerprint": fingerprint},
        json,
        *_renewal_lines(seen),
        message("fingerprint: {fingerprint}", fingerprint=fingerprint),
        message("these keys are {standing}", standing=plain.standing_in_words(checked.standing)),
        message("drafted; not yet signed"),
    )


@app.command()
def endorse(
    file: RenewalFile,
    recovery_key: Annotated[Path, typer.Option(help="The file of the recovery key made at enrolment.")],
    out: Annotated[Path | None, typer.Option(help="File for the endorsed one, instead of the same.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign an authority's new keys with its recovery key, on the machine where that is kept."""
    data = read_bounded(file, MAX_FILE)
    with about(file):
        seen = look_at_renewal(data)
    for line in (*_renewal_lines(seen), f"fingerprint: {_fingerprint(seen)}"):
        tell(line)
    secrets = open_vault(recovery_key, read_passphrase(str(recovery_key), passphrase_file))
    recovery = RecoveryKey.decode(secrets.secret("recovery_key"))
    with about(file):
        endorsed = endorse_file(data, recovery.signer())
    write_atomically(out or file, endorsed, mode=0o644)
    tell(
        message(
            "{out}: endorsed; send it to the trustees, who take it in with `rogatory-keys authority renew`",
            out=out or file,
        )
    )


@app.command("strike-off")
def strike_off(authority: AuthorityId, directory: DirectoryOption, compromised_since: CompromisedSince = None) -> None:
    """End an authority's enrolment in the next version of the directory."""
    with folder.opened(directory) as repository:
        changes.strike_off(repository, check_authority_id(authority), now(), _unix(compromised_since))
    tell(message("{authority} is struck off; drafted, not yet signed", authority=authority))


@app.command()
def compromised(
    authority: AuthorityId,
    directory: DirectoryOption,
    key_set: Annotated[list[int], typer.Option(help="Number of a key set; repeat for each.")],
    since: Annotated[datetime, typer.Option(help="From when on it may have been another's (UTC).")],
) -> None:
    """Mark key sets, also such as ended long ago: what no receipt dates earlier proves nothing from then on."""
    moment = int(since.replace(tzinfo=UTC).timestamp())
    with folder.opened(directory) as repository:
        changes.mark_compromised(repository, check_authority_id(authority), key_set, moment, now())
    tell(
        message(
            "{authority}: marked as compromised since {moment}; drafted, not yet signed",
            authority=authority,
            moment=plain.moment(moment),
        )
    )


@app.command()
def find(
    directory: DirectoryOption,
    state: Annotated[str | None, typer.Option(help="Two letters of the State, as in KE.")] = None,
    purpose: Annotated[Purpose | None, typer.Option(help="Kind of cooperation.")] = None,
    territory: Annotated[str | None, typer.Option(help="Part of the State, as in Zanzibar.")] = None,
    json: Json = False,
) -> None:
    """Find who is competent: by State, purpose and territory. Those of the territory itself come first."""
    found = folder.load(directory).directory().find(state, purpose, territory)
    lines = [line for entry in found for line in (entry.id, *(f"  {line}" for line in plain.lines(entry)))]
    show(found, json, *lines or [message("nobody in this directory is competent for that")])


def _fingerprint(renewal: Renewal) -> str:
    return key_set_fingerprint(renewal.authority, renewal.key_set, renewal.recovery)


def _unix(moment: datetime | None) -> int | None:
    return int(moment.replace(tzinfo=UTC).timestamp()) if moment else None


def _lines(entry: AuthorityEntry) -> list[str]:
    return [message("authority {id}, enrolment", id=entry.id), *(f"  {line}" for line in plain.lines(entry))]


def _renewal_lines(renewal: Renewal) -> list[str]:
    return [message("authority {id}, key set {number}", id=renewal.authority, number=renewal.key_set.version)]
