"""What the relay counts, for GET /metrics. No label names an authority or a channel."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.expiry import DAY, expiries


class Metrics:
    """The counters of one relay process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.sessions = Gauge("rogatory_relay_sessions", "Sessions that stand.", registry=self.registry)
        self.handshakes = Counter(
            "rogatory_relay_handshakes", "Handshakes by outcome.", ["outcome"], registry=self.registry
        )
        self.accepted = Counter("rogatory_relay_accepted", "Entries appended.", registry=self.registry)
        self.repeated = Counter("rogatory_relay_repeated", "Appends that stood already.", registry=self.registry)
        self.refused = Counter("rogatory_relay_refused", "Requests refused, by code.", ["code"], registry=self.registry)
        self.delivered = Counter("rogatory_relay_delivered", "Entries delivered.", registry=self.registry)
        self.acknowledgements = Counter(
            "rogatory_relay_acknowledgements", "Acknowledgements by outcome.", ["outcome"], registry=self.registry
        )
        self.blob_bytes = Counter(
            "rogatory_relay_blob_bytes", "Bytes of attachments, in and out.", ["direction"], registry=self.registry
        )
        self.expired = Counter("rogatory_relay_expired", "Rows deleted by retention.", registry=self.registry)
        self.operations = Counter("rogatory_relay_operations", "Operations committed.", registry=self.registry)
        self.commit_seconds = Histogram(
            "rogatory_relay_commit_seconds",
            "Duration of a database transaction.",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=self.registry,
        )

        self.courier_files = Counter(
            "rogatory_relay_courier_files", "Courier files taken and given.", ["direction"], registry=self.registry
        )
        self.writable = Gauge(
            "rogatory_relay_database_writable",
            "Whether the last write to the database went well.",
            registry=self.registry,
        )
        self.waiting_bytes = Gauge(
            "rogatory_relay_appending_bytes", "Bodies that wait for the database.", registry=self.registry
        )
        self.retention_looked = Gauge(
            "rogatory_relay_retention_looked_timestamp_seconds",
            "When retention last went through without being put off.",
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.directory_version = Gauge(
            "rogatory_relay_directory_version", "Version of the mirrored directory.", registry=self.registry
        )
        self.directory_days = Gauge(
            "rogatory_relay_directory_days_until_expiry",
            "Days until a role of the mirrored directory runs out; negative after that.",
            ["role"],
            registry=self.registry,
        )

    def show(self, directory: Directory) -> None:
        """Speak of this directory from now on."""
        self.directory_version.set(directory.targets_version)
        self.directory_days.clear()
        for role, expires in expiries(directory):
            self.directory_days.labels(role).set_function(partial(_days_until, expires))

    def watch(self, writable: Callable[[], bool], waiting: Callable[[], int]) -> None:
        """Ask these for what stands now."""
        self.writable.set_function(writable)
        self.waiting_bytes.set_function(waiting)

    def committed(self, operations: int, seconds: float) -> None:
        """One transaction over `operations`."""
        self.operations.inc(operations)
        self.commit_seconds.observe(seconds)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


def _days_until(expires: int) -> float:
    return (expires - time.time()) / DAY
