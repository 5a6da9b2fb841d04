"""What the directory will say once its drafts are published, read strictly.

Whoever signs must see all of it, so anything that a review would not show is refused: fields, roles, keys and targets
that this program does not know, and documents that differ from the hash that is signed.
"""

import re
from dataclasses import dataclass
from typing import TypeVar

from tuf.api.metadata import Delegations, Root, TargetFile, Targets

from rogatory.keys import plain
from rogatory.keys.directory import entries
from rogatory.keys.directory.assemble import target_file
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.history import check_succession
from rogatory.keys.directory.model import (
    INDEX_PATH,
    NETWORK_ID_PATTERN,
    Document,
    Index,
    network_path,
    network_role,
)
from rogatory.keys.directory.reading import read_directory, signed_document
from rogatory.keys.errors import DirectoryRefused, PublishError
from rogatory.keys.publishing.drafts import read
from rogatory.keys.publishing.repository import ROOT, TARGETS, Repository
from rogatory.keys.publishing.sealing import latest
from rogatory.protocol.text import message, text_of

S = TypeVar("S", Root, Targets)

_NETWORK_ROLE = re.compile(NETWORK_ID_PATTERN.replace(r"\A", r"\Anetwork-"))
TOP_ROLES = (ROOT, TARGETS, "snapshot", "timestamp")


@dataclass(frozen=True, slots=True)
class State:
    """Roles and what they say, published or proposed."""

    root: Root
    targets: Targets
    directory: Directory
    index: Index


@dataclass(frozen=True, slots=True)
class Proposal:
    """From what is published (None: nothing yet) to what is proposed; `drafted` are the roles that are to be signed."""

    before: State | None
    after: State
    drafted: tuple[str, ...]


def read_proposal(repository: Repository) -> Proposal:
    """Raises PublishError if there is no draft, or none that may be signed; DirectoryRefused for what is published."""
    drafted = tuple(repository.draft_roles())
    if not drafted:
        raise PublishError(message("there is no draft: nothing waits to be signed"))
    for role in drafted:
        if role not in (ROOT, TARGETS) and _NETWORK_ROLE.match(role) is None:
            raise _unseen(role, message("there is no such role in a directory"))
    before = None
    if repository.published:
        repository.directory()  # verifies it, from its first root on
        before = _state(repository, with_drafts=False)
    for role in drafted:
        _check_version(repository, role)
    try:
        after = _state(repository, with_drafts=True)
        _check_roles(repository, after, drafted)
        if before is not None:
            check_succession(before.directory, after.directory)
    except DirectoryRefused as error:
        raise PublishError(
            message("the draft cannot be published, since everybody would refuse it: {error}", error=text_of(error))
        ) from None
    return Proposal(before, after, drafted)


def check_terms(proposal: Proposal, now: float) -> None:
    """Raise PublishError if a drafted role has run out at `now` (unix seconds): everybody would refuse it."""
    for role in proposal.drafted:
        expires = proposal.after.directory.role_expires[role]
        if expires <= now:
            raise PublishError(
                message(
                    "the draft of {role} ran out on {moment}: it is too old, or a clock is wrong (here or where"
                    " it was made); discard it and make it anew",
                    role=role,
                    moment=plain.moment(expires),
                )
            )


def _state(repository: Repository, *, with_drafts: bool) -> State:
    root = _newest(repository, ROOT, Root, with_drafts)
    targets = _newest(repository, TARGETS, Targets, with_drafts)

    def file_of(path: str, info: TargetFile) -> bytes:
        draft = repository.drafts.get(f"targets/{path}") if with_drafts else None
        # A drafted document counts if it is the one that is signed for; else the published one is.
        if draft is not None and TargetFile.from_data(path, draft, ["sha256"]).hashes == info.hashes:
            return draft
        published = repository.published.get(target_file(path, info))
        if published is None:
            raise PublishError(
                message("the draft lacks {path}, for which it is to be signed: propose it again", path=path)
            )
        return published

    def network(name: str) -> Targets:
        return _newest(repository, network_role(name), Targets, with_drafts)

    directory = read_directory(root, targets, network, file_of)
    index = entries.decode_index(signed_document(targets, INDEX_PATH, file_of))
    return State(root, targets, directory, index)


def _newest(repository: Repository, role: str, kind: type[S], with_drafts: bool) -> S:
    data = repository.drafts.get(f"{role}.json") if with_drafts else None
    if data is None:
        found = latest(repository.published, role)
        if found is None:
            raise PublishError(
                message("the draft needs the role {role}, which is neither published nor drafted with it", role=role)
            )
        data = found[1]
    return read(data, kind).signed


def _check_version(repository: Repository, role: str) -> None:
    found = latest(repository.published, role)
    expected = found[0] + 1 if found else 1
    version = repository.draft(role).signed.version
    if version != expected:
        raise PublishError(
            message(
                "the draft of {role} is version {version}, and the next is {expected}: it was made from"
                " another state of the directory; make it anew from the present one",
                role=role,
                version=version,
                expected=expected,
            )
        )


def _check_roles(repository: Repository, after: State, drafted: tuple[str, ...]) -> None:
    if ROOT in drafted:
        _check_root(after.root)
    for role in drafted:
        if role == ROOT:
            continue
        signed = repository.draft(role).signed
        if not isinstance(signed, Targets):
            raise _unseen(role, message("it is metadata of another kind"))
        _require_plain(role, signed.unrecognized_fields)
        for info in signed.targets.values():
            _require_plain(role, info.unrecognized_fields)
        if role == TARGETS:
            _check_delegations(signed.delegations, after.index)
            documents: dict[str, Document] = {INDEX_PATH: after.index}
            documents |= {f"authorities/{name}.json": e for name, e in after.directory.authority_entries.items()}
            documents |= {f"relays/{name}.json": e for name, e in after.directory.relay_entries.items()}
        else:
            network = role.removeprefix("network-")
            known = network in after.index.networks and role == network_role(network)
            if not known or set(signed.targets) != {network_path(network)}:
                raise _unseen(
                    role, message("it signs for something else than the roster of a network of this directory")
                )
            if signed.delegations is not None:
                raise _unseen(role, message("it passes its right on to others"))
            documents = {network_path(network): after.directory.roster_entries[network]}
        for path, document in documents.items():
            _check_document(repository, path, document)


def _check_document(repository: Repository, path: str, document: Document) -> None:
    data = repository.drafts.get(f"targets/{path}")
    if data is not None and entries.encode_document(document) != data:
        raise _unseen(path, message("it holds something that this program does not know (a newer program may)"))


def _check_root(root: Root) -> None:
    _require_plain(ROOT, root.unrecognized_fields)
    if set(root.roles) != set(TOP_ROLES) or root.consistent_snapshot is not True:
        raise _unseen(ROOT, message("it has other roles than this program uses"))
    if set(root.keys) != {keyid for role in root.roles.values() for keyid in role.keyids}:
        raise _unseen(ROOT, message("it names keys that serve no role"))
    if any(key.keytype != "ed25519" for key in root.keys.values()):
        raise _unseen(ROOT, message("it names keys of another kind than Ed25519"))


def _check_delegations(delegations: Delegations | None, index: Index) -> None:
    roles = {} if delegations is None else delegations.roles
    if roles is None or set(roles) != {network_role(network) for network in index.networks}:
        raise _unseen(TARGETS, message("it gives rights to others than the networks of its index"))
    for network in index.networks:
        role = roles[network_role(network)]
        if role.paths != [network_path(network)] or role.path_hash_prefixes or role.unrecognized_fields:
            raise _unseen(TARGETS, message("it lets {role} sign for something else than its roster", role=role.name))
    keys = {} if delegations is None else delegations.keys
    if any(key.keytype != "ed25519" for key in keys.values()):
        raise _unseen(TARGETS, message("it names keys of another kind than Ed25519"))
    if set(keys) != {keyid for role in roles.values() for keyid in role.keyids}:
        raise _unseen(TARGETS, message("it names keys that serve no role"))


def _require_plain(role: str, unknown: dict[str, object]) -> None:
    if unknown:
        raise _unseen(
            role, message("it has a field {unknown!r} that this program does not know", unknown=sorted(unknown)[0])
        )


def _unseen(what: str, reason: str) -> PublishError:
    return PublishError(
        message(
            "the draft of {what} is not to be signed: {reason}, so you would sign what you cannot see; ask"
            " whoever made it",
            what=what,
            reason=reason,
        )
    )
