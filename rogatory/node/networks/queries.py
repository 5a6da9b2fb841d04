"""Networks, as shown."""

from __future__ import annotations

from rogatory.keys.directory.model import Roster
from rogatory.keys.errors import UnknownNetwork
from rogatory.node.channels.states import ChannelState
from rogatory.node.errors import NotFound
from rogatory.node.inbox.queries import document_view
from rogatory.node.networks.views import Feed, NetworkLine, NetworkView
from rogatory.node.store import channels, members
from rogatory.node.store.documents import documents_after
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Announcement
from rogatory.protocol.judgement import RosterView
from rogatory.protocol.text import message, text_of

MAX_FEED = 500

_TROUBLE = {
    ChannelState.HALTED: message("nothing is read or sent here any more: see the inbox for the reason"),
    ChannelState.REJOINING: message("this node lost its place and waits for another member's node to let it in again"),
    ChannelState.REFUSED: message("this node refused the invitation to it: see the inbox for the reason"),
    ChannelState.CLOSED: message("this authority is in the network's channel no longer"),
}


def list_networks(tx: Tx) -> list[NetworkLine]:
    """Every network of the directory."""
    lines = []
    for roster in tx.directory.rosters():
        view = _seats(tx, roster)
        lines.append(
            NetworkLine(
                network=roster.id,
                names=dict(roster.names),
                role=_role(view, tx.authority),
                joined=_is_open(tx, roster),
                members=len(view.everybody),
            )
        )
    return lines


def show_network(tx: Tx, network: str) -> NetworkView:
    """A network's roster, and who is in its channel already. Raises NotFound."""
    roster = _roster(tx, network)
    view = _seats(tx, roster)
    channel = channels.get(tx.connection, roster.channel_id)
    return NetworkView(
        network=roster.id,
        names=dict(roster.names),
        languages=list(roster.languages),
        channel=roster.channel,
        relay=roster.relay,
        role=_role(view, tx.authority),
        joined=_is_open(tx, roster),
        may_announce=tx.authority in view.may_announce,
        announcers=roster.announcers,
        members=sorted(view.members),
        coordinators=sorted(view.coordinators),
        observers=sorted(view.observers),
        present=[member.authority for member in members.present(tx.connection, roster.channel_id)],
        trouble=None if channel is None else _TROUBLE.get(ChannelState(channel.state)),
    )


def feed(tx: Tx, network: str, after: int = 0, limit: int = 100) -> Feed:
    """A network's announcements after the entry with seq `after`, oldest first; at most 500. Raises NotFound."""
    roster = _roster(tx, network)
    limit = max(0, min(limit, MAX_FEED))
    rows = documents_after(tx.connection, roster.channel_id, Announcement.KIND, after, limit)
    return Feed(
        network=network,
        announcements=[document_view(tx, row) for row in rows],
        last=max((row.seq for row in rows if row.seq is not None), default=after),
    )


def _roster(tx: Tx, network: str) -> Roster:
    try:
        return tx.directory.roster(network)
    except UnknownNetwork as error:
        raise NotFound(text_of(error), message("list them: rogatory-node network list")) from None


def _seats(tx: Tx, roster: Roster) -> RosterView:
    return tx.directory.roster_at(roster.id, tx.directory.network_versions[roster.id])


def _is_open(tx: Tx, roster: Roster) -> bool:
    channel = channels.get(tx.connection, roster.channel_id)
    return channel is not None and channel.state == ChannelState.OPEN


def _role(view: RosterView, authority: str) -> str:
    for role, seats in (
        ("coordinator", view.coordinators),
        ("member", view.members),
        ("observer", view.observers),
    ):
        if authority in seats:
            return role
    return "none"
