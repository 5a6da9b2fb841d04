"""`directory ...`: set up, sign, publish, renew, show and hand out the directory."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from rogatory.keys.cli import ceremony
from rogatory.keys.cli.options import Folder, Json, PassphraseFile, about, now, read_bounded, show, unlock
from rogatory.keys.directory import bundle, chronicle
from rogatory.keys.directory.assemble import metadata_file, verified_root
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.expiry import expiry_warnings
from rogatory.keys.errors import PublishError
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import root_fingerprint
from rogatory.keys.plain import moment
from rogatory.keys.publishing import folder as folders
from rogatory.keys.publishing.key_file import KeyKind, read_public_key
from rogatory.keys.publishing.repository import Repository
from rogatory.languages.commands import tell
from rogatory.protocol.text import counted, message

app = typer.Typer(help="Set up, sign, publish and hand out the directory.", no_args_is_help=True)

Trustees = Annotated[list[Path], typer.Option("--trustee", help="A trustee's FILE.pub; repeat for each.")]
Publishers = Annotated[list[Path], typer.Option("--publisher", help="The publisher's FILE.pub.")]
Threshold = Annotated[int, typer.Option(help="How many trustees must sign.")]
PublisherKey = Annotated[Path, typer.Option(help="The publisher's key file.")]


@app.command()
def init(
    folder: Folder,
    trustee: Trustees,
    publisher: Publishers,
    threshold: Threshold,
    max_stale_hours: Annotated[
        int, typer.Option(min=0, help="Hours after the timestamp's end in which one may still send.")
    ] = 7 * 24,
) -> None:
    """Begin a directory, with its root and empty index as drafts for the trustees to sign."""
    repository = Repository.create(
        [read_public_key(path, KeyKind.TRUSTEE).key for path in trustee],
        threshold,
        [read_public_key(path, KeyKind.PUBLISHER).key for path in publisher],
        now(),
        max_stale_seconds=int(timedelta(hours=max_stale_hours).total_seconds()),
    )
    folders.create_folder(folder, repository)
    tell(
        counted(
            "{folder}: a directory of {count} trustee, {threshold} of whom sign; nothing is published yet",
            "{folder}: a directory of {count} trustees, {threshold} of whom sign; nothing is published yet",
            count=len(trustee),
            folder=folder,
            threshold=threshold,
        )
    )


@app.command()
def renew(folder: Folder, publisher_key: PublisherKey, passphrase_file: PassphraseFile = None) -> None:
    """Publish a new timestamp (and snapshot when due), so that what is published does not run out."""
    publisher = unlock(publisher_key, passphrase_file)
    with folders.opened(folder) as repository:
        tell(_summary(repository.renew(publisher, now())))


@app.command()
def rotate(
    folder: Folder,
    trustee: Annotated[list[Path] | None, typer.Option(help="FILE.pub of each trustee from now on.")] = None,
    threshold: Annotated[int | None, typer.Option(help="How many trustees must sign from now on.")] = None,
    publisher: Annotated[list[Path] | None, typer.Option(help="FILE.pub of each publisher's key from now on.")] = None,
) -> None:
    """Draft a new root: other trustees, another threshold, other publisher's keys. Old and new trustees sign it."""
    if (trustee is None) != (threshold is None) or (trustee is None and publisher is None):
        raise typer.BadParameter(
            message("give --trustee for each trustee together with --threshold, or --publisher, or both")
        )
    with folders.opened(folder) as repository:
        if trustee is not None and threshold is not None:
            keys = [read_public_key(path, KeyKind.TRUSTEE).key for path in trustee]
            repository.set_trustees(keys, threshold, now())
        if publisher is not None:
            repository.set_publishers([read_public_key(path, KeyKind.PUBLISHER).key for path in publisher], now())
    tell(message("a new root is drafted: enough of the old trustees and of the new ones must sign it"))


@app.command("show")
def show_directory(folder: Folder, json: Json = False) -> None:
    """Show what is published, and which drafts wait for which signatures."""
    repository = folders.load(folder)
    waiting: dict[str, Any] = {}
    for role in repository.draft_roles():
        have, need = repository.signatures(role)
        version = repository.draft(role).signed.version
        waiting[role] = {"version": version, "signatures": have, "threshold": need}
    directory = repository.directory() if repository.published else None
    lines = [_summary(directory), *_listing(directory)] if directory else [message("nothing is published yet")]
    warnings = expiry_warnings(directory, now().timestamp()) if directory else []
    lines += [message("WARNING: {warning}", warning=warning.message) for warning in warnings]
    lines += [
        message("draft of {role}, version {version}: {signatures} of {threshold} signatures", role=role, **draft)
        for role, draft in waiting.items()
    ]
    show(
        {
            "published": _as_data(directory) if directory else None,
            "warnings": [warning.message for warning in warnings],
            "drafts": waiting,
        },
        json,
        *lines,
    )


@app.command()
def extend(
    folder: Folder,
    role: Annotated[list[str], typer.Option(help="root, targets or network-ID; repeat for each.")],
) -> None:
    """Draft a new term for roles that would run out, without changing anything else."""
    with folders.opened(folder) as repository:
        for name in role:
            repository.extend(name, now())
    tell(message("a new term of {role} is drafted; not yet signed", role=tuple(role)))


@app.command()
def discard(folder: Folder) -> None:
    """Drop all drafts. What is published stays."""
    with folders.opened(folder) as repository:
        roles = repository.discard()
    tell(message("dropped: {roles}", roles=tuple(roles) or message("there was no draft")))


@app.command()
def update(
    folder: Folder,
    bundle_file: Annotated[Path, typer.Option("--bundle", help="The published directory, from publisher or relay.")],
    root: Annotated[Path | None, typer.Option(help="The first root.json, to begin a new folder with.")] = None,
) -> None:
    """Bring a working folder (of whoever proposes changes) to what is published now, or begin one."""
    with about(bundle_file):
        files = bundle.unpack(read_bounded(bundle_file, bundle.MAX_BUNDLE_BYTES))
    if not folders.is_folder(folder):
        if root is None:
            raise PublishError(
                message("{folder} holds no directory yet: give --root, and compare its fingerprint", folder=folder)
            )
        first = read_bounded(root, bundle.MAX_FILE_BYTES)
        with about(root):
            verified_root(first)
        begun = Repository({metadata_file("root", 1): first}, {})
        with about(bundle_file):
            begun.update(files)
        folders.create_folder(folder, begun)
    with folders.opened(folder) as repository, about(bundle_file):
        before = repository.draft_roles()
        directory = repository.update(files)
        outdated = repository.drop_outdated_drafts()
    tell(_summary(directory))
    for role in before:
        if role in outdated:
            tell(message("draft of {role}: dropped, a newer version is published", role=role))
        else:
            tell(message("draft of {role}: kept", role=role))


@app.command("bundle")
def write_bundle(folder: Folder, out: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write the published directory to one file, as relays serve it."""
    repository = folders.load(folder)
    directory = repository.directory()
    write_atomically(out, bundle.pack(repository.published), mode=0o644)
    tell(message("{out}: {summary}", out=out, summary=_summary(directory)))


@app.command()
def root(folder: Folder, out: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write the first root, from which nodes and relays start their trust; compare its fingerprint there."""
    data = folders.load(folder).bootstrap_root()
    write_atomically(out, data, mode=0o644)
    tell(message("{out}: fingerprint {fingerprint}", out=out, fingerprint=root_fingerprint(data)))


def _summary(directory: Directory) -> str:
    return message(
        "directory version {version} (root {root}, snapshot {snapshot}, timestamp {timestamp}), good until {end}",
        version=directory.targets_version,
        root=directory.root_version,
        snapshot=directory.snapshot_version,
        timestamp=directory.timestamp_version,
        end=moment(directory.expires),
    )


def _listing(directory: Directory) -> list[str]:
    lines: list[str] = [
        message("relay {id}: {urls}", id=relay.id, urls=" ".join(relay.urls)) for relay in directory.relays()
    ]
    lines += [
        message(
            "authority {id}: {name}, {relay}, key set {number}",
            id=entry.id,
            name=next(iter(entry.names.values())),
            relay=entry.relay,
            number=max(key_set.version for key_set in entry.key_sets),
        )
        for entry in directory.authorities()
    ]
    for roster in directory.rosters():
        version = directory.network_versions[roster.id]
        end = moment(directory.network_expires[roster.id])
        lines.append(
            counted(
                "network {id} (roster version {version}, good until {end}): {count} member, channel {channel}... on"
                " {relay}",
                "network {id} (roster version {version}, good until {end}): {count} members, channel {channel}... on"
                " {relay}",
                count=len(directory.members_at(roster.id, version)),
                id=roster.id,
                version=version,
                end=end,
                channel=roster.channel[:12],
                relay=roster.relay,
            )
        )
    return lines


def _as_data(directory: Directory) -> dict[str, Any]:
    return {
        "root_version": directory.root_version,
        "targets_version": directory.targets_version,
        "snapshot_version": directory.snapshot_version,
        "timestamp_version": directory.timestamp_version,
        "network_versions": dict(directory.network_versions),
        "expires": directory.expires,
        "role_expires": dict(directory.role_expires),
        "max_stale_seconds": directory.max_stale_seconds,
        "authorities": directory.authorities(),
        "relays": directory.relays(),
        "networks": directory.rosters(),
    }


@app.command("export-history")
def export_history(folder: Folder, out: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write every version that was ever published to one file, for `rogatory-keys verify`."""
    history = folders.history(folder)
    data = chronicle.pack_history(history)
    known = chronicle.read_chronicle(data, history[metadata_file("root", 1)])
    write_atomically(out, data, mode=0o644)
    tell(
        counted(
            "{out}: {count} change up to {moment}",
            "{out}: {count} changes up to {moment}",
            count=len(known.moments),
            out=out,
            moment=moment(known.until),
        )
    )


ceremony.register(app)
