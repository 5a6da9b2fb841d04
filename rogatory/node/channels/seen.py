"""Fork detection: every entry says how its author held the log (PROTOCOL.md, Fork detection)."""

from __future__ import annotations

from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.protocol.declaration import Seen
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.header import ForkDetected
from rogatory.protocol.text import message

ALONE = 2
"""Members of a channel in which nobody else could confirm what an author says."""


class SeenDiffers(ProtocolError):
    """What an author says that it had read is not this log, or ends before its last commit. What it sent is void."""


def check_seen(work: Work, channel: Channel, seen: Seen, seq: int, author: str) -> None:
    """Raise unless the author of entry `seq` held the log as this node does. To be asked of an authenticated author.

    Raises SeenDiffers where one author alone says so, which voids what it sent: else every member could halt the
    channel. Raises ForkDetected once a second one does, or where nobody else is there to say it.
    """
    if seen.seq < channel.row.last_commit:
        # A joiner holds no header from before the commit that added it, and must judge like the others.
        raise SeenDiffers(
            message(
                "{author} wrote entry {seq} without having read the commit at {last_commit}",
                author=author,
                seq=seq,
                last_commit=channel.row.last_commit,
            )
        )
    difference = _difference(work, channel, seen, seq, author)
    if difference is None:
        return
    row = channel.row
    if row.disputed_by not in (None, author) or len(channel.members()) <= ALONE:
        raise ForkDetected(
            message(
                "{difference}: the relay shows different logs to different members; compare heads by telephone",
                difference=difference,
            )
        )
    row.disputed_by = author
    work.trouble(
        channel.id,
        Trouble.SEEN,
        message(
            "{difference}: its software is at fault, or it lies, or the relay shows it another log; entry {seq}"
            " is void. Compare heads by telephone",
            difference=difference,
            seq=seq,
        ),
    )
    raise SeenDiffers(difference)


def _difference(work: Work, channel: Channel, seen: Seen, seq: int, author: str) -> str | None:
    if seen.seq >= seq:
        return message(
            "{author} had read up to {seen} when it wrote what the relay delivers as entry {seq}",
            author=author,
            seen=seen.seq,
            seq=seq,
        )
    if channel.head_at(work.tx, seen.seq) != seen.head:
        return message("{author} holds another log up to entry {seq} than this node", author=author, seq=seen.seq)
    return None
