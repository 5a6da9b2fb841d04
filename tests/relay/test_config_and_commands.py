"""Configuration and the command line, as transcripts: what was wrong is named, in one line."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rogatory.keys.enrolment import check_relay_enrolment
from rogatory.relay.app import relay_keys
from rogatory.relay.cli import main
from rogatory.relay.config import load_config
from rogatory.relay.errors import ConfigError
from rogatory.relay.mirror import Mirror
from tests.keys.simulator import DirectorySimulator
from tests.relay.conftest import KE
from tests.relay.process import RelayProcess, free_port
from tests.relay.test_tls import certify


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`rogatory-relay ...`, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "rogatory.relay", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def inside(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The same within this process, for commands that configure no logs."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(arguments)
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), out.getvalue(), err.getvalue())


def config(folder: Path, text: str) -> Path:
    path = folder / "relay.toml"
    path.write_text(text)
    return path


def test_defaults_and_paths(tmp_path: Path) -> None:
    settings = load_config(config(tmp_path, ""), {})
    assert settings.path(settings.database) == tmp_path / "relay.db"
    assert settings.path("/absolute") == Path("/absolute")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = config(tmp_path, "port = 1\n[limits]\nconnections = 5\n")
    settings = load_config(
        path,
        {
            "ROGATORY_RELAY_PORT": "2",
            "ROGATORY_RELAY_LIMITS_HANDSHAKE_SECONDS": "1.5",
            "ROGATORY_RELAY_DIRECTORY_BUNDLE": "/srv/b",
            "OTHER": "x",
        },
    )
    assert (settings.port, settings.limits.connections, settings.limits.handshake_seconds) == (2, 5, 1.5)
    assert settings.directory.bundle == "/srv/b"


@pytest.mark.parametrize(
    ("text", "environment", "named"),
    [
        ("prot = 1", {}, "prot"),
        ("[limits]\nconections = 1", {}, "conections"),
        ("port = 70000", {}, "port"),
        ("port = 'x'", {}, "port"),
        ("folder = '/'", {}, "folder"),
        ("limits = 3", {"ROGATORY_RELAY_LIMITS_CONNECTIONS": "1"}, "limits"),
        ("port = ", {}, "correct the file"),
        ("", {"ROGATORY_RELAY_PROT": "1"}, "ROGATORY_RELAY_PROT"),
        ("", {"ROGATORY_RELAY_PORT": "many"}, "port"),
        ("log_level = 'loud'", {}, "log_level"),
        ("listen = '0.0.0.0'", {}, "loopback"),
        ("listen = '192.0.2.1'", {}, "loopback"),
        ("certificate = 'c.pem'", {}, "private_key"),
        ("certificate = 'c'\nprivate_key = 'k'\nbehind_proxy_certificate = 'p'", {}, "proxy"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load_config(config(tmp_path, text), environment)


@pytest.mark.parametrize("listen", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_tls(tmp_path: Path, listen: str) -> None:
    assert load_config(config(tmp_path, f"listen = '{listen}'"), {}).listen == listen


def test_beyond_loopback_with_a_proxys_certificate(tmp_path: Path) -> None:
    text = "listen = '0.0.0.0'\nbehind_proxy_certificate = 'cert.pem'"
    assert load_config(config(tmp_path, text), {}).listen == "0.0.0.0"


def test_init_makes_a_folder_that_can_be_run(tmp_path: Path) -> None:
    folder, port = tmp_path / "relay", free_port()
    url = f"http://127.0.0.1:{port}"
    made = inside("init", str(folder), "--relay", "relay.nairobi", "--url", url, "--port", str(port), "--json")
    assert made.returncode == 0, made.stderr
    entry = check_relay_enrolment((folder / "relay.enrolment").read_bytes())
    assert (entry.id, entry.urls) == ("relay.nairobi", (url,))
    assert json.loads(made.stdout)["entry"]["id"] == "relay.nairobi"
    assert (folder / "relay.keys").stat().st_mode & 0o777 == 0o600
    again = inside("init", str(folder), "--relay", "relay.nairobi", "--url", url)
    assert (again.returncode, "exists" in again.stderr) == (3, True)
    simulator = DirectorySimulator([KE])
    config_file = folder / "relay.toml"
    missing = run("check", "--config", str(config_file))
    assert (missing.returncode, "root.json" in missing.stderr) == (3, True)
    (folder / "root.json").write_bytes(simulator.root)
    bundle = tmp_path / "new.bundle"
    bundle.write_bytes(simulator.bundle())
    imported = inside("directory", "import", str(bundle), "--config", str(config_file))
    assert imported.returncode == 0, imported.stderr
    checked = run("check", "--config", str(config_file))
    assert checked.returncode == 0, checked.stderr
    assert "relay.nairobi" in checked.stdout
    assert f"version {simulator.directory().targets_version}" in checked.stdout


def test_init_with_a_vault_and_a_pinned_certificate(tmp_path: Path) -> None:
    folder = tmp_path / "relay"
    certificate, key, der = certify(tmp_path)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    made = inside(
        *("init", str(folder), "--relay", "relay.nairobi", "--url", "https://relay.example.org", "--pin"),
        *("--certificate", str(certificate), "--private-key", str(key)),
        *("--vault", "--passphrase-file", str(passphrase)),
    )
    assert made.returncode == 0, made.stderr
    entry = check_relay_enrolment((folder / "relay.enrolment").read_bytes())
    assert entry.certificate_sha256 == hashlib.sha256(der).hexdigest()
    (folder / "root.json").write_bytes(DirectorySimulator([KE]).root)
    checked = run("check", "--config", str(folder / "relay.toml"))
    assert checked.returncode == 0, checked.stderr
    passphrase.write_text("wrong horse battery staple\n")
    refused = run("check", "--config", str(folder / "relay.toml"))
    assert refused.returncode == 4


def test_a_bundle_of_another_root_is_not_imported(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path / "relay", DirectorySimulator([KE]))
    bundle = tmp_path / "other.bundle"
    bundle.write_bytes(DirectorySimulator([KE], seed=5).bundle())
    before = (relay.folder / "directory.bundle").read_bytes()
    refused = inside("directory", "import", str(bundle), "--config", str(relay.config))
    assert refused.returncode == 3
    assert (relay.folder / "directory.bundle").read_bytes() == before


def test_keys_that_others_can_read_or_that_are_damaged_are_refused(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path / "relay", DirectorySimulator([KE]))
    settings = load_config(relay.config, {})
    keys = relay.folder / "relay.keys"
    assert relay_keys(settings).relay == "relay.one"
    keys.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        relay_keys(settings)
    keys.chmod(0o600)
    for damaged in (b"?", b"{}", b'{"relay":"relay.one","identity":"AA==","receipt":"AA=="}'):
        keys.write_bytes(damaged)
        with pytest.raises(ConfigError, match="restore"):
            relay_keys(settings)
    keys.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        relay_keys(settings)


async def test_a_damaged_stored_directory_is_told(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path / "relay", DirectorySimulator([KE]))
    mirror = Mirror(load_config(relay.config, {}))
    await mirror.load()
    (relay.folder / "directory" / "directory.bundle").write_bytes(b"?")
    with pytest.raises(ConfigError, match="damaged"):
        await Mirror(load_config(relay.config, {})).load()


def test_what_keeps_a_relay_from_starting_is_told_in_one_line(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path / "relay", DirectorySimulator([KE]))
    relay.database.write_bytes(os.urandom(10_000))
    failed = run("run", "--config", str(relay.config))
    assert failed.returncode == 5
    assert "Traceback" not in failed.stderr
    assert "restore it from a backup" in failed.stderr.splitlines()[-1]
    relay.database.unlink()
    with relay:
        failed = run("run", "--config", str(relay.config))
        assert failed.returncode == 3
        assert "cannot listen" in failed.stderr
        assert "Traceback" not in failed.stderr


def test_metrics_and_health_are_served(tmp_path: Path) -> None:
    with RelayProcess(tmp_path, DirectorySimulator([KE])) as relay:
        assert json.loads(relay.get("/health")[1]) == {"status": "alive"}
        ready = relay.ready()
        assert (ready["ready"], ready["relay"], ready["problems"]) == (True, "relay.one", [])
        status, text = relay.get("/metrics")
        assert status == 200
        assert b"rogatory_relay_commit_seconds_count" in text
        assert relay.get("/nothing")[0] == 404
    for line in relay.log.splitlines():
        json.loads(line)
    assert KE not in relay.log
