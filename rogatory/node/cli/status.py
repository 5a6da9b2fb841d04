"""`rogatory-node status`."""

from __future__ import annotations

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import clock, show_fields, show_json, show_line, show_table
from rogatory.protocol.text import message


def status(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """How this node, its directory and its links to relays stand."""
    answer = Client(folder).get("status")
    if as_json:
        show_json(answer)
        return
    directory = answer["directory"]
    show_fields(
        [
            (message("authority"), answer["authority"]),
            (message("enrolled"), answer["enrolled"]),
            (message("key set"), answer["key_set"]),
            (message("key set that waits for the directory"), answer["next_key_set"]),
            (message("version of the directory"), directory["version"] or message("none yet")),
            (message("directory runs out"), clock(directory["expires"])),
            (message("directory asked for"), clock(directory["refreshed_at"])),
            (message("problem of the directory"), directory["problem"]),
            (message("channels"), [f"{count} {word(state)}" for state, count in answer["channels"]["states"].items()]),
            (message("unsent"), answer["channels"]["unsent"]),
        ]
    )
    for warning in directory["warnings"]:
        show_line(message("Warning: {warning}", warning=warning))
    if directory["version"] and not directory["may_send"]:
        show_line(message("The directory is too old: nothing is sent until a newer one comes."))
    elif directory["version"] and not directory["trusts_new"]:
        show_line(
            message("The directory has run out: no new channel, member or key is trusted until a newer one comes.")
        )
    show_table(
        (message("relay"), message("state"), message("since"), message("next attempt"), message("last error")),
        [
            (
                relay["relay"],
                word(relay["state"]),
                clock(relay["since"]),
                clock(relay["next_attempt"]),
                relay["last_error"],
            )
            for relay in answer["relays"]
        ],
        message("no relay is known yet"),
    )
