"""The documents of a dossier one by one: each against log and directory, then its step, its files and its text."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import NamedTuple

import msgspec
from cryptography.x509 import Certificate

from rogatory.keys.directory.chronicle import Chronicle
from rogatory.keys.plain import clean
from rogatory.keys.verification.container import Container
from rogatory.keys.verification.report import Claim, DocumentReport, Finding, Verdict
from rogatory.keys.verification.statements import as_statement, stated
from rogatory.keys.verification.verify import verify_envelope, verify_part
from rogatory.protocol.documents.document import UnverifiedDocument, peek_document
from rogatory.protocol.documents.dsse import MAX_ENVELOPE
from rogatory.protocol.documents.kinds.charter import Charter
from rogatory.protocol.dossier import manifest as form
from rogatory.protocol.dossier import rendering
from rogatory.protocol.dossier.account import Account, Placed, Told, place_in
from rogatory.protocol.dossier.manifest import File, Manifest
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.proof import MAX_PROOF, Proof, ProofLog, decode_proof
from rogatory.protocol.text import in_words, message

_MOST_LISTED = 40


class _Part(NamedTuple):
    """A document as it stands in the file, and where its proof says that it stood in the log."""

    document: UnverifiedDocument
    place: Placed


class Matter:
    """Checks everything in a dossier but its container and its seal; `findings`, `notes` and `reports` say what it
    found. Raises MalformedError.
    """

    def __init__(
        self,
        container: Container,
        manifest: Manifest,
        chronicle: Chronicle,
        root: str,
        time_roots: Sequence[Certificate] = (),
    ) -> None:
        """`root`: the fingerprint of the root in the file, as the texts name it; `time_roots`: as of `verify_proof`."""
        self._time_roots = time_roots
        self._container = container
        self._manifest = manifest
        self._chronicle = chronicle
        self._root = root
        self._entries = {each.name: each for each in manifest.members}
        self._remarks = {each.number: each for each in manifest.remarks}
        alone = {number: form.loose_name(number) for number in self._remarks}
        self._loose = {number: name for number, name in alone.items() if name in self._entries}
        self._files = _by_number(manifest.files)
        self._expected = {form.ROOT, form.HISTORY}
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        proven = self._verified()
        account = Account()
        self._told: list[Told] = []
        self.reports: list[DocumentReport] = []
        for number, part in enumerate(self._parts(), 1):
            remark = self._remarks.get(number)
            told = account.tell(part.document, part.place, None if remark is None else remark.void)
            report = proven.pop(part.place.seq or 0, None) if number not in self._loose else None
            report = report or self._alone(part.document, number)
            found = (*report.findings, *_step(told), *self._attached(told))
            self.reports.append(msgspec.structs.replace(report, findings=found))
            self._told.append(told)
        self._account = account
        self._tell_statements()
        self.notes += [clean(line) for line in account.limits]
        self._check_texts(account)
        self._check_rest()

    def _tell_statements(self) -> None:
        """What evidences among the documents state of the others."""
        by_number = [as_statement(report) for report in self.reports]
        for place, told in enumerate(self._told):
            about = [replace(each, number=each.number - 1) for each in self._account.stated_of(told)]
            findings = (*by_number[place].findings, *stated(about, by_number))
            self.reports[place] = msgspec.structs.replace(by_number[place], findings=findings)

    def _verified(self) -> dict[int, DocumentReport]:
        """What each proof file proves, by the documents' places in the log."""
        reports: dict[int, DocumentReport] = {}
        log: ProofLog | None = None
        last = 0
        for name, data in self._proofs():
            proof = decode_proof(data)
            if proof.channel.hex() != self._manifest.channel:
                raise MalformedError(message("{name} is of another matter", name=name))
            if log is not None and log.head_at(proof.first - 1) != proof.previous:
                text = message("{name} is of another log than the part before it", name=name)
                self.findings.append(Finding(Claim.LOG, Verdict.FALSE, text))
            found = verify_part(data, self._chronicle, self._time_roots)
            self.findings += found.findings
            self.notes += found.notes
            self._note_left_out(proof, last)
            for document, report in zip(proof.documents, found.documents, strict=True):
                if document.seq <= last:
                    raise MalformedError(
                        message("the documents in {name} do not stand in the order of the log", name=name)
                    )
                last = document.seq
                reports[last] = report
            log = ProofLog.of(proof)
        return reports

    def _proofs(self) -> Iterator[tuple[str, bytes]]:
        for name in self._entries:
            if name.startswith(form.PROOFS):
                self._expected.add(name)
                yield name, self._container.read(name, MAX_PROOF)

    def _parts(self) -> Iterator[_Part]:
        """All documents, in the order of the log."""
        loose, number = dict(self._loose), 0
        proven = self._proven()
        while True:
            number += 1
            if (name := loose.pop(number, None)) is not None:
                self._expected.add(name)
                document = peek_document(self._container.read(name, MAX_ENVELOPE))
                if document.payload.channel != self._manifest.channel:
                    raise MalformedError(message("{name} is of another matter", name=name))
                yield _Part(document, Placed(self._remarks[number].seq))
            elif (following := next(proven, None)) is not None:
                yield following
            else:
                break
        if loose:
            raise MalformedError(message("the numbers of its documents do not follow each other"))

    def _alone(self, document: UnverifiedDocument, number: int) -> DocumentReport:
        """A document that no entry of the log is shown for."""
        report = verify_envelope(document.envelope, self._chronicle).documents[0]
        if document.kind != Charter.KIND or report.verdict is Verdict.FALSE or self._is_compromised(document):
            return report
        # Nothing hangs on its time: what it founds, the channel, every other document names by itself.
        self.notes.append(
            message(
                "document {number}, the charter, was handed over when the channel was founded: its signature is"
                " checked, and nothing but its own date says when it was signed",
                number=number,
            )
        )
        signed = tuple(each for each in report.findings if each.claim is Claim.SIGNATURE)
        return msgspec.structs.replace(report, findings=signed)

    def _is_compromised(self, document: UnverifiedDocument) -> bool:
        key_set = self._chronicle.directory.key_set(document.signer, document.key_set)
        return key_set.compromised_since is not None

    def _proven(self) -> Iterator[_Part]:
        for _, data in self._proofs():
            proof = decode_proof(data)
            for each in proof.documents:
                document = peek_document(each.envelope)
                yield _Part(document, place_in(proof, each.seq, document.signer))

    def _attached(self, told: Told) -> Iterator[Finding]:
        """Whether the files are those that the document names by hash."""
        files = {each.place: each for each in self._files.pop(told.number, [])}
        for place, annex in enumerate(told.annexes, 1):
            file = files.pop(place, None)
            name = clean(annex.name)
            if file is None or file.member is None:
                absent = message(
                    "attachment {place} ({name}) of document {number} is not in the dossier",
                    place=place,
                    name=name,
                    number=told.number,
                )
                if file is not None:
                    absent = message("{absent}: {why}", absent=absent, why=clean(file.missing))
                self.notes.append(absent)
                continue
            self._expected.add(file.member)
            entry = self._entries.get(file.member)
            if entry is None or (entry.sha256, entry.size) != (annex.sha256, annex.size):
                text = message(
                    "attachment {place} ({name}) is NOT the file that the document names by its SHA-256",
                    place=place,
                    name=name,
                )
                yield Finding(Claim.ATTACHMENT, Verdict.FALSE, text)
            else:
                text = message(
                    "attachment {place} ({name}) is the file that the signed document names by its SHA-256",
                    place=place,
                    name=name,
                )
                yield Finding(Claim.ATTACHMENT, Verdict.PROVEN, text)
        if files:
            raise MalformedError(
                message("document {number} names no such files as the manifest says", number=told.number)
            )

    def _check_texts(self, account: Account) -> None:
        """The texts for people say what the machine part says: they are written once more, and compared."""
        told, manifest = self._told, self._manifest
        subject, limits = account.subject, account.limits
        files = _by_number(manifest.files)
        for each, part in zip(told, self._parts(), strict=True):
            text = rendering.document_text(
                each,
                part.document.payload,
                files.get(each.number, []),
                limits,
                account.stated_of(each),
                len(told),
            )
            self._compare(rendering.text_name(each), text)
        self._compare(form.CHRONOLOGY, rendering.chronology(told, limits, subject))
        text = rendering.readme(
            told,
            manifest.files,
            limits,
            subject,
            authority=manifest.authority,
            channel=manifest.channel,
            exported_at=manifest.exported_at,
            root=self._root,
        )
        self._compare(form.README, text)

    def _compare(self, name: str, text: str) -> None:
        self._expected.add(name)
        entry = self._entries.get(name)
        if entry is not None and entry.sha256 == hashlib.sha256(text.encode()).hexdigest():
            return
        same = self._manifest.program == version("rogatory")
        if same:
            said = message(
                "the text {name!r} does not say what the signed documents say: rely on the machine part", name=name
            )
        else:
            said = message(
                "the text {name!r} does not say what the signed documents say (the exporter's program is version"
                " {program}): rely on the machine part",
                name=name,
                program=clean(self._manifest.program),
            )
        self.findings.append(Finding(Claim.TEXT, Verdict.FALSE if same else Verdict.UNSURE, said))

    def _check_rest(self) -> None:
        """Nothing stands in the file that was not looked at."""
        unknown = sorted(self._entries.keys() - self._expected)
        if unknown or self._files:
            if not unknown:
                raise MalformedError(message("the manifest names files of a document that is not there"))
            raise MalformedError(message("{name!r} belongs to no document of the dossier", name=unknown[0]))

    def _note_left_out(self, proof: Proof, after: int) -> None:
        held = {each.seq for each in proof.documents}
        first = after + 1 if after else proof.documents[0].seq
        others = [str(seq) for seq in range(first, proof.documents[-1].seq) if seq not in held]
        if others:
            more = ("...",) if len(others) > _MOST_LISTED else ()
            self.notes.append(
                message(
                    "entries {listed} of the log are not in the dossier: they change keys or members, or are documents"
                    " that its exporter left out; the other parties' dossiers tell",
                    listed=(*others[:_MOST_LISTED], *more),
                )
            )


def _step(told: Told) -> Iterator[Finding]:
    """What a document did to the request, by the table of its life."""
    if told.gap:
        text = message(
            "it follows steps that are not in this dossier: the chain has a gap here ({void})", void=told.void
        )
        yield Finding(Claim.STEP, Verdict.UNSURE, text)
    elif told.judged:
        text = message(
            "its exporter's node says that it has no effect, which the file cannot show: {void}",
            void=clean(told.void or ""),
        )
        yield Finding(Claim.STEP, Verdict.UNSURE, text)
    elif told.void is not None:
        yield Finding(Claim.STEP, Verdict.PROVEN, message("it has no effect: {void}", void=told.void))
    elif told.kind in ("request", "reply", "receipt") and told.state is not None:
        text = message("it stands in the chain of steps; the request is then: {state}", state=in_words(told.state))
        yield Finding(Claim.STEP, Verdict.PROVEN, text)


def _by_number(files: Iterable[File]) -> dict[int, list[File]]:
    found: dict[int, list[File]] = {}
    for file in files:
        found.setdefault(file.number, []).append(file)
    return found
