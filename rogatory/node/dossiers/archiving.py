"""A dossier's zip file as it is written: member after member, piece by piece, then what the exporter signs."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rogatory.node.errors import DamagedStore
from rogatory.protocol.dossier.archive import Member, ending, local_header
from rogatory.protocol.dossier.manifest import MANIFEST, SEAL, Entry
from rogatory.protocol.text import message


@dataclass(frozen=True, slots=True)
class Content:
    """A member's bytes, measured before they are written. `sha256` in hex; `pieces()` gives them."""

    name: str
    size: int
    crc: int
    sha256: str
    pieces: Callable[[], Iterator[bytes]]


def measured(name: str, pieces: Callable[[], Iterator[bytes]]) -> Content:
    """Content that is given out more than once, alike. Raises what `pieces` raises."""
    size = crc = 0
    digest = hashlib.sha256()
    for piece in pieces():
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        digest.update(piece)
    return Content(name, size, crc, digest.hexdigest(), pieces)


def whole(name: str, data: bytes) -> Content:
    """Content that is held in memory."""
    return measured(name, lambda: iter([data]))


def archive(
    contents: Iterator[Content], manifest: Callable[[tuple[Entry, ...]], bytes], seal: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """The file. `manifest` is made once all members are written, and then sealed.

    Raises DamagedStore where content is not what was measured.
    """
    members: list[Member] = []
    entries: list[Entry] = []
    for content in contents:
        yield from _written(content, members)
        entries.append(Entry(name=content.name, size=content.size, sha256=content.sha256))
    data = manifest(tuple(entries))
    yield from _written(whole(MANIFEST, data), members)
    yield from _written(whole(SEAL, seal(data)), members)
    yield ending(members)


def _written(content: Content, members: list[Member]) -> Iterator[bytes]:
    member = Member(content.name, content.size, content.crc)
    members.append(member)
    yield local_header(member)
    digest = hashlib.sha256()
    for piece in content.pieces():
        digest.update(piece)
        yield piece
    if digest.hexdigest() != content.sha256:
        raise DamagedStore(
            message("{name} changed while it was exported", name=content.name), message("export the dossier again")
        )
