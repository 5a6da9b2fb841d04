"""`directory propose`, `review`, `sign`, `assemble`, `publish`: from a draft to a published directory.

Each machine shows in plain words what is about to be signed before it asks for a yes (see CEREMONY.md).
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from securesystemslib.signer import Signer

from rogatory.keys.cli.options import Folder, Json, PassphraseFile, now, read_bounded, show, unlock
from rogatory.keys.errors import NotConfirmed, PublishError
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import root_fingerprint
from rogatory.keys.plain import moment
from rogatory.keys.publishing import folder as folders
from rogatory.keys.publishing.draft_file import MAX_DRAFT, decode_draft, encode_draft, take_in
from rogatory.keys.publishing.proposal import check_terms, read_proposal
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.publishing.review import review
from rogatory.languages import say
from rogatory.languages.commands import tell
from rogatory.protocol.text import message, text_of

DraftFile = Annotated[Path, typer.Argument(help="A draft file (or the folder of a directory).")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask: what is shown was reviewed before.")]


def propose(folder: Folder, out: Annotated[Path, typer.Argument(help="The draft file to write.")]) -> None:
    """Write what is drafted to one file, to be carried to each trustee or coordinator."""
    repository = folders.load(folder)
    data = encode_draft(repository)
    _show_review(repository)
    write_atomically(out, data, mode=0o644)
    tell(message("{out}: carry it to those who sign; next: `rogatory-keys directory sign {out} --key FILE`", out=out))


def review_draft(draft: DraftFile, json: Json = False) -> None:
    """Show in plain words every difference between what is published and what is drafted."""
    repository = _open(draft)
    show(
        {"changes": _review(repository), "signatures": _signatures(repository)},
        json,
        *_review(repository),
        *_counts(repository),
    )


def sign(
    draft: DraftFile,
    key: Annotated[list[Path], typer.Option(help="Key file of a trustee or coordinator; repeat for each.")],
    out: Annotated[Path | None, typer.Option(help="File for the signed draft, instead of the same.")] = None,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """Show what a draft changes, ask, and sign what the key counts for. Meant for a machine that is offline."""
    repository = _open(draft)
    _show_review(repository)
    signers = [unlock(path, passphrase_file) for path in key]
    for path, signer in zip(key, signers, strict=True):
        roles = repository.awaits(signer)
        if not roles:
            raise PublishError(
                message(
                    "{path} signs none of these drafts: it is a key of another role, or not one of this root", path=path
                )
            )
        tell(message("{path} will sign: {roles}", path=path, roles=tuple(roles)))
    _confirm(message("Sign this?"), yes)
    if draft.is_dir():
        with folders.opened(draft) as current:
            if current.drafts != repository.drafts:
                raise PublishError(message("the drafts in {draft} changed meanwhile: look at them again", draft=draft))
            repository = current
            _sign(repository, key, signers)
    else:
        _sign(repository, key, signers)
        write_atomically(out or draft, encode_draft(repository), mode=0o644)
        tell(message("{out}: signed", out=out or draft))


def assemble(
    draft: Annotated[list[Path], typer.Argument(help="Draft files, each with somebody's signatures.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Join the signatures of several copies of one draft."""
    first = _open(draft[0])
    joined = Repository(first.published, {})
    for path in draft:
        try:
            take_in(joined, _open(path))
        except PublishError as error:
            raise PublishError(
                message("{path} does not go with {draft}: {error}", path=path, draft=draft[0], error=text_of(error))
            ) from None
    _show_review(joined)
    write_atomically(out, encode_draft(joined), mode=0o644)
    complete = all(have >= need for have, need in _signatures(joined).values())
    if complete:
        tell(message("{out}: complete, take it to the publisher", out=out))
    else:
        tell(message("{out}: more signatures are needed", out=out))


def publish(
    folder: Folder,
    publisher_key: Annotated[Path, typer.Option(help="The publisher's key file.")],
    draft: Annotated[list[Path] | None, typer.Option(help="An assembled draft to take in; repeat for each.")] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="Key file of a trustee or coordinator to sign with first.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """Publish the signed drafts, under a new snapshot and timestamp. The first time, FOLDER may be new."""
    offered = [_open(path) for path in draft or ()]
    if offered and not folders.is_folder(folder):
        folders.create_folder(folder, Repository({}, {}))
    with folders.opened(folder) as repository:
        for one in offered:
            take_in(repository, one)
        _show_review(repository)
        for path in key or ():
            repository.sign(unlock(path, passphrase_file))
        _confirm(message("Publish this?"), yes)
        directory = repository.publish(unlock(publisher_key, passphrase_file), now())
    tell(
        message(
            "published: directory version {targets_version}, good until {moment}",
            targets_version=directory.targets_version,
            moment=moment(directory.expires),
        )
    )


def _sign(repository: Repository, paths: list[Path], signers: list[Signer]) -> None:
    for path, signer in zip(paths, signers, strict=True):
        for role in repository.sign(signer):
            have, need = repository.signatures(role)
            tell(
                message("{path} signed {role}: {have} of {need} signatures", path=path, role=role, have=have, need=need)
            )


def _open(path: Path) -> Repository:
    return folders.load(path) if path.is_dir() else decode_draft(read_bounded(path, MAX_DRAFT), str(path))


def _show_review(repository: Repository) -> None:
    check_terms(read_proposal(repository), now().timestamp())
    for line in (*_review(repository), *_counts(repository)):
        tell(line)


def _review(repository: Repository) -> list[str]:
    proposal = read_proposal(repository)
    if proposal.before is None:
        start = message("a NEW directory; nobody trusts it yet")
    else:
        version = proposal.before.directory.targets_version
        start = message(
            "changes to directory version {version} of root {root}",
            version=version,
            root=root_fingerprint(repository.bootstrap_root()),
        )
    return [start, *review(proposal, now().timestamp())]


def _counts(repository: Repository) -> list[str]:
    return [
        message("{role}: {have} of {need} signatures", role=role, have=have, need=need)
        for role, (have, need) in _signatures(repository).items()
    ]


def _signatures(repository: Repository) -> dict[str, tuple[int, int]]:
    return {role: repository.signatures(role) for role in repository.draft_roles()}


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(
            message(
                "{question} Nobody is there to answer: run this at a terminal, or review it and give --yes",
                question=question,
            )
        )
    if not typer.confirm(say(question)):
        raise NotConfirmed(message("not confirmed: nothing was signed"))


def register(app: typer.Typer) -> None:
    """Put the commands into the group `directory`."""
    app.command()(propose)
    app.command("review")(review_draft)
    app.command()(sign)
    app.command()(assemble)
    app.command()(publish)
