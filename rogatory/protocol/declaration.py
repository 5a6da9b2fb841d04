"""What an entry says in the clear: the MLS `authenticated_data` of every message (PROTOCOL.md, Declaration).

The relay can read it, cannot change it, and takes a channel's access list from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from rogatory.protocol.bounds import Listed, Number
from rogatory.protocol.documents.fields import AuthorityId
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.limits import HASH, MAX_DECLARATION, MAX_MEMBERS
from rogatory.protocol.text import message, text_of


class DirectoryPin(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """The directory version that the author used: of the top-level targets and of the network's role (or 0)."""

    targets: Number
    network: Number = 0


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The log as the author held it: seq (0 for the empty log) and head."""

    seq: Number
    head: bytes


class Declaration(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`document`: commitment to the document inside. `access`: members after this commit, sorted authority ids;
    `amendment`: digest of the amendment that allows an addition; `rejoins`: seqs of the rejoin entries answered."""

    directory: DirectoryPin
    seen: Seen
    document: bytes | None = None
    access: Listed[AuthorityId] | None = None
    amendment: bytes | None = None
    rejoins: Listed[Number] = []
    version: int = 1


_decoder = msgspec.msgpack.Decoder(Declaration)
_encoder = msgspec.msgpack.Encoder()


def encode_declaration(declaration: Declaration) -> bytes:
    """The declaration's bytes for MLS `authenticated_data`."""
    return _encoder.encode(declaration)


def decode_declaration(data: bytes) -> Declaration:
    """The declaration in `data`; raises MalformedError for anything out of bounds."""
    if len(data) > MAX_DECLARATION:
        raise MalformedError(message("a declaration has at most {most} bytes", most=MAX_DECLARATION))
    try:
        declaration = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not a declaration: {error}", error=text_of(error))) from None
    if declaration.version != 1:
        raise MalformedError(
            message("a declaration of version {version}; this side knows version 1", version=declaration.version)
        )
    if len(declaration.seen.head) != HASH:
        raise MalformedError(message("a declaration's head has 32 bytes"))
    for digest in (declaration.document, declaration.amendment):
        if digest is not None and len(digest) != HASH:
            raise MalformedError(message("a declaration's digests have 32 bytes"))
    if declaration.access is not None:
        check_access(declaration.access)
    if declaration.rejoins and (len(declaration.rejoins) > MAX_MEMBERS or 0 in declaration.rejoins):
        raise MalformedError(message("a declaration's rejoins are sequence numbers of this log"))
    return declaration


def check_access(access: list[str]) -> None:
    """Raise MalformedError unless `access` is sorted, names each authority once, and has a sound length."""
    if not 0 < len(access) <= MAX_MEMBERS or access != sorted(set(access)):
        raise MalformedError(
            message("an access list has 1 to {max_members} authority ids, sorted, each once", max_members=MAX_MEMBERS)
        )


def access_digest(access: Iterable[str]) -> bytes:
    """By which a member checks that the relay serves whom the members declared."""
    return hashlib.sha256(b"rogatory access 1\x00" + "\x00".join(sorted(access)).encode()).digest()
