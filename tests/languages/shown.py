"""Types whose values and field names commands show as words: where a type is new among them, it is named here."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from rogatory.keys.cli.networks import Announcers
from rogatory.keys.directory.endorsement import Standing
from rogatory.keys.directory.model import AuthorityEntry, KeySet, Purpose
from rogatory.keys.publishing.key_file import KeyKind
from rogatory.keys.verification.report import Claim, Verdict
from rogatory.node.approvals.drafting import Doing
from rogatory.node.approvals.views import DraftState, DraftView
from rogatory.node.channels.states import ChannelState
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.views import Direction, Stage
from rogatory.node.link.status import LinkState
from rogatory.node.matters.views import MatterKind
from rogatory.node.networks.views import NetworkView
from rogatory.node.store.attachments import AttachmentState
from rogatory.node.store.groups import Role as NetworkRole
from rogatory.node.store.wishes import WishKind
from rogatory.node.terms.views import Standing as TermStanding
from rogatory.protocol.documents import FORMS, Request, fields_of
from rogatory.protocol.documents.fields import Annex, DocumentRef, Thread
from rogatory.protocol.documents.kinds.reminder import Due, ReminderStage
from rogatory.protocol.documents.kinds.reply import Contemplated, Outcome
from rogatory.protocol.documents.registry import KINDS
from rogatory.protocol.documents.requests.asking import Section
from rogatory.protocol.documents.urgency import Urgency
from rogatory.protocol.evidence.rules import Finding
from rogatory.protocol.life.table import Need, Role, State


def _parts(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    return [struct, *(each for field in fields_of(struct) if field.part is not None for each in _parts(field.part))]


_BODIES: Final = [part for body in KINDS.values() if body is not Request for part in _parts(body)]
_CHOICES: Final = sorted(
    {
        choice
        for part in (*_BODIES, *(part for form in FORMS.values() for part in _parts(form)))
        for field in fields_of(part)
        for choice in field.choices
        if len(choice) > 2 and choice[0].isalpha()
    }
)

CODES: Final[tuple[type[Enum], ...]] = (
    State,
    Role,
    Outcome,
    Contemplated,
    Urgency,
    Need,
    Due,
    ReminderStage,
    TermStanding,
    Stage,
    Finding,
    Direction,
    EventKind,
    MatterKind,
    AttachmentState,
    ChannelState,
    WishKind,
    LinkState,
    NetworkRole,
    Doing,
    DraftState,
    Purpose,
    Standing,
    KeyKind,
    Verdict,
    Claim,
    Announcers,
    Section,
)
"""Enumerations whose values are shown."""

_GROUPS: Final = ("all", "direction", "state", "kind", "article", "offence", "urgency", "outcome")

_ANSWERED: Final = ("directory_version", "key_set", "standing", "fingerprint", "confirmed_at", "authority")

WORDS: Final = (*KINDS, *FORMS, *_CHOICES, *_GROUPS, *_ANSWERED)
"""Kinds of documents, forms of requests and what can be chosen in them; by what statistics are told; names of answers
that no struct has."""

FIELDS: Final[tuple[type[msgspec.Struct], ...]] = (
    *_BODIES,
    Thread,
    DocumentRef,
    Annex,
    AuthorityEntry,
    KeySet,
    NetworkView,
    DraftView,
)
"""Structs whose field names are shown beside their values."""
