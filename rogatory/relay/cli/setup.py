"""`init`: a relay's folder with its keys, its configuration and its enrolment file."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rogatory.keys.enrolment import enrol_relay
from rogatory.keys.files import write_atomically
from rogatory.keys.fingerprint import relay_fingerprint
from rogatory.keys.identity import RelayKeys
from rogatory.keys.link import certificate_binding
from rogatory.keys.passphrase import new_passphrase
from rogatory.languages.commands import tell
from rogatory.protocol.text import message
from rogatory.relay.errors import ConfigError
from rogatory.relay.key_file import write_plain, write_vault
from rogatory.relay.tls import read_certificate


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    relay: Annotated[str, typer.Option(help="The relay's id, as relay.nairobi.")],
    url: Annotated[list[str], typer.Option(help="Where nodes reach it, as https://relay.example.org; repeatable.")],
    listen: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8443,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate (PEM), if the relay ends TLS.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    proxy_certificate: Annotated[
        Path | None, typer.Option(help="Certificate (PEM) of a reverse proxy that ends TLS.")
    ] = None,
    pin: Annotated[bool, typer.Option(help="Have nodes accept this certificate alone.")] = False,
    vault: Annotated[bool, typer.Option(help="Keep the keys under a passphrase.")] = False,
    passphrase_file: Annotated[Path | None, typer.Option(help="File with that passphrase.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a relay's keys, configuration and enrolment file (for `rogatory-keys relay add`)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "relay.toml"
    if config.exists():
        raise ConfigError(message("{config} exists and is not overwritten: choose another folder", config=config))
    shown = certificate or proxy_certificate
    if pin and shown is None:
        raise ConfigError(message("--pin needs --certificate or --proxy-certificate"))
    fingerprint = certificate_binding(read_certificate(shown)).hex() if pin and shown is not None else None
    keys = RelayKeys.generate(relay, os.urandom)
    enrolment = enrol_relay(keys, tuple(url), fingerprint)
    settings: dict[str, str | int] = {"listen": listen, "port": port}
    for name, path in (
        ("certificate", certificate),
        ("private_key", private_key),
        ("behind_proxy_certificate", proxy_certificate),
    ):
        if path is not None:
            settings[name] = str(path.absolute())
    if vault:
        write_vault(folder / "relay.keys", keys, new_passphrase(str(folder / "relay.keys"), passphrase_file))
        if passphrase_file is not None:
            settings["passphrase_file"] = str(passphrase_file.absolute())
    else:
        write_plain(folder / "relay.keys", keys)
    write_atomically(folder / "relay.enrolment", enrolment, mode=0o644)
    lines = [f"# The relay {relay}. API.md explains every setting.", ""]
    lines += [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in settings.items()]
    write_atomically(config, "\n".join([*lines, ""]).encode(), mode=0o644)
    number = relay_fingerprint(keys.relay, keys.identity.public, keys.receipt.public)
    if json:
        entry = keys.entry(tuple(url), fingerprint)
        typer.echo(
            msgspec.json.encode(
                {"entry": entry, "enrolment": str(folder / "relay.enrolment"), "fingerprint": number}
            ).decode()
        )
        return
    tell(message("relay:       {relay}", relay=relay))
    tell(message("fingerprint: {number}", number=number))
    tell(
        message(
            "next: have {folder} taken into the directory (rogatory-keys relay add),", folder=folder / "relay.enrolment"
        )
    )
    tell(
        message(
            "      put the directory's root.json into {folder}, then: rogatory-relay run --config {config}",
            folder=folder,
            config=config,
        )
    )
