"""What an officer does in networks. Each function is one command, run in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rogatory.keys.errors import DirectoryExpired, UnknownNetwork
from rogatory.node.attachments.attaching import annex
from rogatory.node.errors import Conflict, NotAllowed, NotFound, RefusedInput
from rogatory.node.inbox.writing import send, sign
from rogatory.node.losses.sharing import share_lost
from rogatory.node.networks.views import Announced
from rogatory.node.store import channels
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Announcement
from rogatory.protocol.text import message, text_of


def share_lost_in(tx: Tx, network: str, authority: str) -> list[str]:
    """Send again what a member of the network read and lost, as it told. Raises NotFound, Conflict."""
    try:
        channel = tx.directory.roster(network).channel_id
    except UnknownNetwork as error:
        raise NotFound(text_of(error), message("list them: rogatory-node network list")) from None
    return share_lost(tx, channel, authority)


def announce(
    tx: Tx, network: str, title: str, text: str, *, language: str = "en", attachments: Sequence[str] = ()
) -> Announced:
    """Announce something to everybody in a network.

    Raises NotFound for no such network, NotAllowed if the roster does not let this authority announce,
    Conflict while the channel is not open here, RefusedInput.
    """
    directory = tx.directory
    try:
        roster = directory.roster(network)
        directory.may_send(tx.now)
    except UnknownNetwork as error:
        raise NotFound(text_of(error), message("list them: rogatory-node network list")) from None
    except DirectoryExpired as error:
        raise Conflict(text_of(error), message("connect to a relay and let the node refresh the directory")) from None
    if not directory.may_announce(network, tx.authority, directory.network_versions[network]):
        who = (
            message("its coordinators")
            if roster.announcers == "coordinators"
            else message("its coordinators and members")
        )
        raise NotAllowed(
            message(
                "in {network} {who} announce, and {authority} is none of them",
                network=network,
                who=who,
                authority=tx.authority,
            ),
            message("ask a coordinator"),
        )
    if channels.get(tx.connection, roster.channel_id) is None:
        raise Conflict(
            message("the channel of {network} is not open at this node yet", network=network),
            message("wait until a coordinator's node has added this authority"),
        )
    wording = {"language": language, "title": title, "text": text}
    try:
        body = msgspec.convert({"network": network, "wordings": [wording]}, Announcement)
    except msgspec.ValidationError as error:
        raise RefusedInput(
            message("the announcement is not well formed: {error}", error=text_of(error)), message("correct that field")
        ) from None
    document = sign(tx, roster.channel_id, annex(tx, body, attachments))
    send(tx, document, attachments)
    return Announced(network=network, document=document.payload.id)
