"""Which addresses a relay may have."""

from __future__ import annotations

import os
import ssl

import pytest

from rogatory.keys.identity import RelayKeys
from rogatory.node.errors import RefusedInput
from rogatory.node.link.address import addresses_of, parse_address


def test_addresses_lead_to_the_link_and_the_directory() -> None:
    address = parse_address("https://relay.example.org:8443/")
    assert address.link_url == "wss://relay.example.org:8443/v1/link"
    assert address.directory_url == "https://relay.example.org:8443/directory"
    assert parse_address("http://127.0.0.1:80").link_url == "ws://127.0.0.1:80/v1/link"
    assert parse_address("http://[::1]:80").directory_url == "http://[::1]:80/directory"


@pytest.mark.parametrize(
    "url",
    [
        "http://relay.example.org",
        "ws://10.0.0.1:80",
        "http://localhost.evil.example",
        "ftp://127.0.0.1",
        "https://",
        "relay.example.org",
        "https://relay.example.org/path",
        "https://user@relay.example.org",
        "https://relay.example.org:99999",
        "https://[broken",
    ],
)
def test_a_plain_or_malformed_address_is_refused(url: str) -> None:
    with pytest.raises(RefusedInput):
        parse_address(url)


def test_public_authorities_vouch_unless_a_certificate_is_pinned() -> None:
    public = parse_address("https://relay.example.org").tls_context()
    assert public is not None
    assert public.verify_mode is ssl.CERT_REQUIRED
    assert public.check_hostname
    pinned = parse_address("https://relay.example.org", "00" * 32).tls_context()
    assert pinned is not None
    assert pinned.verify_mode is ssl.CERT_NONE
    assert parse_address("http://127.0.0.1").tls_context() is None


def test_an_unusable_address_does_not_hide_a_usable_one() -> None:
    keys = RelayKeys.generate("relay.one", os.urandom)
    usable = addresses_of(keys.entry(("http://relay.example.org", "https://relay.example.org")))
    assert [address.link_url for address in usable] == ["wss://relay.example.org/v1/link"]
    with pytest.raises(RefusedInput, match="without TLS"):
        addresses_of(keys.entry(("http://relay.example.org",)))
