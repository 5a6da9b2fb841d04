"""Native TLS: the whole handshake, bound to the certificate."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from rogatory.keys.errors import LinkAuthenticationError
from rogatory.keys.link import PLAIN_BINDING, certificate_binding
from rogatory.protocol.frames.server import Accepted, Code
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, Departed, message
from tests.relay.conftest import KE, TZ, founded
from tests.relay.process import RelayProcess


def certify(folder: Path) -> tuple[Path, Path, bytes]:
    """A self-signed certificate for 127.0.0.1: its file, its key's file, its DER form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.one")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True, parents=True)
    certificate_file, key_file = folder / "tls.pem", folder / "tls.key"
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate_file, key_file, certificate.public_bytes(Encoding.DER)


def trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificate)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


async def test_a_link_over_tls_is_bound_to_the_certificate(tmp_path: Path) -> None:
    certificate, key, der = certify(tmp_path)
    simulator = DirectorySimulator([KE, TZ])
    settings = {"certificate": str(certificate), "private_key": str(key)}
    with RelayProcess(tmp_path / "relay", simulator, settings=settings, scheme="https") as relay:
        tls, identity = trusting(certificate), simulator.identity(KE)
        relay_key = simulator.relay_keys().identity.public
        ke = await Client(relay.link_url, identity, tls=tls, binding=certificate_binding(der)).connect(relay_key)
        channel = await founded(ke, TZ)
        assert isinstance(await ke.append(channel, message(channel), 1), Accepted)
        await ke.close()
        # Somebody between, with a certificate of his own: both sides notice.
        between = Client(relay.link_url, identity, tls=tls, binding=certificate_binding(b"another certificate"))
        with pytest.raises(LinkAuthenticationError):
            await between.connect(relay_key)
        await between.close()
        careless = Client(relay.link_url, identity, tls=tls, binding=PLAIN_BINDING)
        with pytest.raises(Departed) as departed:
            await careless.connect()
        assert departed.value.code is Code.BAD_PROOF


async def test_behind_a_proxy_the_proxys_certificate_binds(tmp_path: Path) -> None:
    certificate, _, der = certify(tmp_path)
    simulator = DirectorySimulator([KE])
    settings = {"behind_proxy_certificate": str(certificate)}
    with RelayProcess(tmp_path / "relay", simulator, settings=settings) as relay:
        identity = simulator.identity(KE)
        relay_key = simulator.relay_keys().identity.public
        client = Client(relay.link_url, identity, binding=certificate_binding(der))
        await client.connect(relay_key)
        await client.close()
        with pytest.raises(Departed) as departed:
            await Client(relay.link_url, identity).connect()
        assert departed.value.code is Code.BAD_PROOF


def test_old_tls_is_refused(tmp_path: Path) -> None:
    certificate, key, _ = certify(tmp_path)
    settings = {"certificate": str(certificate), "private_key": str(key)}
    with RelayProcess(tmp_path / "relay", DirectorySimulator([KE]), settings=settings, scheme="https") as relay:
        import socket

        context = trusting(certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", relay.port)) as plain, pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="127.0.0.1")
        assert relay.get("/health")[0] == 200
