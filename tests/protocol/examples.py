"""One sound document of each kind, and signers for it. The persons are invented."""

from __future__ import annotations

from typing import Any

from rogatory.protocol.documents import (
    Amendment,
    Annex,
    Announcement,
    AssistanceForm,
    Body,
    Charter,
    Closing,
    Conducting,
    Consultation,
    Contact,
    DocumentKeys,
    DocumentReceipt,
    DocumentRef,
    Due,
    Evidence,
    Leave,
    LegalBasis,
    MutualLegalAssistance,
    Nature,
    Objection,
    Offence,
    Outcome,
    Payload,
    Person,
    Purpose,
    Reminder,
    ReminderStage,
    Reply,
    SeedSigner,
    Stated,
    Statement,
    UnknownKeySet,
    Wording,
    compose,
    rejoin,
)

CHANNEL = bytes(range(32))
DIGEST = "d1" * 32
WRITTEN_AT = 1_790_000_000


def signer(authority: str, key_set: int = 1) -> SeedSigner:
    """A signer whose keys follow from its name."""
    seed = f"{authority}#{key_set}".encode().ljust(32, b".")
    return SeedSigner(authority, key_set, seed, seed)


KENYA, TANZANIA, UGANDA = signer("ke.central"), signer("tz.central"), signer("ug.central")
SIGNERS = {(each.authority, each.key_set): each for each in (KENYA, TANZANIA, UGANDA, signer("ke.central", 2))}


def keys_of(authority: str, key_set: int) -> DocumentKeys:
    """The directory of these tests."""
    try:
        return SIGNERS[authority, key_set].keys
    except KeyError:
        raise UnknownKeySet(f"{authority} has no key set {key_set}") from None


def bank_records(**changes: Any) -> MutualLegalAssistance:
    """A sound request for bank records."""
    fields: dict[str, Any] = {
        "reference": "KE/MLA/2026/17",
        "forms": (AssistanceForm.DOCUMENTS_AND_RECORDS,),
        "requesting_authority": "Office of the Attorney General of Kenya",
        "subject": "Laundering of proceeds of ivory trafficking",
        "nature": Nature.INVESTIGATION,
        "conducting": Conducting(name="Directorate of Criminal Investigations", functions="investigation"),
        "facts": "Between March and May 2026 the suspect received payments.\nThey went to an account in Arusha.",
        "assistance": "Certified copies of the account's opening form and statements.",
        "procedure": "Certification by the bank's manager.",
        "persons": (Person(role="suspect", name="Juma Invented", born="1980-02-29", nationalities=("KE",)),),
        "aim": "Evidence in the trial.",
        "legal_basis": (LegalBasis(instrument="UNTOC", articles="18"),),
        "offences": (Offence(name="Money laundering", provisions="s. 3 POCAMLA", penalty="14 years"),),
        "language": "en",
    }
    return MutualLegalAssistance(**{**fields, **changes})


ANNEX = Annex(name="order.pdf", media_type="application/pdf", size=12_345, sha256="a0" * 32, language="en")

BODIES: dict[str, Body] = {
    "charter": Charter(
        purpose=Purpose.MATTER,
        subject="Bank records, Arusha",
        home_relay="relay.nairobi",
        parties=("ke.central", "tz.central"),
    ),
    "amendment": Amendment(charter=DIGEST, adds=("ug.central",), reason="The account's holder lives in Kampala."),
    "request": bank_records(annexes=(ANNEX,)),
    "reply": Reply(
        request=DocumentRef(id="0f" * 16, digest=DIGEST),
        previous="d2" * 32,
        outcome=Outcome.EXECUTED,
        text="Copies are annexed.",
        language="en",
        reference="TZ/2026/4",
        annexes=(ANNEX,),
    ),
    "consultation": Consultation(text="May we speak before you apply to the court?", language="en"),
    "announcement": Announcement(
        network="gljcn",
        wordings=(
            Wording(language="en", title="Annual meeting", text="In Entebbe, on 3 May."),
            Wording(language="fr", title="Réunion annuelle", text="À Entebbe, le 3 mai."),
        ),
    ),
    "receipt": DocumentReceipt(
        document=DocumentRef(id="0f" * 16, digest=DIGEST),
        seq=4,
        head="ab" * 32,
        received_at="2026-09-21T13:20:00Z",
        reference="TZ/2026/4",
    ),
    "closing": Closing(reason="Everything asked for has come."),
    "evidence": Evidence(
        statements=(
            Statement(
                document=DocumentRef(id="0f" * 16, digest="d1" * 32),
                stated=Stated.NON_DELIVERY,
                authority="tz.central",
                at="2026-09-24T13:20:00Z",
            ),
        )
    ),
    "objection": Objection(document=DocumentRef(id="0f" * 16, digest=DIGEST), reason="Another step came before it."),
    "reminder": Reminder(
        request=DocumentRef(id="0f" * 16, digest=DIGEST),
        due=Due.ANSWER,
        set_by=DocumentRef(id="0f" * 16, digest=DIGEST),
        at="2026-10-19T23:59:59Z",
        stage=ReminderStage.ESCALATION,
        contacts=(Contact(authority="tz.central", contact_24_7="+255 22 211 1999, duty officer"),),
    ),
    "leave": Leave(reason="Our part is done."),
    "rejoin": rejoin(b"key package", 12, b"\xab" * 32, (9, b"\xcd" * 32)),
}


def payload(body: Body, **changes: Any) -> Payload:
    """A sound payload by Kenya around `body`."""
    fields: dict[str, Any] = {
        "author": "ke.central",
        "key_set": 1,
        "addressees": ("tz.central",) if body.ADDRESSED else (),
        "channel": CHANNEL,
        "message_id": b"message id 16 by",
        "written_at": WRITTEN_AT,
    }
    return compose(body, **{**fields, **changes})
