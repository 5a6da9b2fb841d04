"""The compose file: images pinned, everything watched, no secret in it, settings that the relay knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rogatory.relay.config import load_config
from rogatory.relay.store.postgresql import parse_address

FOLDER = Path(__file__).parents[2] / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
_PINNED = re.compile(r"[a-z/.-]+:\d+\.\d+(\.\d+)?(-[a-z]+)*")


def test_its_parts_belong_together() -> None:
    assert set(COMPOSE) == {"name", "services", "networks", "volumes", "secrets"}
    for name, service in SERVICES.items():
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"], (name, secret)
        for network in service.get("networks", []):
            assert network in COMPOSE["networks"], (name, network)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith(".") or source in COMPOSE["volumes"], (name, source)
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES
            assert condition == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_pinned_watched_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert _PINNED.fullmatch(service["image"]), service["image"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


def test_the_images_of_the_dockerfile_are_pinned_and_run_as_nobody_in_particular() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert bases
    assert all(_PINNED.fullmatch(base) for base in bases)
    assert re.search(r"^USER \d+$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE):
        assert all((FOLDER.parents[1] / part).exists() for part in copied.split())


def test_no_secret_stands_in_it() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secretive = re.search("PASSWORD|SECRET|TOKEN|PASSPHRASE", variable)
            assert not secretive or (variable.endswith("_FILE") and value.startswith("/run/secrets/")), (name, variable)
    for secret in COMPOSE["secrets"].values():
        assert set(secret) == {"file"}
        assert not (FOLDER / secret["file"]).exists(), "a secret lies in the repository"


def test_the_relay_knows_the_settings_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text("")
    config = load_config(tmp_path / "relay.toml", SERVICES["relay"]["environment"])
    address = parse_address(config.database)
    assert "rogatory" in address.told
    assert config.behind_proxy_certificate is not None
