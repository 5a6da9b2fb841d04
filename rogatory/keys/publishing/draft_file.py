"""A draft in one file, to be carried on a stick: what is published and what is drafted, with the signatures so far.

MessagePack: `format`, `published` (the mirror's files), `drafts` (as in `repository`). The file is trusted in nothing:
the published part is verified from its own first root on, the drafts are read strictly (`proposal`), and of its
signatures only those are taken over that verify.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_NAME_LENGTH
from rogatory.keys.errors import DirectoryRefused, PublishError
from rogatory.keys.publishing.proposal import read_proposal
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.publishing.sealing import latest
from rogatory.protocol.text import message, text_of

_FORMAT = "rogatory directory draft 1"
MAX_DRAFT = 2 * MAX_BUNDLE_BYTES

_Name = Annotated[str, Meta(max_length=MAX_NAME_LENGTH)]
_File = Annotated[bytes, Meta(max_length=MAX_FILE_BYTES)]
_Files = Annotated[dict[_Name, _File], Meta(max_length=MAX_FILES)]


class _DraftFile(msgspec.Struct, frozen=True):
    format: str
    published: _Files
    drafts: _Files


def encode_draft(repository: Repository) -> bytes:
    """The file of what is drafted. Raises PublishError if nothing is, or nothing that may be signed."""
    read_proposal(repository)
    file = _DraftFile(_FORMAT, dict(sorted(repository.published.items())), dict(sorted(repository.drafts.items())))
    return msgspec.msgpack.encode(file)


def decode_draft(data: bytes, name: str) -> Repository:
    """What a draft file holds, read strictly; `name` is the file's, for messages. Raises PublishError."""
    try:
        if len(data) > MAX_DRAFT:
            raise PublishError(message("it is over {max_draft} bytes", max_draft=MAX_DRAFT))
        try:
            file = msgspec.msgpack.decode(data, type=_DraftFile)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise PublishError(message("it is no draft of a directory, or not a whole one: copy it again")) from None
        if file.format != _FORMAT:
            raise PublishError(message("it is a draft of another format: a newer program may read it"))
        repository = Repository(file.published, file.drafts)
        read_proposal(repository)
    except (PublishError, DirectoryRefused) as error:
        raise PublishError(message("{name} is refused: {error}", name=name, error=text_of(error))) from None
    return repository


def take_in(repository: Repository, offered: Repository) -> list[str]:
    """Take over another's drafts or signatures, and name the roles. `offered` comes from `decode_draft`.

    A draft that is here already must be the same; its signatures are joined. Raises PublishError; then nothing changed.
    """
    drafts = dict(repository.drafts)
    roles = offered.draft_roles()
    for role in roles:
        draft = offered.draft(role)
        found = latest(repository.published, role)
        expected = found[0] + 1 if found else 1
        if draft.signed.version != expected:
            if draft.signed.version < expected:
                why = message("it is published already")
            else:
                why = message("another comes before it")
            raise PublishError(
                message(
                    "the draft of {role} is version {version}, and the next here is {expected}: {why}, or it was made"
                    " from another state of the directory; propose it again from the present one",
                    role=role,
                    version=draft.signed.version,
                    expected=expected,
                    why=why,
                )
            )
        if f"{role}.json" in repository.drafts and repository.draft(role).signed_bytes != draft.signed_bytes:
            raise PublishError(
                message(
                    "another draft of {role} is here already: publish that first, or discard it (`rogatory-keys"
                    " directory discard`)",
                    role=role,
                )
            )
        if f"{role}.json" not in drafts:
            draft.signatures.clear()
            drafts[f"{role}.json"] = draft.to_bytes()
            drafts |= _documents(offered.drafts, draft)
    joined = Repository(repository.published, drafts, repository.terms)
    for role in roles:
        joined.add_signatures(role, offered.draft(role).signatures)
    read_proposal(joined)
    repository.drafts = joined.drafts
    return roles


def _documents(files: Mapping[str, bytes], draft: Metadata[Root] | Metadata[Targets]) -> dict[str, bytes]:
    """The documents that a draft signs for, and no other file."""
    if not isinstance(draft.signed, Targets):
        return {}
    found = {}
    for path, info in draft.signed.targets.items():
        data = files.get(f"targets/{path}")
        if data is not None and TargetFile.from_data(path, data, ["sha256"]).hashes == info.hashes:
            found[f"targets/{path}"] = data
    return found
