"""A dossier's zip file, read from its first byte to its last: whatever is not exactly as it is written is refused.

Nothing is unpacked, and no more than one piece of a member is held.
"""

import hashlib
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from rogatory.protocol.dossier.archive import FIXED, LOCAL, MAX_MEMBERS, Member, ending, read_header, rest_of_header
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.text import message

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """A member: its SHA-256 (hex), and where its bytes begin in the file."""

    member: Member
    sha256: str
    offset: int


class Container:
    """The members of a dossier, in their order. Raises MalformedError for a file that is no dossier, or was altered."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: dict[str, Held] = {}
        file.seek(0)
        while (start := file.read(FIXED))[: len(LOCAL)] == LOCAL:
            held = self._member(start)
            if held.member.name in self.members or len(self.members) >= MAX_MEMBERS:
                raise MalformedError(
                    message(
                        "{member!r} stands twice in the file, or there are too many members", member=held.member.name
                    )
                )
            self.members[held.member.name] = held
        expected = ending(held.member for held in self.members.values())
        if start + file.read(len(expected) + 1 - min(len(start), len(expected))) != expected:
            raise MalformedError(message("the end of the file was altered or cut off, or something was added to it"))

    def read(self, name: str, most: int) -> bytes:
        """A member's bytes, of which there may be `most`. Raises MalformedError."""
        held = self.members.get(name)
        if held is None:
            raise MalformedError(message("{name} is missing in the file", name=name))
        if held.member.size > most:
            raise MalformedError(message("{name} has over {most} bytes", name=name, most=most))
        self._file.seek(held.offset)
        data = self._file.read(held.member.size)
        if hashlib.sha256(data).hexdigest() != held.sha256:
            raise MalformedError(message("the file changed while it was read"))
        return data

    def _member(self, start: bytes) -> Held:
        member = read_header(start + self._file.read(rest_of_header(start)))
        offset, left, crc, content = self._file.tell(), member.size, 0, hashlib.sha256()
        while left:
            piece = self._file.read(min(left, _PIECE))
            if not piece:
                raise MalformedError(message("the file ends within {member!r}", member=member.name))
            left, crc = left - len(piece), zlib.crc32(piece, crc)
            content.update(piece)
        if crc != member.crc:
            raise MalformedError(message("{member!r} was altered", member=member.name))
        return Held(member, content.hexdigest(), offset)
