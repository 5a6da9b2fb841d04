"""Whether a key was its owner's at a time: terms in the directory, times in its history, and compromise.

Terms are honoured for `max_stale_seconds` longer than published: so long a node may act on what it knew before, and
so long what an officer signed before a change of keys may wait to be sent.
"""

from rogatory.keys.directory.chronicle import Chronicle
from rogatory.keys.directory.model import KeySet
from rogatory.keys.plain import moment, standing_in_words
from rogatory.keys.verification.report import Claim, Finding, Verdict, key_set_of
from rogatory.protocol.text import counted, message


def document_key(chronicle: Chronicle, authority: str, key_set: KeySet, at: int | None, pin: int | None) -> Finding:
    """Whether a document's key set was the authority's.

    `at` is when the document is proven to have existed (unix seconds), `pin` the directory version that its entry
    names; None where the file does not tell.
    """
    name = key_set_of(authority, key_set.version)
    if pin is not None and pin > chronicle.directory.targets_version:
        return _unsure(
            message(
                "the entry was made with directory version {pin}, and the history ends with {last}: get a newer history"
                " from the publisher",
                pin=pin,
                last=chronicle.directory.targets_version,
            )
        )
    if pin is not None and pin < key_set.since:
        # Whoever signs holds the directory that has the keys; no entry pins one older than it was made with.
        text = message(
            "{name} begins with directory version {since}, and the entry names {pin}, which has no such keys",
            name=name,
            since=key_set.since,
            pin=pin,
        )
        return Finding(Claim.KEY, Verdict.FALSE, text)
    since = key_set.compromised_since
    if since is not None and (at is None or at >= since):
        if at is None:
            when = message("no receipt shows that it existed before")
        else:
            when = message("it is receipted later, on {day}", day=moment(at))
        return _unsure(
            message(
                "{name} is compromised since {since}, and {when}: it may be another's",
                name=name,
                since=moment(since),
                when=when,
            )
        )
    if at is None:
        if key_set.until is not None:
            return _unsure(
                message("{name} is no longer in force, and no receipt shows that the document is older", name=name)
            )
    elif (outside := _outside(chronicle, name, key_set.since, key_set.until, at)) is not None:
        return _unsure(_with_why_late(outside, chronicle, key_set, at))
    words = standing_in_words(chronicle.directory.standing(authority, key_set.version))
    told = message("{name} was in force", name=name)
    if key_set.until is not None:
        told = message("{name} was in force (until {end})", name=name, end=_end(chronicle, key_set.until))
        if pin is not None and pin >= key_set.until:
            told = message(
                "{told}; the entry was made after that, within the {grace} for what was signed before",
                told=told,
                grace=_grace(chronicle),
            )
    if since is not None:
        told = message("{told}; it is compromised since {since}, after the receipt", told=told, since=moment(since))
    return Finding(Claim.KEY, Verdict.PROVEN, message("{told}; it is {standing}", told=told, standing=words))


def reader_key(chronicle: Chronicle, authority: str, key_set: KeySet, not_before: int | None) -> str | None:
    """Why an acknowledgement may be another's; None if it is its member's.

    `not_before` is when the newest entry that it covers is proven to have existed (unix seconds): it is younger.
    """
    name = key_set_of(authority, key_set.version)
    if key_set.compromised_since is not None:
        return message("{name} is compromised since {since}", name=name, since=moment(key_set.compromised_since))
    if key_set.until is None or not_before is None:
        return None
    ended = chronicle.ended(key_set.until)
    if ended is not None and not_before > ended + chronicle.directory.max_stale_seconds:
        return message(
            "{name} had ended on {ended}, and what it read is younger, of {read}",
            name=name,
            ended=moment(ended),
            read=moment(not_before),
        )
    return None


def relay_key(chronicle: Chronicle, relay: str, since: int, until: int | None, at: int) -> str | None:
    """Why a relay's receipt key does not speak for a time; None if it does."""
    return _outside(chronicle, message("the receipt key of {relay}", relay=relay), since, until, at)


def _outside(chronicle: Chronicle, name: str, since: int, until: int | None, at: int) -> str | None:
    grace = chronicle.directory.max_stale_seconds
    begun = chronicle.published(since)
    if begun is not None and at < begun - grace:
        return message(
            "{name} began on {begun}, long after the receipt's time, {at}",
            name=name,
            begun=moment(begun),
            at=moment(at),
        )
    ended = None if until is None else chronicle.ended(until)
    if until is not None and ended is None:
        return message("{name} ended before this history begins: get a longer one from the publisher", name=name)
    if ended is not None and at > ended + grace:
        return message(
            "{name} had ended on {ended}, before the receipt's time, {at}",
            name=name,
            ended=moment(ended),
            at=moment(at),
        )
    return None


def _with_why_late(outside: str, chronicle: Chronicle, key_set: KeySet, at: int) -> str:
    """With what may have happened where an ended key set's document is receipted too late."""
    ended = None if key_set.until is None else chronicle.ended(key_set.until)
    if ended is None or at <= ended:
        return outside
    return message(
        "{outside}, by more than the {grace} that are given: it may have been signed before and sent late, or by"
        " somebody who found the old keys; ask its author to send it again",
        outside=outside,
        grace=_grace(chronicle),
    )


def _grace(chronicle: Chronicle) -> str:
    hours = chronicle.directory.max_stale_seconds // 3600
    if hours >= 48:
        return counted("{count} day", "{count} days", count=hours // 24)
    return counted("{count} hour", "{count} hours", count=hours)


def _end(chronicle: Chronicle, until: int) -> str:
    ended = chronicle.ended(until)
    return message("before this history begins") if ended is None else moment(ended)


def _unsure(text: str) -> Finding:
    return Finding(Claim.KEY, Verdict.UNSURE, text)
