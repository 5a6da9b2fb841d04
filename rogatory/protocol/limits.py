"""Every limit that both sides of the wire must agree on. PROTOCOL.md lists them; sizes are bytes."""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

MAX_FRAME: Final = 16 * MIB
"""One WebSocket message. Only an invitation into a very large group comes near it."""

MAX_COMMIT: Final = 8 * MIB
"""The body of a commit entry: a bulk Add of 1,000 hybrid key packages takes about 3 MiB."""

MAX_APPLICATION: Final = 1 * MIB
"""The body of any other entry."""

MAX_REJOIN: Final = 64 * KIB
MAX_INVITATION: Final = 12 * MIB
MAX_DECLARATION: Final = 256 * KIB
MAX_KEY_PACKAGE: Final = 16 * KIB
MAX_KEY_PACKAGES_PER_FRAME: Final = 200
MAX_CLAIMS_PER_FRAME: Final = 200

MAX_MEMBERS: Final = 2_000
"""Members of one channel, observers included."""

MAX_BLOBS_PER_ENTRY: Final = 100
"""As many attachments as a document may have."""

MAX_AUTHORITY_ID: Final = 64
MAX_EXCEPTED: Final = 10_000
MAX_ENTRIES_PER_FRAME: Final = 500
MAX_HEADERS_PER_FRAME: Final = 2_000
MAX_CHANNELS_PER_FRAME: Final = 1_000

APPENDS_IN_FLIGHT: Final = 256
"""Appends a session may have sent without an answer."""

DELIVERY_WINDOW: Final = 4 * MIB
"""Bytes a relay may deliver beyond what the node has credited."""

ENTRY_COST: Final = 128
"""What an entry costs of the delivery window besides its body."""

CHANNEL_ID: Final = 32
HASH: Final = 32
NONCE: Final = 32
