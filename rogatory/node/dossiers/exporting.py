"""The dossier of a matter, taken beside the running node from one view of its database."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from importlib.metadata import version

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.fingerprint import root_fingerprint
from rogatory.keys.identity import Identity
from rogatory.node.attachments.attaching import reference_of
from rogatory.node.attachments.files import SealedFiles
from rogatory.node.attachments.queries import files_of
from rogatory.node.dossiers.archiving import Content, archive, measured, whole
from rogatory.node.dossiers.collecting import Collected, collect, document_of, proof_of
from rogatory.node.errors import Conflict, NotFound
from rogatory.node.matters.lookup import find_matter
from rogatory.node.store.attachments import HERE, AttachmentRow
from rogatory.node.store.database import Database
from rogatory.node.transaction import Tx
from rogatory.protocol.attachments import AttachmentError, Layout
from rogatory.protocol.documents import Annex, timestamp
from rogatory.protocol.dossier import manifest as form
from rogatory.protocol.dossier import rendering
from rogatory.protocol.dossier.manifest import Entry, File, Manifest, Remark, encode_manifest, seal
from rogatory.protocol.text import message


class DossierSource:
    """What dossiers are taken from."""

    def __init__(self, database: Database, files: SealedFiles, trusted: TrustedDirectory) -> None:
        self._database = database
        self._files = files
        self._trusted = trusted

    def take(
        self, matter: str, identity: Identity, directory: Directory | None, now: float
    ) -> Generator[bytes, None, None]:
        """The dossier's zip file, piece by piece; blocks. `now` in Unix seconds; `identity` signs it.

        Raises NotFound, RefusedInput, Conflict before the first piece; DamagedStore.
        """
        with self._database.snapshot() as connection:
            tx = Tx(connection, identity, now, os.urandom, directory)
            yield from _Export(tx, find_matter(tx, matter).channel, self._files, self._trusted).pieces()


class _Export:
    def __init__(self, tx: Tx, channel: bytes, files: SealedFiles, trusted: TrustedDirectory) -> None:
        self._tx = tx
        self._channel = channel
        self._sealed = files
        self._trusted = trusted
        self._matter: Collected = collect(tx, channel)
        if not self._matter.items:
            raise Conflict(
                message("nothing of this matter stands in the log yet"), message("wait until the relay has taken it")
            )
        self._exported_at = timestamp(int(tx.now))
        self._files: list[File] = []
        self._attached: list[Content] = []
        self._collect_files()

    def pieces(self) -> Iterator[bytes]:
        signer = self._tx.identity.document_signer()
        return archive(self._contents(), self._manifest, lambda data: seal(data, signer))

    def _contents(self) -> Iterator[Content]:
        tx, matter = self._tx, self._matter
        yield _text(form.README, self._readme())
        yield _text(form.CHRONOLOGY, rendering.chronology(matter.told, matter.limits, matter.account.subject))
        by_number: dict[int, list[File]] = {}
        for file in self._files:
            by_number.setdefault(file.number, []).append(file)
        for item, told in zip(matter.items, matter.told, strict=True):
            payload, files = document_of(tx, item).payload, by_number.get(told.number, [])
            text = rendering.document_text(
                told, payload, files, matter.limits, matter.account.stated_of(told), len(matter.told)
            )
            yield _text(rendering.text_name(told), text)
        yield from self._attached
        for part in range(len(matter.parts)):
            yield whole(form.proof_name(part + 1), proof_of(tx, matter.parts, part))
        for item, told in zip(matter.items, matter.told, strict=True):
            if not item.proven:
                yield whole(form.loose_name(told.number), document_of(tx, item).envelope)
        yield whole(form.ROOT, self._trusted.root())
        yield whole(form.HISTORY, self._trusted.history())

    def _manifest(self, members: tuple[Entry, ...]) -> bytes:
        pairs = zip(self._matter.items, self._matter.told, strict=True)
        remarks = [
            Remark(number=told.number, void=item.judged, seq=None if item.proven else item.seq)
            for item, told in pairs
            if item.judged is not None or not item.proven
        ]
        return encode_manifest(
            Manifest(
                program=version("rogatory"),
                authority=self._tx.authority,
                key_set=self._tx.identity.key_set_version,
                channel=self._channel.hex(),
                exported_at=self._exported_at,
                members=members,
                files=tuple(self._files),
                remarks=tuple(remarks),
            )
        )

    def _readme(self) -> str:
        return rendering.readme(
            self._matter.told,
            self._files,
            self._matter.limits,
            self._matter.account.subject,
            authority=self._tx.authority,
            channel=self._channel.hex(),
            exported_at=self._exported_at,
            root=root_fingerprint(self._trusted.root()),
        )

    def _collect_files(self) -> None:
        """Every attachment that is here is opened once before anything is written: what fails is told, not given."""
        for item, told in zip(self._matter.items, self._matter.told, strict=True):
            if not told.annexes:
                continue
            for place, (annex, row) in enumerate(files_of(self._tx, item.row), 1):
                name = rendering.attachment_name(told.number, place, annex.name)
                found = self._open(name, annex, row)
                if isinstance(found, Content):
                    self._attached.append(found)
                    self._files.append(File(number=told.number, place=place, member=name))
                else:
                    self._files.append(File(number=told.number, place=place, missing=found))

    def _open(self, name: str, annex: Annex, row: AttachmentRow | None) -> Content | str:
        """The file, or why it is not to be had."""
        if row is None:
            return "it did not come with the document"
        if row.state not in HERE or not self._sealed.has(row.blob, Layout(row.size).blob):
            return f"its exporter does not hold it ({row.state.value})"
        reference, size = reference_of(row), row.size
        try:
            content = measured(name, lambda: self._sealed.content(reference, size))
        except (AttachmentError, NotFound) as error:
            return f"it cannot be opened: {error}"
        if (content.sha256, content.size) != (annex.sha256, annex.size):
            return "it is not the file that the document names"
        return content


def _text(name: str, text: str) -> Content:
    return whole(name, text.encode())
