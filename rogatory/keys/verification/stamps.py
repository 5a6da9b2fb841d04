"""Timestamps in a proof file, against the roots of the authorities of time that a stranger trusts."""

from collections.abc import Iterator, Sequence

from cryptography.x509 import Certificate

from rogatory.keys.plain import clean, moment
from rogatory.keys.timestamps import TimestampRefused, check_timestamp
from rogatory.keys.verification.report import Claim, Finding, Verdict
from rogatory.protocol.proof import Proof, ProofBroken, ProofLog, check_stamped
from rogatory.protocol.text import counted, message, text_of
from rogatory.protocol.timestamp import stamped_bytes


def check_stamps(proof: Proof, log: ProofLog, roots: Sequence[Certificate]) -> Iterator[Finding]:
    """A finding for each; without roots none can be judged."""
    for each in proof.timestamps if roots else ():
        try:
            check_stamped(log, each)
            stamped = check_timestamp(each.response, stamped_bytes(proof.channel, each.seq, each.head), roots)
        except (ProofBroken, TimestampRefused) as error:
            yield Finding(Claim.TIMESTAMP, Verdict.FALSE, text_of(error))
            continue
        said = message(
            "all entries of the log up to {seq} were there on {at} at the latest, says a timestamping authority that is"
            " certified by {issuer}",
            seq=each.seq,
            at=moment(stamped.at),
            issuer=clean(stamped.issuer),
        )
        yield Finding(Claim.TIMESTAMP, Verdict.PROVEN, said)


def not_checked(proof: Proof, roots: Sequence[Certificate]) -> tuple[str, ...]:
    """A note where there are timestamps that nobody gave the roots for."""
    if roots or not proof.timestamps:
        return ()
    said = counted(
        "a timestamp was not checked: give the certificates of its authority with --timestamp-roots",
        "{count} timestamps were not checked: give the certificates of their authority with --timestamp-roots",
        count=len(proof.timestamps),
    )
    return (said,)
