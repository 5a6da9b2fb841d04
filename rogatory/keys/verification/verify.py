"""A proof file against the directory's history: offline, as of the time that its receipts prove."""

from collections.abc import Sequence

import msgspec
from cryptography.x509 import Certificate

from rogatory.keys.directory.chronicle import Chronicle
from rogatory.keys.directory.directory import Directory
from rogatory.keys.plain import clean, moment
from rogatory.keys.verification.evidence import Read, Timed, check_reading, check_time
from rogatory.keys.verification.key_life import document_key
from rogatory.keys.verification.report import Claim, DocumentReport, Finding, Report, Verdict, key_set_of, worst
from rogatory.keys.verification.stamps import check_stamps, not_checked
from rogatory.keys.verification.statements import as_statement, with_statements
from rogatory.protocol.documents.document import open_signed, peek_document
from rogatory.protocol.documents.dsse import decode_envelope
from rogatory.protocol.documents.errors import DocumentError
from rogatory.protocol.documents.kinds.receipt import DocumentReceipt
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.proof import Proof, ProofBroken, ProofLog, ProvenDocument, decode_proof, line_of, open_entry
from rogatory.protocol.text import in_words, message, text_of


def verify_proof(data: bytes, chronicle: Chronicle, time_roots: Sequence[Certificate] = ()) -> Report:
    """What a proof file proves; `time_roots`: of the timestamping authorities that are trusted.

    Raises MalformedError for bytes that are none.
    """
    report = verify_part(data, chronicle, time_roots)
    if len(report.documents) == 1:
        return report
    envelopes = [each.envelope for each in decode_proof(data).documents]
    reports = with_statements(envelopes, [as_statement(each) for each in report.documents])
    return conclude(reports, report.findings, chronicle, report.notes)


def verify_part(data: bytes, chronicle: Chronicle, time_roots: Sequence[Certificate] = ()) -> Report:
    """What a proof file proves that is perhaps a part of a dossier. Raises MalformedError for bytes that are none."""
    proof = decode_proof(data)
    log = ProofLog.of(proof)
    timed = [check_time(proof, log, receipt, chronicle) for receipt in proof.receipts]
    times = [found for found in timed if isinstance(found, Timed)]
    read = [check_reading(proof, log, one, times, chronicle) for one in proof.acknowledgements]
    readings = [found for found in read if isinstance(found, Read)]
    documents = tuple(_document(proof, log, document, times, readings, chronicle) for document in proof.documents)
    stamps = check_stamps(proof, log, time_roots)
    refused = tuple(found for found in (*timed, *read, *stamps) if isinstance(found, Finding))
    told = _with_receipts(proof, log, documents, chronicle.directory)
    return conclude(told, refused, chronicle, not_checked(proof, time_roots))


def verify_envelope(envelope: bytes, chronicle: Chronicle) -> Report:
    """What a document proves by itself, without log and receipts. Raises MalformedError."""
    parts = decode_envelope(envelope)
    findings = [*_signature(envelope, chronicle.directory)]
    findings.append(_time(None))
    if findings[0].verdict is Verdict.PROVEN:
        key_set = chronicle.directory.key_set(parts.signer, parts.key_set)
        findings.append(document_key(chronicle, parts.signer, key_set, None, None))
    return conclude((_describe(envelope, chronicle.directory, None, None, (), findings),), (), chronicle)


def conclude(
    documents: tuple[DocumentReport, ...],
    findings: tuple[Finding, ...],
    chronicle: Chronicle,
    notes: tuple[str, ...] = (),
) -> Report:
    """The report of what was found; its verdict is the worst."""
    verdicts = [document.verdict for document in documents] + [finding.verdict for finding in findings]
    return Report(
        verdict=worst(verdicts),
        documents=documents,
        findings=findings,
        directory_version=chronicle.directory.targets_version,
        history_until=chronicle.until,
        notes=notes,
    )


def _document(
    proof: Proof,
    log: ProofLog,
    document: ProvenDocument,
    times: Sequence[Timed],
    readings: Sequence[Read],
    chronicle: Chronicle,
) -> DocumentReport:
    findings = list(_signature(document.envelope, chronicle.directory))
    pin = None
    try:
        declaration = open_entry(proof, log, document)
        _check_place(proof, document)
        pin = declaration.directory.targets
        said = message("it stands in the log as entry {seq}, which commits to it", seq=document.seq)
        findings.append(Finding(Claim.ENTRY, Verdict.PROVEN, said))
    except ProtocolError as error:
        findings.append(Finding(Claim.ENTRY, Verdict.FALSE, text_of(error)))
    if worst(finding.verdict for finding in findings) is Verdict.FALSE:
        return _describe(document.envelope, chronicle.directory, document.seq, None, (), findings)
    earliest = min((found for found in times if found.seq >= document.seq), key=lambda found: found.at, default=None)
    at = None if earliest is None else earliest.at
    findings.append(_time(earliest))
    signer = decode_envelope(document.envelope)
    key_set = chronicle.directory.key_set(signer.signer, signer.key_set)
    findings.append(document_key(chronicle, signer.signer, key_set, at, pin))
    mine = [found for found in readings if found.acknowledgement.member != signer.signer]
    mine = _telling([found for found in mine if found.acknowledgement.seq >= document.seq], document.seq)
    findings += [_reading(found, document.seq) for found in mine]
    readers = [found.acknowledgement.member for found in mine if found.acknowledgement.covers(document.seq)]
    return _describe(document.envelope, chronicle.directory, document.seq, at, tuple(sorted(readers)), findings)


def _signature(envelope: bytes, directory: Directory) -> list[Finding]:
    try:
        document = open_signed(envelope, directory.document_keys)
    except DocumentError as error:
        return [Finding(Claim.SIGNATURE, Verdict.FALSE, text_of(error))]
    who = key_set_of(document.signer, document.key_set)
    said = message("both signatures are by {who}, over exactly these bytes", who=who)
    found = [Finding(Claim.SIGNATURE, Verdict.PROVEN, said)]
    if document.signer != document.payload.author:
        said = message(
            "it is written by {author}; {signer} signed the same text as its consent",
            author=document.payload.author,
            signer=document.signer,
        )
        ok = Verdict.PROVEN if document.kind == "amendment" else Verdict.FALSE
        found.append(Finding(Claim.SIGNATURE, ok, said))
    elif document.key_set != document.payload.key_set:
        said = message("it says that it is signed with key set {number}, and is not", number=document.payload.key_set)
        found.append(Finding(Claim.SIGNATURE, Verdict.FALSE, said))
    return found


def _check_place(proof: Proof, document: ProvenDocument) -> None:
    """The signed text names its channel, and the log its sender: a letter to one is no letter to another."""
    claimed = peek_document(document.envelope)
    if claimed.payload.channel_id != proof.channel:
        raise ProofBroken(message("the document was written for another channel than the log in the file is of"))
    if line_of(proof, document.seq).author != claimed.signer:
        raise ProofBroken(message("entry {seq} of the log is by another than the document's signer", seq=document.seq))


def _time(found: Timed | None) -> Finding:
    if found is None:
        return Finding(
            Claim.TIME,
            Verdict.UNSURE,
            message("no receipt shows when it existed: nothing but the author's own date says so"),
        )
    said = message(
        "it existed on {day} at the latest: {relay} receipted entry {seq} of this log then",
        day=moment(found.at),
        relay=found.relay,
        seq=found.seq,
    )
    return Finding(Claim.TIME, Verdict.PROVEN, said)


def _telling(readings: Sequence[Read], seq: int) -> list[Read]:
    """Of each member the acknowledgement that says most of an entry: what it once opened, nothing later takes back."""

    def rank(found: Read) -> tuple[bool, bool, int]:
        covers = found.acknowledgement.covers(seq)
        return not (covers and found.unsure is None), not covers, found.acknowledgement.seq

    best: dict[str, Read] = {}
    for found in sorted(readings, key=rank):
        best.setdefault(found.acknowledgement.member, found)
    return [best[member] for member in sorted(best)]


def _reading(found: Read, seq: int) -> Finding:
    member = clean(found.acknowledgement.member)
    if not found.acknowledgement.covers(seq):
        said = message("{member} signed that it could NOT open this document", member=member)
    else:
        upto = found.acknowledgement.seq
        said = message(
            "{member} signed that it had read the log up to entry {upto} and opened this document",
            member=member,
            upto=upto,
        )
    if found.unsure is not None:
        return Finding(Claim.READING, Verdict.UNSURE, message("{said}; {unsure}", said=said, unsure=found.unsure))
    return Finding(Claim.READING, Verdict.PROVEN, said)


def _describe(
    envelope: bytes,
    directory: Directory,
    seq: int | None,
    at: int | None,
    read_by: tuple[str, ...],
    findings: Sequence[Finding],
) -> DocumentReport:
    try:
        claimed = peek_document(envelope)
    except DocumentError:
        return DocumentReport(
            summary=message("a document that cannot be read"),
            digest="",
            author="",
            key_set=0,
            seq=seq,
            findings=tuple(findings),
        )
    payload = claimed.payload
    kind = message("a document of kind {kind}", kind=in_words(payload.kind))
    if payload.thread:
        kind = message("{document} in the thread {thread!r}", document=kind, thread=clean(payload.thread.subject))
    return DocumentReport(
        summary=message(
            "{author} to {to}: {document}, channel {channel}..., dated {written_at} by its author",
            author=_named(payload.author, directory),
            to=payload.addressees or message("everybody in its channel"),
            document=kind,
            channel=payload.channel[:12],
            written_at=payload.written_at,
        ),
        digest=claimed.digest.hex(),
        author=payload.author,
        key_set=claimed.key_set,
        addressees=payload.addressees,
        kind=payload.kind,
        seq=seq,
        written_at=payload.written_at,
        proven_at=at,
        read_by=read_by,
        findings=tuple(findings),
    )


def _named(authority: str, directory: Directory) -> str:
    entry = directory.authority_entries.get(authority)
    return authority if entry is None else f"{authority} ({clean(next(iter(entry.names.values())))}, {entry.state})"


def _with_receipts(
    proof: Proof, log: ProofLog, reports: Sequence[DocumentReport], directory: Directory
) -> tuple[DocumentReport, ...]:
    """Add to each document what other documents in the file say of having received it."""
    said: dict[str, list[Finding]] = {}
    for document, report in zip(proof.documents, reports, strict=True):
        if report.kind != DocumentReceipt.KIND or report.verdict is Verdict.FALSE:
            continue
        body = open_signed(document.envelope, directory.document_keys).payload.body
        if isinstance(body, DocumentReceipt):
            said.setdefault(body.document.digest, []).append(_received(log, report, body))
    return tuple(
        msgspec.structs.replace(report, findings=(*report.findings, *said.get(report.digest, ()))) for report in reports
    )


def _received(log: ProofLog, report: DocumentReport, body: DocumentReceipt) -> Finding:
    held = log.head_at(body.seq)
    if held is not None and held.hex() != body.head:
        text = message(
            "the receipt that {author} signed names another log than the one in the file", author=report.author
        )
        return Finding(Claim.READING, Verdict.FALSE, text)
    text = message(
        "{author} signed a receipt for it (entry {seq}): {received}",
        author=report.author,
        seq=report.seq,
        received=_as_received(body),
    )
    # Who read the receipt in turn is another question.
    verdict = worst(finding.verdict for finding in report.findings if finding.claim is not Claim.READING)
    return Finding(Claim.READING, verdict, text)


def _as_received(body: DocumentReceipt) -> str:
    if not body.reference:
        return message("received on {day}", day=body.received_at)
    return message("received as {reference!r} on {day}", reference=clean(body.reference), day=body.received_at)
