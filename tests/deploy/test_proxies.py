"""Caddy and nginx in front of a relay, as deploy/proxy/ says: checked by the programs themselves, and run."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.programs import program
from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess, free_port
from tests.relay.test_tls import certify

FILES = Path(__file__).parents[2] / "deploy" / "proxy"
KE, TZ = "ke.central", "tz.central"


class Proxy:
    """A configuration of deploy/proxy/, with this test's ports and certificate in the place of its own."""

    def __init__(self, folder: Path, upstream: int) -> None:
        self.port = free_port()
        self.certificate, self.key, self.der = certify(folder / "tls")
        self.folder = folder
        self.upstream = upstream
        self.url = f"https://127.0.0.1:{self.port}"

    @contextmanager
    def run(self, command: list[str], environment: dict[str, str] | None = None) -> Iterator[None]:
        with (self.folder / "proxy.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        try:
            deadline = time.monotonic() + 60
            while not self._listens():
                assert process.poll() is None, (self.folder / "proxy.log").read_text()
                assert time.monotonic() < deadline, (self.folder / "proxy.log").read_text()
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def get(self, path: str) -> int:
        context = ssl.create_default_context(cafile=self.certificate)
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=30, context=context) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def nginx(proxy: Proxy) -> list[str]:
    """The command, once nginx finds nothing wrong with the configuration."""
    site = (FILES / "nginx.conf").read_text()
    for name, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{proxy.port} ssl",
        "/etc/rogatory/tls/relay.crt": str(proxy.certificate),
        "/etc/rogatory/tls/relay.key": str(proxy.key),
        "127.0.0.1:8443": f"127.0.0.1:{proxy.upstream}",
    }.items():
        assert site.count(name) == 1, name
        site = site.replace(name, here)
    (proxy.folder / "site.conf").write_text(site)
    paths = "\n".join(
        f"{kind}_temp_path {proxy.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (proxy.folder / "nginx.conf").write_text(
        f"daemon off;\npid {proxy.folder}/pid;\nevents {{}}\nhttp {{\n{paths}\ninclude site.conf;\n}}\n"
    )
    command = [program("nginx"), "-p", str(proxy.folder), "-c", str(proxy.folder / "nginx.conf"), "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    return command


def caddy(proxy: Proxy) -> tuple[list[str], dict[str, str]]:
    """The command and its environment, once Caddy finds nothing wrong with the configuration."""
    shutil.copyfile(FILES / "Caddyfile", proxy.folder / "Caddyfile")
    arguments = ["--config", str(proxy.folder / "Caddyfile"), "--adapter", "caddyfile"]
    environment = {
        "HOME": str(proxy.folder),
        "XDG_DATA_HOME": str(proxy.folder),
        "XDG_CONFIG_HOME": str(proxy.folder),
        "ROGATORY_SITE": proxy.url,
        "ROGATORY_CERTIFICATE": str(proxy.certificate),
        "ROGATORY_KEY": str(proxy.key),
        "ROGATORY_UPSTREAM": f"127.0.0.1:{proxy.upstream}",
    }
    for check in (["validate", *arguments], ["fmt", "--diff", str(proxy.folder / "Caddyfile")]):
        checked = subprocess.run(
            [program("caddy"), *check], capture_output=True, text=True, env={**os.environ, **environment}, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
    return [program("caddy"), "run", *arguments], environment


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_nodes_talk_through_the_proxy_bound_to_its_certificate(tmp_path: Path, name: str) -> None:
    port = free_port()
    proxy = Proxy(tmp_path, port)
    simulator = DirectorySimulator([KE, TZ])
    fingerprint = hashlib.sha256(proxy.der).hexdigest()
    simulator.add_relay("relay.one", proxy.url, certificate_sha256=fingerprint)
    settings = {"behind_proxy_certificate": str(proxy.certificate)}
    relay = RelayProcess(tmp_path / "relay", simulator, port=port, settings=settings, enlist=False)
    command, environment = (nginx(proxy), {}) if name == "nginx" else caddy(proxy)
    with relay, proxy.run(command, environment):
        assert proxy.get("/health") == 200
        assert proxy.get("/directory") == 200
        assert proxy.get("/metrics") == 404
        nodes = [NodeProcess(tmp_path / each, simulator, each, relay_urls=[relay.url]) for each in (KE, TZ)]
        with nodes[0] as ke, nodes[1] as tz:
            for node in nodes:
                node.wait_online()
            ke.api("POST", "/v1/consultations", {"to": [TZ], "subject": "Vessel", "text": "Where is she?"})
            tz.wait_event("document_received")
            assert not tz.events("trouble")
        assert "proof_refused" not in relay.log
