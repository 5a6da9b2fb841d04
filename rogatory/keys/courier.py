"""Courier files: what a link would carry, as one sealed and signed file (PROTOCOL.md, Courier files).

    "rogatory courier 1\\n" | sealed key 80 | stream header 24 | (length u32 | chunk)...

The sealed key is libsodium's sealed box of 32 random bytes for the reader's Ed25519 key, taken to X25519. Chunks are
libsodium's secretstream (XChaCha20-Poly1305) over records, each a u32 length and MessagePack; the first chunk
authenticates all that precedes it, the last one carries the final tag. The first record is the slip, the last one the
sender's signature over all before it: so a file that was cut, changed, put together from two or made for somebody
else is refused before anything in it is used.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import BinaryIO, Final

import msgspec
import nacl.bindings as sodium
import nacl.exceptions

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES
from rogatory.keys.errors import BadSignature, CourierRefused
from rogatory.keys.signatures import check_ed25519
from rogatory.protocol.attachments import BLOB_ID
from rogatory.protocol.bounds import Number
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.limits import KIB, MAX_FRAME, MIB
from rogatory.protocol.text import message

MAGIC: Final = b"rogatory courier 1\n"
CHUNK: Final = 64 * KIB
DIRECTORY_PART: Final = 1 * MIB
PIECE: Final = 1 * MIB
MAX_RECORD: Final = MAX_FRAME + KIB
_LABEL: Final = b"rogatory courier 1: "
_LENGTH: Final = struct.Struct(">I")
_SEALED_KEY: Final = 32 + sodium.crypto_box_SEALBYTES
_HEADER: Final = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_OVERHEAD: Final = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
_MESSAGE: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL


class Direction(StrEnum):
    """Which way a file goes."""

    TO_RELAY = "to relay"
    TO_AUTHORITY = "to authority"


class Slip(msgspec.Struct, frozen=True, array_like=True, tag="slip"):
    """Whose file it is. `number` grows with each file of a direction; `key_set` is the authority's, signing or reading.

    `answers`: the number of the authority's file that the relay took last; 0 in the other direction.
    """

    direction: Direction
    relay: str
    authority: str
    key_set: Number
    number: Number
    answers: Number = 0


class DirectoryPart(msgspec.Struct, frozen=True, array_like=True, tag="directory"):
    """A piece of the relay's directory bundle, in order."""

    data: bytes


class Carried(msgspec.Struct, frozen=True, array_like=True, tag="frame"):
    """A frame, encoded as on a link; a `ref` in it means nothing."""

    frame: bytes


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """The relay's answer to the request with this digest (`request_digest`), or why not to the blob with this id."""

    request: bytes
    frame: bytes


class Piece(msgspec.Struct, frozen=True, array_like=True, tag="piece"):
    """Bytes of an attachment's blob, which has `size` bytes in all: from `offset` on, at most PIECE of them.

    The pieces of one blob follow one another, from its beginning on.
    """

    blob: bytes
    size: Number
    offset: Number
    data: bytes


class Wanted(msgspec.Struct, frozen=True, array_like=True, tag="wanted"):
    """Asks the relay for a blob."""

    blob: bytes


class Signature(msgspec.Struct, frozen=True, array_like=True, tag="signature"):
    """The last record."""

    signature: bytes


Record = Slip | DirectoryPart | Carried | Answer | Piece | Wanted | Signature
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)


def without_ref(frame: ClientFrame) -> bytes:
    """A node's frame as files carry it: encoded, with 0 for its `ref` if it has one."""
    return encode_frame(msgspec.structs.replace(frame, ref=0) if hasattr(frame, "ref") else frame)


def request_digest(frame: bytes) -> bytes:
    """What tells a request in files: SHA-256 of its frame, as files carry it."""
    return hashlib.sha256(frame).digest()


def check_piece(record: Piece | Wanted) -> None:
    """Raises CourierRefused for one that cannot be."""
    sound = len(record.blob) == BLOB_ID
    if isinstance(record, Piece):
        sound = sound and 0 < len(record.data) <= PIECE and 0 <= record.offset <= record.size - len(record.data)
    if not sound:
        raise CourierRefused(message("the courier file holds no piece of an attachment where one should be"))


class Sealer:
    """Makes a file, piece by piece: `begin`, `add` for each record, `finish`."""

    def __init__(self, reader: bytes, slip: Slip, sign: Callable[[bytes], bytes]) -> None:
        """`reader`: the Ed25519 key (32 bytes, public) of who opens it; `sign` makes the sender's signature."""
        self._reader = reader
        self._slip = slip
        self._sign = sign
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        self._bound = b""

    def begin(self) -> bytes:
        """The beginning, the slip included. Raises CourierRefused if nothing can be sealed for the reader's key."""
        key = os.urandom(32)
        try:
            sealed = sodium.crypto_box_seal(key, sodium.crypto_sign_ed25519_pk_to_curve25519(self._reader))
        except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, nacl.exceptions.ValueError, RuntimeError):
            raise CourierRefused(message("the directory's key of the file's reader is no Ed25519 key")) from None
        beginning = MAGIC + sealed
        self._bound = hashlib.sha256(beginning).digest()
        header = sodium.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        return beginning + header + self.add(self._slip)

    def add(self, record: Record) -> bytes:
        """What is to be written now."""
        data = msgspec.msgpack.encode(record)
        if len(data) > MAX_RECORD:
            raise ValueError("a record of a courier file is over its limit")
        self._digest.update(_LENGTH.pack(len(data)) + data)
        self._waiting += _LENGTH.pack(len(data)) + data
        return self._push_full()

    def finish(self) -> bytes:
        """The end: the signature, and the final tag."""
        signed = _LABEL + self._slip.direction.encode() + b"\0" + self._digest.digest()
        data = msgspec.msgpack.encode(Signature(self._sign(signed)))
        self._waiting += _LENGTH.pack(len(data)) + data
        return self._push_full() + self._push(bytes(self._waiting), _FINAL)

    def _push_full(self) -> bytes:
        pieces = []
        while len(self._waiting) > CHUNK:
            pieces.append(self._push(bytes(self._waiting[:CHUNK]), _MESSAGE))
            del self._waiting[:CHUNK]
        return b"".join(pieces)

    def _push(self, plain: bytes, tag: int) -> bytes:
        sealed = sodium.crypto_secretstream_xchacha20poly1305_push(self._state, plain, self._bound or None, tag)
        self._bound = b""
        return _LENGTH.pack(len(sealed)) + sealed


def unseal(file: BinaryIO, seed: bytes) -> Iterator[Record]:
    """The records, the slip first and the signature last. `seed`: of the reader's Ed25519 key, 32 bytes.

    Nothing is verified but that the file is one and whole, which shows at its end. Raises CourierRefused.
    """
    for _, record in _opened(file, seed):
        yield record


def _opened(file: BinaryIO, seed: bytes) -> Iterator[tuple[bytes, Record]]:
    """Records, each with its bytes."""
    beginning = file.read(len(MAGIC))
    if beginning != MAGIC:
        raise CourierRefused(message("the file is no courier file, or its beginning is damaged: fetch it again"))
    sealed_key = _read(file, _SEALED_KEY)
    public, secret = sodium.crypto_sign_seed_keypair(seed)
    try:
        key = sodium.crypto_box_seal_open(
            sealed_key,
            sodium.crypto_sign_ed25519_pk_to_curve25519(public),
            sodium.crypto_sign_ed25519_sk_to_curve25519(secret),
        )
    except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, nacl.exceptions.ValueError):
        raise CourierRefused(
            message(
                "the courier file is sealed for somebody else, or for other keys than those in use here: look"
                " whose it is"
            )
        ) from None
    bound = hashlib.sha256(beginning + sealed_key).digest()
    yield from _records(_chunks(file, key, bound))


def verified(
    file: BinaryIO,
    seed: bytes,
    direction: Direction,
    sender: Callable[[Slip, bytes], bytes],
    look: Callable[[Record], None] = lambda record: None,
) -> tuple[Slip, bytes]:
    """Read a whole file and verify its signature; gives its slip and the directory bundle in it.

    `sender(slip, bundle)` gives the sender's Ed25519 key (32 bytes) or raises; `look` is shown each record and may
    raise. Raises CourierRefused. Memory is flat.
    """
    slip: Slip | None = None
    bundle, digest = bytearray(), hashlib.sha256()
    for data, record in _opened(file, seed):
        if isinstance(record, Signature):
            assert slip is not None
            signed = _LABEL + direction.encode() + b"\0" + digest.digest()
            try:
                check_ed25519(sender(slip, bytes(bundle)), record.signature, signed)
            except BadSignature:
                raise CourierRefused(
                    message("the courier file is not signed by who it names: it was forged, or the keys changed since")
                ) from None
            return slip, bytes(bundle)
        if slip is None:
            slip = _slip(record, direction)
        elif isinstance(record, DirectoryPart):
            bundle += record.data
            if len(bundle) > MAX_BUNDLE_BYTES:
                raise CourierRefused(message("the courier file holds a directory beyond all limits"))
        else:
            look(record)
        digest.update(_LENGTH.pack(len(data)) + data)
    raise CourierRefused(message("the courier file has no signature"))


def _slip(record: Record, direction: Direction) -> Slip:
    if not isinstance(record, Slip):
        raise CourierRefused(message("the courier file does not begin with whose it is"))
    if record.direction is not direction:
        raise CourierRefused(
            message(
                "the courier file goes {direction}, not {wanted}: it was taken for the other",
                direction=record.direction,
                wanted=direction,
            )
        )
    return record


def _chunks(file: BinaryIO, key: bytes, bound: bytes) -> Iterator[bytes]:
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, _read(file, _HEADER), key)
    tag = _MESSAGE
    while tag != _FINAL:
        (length,) = _LENGTH.unpack(_read(file, _LENGTH.size))
        if not _OVERHEAD <= length <= CHUNK + _OVERHEAD:
            raise CourierRefused(message("the courier file is damaged: fetch it again"))
        sealed = _read(file, length)
        try:
            chunk, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, bound or None)
        except nacl.exceptions.CryptoError:
            raise CourierRefused(message("the courier file is damaged: fetch it again")) from None
        bound = b""
        yield chunk
    if file.read(1):
        raise CourierRefused(message("the courier file does not end where it should: fetch it again"))


def _records(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, Record]]:
    plain, ended = bytearray(), False
    for chunk in chunks:
        plain += chunk
        start = 0
        while len(plain) >= start + _LENGTH.size:
            (length,) = _LENGTH.unpack_from(plain, start)
            if length > MAX_RECORD or ended:
                raise CourierRefused(message("the courier file is damaged, or of another edition of this program"))
            end = start + _LENGTH.size + length
            if len(plain) < end:
                break
            data = bytes(plain[start + _LENGTH.size : end])
            try:
                record = _decoder.decode(data)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                raise CourierRefused(
                    message("the courier file was written by another edition of this program")
                ) from None
            ended = isinstance(record, Signature)
            if not ended:
                yield data, record
            else:
                last = data, record
            start = end
        del plain[:start]
    if plain or not ended:
        raise CourierRefused(message("the courier file does not end where it should: fetch it again"))
    yield last


def _read(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise CourierRefused(message("the courier file is cut off: it was not written to its end, or not copied whole"))
    return data
