"""Receipts of relays and acknowledgements of members, each checked by itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from rogatory.keys.directory.chronicle import Chronicle
from rogatory.keys.errors import BadSignature, KeysError, NotVouched, UnknownEntry
from rogatory.keys.plain import clean
from rogatory.keys.signatures import check_ed25519
from rogatory.keys.verification.key_life import reader_key, relay_key
from rogatory.keys.verification.report import Claim, Finding, Verdict, key_set_of
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.proof import Proof, ProofLog, check_place
from rogatory.protocol.receipt import Receipt, ReceiptInvalid, check_receipt
from rogatory.protocol.text import message, text_of


@dataclass(frozen=True, slots=True)
class Timed:
    """A receipt that holds: the log had entry `seq` at `at` (unix seconds), says `relay`."""

    seq: int
    at: int
    relay: str


@dataclass(frozen=True, slots=True)
class Read:
    """An acknowledgement that holds; `unsure` says why it may be another's."""

    acknowledgement: Acknowledgement
    unsure: str | None


def check_time(proof: Proof, log: ProofLog, receipt: Receipt, chronicle: Chronicle) -> Timed | Finding:
    """What a receipt proves, or why it proves nothing."""
    relay = clean(receipt.relay)
    try:
        check_place(proof, log, receipt)
        since, until = _receipt_term(receipt, chronicle)
    except (ProtocolError, KeysError) as error:
        return Finding(
            Claim.TIME,
            Verdict.FALSE,
            message(
                "a receipt of {relay} for entry {seq} is refused: {error}",
                relay=relay,
                seq=receipt.seq,
                error=text_of(error),
            ),
        )
    at = receipt.time // 1000
    roster = chronicle.directory.roster_of_channel(proof.channel)
    if roster is not None and roster.relay != receipt.relay:
        return Finding(
            Claim.TIME,
            Verdict.FALSE,
            message(
                "a receipt is by {relay}, and the home of this network's log is {home}",
                relay=relay,
                home=roster.relay,
            ),
        )
    if (reason := relay_key(chronicle, relay, since, until, at)) is not None:
        return Finding(
            Claim.TIME,
            Verdict.UNSURE,
            message("a receipt for entry {seq} proves no time: {reason}", seq=receipt.seq, reason=reason),
        )
    return Timed(receipt.seq, at, relay)


def check_reading(
    proof: Proof, log: ProofLog, acknowledgement: Acknowledgement, times: Iterable[Timed], chronicle: Chronicle
) -> Read | Finding:
    """What an acknowledgement proves, or why it proves nothing. `times` are of the receipts that hold."""
    member = clean(acknowledgement.member)
    try:
        check_place(proof, log, acknowledgement)
        key_set = chronicle.directory.key_set(acknowledgement.member, acknowledgement.key_set)
        check_ed25519(key_set.online, acknowledgement.signature, acknowledgement.signing_input())
    except (ProtocolError, UnknownEntry, NotVouched) as error:
        return Finding(
            Claim.READING,
            Verdict.FALSE,
            message("an acknowledgement of {member} is refused: {error}", member=member, error=text_of(error)),
        )
    except BadSignature:
        return Finding(
            Claim.READING,
            Verdict.FALSE,
            message(
                "an acknowledgement is not signed by {who}: forged or altered",
                who=key_set_of(member, acknowledgement.key_set),
            ),
        )
    not_before = max((found.at for found in times if found.seq <= acknowledgement.seq), default=None)
    return Read(acknowledgement, reader_key(chronicle, member, key_set, not_before))


def _receipt_term(receipt: Receipt, chronicle: Chronicle) -> tuple[int, int | None]:
    """The term of the relay's key that signed. Raises ReceiptInvalid, UnknownRelay."""
    entry = chronicle.directory.relay(receipt.relay)
    terms: dict[bytes, tuple[int, int | None]] = {
        former.receipt: (former.since, former.until) for former in entry.former
    }
    terms[entry.receipt] = (entry.since, entry.until)
    signed_by: list[bytes] = []

    def verify(signature: bytes, data: bytes) -> None:
        signed_by.extend(public for public in terms if _verifies(public, signature, data))
        if not signed_by:
            raise ReceiptInvalid(message("it is signed by none of the relay's receipt keys: forged or altered"))

    check_receipt(receipt, verify)
    return terms[signed_by[0]]


def _verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        check_ed25519(public, signature, data)
    except BadSignature:
        return False
    return True
