"""What a verification found, for people and for programs."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from rogatory.protocol.text import message


class Verdict(StrEnum):
    """What is known of a claim; a report's is that of its worst finding."""

    PROVEN = "proven"
    UNSURE = "not proven"
    """Nothing speaks against it, and what would prove it is missing or may be another's."""
    FALSE = "false"
    """The evidence contradicts it."""


_SHOUTED = {
    Verdict.PROVEN: message("PROVEN"),
    Verdict.UNSURE: message("NOT PROVEN"),
    Verdict.FALSE: message("FALSE"),
}
_WORST = (Verdict.FALSE, Verdict.UNSURE, Verdict.PROVEN)


class Claim(StrEnum):
    """What a finding is about."""

    SIGNATURE = "signature"
    ENTRY = "entry"
    TIME = "time"
    KEY = "key"
    READING = "reading"
    EVIDENCE = "evidence"
    TIMESTAMP = "timestamp"
    STEP = "step"
    ATTACHMENT = "attachment"
    TEXT = "text"
    LOG = "log"
    EXPORT = "export"
    ROOT = "root"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was checked, in a sentence."""

    claim: Claim
    verdict: Verdict
    text: str

    @property
    def line(self) -> str:
        """For people."""
        return message("{verdict}: {text}", verdict=_SHOUTED[self.verdict], text=self.text)


class DocumentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one document. `proven_at` (unix seconds): it existed then at the latest."""

    summary: str
    digest: str
    author: str
    key_set: int
    addressees: tuple[str, ...] = ()
    kind: str | None = None
    seq: int | None = None
    written_at: str | None = None
    proven_at: int | None = None
    read_by: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Of its worst finding."""
        return worst(finding.verdict for finding in self.findings)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of a file. `findings` are of the file, and of evidence that no document of it could use; `notes`
    tell what else there is to know, and prove nothing.
    """

    verdict: Verdict
    documents: tuple[DocumentReport, ...]
    findings: tuple[Finding, ...]
    directory_version: int
    history_until: int
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """For people."""
        for document in self.documents:
            yield document.summary
            for finding in document.findings:
                yield message("  {finding}", finding=finding.line)
        for finding in self.findings:
            yield finding.line
        for note in self.notes:
            yield message("NOTE: {note}", note=note)


def key_set_of(authority: str, number: int) -> str:
    """A key set as people name it."""
    return message("key set {number} of {authority}", number=number, authority=authority)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; PROVEN of none."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST if verdict in found), Verdict.PROVEN)
