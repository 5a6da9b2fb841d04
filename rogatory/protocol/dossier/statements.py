"""What nodes state of documents in evidences, gathered from a matter's documents and told at each that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rogatory.protocol.documents import Evidence as EvidenceBody
from rogatory.protocol.documents import Payload, Stated
from rogatory.protocol.dossier.moments import moment
from rogatory.protocol.evidence.rules import STAGE_OF, Evidence, Finding, Stage, current
from rogatory.protocol.evidence.wording import wording


@dataclass(frozen=True, slots=True)
class Told:
    """A statement: `number` tells which document makes it, `authority` whom it is about."""

    number: int
    authority: str
    evidence: Evidence
    officer: str
    is_current: bool = True

    @property
    def text(self) -> str:
        """A sentence."""
        at = moment(self.evidence.at)
        said = wording(self.evidence.finding, of=self.authority, by=self.evidence.by, at=at, detail=self.officer)
        return str(said)


class Statements:
    """Takes the evidences of a matter, in any order, before or after what they are about."""

    def __init__(self) -> None:
        self._about: dict[str, list[Told]] = {}

    def take(self, payload: Payload, number: int) -> None:
        """An evidence that has effect; other documents state nothing."""
        if not isinstance(payload.body, EvidenceBody):
            return
        for each in payload.body.statements:
            at = int(datetime.fromisoformat(each.at).timestamp() * 1000)
            evidence = Evidence(Finding(each.stated.value), at, payload.author, payload.message_id)
            told = Told(number, each.authority, evidence, each.officer)
            self._about.setdefault(each.document.digest, []).append(told)

    def of(self, digest: str, author: str, opened_by: Sequence[str]) -> Iterator[Told]:
        """What is stated of a document, by addressee and stage; the current ones first.

        `author`: the document's, who alone states absence; `opened_by`: whose acknowledgements cover it.
        """
        own = [each for each in self._about.get(digest, []) if _may_say(each, author)]
        for authority in sorted({each.authority for each in own}):
            for stage in Stage:
                some = [
                    each for each in own if each.authority == authority and STAGE_OF[each.evidence.finding] is stage
                ]
                delivered = stage is Stage.DELIVERY and authority in opened_by
                best = None if delivered else current(each.evidence for each in some)
                marked = [replace(each, is_current=each.evidence == best) for each in some]
                yield from sorted(marked, key=lambda each: (not each.is_current, each.evidence.at, each.number))


def _may_say(told: Told, author: str) -> bool:
    return (told.evidence.by == author) != (told.evidence.finding.value == Stated.RETRIEVAL.value)
