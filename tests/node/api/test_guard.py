"""Who may call the local API, and how it refuses."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.node.conftest import SmallNetwork
from tests.node.process import NodeProcess


def ask(
    node: NodeProcess, path: str = "/v1/status", *, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, Any]:
    address = urlsplit(node.folder.read_address().url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    given = {"Authorization": f"Bearer {node.folder.read_token()}", "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, {name: value for name, value in given.items() if value})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_the_token_opens_the_api(network: SmallNetwork) -> None:
    assert ask(network.ke)[0] == 200


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer wrong", "Basic abc", "Bearer \u00e9"])
def test_without_the_token_nothing_is_told(network: SmallNetwork, authorization: str) -> None:
    status, problem = ask(network.ke, Authorization=authorization)
    assert status == 401
    assert problem["error"] == "unauthorised"
    assert "api.token" in problem["next_step"]


def test_the_token_of_another_node_does_not_open_it(network: SmallNetwork) -> None:
    status, _ = ask(network.ke, Authorization=f"Bearer {network.tz.folder.read_token()}")
    assert status == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1"])
def test_another_host_name_is_refused(network: SmallNetwork, host: str) -> None:
    status, problem = ask(network.ke, Host=host)
    assert status == 403
    assert problem["error"] == "not_allowed"


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8080"])
def test_loopback_names_are_ours(network: SmallNetwork, host: str) -> None:
    assert ask(network.ke, Host=host)[0] == 200


def test_pages_of_other_sites_are_refused(network: SmallNetwork) -> None:
    assert ask(network.ke, Origin="https://evil.example")[0] == 403
    assert ask(network.ke, Origin="null")[0] == 403
    assert ask(network.ke, Origin="http://127.0.0.1:1")[0] == 200


def test_an_address_that_is_none_is_told_so_after_the_token(network: SmallNetwork) -> None:
    assert ask(network.ke, "/v1/nothing")[0] == 404
    assert ask(network.ke, "/v1/nothing", Authorization="")[0] == 401
    status, problem = ask(network.ke, method="DELETE")
    assert (status, problem["error"]) == (422, "refused")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"to": "tz.central"}',
        b'{"to": [], "subject": "s", "text": "t"}',
        b'{"to": ["tz.central"], "subject": "s", "text": "t", "colour": "blue"}',
        b'{"to": ["tz.central"], "subject": "two\\nlines", "text": "t"}',
    ],
)
def test_a_malformed_body_is_refused_with_a_reason(network: SmallNetwork, body: bytes) -> None:
    status, problem = ask(network.ke, "/v1/consultations", method="POST", body=body)
    assert status == 422
    assert problem["explanation"]


def test_a_body_beyond_the_limit_is_refused(network: SmallNetwork) -> None:
    status, problem = ask(network.ke, "/v1/consultations", method="POST", body=b" " * (2 * 1024 * 1024 + 1))
    assert status == 422
    assert "limit" in problem["explanation"]


def test_a_form_of_a_web_page_is_refused(network: SmallNetwork) -> None:
    status, _ = ask(network.ke, "/v1/consultations", method="POST", body=b"{}", Content_Type="text/plain")
    assert status == 422


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=1001", "wait=51", "after=99999999999999999999"])
def test_a_number_out_of_bounds_is_refused(network: SmallNetwork, query: str) -> None:
    assert ask(network.ke, f"/v1/inbox?{query}")[0] == 422
