"""A reminder: the automatic notice by which one side's node tells the other that something is due."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import msgspec

from rogatory.protocol.documents.base import Body, Payload, check_date, check_distinct
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import AuthorityId, DocumentRef, Line, Part, Timestamp


class Due(StrEnum):
    """What is due. When, and who owes it: `rogatory.protocol.life.terms`."""

    ACKNOWLEDGEMENT = "acknowledgement"
    RESPONSE = "response"
    """The first word on the request that says more than that it was received."""
    ANSWER = "answer"
    DEADLINE = "deadline"
    """The answer, by the day that the request suggests (UNTOC 18(24))."""
    INFORMATION = "information"
    CONSULTATION = "consultation"
    RESUMPTION = "resumption"
    """Of a request that was postponed until then (UNTOC 18(25))."""
    EXTENSION = "extension"
    """A word on the extension of a preservation that was asked for."""
    FURTHER_USE = "further_use"
    PRESERVATION = "preservation"
    """The preserved data are kept until then."""
    RETENTION = "retention"
    """The provider keeps the data until then."""


class ReminderStage(StrEnum):
    """Which of the reminders of one due date it is."""

    UPCOMING = "upcoming"
    DUE = "due"
    ESCALATION = "escalation"
    """For whoever answers at the 24/7 contact."""


class Contact(Part, frozen=True, kw_only=True):
    """Who is to be told at an authority, 24 hours a day: as its directory entry says, empty where it names nobody."""

    authority: AuthorityId
    contact_24_7: Line = ""


class Reminder(Body, frozen=True, kw_only=True):
    """Signed by a node by itself, no officer having seen it; addressed to those who owe what is due.

    `set_by`: the document from which the term runs; `at`: when it ends.
    """

    KIND: ClassVar[str] = "reminder"
    CASE_DATA: ClassVar[bool] = True
    ADDRESSED: ClassVar[bool] = True

    request: DocumentRef
    due: Due
    set_by: DocumentRef
    at: Timestamp
    stage: ReminderStage
    contacts: Annotated[tuple[Contact, ...], msgspec.Meta(max_length=200)] = ()
    automatic: Literal[True] = True

    def check(self, payload: Payload) -> None:
        """A time of the calendar; contacts of addressees only, each once."""
        check_date(self.at, "at")
        named = tuple(contact.authority for contact in self.contacts)
        check_distinct(named, "contacts")
        if not set(named) <= set(payload.addressees):
            raise UnsoundDocument("a reminder names the contacts of those whom it is addressed to")
        if payload.in_reply_to not in (None, self.set_by.id):
            raise UnsoundDocument("a reminder replies to the document that its term runs from")
