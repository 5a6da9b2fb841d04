"""What nodes state of documents in evidences, as findings of the documents that they are about."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rogatory.keys.verification.report import Claim, DocumentReport, Finding, Verdict, worst
from rogatory.protocol.documents import Evidence
from rogatory.protocol.documents.document import peek_document
from rogatory.protocol.dossier.statements import Statements, Told
from rogatory.protocol.text import message


def with_statements(envelopes: Sequence[bytes], reports: Sequence[DocumentReport]) -> tuple[DocumentReport, ...]:
    """Add to each document what evidences among these state of it."""
    statements = Statements()
    sound = [report.verdict is not Verdict.FALSE for report in reports]
    for number, envelope in enumerate(envelopes):
        if sound[number]:
            statements.take(peek_document(envelope).payload, number)
    found = []
    for report, is_sound in zip(reports, sound, strict=True):
        told = statements.of(report.digest, report.author, report.read_by) if is_sound else ()
        found.append(msgspec.structs.replace(report, findings=(*report.findings, *stated(told, reports))))
    return tuple(found)


def stated(told: Iterable[Told], reports: Sequence[DocumentReport]) -> Iterator[Finding]:
    """A finding for each; `reports` are of the documents that make them, by number.

    It is as good as the signature under it, and proves that this was said, not that it was so.
    """
    for each in told:
        verdict = worst(one.verdict for one in reports[each.number].findings if one.claim not in _NOT_ITS_OWN)
        if each.is_current:
            said = message("{by} signed: {said}", by=each.evidence.by, said=each.text)
        else:
            said = message("{by} signed what was superseded later: {said}", by=each.evidence.by, said=each.text)
        yield Finding(Claim.EVIDENCE, verdict, said)


def as_statement(report: DocumentReport) -> DocumentReport:
    """An evidence is as good as its signature: it names its times itself, and who has read it proves nothing more.

    So it leaves nothing unproven where no receipt follows it yet. Other documents as they are.
    """
    if report.kind != Evidence.KIND:
        return report
    kept = (one for one in report.findings if one.claim not in _NOT_ITS_OWN or one.verdict is not Verdict.UNSURE)
    return msgspec.structs.replace(report, findings=tuple(kept))


_NOT_ITS_OWN = (Claim.READING, Claim.EVIDENCE, Claim.TIME)
