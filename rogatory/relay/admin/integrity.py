"""Whether a relay's database says what it must: every channel's hash chain, access list and acknowledgements.

Reads everything once, in the order of the channels; of no channel more than its members is held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import access_digest
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.header import Form, Head, body_hash, genesis, next_header
from rogatory.protocol.text import counted, message
from rogatory.relay.store.inspection import ACCESS, ACKNOWLEDGED, ENTRIES, HEADS, STRAY_BODIES, Inspection, Row


class Finding(msgspec.Struct, frozen=True):
    """What is wrong, and in which channel; "" for the database as a whole."""

    channel: str
    problem: str


class Report(msgspec.Struct):
    """What was looked at, and found."""

    channels: int = 0
    entries: int = 0
    bodies: int = 0
    acknowledgements: int = 0
    findings: list[Finding] = []


MOST_FINDINGS = 1_000


class _ByChannel:
    """Rows that are ordered by their first column, given out channel by channel."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = next(rows, None)

    def of(self, number: int) -> Iterator[Row]:
        """The rows of a channel; those of earlier ones, which no channel claims, are passed over."""
        while self._next is not None and self._next[0] <= number:
            row, self._next = self._next, next(self._rows, None)
            if row[0] == number:
                yield row


def check_integrity(inspection: Inspection, look: Callable[[Report], None] = lambda report: None) -> Report:
    """Check all there is; `look` is called now and then with what was done so far. Raises DatabaseError."""
    report = Report(findings=[Finding("", problem) for problem in inspection.damage()])
    log, access = _ByChannel(inspection.rows(ENTRIES)), _ByChannel(inspection.rows(ACCESS))
    acknowledged = _ByChannel(inspection.rows(ACKNOWLEDGED))
    for number, channel, seq, head, last_commit, digest in inspection.rows(HEADS):
        report.channels += 1
        problems = [
            *_log(report, channel, log.of(number), Head(seq, head), last_commit),
            *_access(access.of(number), digest),
            *_acknowledgements(report, acknowledged.of(number), channel, seq),
        ]
        report.findings += [Finding(channel.hex(), problem) for problem in problems]
        del report.findings[MOST_FINDINGS:]
        look(report)
    ((strays,),) = inspection.rows(STRAY_BODIES)
    if strays:
        report.findings.append(
            Finding("", counted("{count} body belongs to no entry", "{count} bodies belong to no entry", count=strays))
        )
    return report


def _log(report: Report, channel: bytes, rows: Iterator[Row], told: Head, last_commit: int) -> Iterator[str]:
    """PROTOCOL.md, The log, rule 2: each header follows the one before, and bodies are those that headers name."""
    head, broken = genesis(channel), False
    for _, seq, author, form, hash_of_body, hash_of_header, content in rows:
        report.entries += 1
        if content is not None:
            report.bodies += 1
            if body_hash(content) != hash_of_body:
                yield message("the body of entry {seq} is not the one that was appended", seq=seq)
        if broken:
            continue
        header = next_header(channel, head, author, Form(form), hash_of_body)
        if seq != header.seq or hash_of_header != header.hash():
            broken = True
            yield message("entry {seq} does not follow entry {end}: the log is broken there", seq=seq, end=head.seq)
        head = Head(header.seq, header.hash())
    if not broken and head != told:
        yield message(
            "the log ends at entry {end}, the channel says {last}, or another head", end=head.seq, last=told.seq
        )
    if not 0 < last_commit <= told.seq:
        yield message(
            "the last commit is said to be entry {last_commit} of {last}", last_commit=last_commit, last=told.seq
        )


def _access(rows: Iterator[Row], digest: bytes) -> Iterator[str]:
    """PROTOCOL.md, Frames, rule 6."""
    if access_digest([authority for _, authority in rows]) != digest:
        yield message("its members are not those of the access list that was declared last")


def _acknowledgements(report: Report, rows: Iterator[Row], channel: bytes, last: int) -> Iterator[str]:
    for _, member, seq, content, head in rows:
        report.acknowledgements += 1
        try:
            decoded = msgspec.msgpack.decode(content, type=Acknowledgement)
        except (msgspec.MsgspecError, ProtocolError):
            yield message("the acknowledgement by {member} cannot be read", member=member)
            continue
        if (decoded.channel, decoded.member, decoded.seq) != (channel, member, seq) or seq > last:
            yield message("the acknowledgement by {member} is another's, or goes beyond the log", member=member)
        elif decoded.head != head:
            yield message("{member} acknowledged another log up to entry {seq}", member=member, seq=seq)
