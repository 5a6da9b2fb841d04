"""The node's settings: `node.toml` in its folder, each overridden by an environment variable ROGATORY_NODE_*."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from rogatory.node.errors import RefusedInput
from rogatory.protocol.attachments import MAX_ATTACHMENT
from rogatory.protocol.text import message, text_of

ENVIRONMENT_PREFIX = "ROGATORY_NODE_"
NOT_SETTINGS = frozenset({"FOLDER", "OFFICER", "PASSPHRASE_FILE"})
"""Variables with the prefix that are no settings: where the folder is, who acts, which file holds the passphrase."""

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 24 * 3600)]


Bytes = Annotated[int, Meta(ge=0, le=MAX_ATTACHMENT)]
HoursOfDay = Annotated[str, Meta(pattern=r"\A(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?\Z")]
Days = Annotated[float, Meta(gt=0, le=366 * 24 * 3600)]


class NodeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator may set. Durations are seconds.

    `relay_urls`: where the directory is fetched until the directory itself says where relays are.
    `api_names`: further names under which the local API may be addressed (the Host header), beside loopback.
    `link_patience`: for how long a relay may leave a question unanswered, or the line stand still; longer if data move.
    `refresh_active`, `refresh_idle`: about how long this node keeps its keys in a channel in which documents pass,
    and in one in which none do; longer in large ones.
    `close_term_days`: how long the keys of a matter that this authority closed are kept, at the longest, for members
    that have not read that yet.
    `four_eyes`: what a second officer approves before it is sent: `all`, `request`, `reply`, or outcomes of replies.
    `reminders`: whether this node by itself sends others signed notices of what they owe and by when.
    `attachment_large`: bytes above which a file is fetched only when asked for, and travels only in `attachment_hours`
    (as "20:00-06:00", this computer's clock; empty: always). `attachment_rate`: bytes a second of all files, 0: any.
    `attachment_most`: the largest file that is sent.
    `evidence_delivery`, `evidence_retrieval`: after which this node states that an addressee's node has not seen a
    document of its own, and that it was told of no officer who opened it; shorter where the request is urgent.
    `evidence_officers`: whether the statement that a document was opened names the officer.
    `timestamping_url`: of an authority of RFC 3161 that stamps the heads of matters' logs, every `timestamping_every`
    seconds where they have grown; `timestamping_certificates`: the PEM file with its roots. Empty: none.
    `api_expose`: whether the API may listen on an address other than loopback; then TLS belongs in front of it.
    """

    authority: str
    relay_urls: tuple[str, ...] = ()
    api_host: str = "127.0.0.1"
    api_port: Port = 0
    api_names: tuple[str, ...] = ()
    api_expose: bool = False
    directory_refresh: Seconds = 3600.0
    backoff_first: Seconds = 0.2
    backoff_most: Seconds = 60.0
    link_patience: Seconds = 60.0
    attachment_large: Bytes = 16 * 1024 * 1024
    attachment_most: Bytes = 64 * 1024**3
    attachment_rate: Bytes = 0
    attachment_hours: HoursOfDay = ""
    refresh_active: Days = 24 * 3600.0
    refresh_idle: Days = 30 * 24 * 3600.0
    close_term_days: Annotated[float, Meta(gt=0, le=366)] = 7.0
    four_eyes: tuple[str, ...] = ()
    reminders: bool = True
    evidence_delivery: Days = 72 * 3600.0
    evidence_retrieval: Days = 7 * 24 * 3600.0
    evidence_officers: bool = False
    timestamping_url: str = ""
    timestamping_certificates: str = ""
    timestamping_every: Seconds = 900.0
    log_level: str = "info"


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> NodeConfig:
    """The settings in `path` with the environment's overrides. Raises RefusedInput, naming the setting."""
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RefusedInput(
            message("{path} is missing", path=path), message("make the node's folder with: rogatory-node init FOLDER")
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RefusedInput(
            message("{path} cannot be read: {error}", path=path, error=text_of(error)), message("correct the file")
        ) from None
    settings |= _from_environment(environment)
    try:
        config = msgspec.convert(settings, NodeConfig)
    except msgspec.ValidationError as error:
        raise RefusedInput(
            message("a setting in {path} or in the environment is wrong: {error}", path=path, error=text_of(error)),
            message("correct or remove it"),
        ) from None
    if not config.api_expose and not is_loopback(config.api_host):
        raise RefusedInput(
            message(
                "api_host = {host} is not a loopback address: the local API carries case data",
                host=repr(config.api_host),
            ),
            message('use api_host = "127.0.0.1", or put TLS in front of it and set api_expose = true'),
        )
    return config


def is_loopback(host: str) -> bool:
    """Whether `host` is a loopback address or the name localhost."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def write_config(path: Path, config: NodeConfig) -> None:
    """Write what differs from the defaults, as TOML."""
    lines = ["# Settings of this node; `rogatory-node run` reads them at start."]
    defaults = NodeConfig(authority="")
    for name in NodeConfig.__struct_fields__:
        value = getattr(config, name)
        if value != getattr(defaults, name):
            # JSON's strings, numbers, booleans and arrays are TOML's too.
            lines.append(f"{name} = {msgspec.json.encode(value).decode()}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name in NOT_SETTINGS:
            continue
        field = name.lower()
        found[field] = _value(field, text)
    return found


def _value(field: str, text: str) -> Any:
    """A variable's text in the type of its field: lists are separated by commas."""
    default = getattr(NodeConfig(authority=""), field, "")
    if isinstance(default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(default, bool):
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if isinstance(default, int | float):
        try:
            return int(text) if isinstance(default, int) else float(text)
        except ValueError:
            return text
    return text
