"""The directory's repository: what is published, the drafts of what comes next, and the steps between.

`published` is the mirror (names as in `bundle`); `drafts` holds `<role>.json` metadata and `targets/<path>` documents.
Both are plain maps from name to bytes: `folder` keeps them on disk. Changes (`changes`) go to drafts; trustees sign
root and targets, coordinators their network's role; the publisher checks it all as a client would, signs snapshot and
timestamp, and so publishes. Times are passed in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from securesystemslib.signer import Key, Signature, Signer
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, TargetFile, Targets

from rogatory.keys.directory import entries
from rogatory.keys.directory.assemble import assemble, metadata_file, target_file
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.history import check_succession
from rogatory.keys.directory.model import (
    DEFAULT_MAX_STALE,
    INDEX_PATH,
    Document,
    Index,
    network_path,
    network_role,
)
from rogatory.keys.errors import PublishError, ThresholdNotMet
from rogatory.keys.publishing.drafts import Terms, check_threshold, read, set_role_keys, until
from rogatory.keys.publishing.sealing import latest, seal, snapshot_is_half_over, stamp
from rogatory.protocol.text import in_words, message

ROOT, TARGETS = "root", "targets"


class Repository:
    """A directory under construction and in publication. See the module's text."""

    def __init__(self, published: dict[str, bytes], drafts: dict[str, bytes], terms: Terms | None = None) -> None:
        self.published = published
        self.drafts = drafts
        self.terms = terms or Terms()

    @classmethod
    def create(
        cls,
        trustees: Sequence[Key],
        threshold: int,
        publishers: Sequence[Key],
        now: datetime,
        *,
        max_stale_seconds: int = DEFAULT_MAX_STALE,
        terms: Terms | None = None,
    ) -> Self:
        """A new directory with its root and an empty index as drafts. Raises PublishError."""
        repository = cls({}, {}, terms)
        root = Root(version=1, expires=until(now, repository.terms.root), consistent_snapshot=True)
        for role, keys, needed in (
            (ROOT, trustees, threshold),
            (TARGETS, trustees, threshold),
            ("snapshot", publishers, 1),
            ("timestamp", publishers, 1),
        ):
            set_role_keys(root, role, keys, needed)
        repository._store(ROOT, Metadata(root))
        repository._store(TARGETS, Metadata(Targets(version=1, expires=until(now, repository.terms.targets))))
        repository.put(TARGETS, INDEX_PATH, Index(max_stale_seconds=max_stale_seconds), now)
        return repository

    # What there is

    def bootstrap_root(self) -> bytes:
        """The first published root: what clients start their trust from. Raises PublishError."""
        data = self.published.get(metadata_file(ROOT, 1))
        if data is None:
            raise PublishError(message("nothing is published yet: let the trustees sign, then publish"))
        return data

    def directory(self) -> Directory:
        """What is published, as a client reads it. Raises PublishError, DirectoryRefused."""
        return assemble(self.published, self.bootstrap_root()).directory

    def draft_roles(self) -> list[str]:
        """Roles with a draft: root first, then targets, then networks."""
        names = [name.removesuffix(".json") for name in self.drafts if "/" not in name]
        return sorted(names, key=lambda name: (name != ROOT, name != TARGETS, name))

    def draft(self, role: str) -> Metadata[Root] | Metadata[Targets]:
        """The draft of a role, with what signatures it has. Raises PublishError."""
        data = self.drafts[f"{role}.json"]
        return read(data, Root) if role == ROOT else read(data, Targets)

    def signatures(self, role: str) -> tuple[int, int]:
        """How many signatures a draft has that count, and how many it needs."""
        draft = self.draft(role)
        results = [
            delegator.get_verification_result(role, draft.signed_bytes, draft.signatures)
            for delegator in self._delegators(role)
        ]
        least = min(results, key=lambda result: len(result.signed) - result.threshold)
        return len(least.signed), least.threshold

    def index(self) -> Index:
        """The index, with drafted changes."""
        return entries.decode_index(self.document(TARGETS, INDEX_PATH))

    def document(self, role: str, path: str) -> bytes:
        """A document signed by `role`, with drafted changes. Raises PublishError if there is none."""
        if (draft := self.drafts.get(f"targets/{path}")) is not None:
            return draft
        found = latest(self.published, role)
        info = read(found[1], Targets).signed.targets.get(path) if found else None
        if info is None:
            kind, _, name = path.removesuffix(".json").rpartition("/")
            raise PublishError(
                message(
                    "{name} is not in the directory's {kind}: look at the spelling (`rogatory-keys directory"
                    " show` lists what there is), or take it in first",
                    name=name,
                    kind=in_words(kind or "files"),
                )
            )
        return self.published[target_file(path, info)]

    # Changes, to drafts

    def next_version(self, role: str, now: datetime) -> int:
        """The version of a targets role that documents changed now will be published in."""
        return self._open(role, now).signed.version

    def put(self, role: str, path: str, document: Document, now: datetime) -> None:
        """Add or replace a document in the draft of the role that signs it."""
        self.put_all(role, {path: document}, now)

    def put_all(self, role: str, documents: Mapping[str, Document], now: datetime) -> None:
        """Add or replace documents, by path, in the draft of the role that signs them."""
        draft = self._open(role, now)
        for path, document in documents.items():
            data = entries.encode_document(document)
            draft.signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])
            self.drafts[f"targets/{path}"] = data
        self._store(role, draft)

    def delegate(self, network: str, keys: Sequence[Key], threshold: int, now: datetime) -> None:
        """Give a network's role to its coordinators' keys, in the draft of targets. Raises PublishError."""
        check_threshold(keys, threshold)
        role = network_role(network)
        draft = self._open(TARGETS, now)
        delegations = draft.signed.delegations or Delegations({}, {})
        draft.signed.delegations = delegations
        roles = delegations.roles
        if roles is None:
            raise PublishError(message("the directory's targets delegate in a way that this program does not use"))
        for keyid in list(roles[role].keyids) if role in roles else []:
            draft.signed.revoke_key(keyid, role)
        roles[role] = DelegatedRole(role, [], threshold, True, paths=[network_path(network)])
        for key in keys:
            draft.signed.add_key(key, role)
        self._store(TARGETS, draft)

    def set_trustees(self, trustees: Sequence[Key], threshold: int, now: datetime) -> None:
        """Hand root and targets to these trustees, in drafts of both. Raises PublishError."""
        draft = self._open_root(now)
        for role in (ROOT, TARGETS):
            set_role_keys(draft.signed, role, trustees, threshold)
        self._store(ROOT, draft)
        self._store(TARGETS, self._open(TARGETS, now))

    def set_publishers(self, publishers: Sequence[Key], now: datetime) -> None:
        """Hand snapshot and timestamp to these keys, any one of which signs, in a draft of root."""
        draft = self._open_root(now)
        for role in ("snapshot", "timestamp"):
            set_role_keys(draft.signed, role, publishers, 1)
        self._store(ROOT, draft)

    # Signing and publishing

    def sign(self, signer: Signer) -> list[str]:
        """Sign every draft that this key counts for, and name them. Raises PublishError if there is none."""
        roles = self.awaits(signer)
        for role in roles:
            draft = self.draft(role)
            draft.sign(signer, append=True)
            self._store(role, draft)
        if not roles:
            raise PublishError(
                message("no draft waits for a signature of this key: `rogatory-keys directory show` lists them")
            )
        return roles

    def add_signatures(self, role: str, signatures: Mapping[str, Signature]) -> None:
        """Take over those signatures of a draft that verify and count."""
        draft = self.draft(role)
        for keyid, signature in signatures.items():
            offered = {keyid: signature}
            for delegator in self._delegators(role):
                if keyid in delegator.get_verification_result(role, draft.signed_bytes, offered).signed:
                    draft.signatures[keyid] = signature
        self._store(role, draft)

    def extend(self, role: str, now: datetime) -> None:
        """Draft the next version of a role with nothing new but its term. Raises PublishError."""
        if latest(self.published, role) is None:
            raise PublishError(
                message("the directory has no role {role}: `rogatory-keys directory show` lists them", role=role)
            )
        self._store(role, self._open_root(now) if role == ROOT else self._open(role, now))

    def update(self, files: Mapping[str, bytes]) -> Directory:
        """Take over what is published elsewhere now. Raises DirectoryRefused, PublishError; then nothing is changed.

        The first publication counts if its root is the one that was drafted here.
        """
        root = self.bootstrap_root() if self.published else self._first_root(files)
        offered = assemble(files, root)
        if any(name != metadata_file(ROOT, 1) for name in self.published):
            check_succession(self.directory(), offered.directory)
        self.published = {**offered.files, metadata_file(ROOT, 1): root}
        return offered.directory

    def drop_outdated_drafts(self) -> list[str]:
        """Drop drafts of versions that are published by now, and name their roles."""
        outdated = []
        wanted: list[TargetFile] = []
        for role in self.draft_roles():
            published = latest(self.published, role)
            draft = self.draft(role)
            if published is not None and draft.signed.version <= published[0]:
                del self.drafts[f"{role}.json"]
                outdated.append(role)
            elif isinstance(draft.signed, Targets):
                wanted += draft.signed.targets.values()
        hashes = {info.path: info.hashes for info in wanted}
        for name, data in list(self.drafts.items()):
            if name.startswith("targets/"):
                path = name.removeprefix("targets/")
                if hashes.get(path) != TargetFile.from_data(path, data, ["sha256"]).hashes:
                    del self.drafts[name]
        return outdated

    def discard(self) -> list[str]:
        """Drop all drafts, and name their roles."""
        roles = self.draft_roles()
        self.drafts = {}
        return roles

    def awaits(self, signer: Signer) -> list[str]:
        """The drafts that this key counts for."""
        keyid = signer.public_key.keyid
        return [
            role
            for role in self.draft_roles()
            if any(keyid in delegator.get_delegated_role(role).keyids for delegator in self._delegators(role))
        ]

    def publish(self, publisher: Signer, now: datetime) -> Directory:
        """Publish all drafts under a new snapshot and timestamp, after checking them as a client would.

        Raises ThresholdNotMet, PublishError, DirectoryRefused; then nothing is changed.
        """
        previous = self.directory() if self.published else None
        files = dict(self.published)
        for role in self.draft_roles():
            draft = self.draft(role)
            self._check_signed(role, draft)
            files[metadata_file(role, draft.signed.version)] = self.drafts[f"{role}.json"]
            if isinstance(draft.signed, Targets):
                for path, info in draft.signed.targets.items():
                    if (data := self.drafts.get(f"targets/{path}")) is not None:
                        files[target_file(path, info)] = data
        seal(files, publisher, now, self.terms)
        assembled = assemble(files, files[metadata_file(ROOT, 1)])
        if previous is not None:
            check_succession(previous, assembled.directory)
        self.published, self.drafts = dict(assembled.files), {}
        return assembled.directory

    def renew(self, publisher: Signer, now: datetime) -> Directory:
        """Publish a new timestamp, and a new snapshot once half of its term is over; drafts stay drafts.

        Raises PublishError, and WrongSignature for a key that is not the publisher's.
        """
        self.directory()
        files = dict(self.published)
        if snapshot_is_half_over(files, now, self.terms):
            seal(files, publisher, now, self.terms)
        else:
            stamp(files, publisher, now, self.terms)
        assembled = assemble(files, files[metadata_file(ROOT, 1)])
        self.published = dict(assembled.files)
        return assembled.directory

    def _check_signed(self, role: str, draft: Metadata[Root] | Metadata[Targets]) -> None:
        for delegator in self._delegators(role):
            try:
                delegator.verify_delegate(role, draft.signed_bytes, draft.signatures)
            except UnsignedMetadataError:
                have, need = self.signatures(role)
                raise ThresholdNotMet(
                    message(
                        "the draft of {role} has {have} of {need} signatures: let more of its keys sign"
                        " (`rogatory-keys directory sign`)",
                        role=role,
                        have=have,
                        need=need,
                    )
                ) from None

    def _first_root(self, files: Mapping[str, bytes]) -> bytes:
        data = files.get(metadata_file(ROOT, 1))
        if data is None or "root.json" not in self.drafts:
            return self.bootstrap_root()
        if read(data, Root).signed_bytes != self.draft(ROOT).signed_bytes:
            raise PublishError(
                message("the directory offered begins with another root than the one drafted here: it is not taken")
            )
        return data

    def _delegators(self, role: str) -> list[Root | Targets]:
        """Who says which keys sign a role: for root, the one before and itself (TUF specification 5.3.4)."""
        if role == ROOT:
            published = latest(self.published, ROOT)
            before: list[Root | Targets] = [read(published[1], Root).signed] if published else []
            return [*before, read(self.drafts["root.json"], Root).signed]
        if role == TARGETS:
            return [read(self._newest(ROOT), Root).signed]
        return [read(self._newest(TARGETS), Targets).signed]

    def _newest(self, role: str) -> bytes:
        if (draft := self.drafts.get(f"{role}.json")) is not None:
            return draft
        published = latest(self.published, role)
        if published is None:
            raise PublishError(message("the directory's folder has no {role}: restore it from a copy", role=role))
        return published[1]

    def _open_root(self, now: datetime) -> Metadata[Root]:
        draft = read(self._newest(ROOT), Root)
        draft.signatures.clear()
        if "root.json" not in self.drafts:
            draft.signed.version += 1
        draft.signed.expires = until(now, self.terms.root)
        return draft

    def _open(self, role: str, now: datetime) -> Metadata[Targets]:
        """The draft of a targets role, without signatures: the one begun, the next version, or the first."""
        expires = until(now, self.terms.targets if role == TARGETS else self.terms.network)
        if f"{role}.json" not in self.drafts and latest(self.published, role) is None:
            return Metadata(Targets(version=1, expires=expires))
        draft = read(self._newest(role), Targets)
        draft.signatures.clear()
        if f"{role}.json" not in self.drafts:
            draft.signed.version += 1
        draft.signed.expires = expires
        return draft

    def _store(self, role: str, draft: Metadata[Root] | Metadata[Targets]) -> None:
        self.drafts[f"{role}.json"] = draft.to_bytes()
