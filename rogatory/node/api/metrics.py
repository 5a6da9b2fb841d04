"""GET /v1/metrics: what to watch, for Prometheus. No label names a correspondent or a matter."""

from __future__ import annotations

import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from rogatory.keys.directory.expiry import DAY, expiries
from rogatory.node.api.context import KEEPER, LINKS, NODE
from rogatory.node.channels.queries import channels_status
from rogatory.node.link.status import LinkState
from rogatory.node.terms.queries import count_due

routes = web.RouteTableDef()


@routes.get("/v1/metrics")
async def show(request: web.Request) -> web.Response:
    """The present figures."""
    registry = CollectorRegistry()
    directory = request.app[KEEPER].directory
    if directory is not None:
        version = Gauge("rogatory_node_directory_version", "Version of the directory in use.", registry=registry)
        version.set(directory.targets_version)
        days = Gauge(
            "rogatory_node_directory_days_until_expiry",
            "Days until a role of the directory runs out; below 0 it has.",
            ["role"],
            registry=registry,
        )
        for expiry in expiries(directory):
            days.labels(expiry.role).set((expiry.expires - time.time()) / DAY)
    links = Gauge("rogatory_node_link_open", "Whether the link to a relay stands.", ["relay"], registry=registry)
    unanswered = Gauge(
        "rogatory_node_link_unanswered",
        "Sessions begun anew because the relay had left a question without an answer, since the link was started.",
        ["relay"],
        registry=registry,
    )
    for status in request.app[LINKS].statuses():
        links.labels(status.relay).set(status.state is LinkState.OPEN)
        unanswered.labels(status.relay).set(status.unanswered)
    standing = await request.app[NODE].query(channels_status)
    channels = Gauge("rogatory_node_channels", "Channels by state.", ["state"], registry=registry)
    for state, count in standing.states.items():
        channels.labels(state).set(count)
    unsent = Gauge("rogatory_node_unsent", "Documents that no relay has taken yet.", registry=registry)
    unsent.set(standing.unsent)
    due = Gauge(
        "rogatory_node_due",
        "What is due and not done, here or there (owed), by urgency; an emergency that is overdue wakes somebody.",
        ["owed", "urgency", "standing"],
        registry=registry,
    )
    for labels, count in (await request.app[NODE].query(count_due)).items():
        due.labels(*labels).set(count)
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_1_0_0})
