"""The tables of the relay's database, for every dialect.

Channels have a small number of their own here, so that the 32-byte channel id stands in one place. Bodies stand apart
from entries: headers stay for good and are read without them, bodies go after retention. Times are Unix milliseconds.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

SCHEMA_VERSION: Final = 3

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")
_compact: Final[dict[str, Any]] = {"sqlite_with_rowid": False}
# Ids that a node holds, or that one table tells another, must never come again.
_never_reused: Final[dict[str, Any]] = {"sqlite_autoincrement": True}

about = Table(
    "about",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="schema version and the relay that this database belongs to",
)

channels = Table(
    "channels",
    metadata,
    Column("number", _Id, primary_key=True),
    Column("channel", LargeBinary, nullable=False, unique=True),
    Column("founder", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("last_commit", BigInteger, nullable=False),
    Column("access", LargeBinary, nullable=False, comment="digest of the access list in force"),
    Column("cleared", BigInteger, nullable=False, comment="seq up to which retention deleted the bodies"),
    **_never_reused,
)

members = Table(
    "members",
    metadata,
    Column("channel", _Id, ForeignKey("channels.number"), primary_key=True, autoincrement=False),
    Column("authority", Text, primary_key=True),
    Column("first", BigInteger, nullable=False, comment="seq of the commit that added it"),
    Column("leaving", BigInteger, comment="seq of the commit that leaves it off, while that does not count yet"),
    Column("until", BigInteger, comment="seq of the log's last entry when its removal counted"),
    Column("access", LargeBinary, comment="digest of the access list at `until`"),
    Column("last_commit", BigInteger, comment="the log's last commit at `until`"),
    Column("wrote_first", BigInteger, comment="seq of its first entry"),
    Index("members_by_authority", "authority", "channel"),
    **_compact,
)

removals = Table(
    "removals",
    metadata,
    Column("channel", _Id, ForeignKey("channels.number"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("electors", LargeBinary, nullable=False, comment="authorities whose acknowledgements count, MessagePack"),
    Column("missing", BigInteger, nullable=False, comment="of their acknowledgements, those still needed"),
    comment="commits that leave members off the access list, while that does not count yet",
)

entries = Table(
    "entries",
    metadata,
    Column("channel", _Id, ForeignKey("channels.number"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("author", Text, nullable=False),
    Column("form", Integer, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False, comment="hash of this entry's header"),
    Column("body", _Id, nullable=False, comment="id in bodies, also after that row is gone"),
    Index("entries_by_hash", "channel", "body_hash", unique=True),
    **_compact,
)

bodies = Table(
    "bodies",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("size", BigInteger, nullable=False, comment="what it counts against its author's quota"),
    Column("content", LargeBinary, nullable=False),
    **_never_reused,
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("channel", _Id, ForeignKey("channels.number"), primary_key=True, autoincrement=False),
    Column("member", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False, comment="the signed acknowledgement, encoded"),
    **_compact,
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("channel", _Id, ForeignKey("channels.number"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("info", LargeBinary, nullable=False),
    Index("invitations_by_channel", "channel", "seq"),
    **_never_reused,
)

joiners = Table(
    "joiners",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("invitation", _Id, ForeignKey("invitations.id"), nullable=False, index=True),
    Column("authority", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Index("joiners_by_authority", "authority", "id"),
    **_never_reused,
)

key_packages = Table(
    "key_packages",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("content", LargeBinary, comment="null once handed out: the hash stays, so that none is taken twice"),
    Index("key_packages_by_hash", "authority", "hash", unique=True),
    Index(
        "key_packages_in_stock",
        "authority",
        "id",
        # PostgreSQL's is the same, as a test compares. To name it here loads its dialect: megabytes.
        sqlite_where=text("content IS NOT NULL"),
    ),
    **_never_reused,
)

last_resorts = Table(
    "last_resorts",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("used", Boolean, nullable=False),
    **_compact,
)

usage = Table(
    "usage",
    metadata,
    Column("authority", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("channels", BigInteger, nullable=False),
    **_compact,
)

coverage_due = Table(
    "coverage_due",
    metadata,
    Column("channel", _Id, ForeignKey("channels.number"), primary_key=True, autoincrement=False),
    comment="channels in which members acknowledged more since retention last looked",
)

coverage = Table(
    "coverage",
    metadata,
    Column("channel", _Id, ForeignKey("channels.number"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False, comment="when all members were seen to have acknowledged up to seq"),
    Index("coverage_by_time", "time"),
    comment="what waits for its grace period to end",
    **_compact,
)

blobs = Table(
    "blobs",
    metadata,
    Column("number", _Id, primary_key=True),
    Column("blob", LargeBinary, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False, comment="bytes from the start that are in the object store"),
    Column("touched", BigInteger, nullable=False, comment="when it was begun, or a part of it came last"),
    Column("doomed", Boolean, nullable=False, comment="to be deleted from the object store, and from here after that"),
    Index("blobs_by_owner", "owner", "doomed", "size"),
    Index("blobs_doomed", "doomed", "touched"),
    **_never_reused,
)

blob_parts = Table(
    "blob_parts",
    metadata,
    Column("blob", _Id, ForeignKey("blobs.number"), primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("name", Text, nullable=False, comment="of its object, under the blob's id"),
    **_compact,
)

blob_references = Table(
    "blob_references",
    metadata,
    Column("number", _Id, primary_key=True),
    Column("blob", _Id, ForeignKey("blobs.number"), nullable=False),
    Column("channel", _Id, ForeignKey("channels.number"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index("blob_references_by_blob", "blob", "channel", "seq", unique=True),
    comment="entries whose readers may read a blob, while their bodies are kept",
    **_never_reused,
)
