"""What every request for digital evidence needs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.base import check_date, check_distinct
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Date, Line, Part, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always
from rogatory.protocol.documents.requests.parts import Period
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class Category(StrEnum):
    """Of data."""

    SUBSCRIBER = "subscriber"
    TRAFFIC = "traffic"
    CONTENT = "content"


class Notice(StrEnum):
    """Whether the account holder may be told."""

    NO = "no"
    AFTER_CONSULTATION = "after_consultation"
    YES = "yes"


class Account(Part, frozen=True, kw_only=True):
    """At a service provider."""

    provider: Annotated[Line, Ask(PRACTICE, message("service provider"), essential=always)] = ""
    identifier: Annotated[
        Line,
        Ask(
            PRACTICE,
            message("account, address or other identifier"),
            message("IP address with port and time, telephone number, user name, device."),
            always,
        ),
    ] = ""
    retention_ends: Annotated[Date | None, Ask(PRACTICE, message("end of the provider's retention, where known"))] = (
        None
    )


class DigitalEvidence(Request, frozen=True, kw_only=True):
    """Base of the three forms for stored and live computer data."""

    accounts: Annotated[
        tuple[Account, ...], msgspec.Meta(max_length=200), Ask(PRACTICE, message("accounts"), essential=always)
    ] = ()
    categories: Annotated[
        tuple[Category, ...], msgspec.Meta(max_length=3), Ask(PRACTICE, message("categories of data"), essential=always)
    ] = ()
    period: Annotated[Period | None, Ask(PRACTICE, message("period of the data"), essential=always)] = None
    contact_24_7: Annotated[
        Line, Ask(PRACTICE, message("point of contact, 24 hours a day, 7 days a week"), essential=always)
    ] = ""
    notice: Annotated[
        Notice | None, Ask(PRACTICE, message("whether the account holder may be told"), essential=always)
    ] = None
    description: Annotated[Text, Ask(PRACTICE, message("further description of the data"))] = ""

    def check_form(self) -> None:
        """The period runs forward; what stands once stands once; dates of the calendar."""
        check_distinct(self.categories, "categories")
        for account in self.accounts:
            check_date(account.retention_ends, "retention_ends")
        if self.period is not None:
            check_date(self.period.start, "period")
            check_date(self.period.end, "period")
            if self.period.end < self.period.start:
                raise UnsoundDocument(message("the period ends before it starts"))
