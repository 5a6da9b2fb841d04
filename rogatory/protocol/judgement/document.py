"""The judgement of documents: which kind may stand in which channel, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents.document import Document
from rogatory.protocol.documents.kinds.amendment import Amendment
from rogatory.protocol.documents.kinds.announcement import Announcement
from rogatory.protocol.documents.kinds.charter import Charter
from rogatory.protocol.documents.kinds.closing import Closing
from rogatory.protocol.documents.kinds.evidence import Evidence
from rogatory.protocol.documents.kinds.leave import Leave
from rogatory.protocol.documents.kinds.rejoin import Rejoin
from rogatory.protocol.documents.registry import KINDS
from rogatory.protocol.judgement.policy import ChannelPolicy, MatterPolicy, NetworkPolicy
from rogatory.protocol.judgement.void import VoidCode, VoidDocument
from rogatory.protocol.text import in_words, message

OBSERVERS_WRITE = frozenset({Leave.KIND, Rejoin.KIND})
"""Observers read; what they may write is about their own membership."""

BEFORE_CHARTER = frozenset({Charter.KIND, Leave.KIND, Rejoin.KIND})


def judge_document(kind: str, author: str, policy: ChannelPolicy, pin: DirectoryPin, *, shared: bool = False) -> None:
    """Raise VoidDocument if a document of `kind` by `author` may not stand in the channel.

    `pin` is that of the entry's declaration; `shared`: it was sent again for a member that had lost it. What the
    policy's roster raises goes through: wait for that version.
    """
    if pin.targets < policy.last_pin.targets or pin.network < policy.last_pin.network:
        raise VoidDocument(
            VoidCode.PIN_DECREASED, message("the message uses an older directory than the commit before it")
        )
    if isinstance(policy, MatterPolicy):
        _judge_in_matter(kind, author, policy, shared)
    else:
        _judge_in_network(kind, author, policy, pin)


def _judge_in_matter(kind: str, author: str, policy: MatterPolicy, shared: bool) -> None:
    if kind == Announcement.KIND:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, message("announcements are for networks"))
    if policy.charter is None:
        if kind not in BEFORE_CHARTER:
            raise VoidDocument(VoidCode.NOT_CHARTERED, message("the charter comes before every other document"))
    elif kind == Charter.KIND:
        raise VoidDocument(VoidCode.CHARTERED_ALREADY, message("a channel has one charter"))
    elif author not in policy.parties:
        raise VoidDocument(VoidCode.NOT_A_PARTY, message("{author} is no party of this channel", author=author))
    elif policy.closed_at is not None and not (shared and author == policy.founder):
        raise VoidDocument(
            VoidCode.CLOSED, message("the matter was closed at entry {closed_at}", closed_at=policy.closed_at)
        )
    elif kind == Closing.KIND and author != policy.founder:
        raise VoidDocument(
            VoidCode.NOT_FOUNDER,
            message("{founder} founded the matter, and alone may close it", founder=policy.founder),
        )


def _judge_in_network(kind: str, author: str, policy: NetworkPolicy, pin: DirectoryPin) -> None:
    if KINDS[kind].CASE_DATA:
        raise VoidDocument(
            VoidCode.CASE_DATA_IN_NETWORK,
            message("a {kind} belongs into a matter: no case data in networks", kind=in_words(kind)),
        )
    roster = policy.roster(pin.network)
    if author not in roster.writers and kind not in OBSERVERS_WRITE:
        raise VoidDocument(
            VoidCode.OBSERVER_WRITES, message("{author} observes this network and does not write", author=author)
        )
    if kind == Announcement.KIND and author not in roster.may_announce:
        raise VoidDocument(
            VoidCode.MAY_NOT_ANNOUNCE, message("{author} may not announce in this network", author=author)
        )
    if kind == Charter.KIND and author not in roster.coordinators:
        raise VoidDocument(
            VoidCode.NOT_COORDINATOR, message("{author} does not coordinate this network", author=author)
        )
    if kind == Amendment.KIND:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, message("a network's members stand in its roster: amend that"))
    if kind == Closing.KIND:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, message("matters are closed, networks are not"))
    if kind == Evidence.KIND:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, message("evidences of documents stand in matters"))


def judge_charter(document: Document, *, digest: bytes, members: Iterable[str] = ()) -> MatterPolicy:
    """The policy that a matter's charter founds; `members`: of the tree, where no amendment preceded.

    `digest` is what the group's channel extension says: its creator chose the charter before anybody
    joined, and nobody can put another in its place. Raises VoidDocument.
    """
    charter = document.payload.body
    if not isinstance(charter, Charter) or document.digest != digest:
        raise VoidDocument(VoidCode.WRONG_CHARTER, message("this is not the charter that the group was made for"))
    if not charter.purpose.of_case:
        raise VoidDocument(
            VoidCode.WRONG_CHARTER,
            message("a charter of a {purpose} does not found a matter", purpose=charter.purpose),
        )
    strangers = sorted(set(members) - set(charter.parties))
    if strangers:
        raise VoidDocument(
            VoidCode.NOT_A_PARTY, message("{strangers}: not among the charter's parties", strangers=tuple(strangers))
        )
    return MatterPolicy(charter=digest, founder=document.signer, parties=frozenset(charter.parties))


def judge_amendment(amendment: Document, policy: MatterPolicy) -> MatterPolicy:
    """The policy with a complete amendment (one that `check_amendment` returned); raises VoidDocument.

    Of two that name the same one before them, the first complete one in the log counts.
    """
    body = amendment.payload.body
    if not isinstance(body, Amendment) or policy.charter is None:
        raise VoidDocument(VoidCode.WRONG_AMENDMENT, message("this amends no charter"))
    if bytes.fromhex(body.charter) != policy.charter:
        raise VoidDocument(VoidCode.WRONG_AMENDMENT, message("it amends another charter than this channel's"))
    previous = None if body.previous is None else bytes.fromhex(body.previous)
    if previous != policy.last_amendment:
        raise VoidDocument(VoidCode.WRONG_AMENDMENT, message("it does not follow the last amendment: propose it anew"))
    return replace(
        policy,
        amendments={**policy.amendments, amendment.digest: frozenset(body.adds)},
        last_amendment=amendment.digest,
    )
