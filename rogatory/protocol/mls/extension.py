"""Extensions and the types that RFC 9420 defines (section 13 and 17.3). Unknown ones are carried as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .codec import Reader, Structure, opaque, uint16, uint16_vector, vector
from .credential import Credential
from .errors import DuplicateExtension, ExtensionMalformed, MLSDecodeError

APPLICATION_ID = 1
RATCHET_TREE = 2
REQUIRED_CAPABILITIES = 3
EXTERNAL_PUB = 4
EXTERNAL_SENDERS = 5
LAST_RESORT = 10
"""draft-ietf-mls-extensions: marks a key package that may be used more than once."""

DEFAULT_EXTENSIONS = frozenset(range(1, 6))
"""Types that every client supports without listing them (section 7.2)."""


@dataclass(frozen=True, slots=True)
class Extension(Structure):
    kind: int
    data: bytes

    @classmethod
    def read(cls, reader: Reader) -> Extension:
        return cls(reader.uint16(), reader.opaque())

    def encode(self) -> bytes:
        return uint16(self.kind) + opaque(self.data)


Extensions = tuple[Extension, ...]


def read_extensions(reader: Reader) -> Extensions:
    """Raises MLSDecodeError."""
    return reader.vector(Extension.read)


def find(extensions: Iterable[Extension], kind: int) -> bytes | None:
    """The data of the extension of a type, None where there is none."""
    return next((extension.data for extension in extensions if extension.kind == kind), None)


def check_unique_types(extensions: Extensions) -> None:
    """Section 13.4: at most one extension of a type. Raises DuplicateExtension."""
    if len({extension.kind for extension in extensions}) != len(extensions):
        raise DuplicateExtension


def first_unlisted(extensions: Extensions, listed: Iterable[int]) -> int | None:
    """The first type that is neither a default one nor listed in a leaf's capabilities (section 7.2)."""
    known = DEFAULT_EXTENSIONS.union(listed)
    return next((extension.kind for extension in extensions if extension.kind not in known), None)


@dataclass(frozen=True, slots=True)
class RequiredCapabilities(Structure):
    """The group context's required_capabilities (section 7.2)."""

    extensions: tuple[int, ...] = ()
    proposals: tuple[int, ...] = ()
    credentials: tuple[int, ...] = ()

    @classmethod
    def read(cls, reader: Reader) -> RequiredCapabilities:
        return cls(*(reader.uint16_vector() for _ in range(3)))

    def encode(self) -> bytes:
        return b"".join(map(uint16_vector, (self.extensions, self.proposals, self.credentials)))

    def extension(self) -> Extension:
        return Extension(REQUIRED_CAPABILITIES, self.encode())


@dataclass(frozen=True, slots=True)
class ExternalSender(Structure):
    """Who may propose from outside the group (section 12.1.8.1)."""

    signature_key: bytes
    credential: Credential

    @classmethod
    def read(cls, reader: Reader) -> ExternalSender:
        return cls(reader.opaque(), Credential.read(reader))

    def encode(self) -> bytes:
        return opaque(self.signature_key) + self.credential.encode()


def external_senders_extension(senders: Iterable[ExternalSender]) -> Extension:
    return Extension(EXTERNAL_SENDERS, vector(senders))


def required_capabilities(extensions: Extensions) -> RequiredCapabilities:
    """What the group demands of its members, each type once; nothing where the extension is absent.

    Raises ExtensionMalformed.
    """
    data = find(extensions, REQUIRED_CAPABILITIES)
    if data is None:
        return RequiredCapabilities()
    try:
        required = RequiredCapabilities.decode(data)
    except MLSDecodeError as error:
        raise ExtensionMalformed(f"required_capabilities: {error}") from None
    lists = (required.extensions, required.proposals, required.credentials)
    return RequiredCapabilities(*(tuple(dict.fromkeys(types)) for types in lists))


def external_senders(extensions: Extensions) -> tuple[ExternalSender, ...]:
    """Raises ExtensionMalformed."""
    data = find(extensions, EXTERNAL_SENDERS)
    if data is None:
        return ()
    try:
        reader = Reader(data)
        senders = reader.vector(ExternalSender.read)
        reader.finish()
    except MLSDecodeError as error:
        raise ExtensionMalformed(f"external_senders: {error}") from None
    return senders


def external_pub(extensions: Extensions) -> bytes | None:
    """The group's external public key in a GroupInfo (section 12.4.3.2). Raises ExtensionMalformed."""
    data = find(extensions, EXTERNAL_PUB)
    if data is None:
        return None
    try:
        reader = Reader(data)
        key = reader.opaque()
        reader.finish()
    except MLSDecodeError as error:
        raise ExtensionMalformed(f"external_pub: {error}") from None
    return key


def external_pub_extension(key: bytes) -> Extension:
    return Extension(EXTERNAL_PUB, opaque(key))
