"""Whether a key was its owner's at a time: terms in the directory, times in its history, and compromise.

Terms are honoured for `max_stale_seconds` longer than published: so long a node may act on what it knew before, and
so long what an officer signed before a change of keys may wait to be sent.
"""

from rogatory.keys.directory.chronicle import Chronicle
from rogatory.keys.directory.model import KeySet
from rogatory.keys.plain import moment, standing_in_words
from rogatory.keys.verification.report import Claim, Finding, Verdict


def document_key(chronicle: Chronicle, authority: str, key_set: KeySet, at: int | None, pin: int | None) -> Finding:
    """Whether a document's key set was the authority's.

    `at` is when the document is proven to have existed (unix seconds), `pin` the directory version that its entry
    names; None where the file does not tell.
    """
    name = f"key set {key_set.version} of {authority}"
    if pin is not None and pin > chronicle.directory.targets_version:
        return _unsure(
            f"the entry was made with directory version {pin}, and the history ends with"
            f" {chronicle.directory.targets_version}: get a newer history from the publisher"
        )
    if pin is not None and pin < key_set.since:
        # Whoever signs holds the directory that has the keys; no entry pins one older than it was made with.
        text = (
            f"{name} begins with directory version {key_set.since}, and the entry names {pin}, which has no such keys"
        )
        return Finding(Claim.KEY, Verdict.FALSE, text)
    since = key_set.compromised_since
    if since is not None and (at is None or at >= since):
        when = "no receipt shows that it existed before" if at is None else f"it is receipted later, on {moment(at)}"
        return _unsure(f"{name} is compromised since {moment(since)}, and {when}: it may be another's")
    if at is None:
        if key_set.until is not None:
            return _unsure(f"{name} is no longer in force, and no receipt shows that the document is older")
    elif (outside := _outside(chronicle, key_set.since, key_set.until, at)) is not None:
        return _unsure(f"{name} {outside}{_why_late(chronicle, key_set, at)}")
    words = standing_in_words(chronicle.directory.standing(authority, key_set.version))
    told = f"{name} was in force"
    if key_set.until is not None:
        told += f" (until {_end(chronicle, key_set.until)})"
        if pin is not None and pin >= key_set.until:
            told += f"; the entry was made after that, within the {_grace(chronicle)} for what was signed before"
    if since is not None:
        told += f"; it is compromised since {moment(since)}, after the receipt"
    return Finding(Claim.KEY, Verdict.PROVEN, f"{told}; it is {words}")


def reader_key(chronicle: Chronicle, authority: str, key_set: KeySet, not_before: int | None) -> str | None:
    """Why an acknowledgement may be another's; None if it is its member's.

    `not_before` is when the newest entry that it covers is proven to have existed (unix seconds): it is younger.
    """
    name = f"key set {key_set.version} of {authority}"
    if key_set.compromised_since is not None:
        return f"{name} is compromised since {moment(key_set.compromised_since)}"
    if key_set.until is None or not_before is None:
        return None
    ended = chronicle.ended(key_set.until)
    if ended is not None and not_before > ended + chronicle.directory.max_stale_seconds:
        return f"{name} had ended on {moment(ended)}, and what it read is younger, of {moment(not_before)}"
    return None


def relay_key(chronicle: Chronicle, relay: str, since: int, until: int | None, at: int) -> str | None:
    """Why a relay's receipt key does not speak for a time; None if it does."""
    outside = _outside(chronicle, since, until, at)
    return None if outside is None else f"the receipt key of {relay} {outside}"


def _outside(chronicle: Chronicle, since: int, until: int | None, at: int) -> str | None:
    grace = chronicle.directory.max_stale_seconds
    begun = chronicle.published(since)
    if begun is not None and at < begun - grace:
        return f"began on {moment(begun)}, long after the receipt's time, {moment(at)}"
    ended = None if until is None else chronicle.ended(until)
    if until is not None and ended is None:
        return "ended before this history begins: get a longer one from the publisher"
    if ended is not None and at > ended + grace:
        return f"had ended on {moment(ended)}, before the receipt's time, {moment(at)}"
    return None


def _why_late(chronicle: Chronicle, key_set: KeySet, at: int) -> str:
    """What may have happened where an ended key set's document is receipted too late."""
    ended = None if key_set.until is None else chronicle.ended(key_set.until)
    if ended is None or at <= ended:
        return ""
    return (
        f", by more than the {_grace(chronicle)} that are given: it may have been signed before and sent late, or by"
        " somebody who found the old keys; ask its author to send it again"
    )


def _grace(chronicle: Chronicle) -> str:
    hours = chronicle.directory.max_stale_seconds // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def _end(chronicle: Chronicle, until: int) -> str:
    ended = chronicle.ended(until)
    return "before this history begins" if ended is None else moment(ended)


def _unsure(text: str) -> Finding:
    return Finding(Claim.KEY, Verdict.UNSURE, text)
