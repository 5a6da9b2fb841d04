"""`network ...`: found a network, and change who has a seat in it."""

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rogatory.keys.cli.options import DirectoryOption, Json, now, show
from rogatory.keys.directory import entries
from rogatory.keys.directory.model import NETWORK_ID_PATTERN, Roster, Seat, network_path, network_role
from rogatory.keys.errors import BadIdentifier, PublishError
from rogatory.keys.identity import check_authority_id, check_relay_id
from rogatory.keys.publishing import changes, folder
from rogatory.keys.publishing.key_file import KeyKind, read_public_key
from rogatory.languages.commands import tell
from rogatory.protocol.text import in_words, message, text_of

app = typer.Typer(help="Networks in the directory.", no_args_is_help=True)


class Announcers(StrEnum):
    """Who may announce to a network."""

    COORDINATORS = "coordinators"
    MEMBERS = "members"


NetworkId = Annotated[str, typer.Argument(metavar="ID", help="The network's id, as in gljcn.")]
Authorities = Annotated[list[str] | None, typer.Option(help="An authority's id; repeat for each.")]


@app.command()
def add(
    network: NetworkId,
    directory: DirectoryOption,
    relay: Annotated[str, typer.Option(help="The relay that is home to its channel.")],
    name: Annotated[list[str], typer.Option(help="Its name, as in 'en=Great Lakes Network'; repeat by language.")],
    coordinator_key: Annotated[list[Path], typer.Option(help="FILE.pub of a coordinator; repeat for each.")],
    member: Authorities = None,
    coordinator: Authorities = None,
    observer: Authorities = None,
    threshold: Annotated[int, typer.Option(help="How many coordinators' keys must sign a roster.")] = 1,
    announcers: Annotated[Announcers, typer.Option(help="Who may announce.")] = Announcers.COORDINATORS,
    channel: Annotated[str, typer.Option(help="Channel id, 64 hex digits, or 'random'.")] = "random",
) -> None:
    """Found a network in the next version of the directory: trustees and its coordinators sign."""
    if re.search(NETWORK_ID_PATTERN, network) is None:
        raise BadIdentifier(
            message("{network!r} is no network id: letters a-z, digits and hyphens, as in gljcn", network=network)
        )
    names = dict(_named(one) for one in name)
    roster = _checked(
        Roster(
            id=network,
            names=names,
            languages=tuple(names),
            channel=os.urandom(32).hex() if channel == "random" else channel.lower(),
            relay=check_relay_id(relay),
            members=_seats(member),
            coordinators=_seats(coordinator),
            observers=_seats(observer),
            announcers=announcers.value,
        )
    )
    keys = [read_public_key(path, KeyKind.COORDINATOR).key for path in coordinator_key]
    with folder.opened(directory) as repository:
        changes.found_network(repository, roster, keys, threshold, now())
    tell(
        message(
            "network {network}: channel {channel} on {relay}; drafted, not yet signed",
            network=network,
            channel=roster.channel,
            relay=relay,
        )
    )


@app.command("roster")
def show_or_change(
    network: NetworkId,
    directory: DirectoryOption,
    member: Authorities = None,
    coordinator: Authorities = None,
    observer: Authorities = None,
    json: Json = False,
) -> None:
    """Show a roster; or, for each kind of seat named, let exactly these authorities hold it from now on."""
    wanted = {"members": member, "coordinators": coordinator, "observers": observer}
    with folder.opened(directory) as repository:
        if any(holders is not None for holders in wanted.values()):
            given = {
                kind: [check_authority_id(one) for one in holders]
                for kind, holders in wanted.items()
                if holders is not None
            }
            changes.set_seats(repository, network, now(), **given)
        role = network_role(network)
        data = repository.document(role, network_path(network))
        roster = entries.decode_roster(data, network, repository.next_version(role, now()))
        drafted = f"{role}.json" in repository.drafts
    show(roster, json, *_lines(roster), *([message("drafted; not yet signed")] if drafted else []))


def _named(option: str) -> tuple[str, str]:
    language, equals, name = option.partition("=")
    if not equals:
        raise typer.BadParameter(
            message("{option!r}: a name is given as LANGUAGE=NAME, as in 'en=Great Lakes Network'", option=option)
        )
    return language.strip(), name.strip()


def _seats(authorities: list[str] | None) -> tuple[Seat, ...]:
    return tuple(Seat(authority=check_authority_id(authority)) for authority in authorities or ())


def _checked(roster: Roster) -> Roster:
    """The roster as a reader would accept it, whatever was typed on the command line."""
    try:
        return msgspec.json.decode(msgspec.json.encode(roster), type=Roster)
    except msgspec.ValidationError as error:
        raise PublishError(message("the network cannot be founded like this: {error}", error=text_of(error))) from None


def _lines(roster: Roster) -> list[str]:
    lines: list[str] = [
        message("network {id}: {names}", id=roster.id, names="; ".join(roster.names.values())),
        message(
            "channel {channel} on {relay}; announcements by {announcers}",
            channel=roster.channel,
            relay=roster.relay,
            announcers=in_words(roster.announcers),
        ),
    ]
    for kind, seats in (
        (message("members"), roster.members),
        (message("coordinators"), roster.coordinators),
        (message("observers"), roster.observers),
    ):
        holders = sorted(seat.authority for seat in seats if seat.until is None)
        lines.append(message("{kind}: {holders}", kind=kind, holders=" ".join(holders) or message("none")))
    return lines
