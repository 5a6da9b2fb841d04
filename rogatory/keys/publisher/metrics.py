"""What the publisher counts, for GET /metrics."""

import time
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.expiry import DAY, expiries


class Metrics:
    """The counters of one publisher."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.published = Counter("rogatory_publisher_published", "Drafts published.", registry=self.registry)
        self.refused = Counter("rogatory_publisher_refused", "Drafts refused.", registry=self.registry)
        self.renewed = Counter("rogatory_publisher_renewed", "Timestamps renewed.", registry=self.registry)
        self.problems = Gauge("rogatory_publisher_problems", "Problems now.", registry=self.registry)
        self.version = Gauge("rogatory_directory_version", "Version of the targets.", registry=self.registry)
        self.days = Gauge(
            "rogatory_directory_days_until_expiry",
            "Days until a role of the directory runs out; negative after that.",
            ["role"],
            registry=self.registry,
        )

    def show(self, directory: Directory) -> None:
        """Speak of this directory from now on."""
        self.version.set(directory.targets_version)
        self.days.clear()
        for role, expires in expiries(directory):
            self.days.labels(role).set_function(partial(_days_until, expires))

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


def _days_until(expires: int) -> float:
    return (expires - time.time()) / DAY
