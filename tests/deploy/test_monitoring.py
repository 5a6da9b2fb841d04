"""Dashboard and alert rules name metrics that exist; no label names an authority."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rogatory.keys.publisher.metrics import Metrics as PublisherMetrics
from rogatory.relay.metrics import Metrics as RelayMetrics
from tests.keys.simulator import DirectorySimulator

DEPLOY = Path(__file__).parents[2] / "deploy"
NODE_SOURCE = DEPLOY.parent / "rogatory" / "node" / "api" / "metrics.py"
BY_PROMETHEUS = {"up"}
_WORD = re.compile(r"\b(?:rogatory|process)_[a-z_]+\b|\bup\b")


def expressions() -> Iterator[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]
    dashboard = json.loads((DEPLOY / "grafana" / "relay.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        yield variable["query"]


@pytest.fixture(scope="module")
def exposed() -> set[str]:
    """Names of all time series that relay, publisher and node have."""
    directory = DirectorySimulator(["ke.central"]).directory()
    relay, publisher = RelayMetrics(), PublisherMetrics()
    names: set[str] = set()
    for metrics in (relay, publisher):
        metrics.show(directory)
        for family in metrics.registry.collect():
            names |= {family.name, *(sample.name for sample in family.samples)}
            names |= {f"{family.name}_total"} if family.type == "counter" else set()
    return names | set(re.findall(r'"(rogatory_node_[a-z_]+)"', NODE_SOURCE.read_text()))


def test_every_metric_of_dashboard_and_alerts_exists(exposed: set[str]) -> None:
    used = {word for expression in expressions() for word in _WORD.findall(expression)} - BY_PROMETHEUS
    assert len(used) > 20
    assert used <= exposed, used - exposed


def test_every_metric_of_the_relay_stands_in_the_dashboard(exposed: set[str]) -> None:
    used = {word for expression in expressions() for word in _WORD.findall(expression)}
    families = {family.name for family in RelayMetrics().registry.collect() if family.name.startswith("rogatory")}
    assert not {name for name in families if not any(word.startswith(name) for word in used)}


def test_labels_are_few_and_name_nobody() -> None:
    labels: set[str] = set()
    for family in RelayMetrics().registry.collect():
        for sample in family.samples:
            labels |= set(sample.labels)
    collectors: Any = RelayMetrics().__dict__.values()
    for collector in collectors:
        labels |= set(getattr(collector, "_labelnames", ()))
    assert labels <= {"outcome", "code", "direction", "role", "le", "kind", "reason"}


def test_alerts_say_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
            assert rule["labels"]["severity"] in ("warning", "critical")
