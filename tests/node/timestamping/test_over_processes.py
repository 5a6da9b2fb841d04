"""A node whose logs are stamped by an authority that fails in every way first; and what a stranger finds of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rogatory.protocol.proof import decode_proof
from tests.node.timestamping.authority import Fault, TimeAuthority
from tests.scenarios.scene import Scene, until

KE, TZ = "ke.central", "tz.central"
BAD = [*Fault, "huge", "broken", "gone"]


@contextmanager
def served(authority: TimeAuthority, asked: list[str]) -> Iterator[str]:
    """The authority on loopback: each of BAD once, then good answers. `asked` tells how each request was answered."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            how = BAD[len(asked)] if len(asked) < len(BAD) else "good"
            asked.append(str(how))
            if how == "gone":
                self.close_connection = True
                return
            answer = authority.answer(request, how if isinstance(how, Fault) else None)
            self.send_response(500 if how == "broken" else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer if how != "huge" else answer + bytes(1024 * 1024))

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_log_is_stamped_after_all_that_goes_wrong_and_a_stranger_checks_it(tmp_path: Path) -> None:
    asked: list[str] = []
    authority = TimeAuthority(int(time.time()))
    roots, history, root = tmp_path / "time.pem", tmp_path / "history", tmp_path / "root.json"
    roots.write_bytes(authority.pem)
    with served(authority, asked) as url, Scene(tmp_path, [KE, TZ]) as scene:
        scene.place(KE).environment |= {
            "ROGATORY_NODE_TIMESTAMPING_URL": url,
            "ROGATORY_NODE_TIMESTAMPING_CERTIFICATES": str(roots),
            "ROGATORY_NODE_TIMESTAMPING_EVERY": "0.5",
            "ROGATORY_NODE_BACKOFF_MOST": "0.5",
        }
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        document = next(
            each["id"] for each in ke.api("GET", f"/v1/matters/{matter}/documents") if each["kind"] == "consultation"
        )
        until(lambda: ke.cli("document", "show", document)["receipt"], "the receipt")
        file = tmp_path / "document.proof"

        def stamped() -> bool:
            file.unlink(missing_ok=True)
            ke.cli("document", "prove", document, str(file))
            return bool(decode_proof(file.read_bytes()).timestamps)

        until(stamped, "a timestamp that holds")
        assert asked[: len(BAD)] == [str(each) for each in BAD]
        history.write_bytes(scene.simulator.exported_history())
        root.write_bytes(scene.simulator.root)

    command = [sys.executable, "-m", "rogatory.keys.cli", "verify", str(file), "--json"]
    known = ["--history", str(history), "--root", str(root)]

    def found(*options: str) -> dict[str, Any]:
        done = subprocess.run([*command, *known, *options], capture_output=True, text=True, check=False)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    report = found("--timestamp-roots", str(roots))
    assert report["verdict"] == "proven", report
    said = [each for each in report["findings"] if each["claim"] == "timestamp"]
    assert said
    assert all("certified by CN=Time Root" in each["text"] for each in said)
    assert any("--timestamp-roots" in note for note in found()["notes"])
    roots.write_bytes(TimeAuthority(int(time.time())).pem)
    assert found("--timestamp-roots", str(roots))["verdict"] == "false"
