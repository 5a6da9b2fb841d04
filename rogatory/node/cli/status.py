"""`rogatory-node status`."""

from __future__ import annotations

from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import clock, show_fields, show_json, show_line, show_table


def status(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """How this node, its directory and its links to relays stand."""
    answer = Client(folder).get("status")
    if as_json:
        show_json(answer)
        return
    directory = answer["directory"]
    show_fields(
        [
            ("authority", answer["authority"]),
            ("enrolled", answer["enrolled"]),
            ("key set", answer["key_set"]),
            ("  waits for the directory", answer["next_key_set"]),
            ("directory", f"version {directory['version']}" if directory["version"] else "none yet"),
            ("  runs out", clock(directory["expires"])),
            ("  asked for", clock(directory["refreshed_at"])),
            ("  problem", directory["problem"]),
            ("channels", [f"{count} {state}" for state, count in answer["channels"]["states"].items()]),
            ("unsent", answer["channels"]["unsent"]),
        ]
    )
    for warning in directory["warnings"]:
        show_line(f"Warning: {warning}")
    if directory["version"] and not directory["may_send"]:
        show_line("The directory is too old: nothing is sent until a newer one comes.")
    elif directory["version"] and not directory["trusts_new"]:
        show_line("The directory has run out: no new channel, member or key is trusted until a newer one comes.")
    show_table(
        ("relay", "state", "since", "next attempt", "last error"),
        [
            (relay["relay"], relay["state"], clock(relay["since"]), clock(relay["next_attempt"]), relay["last_error"])
            for relay in answer["relays"]
        ],
        "no relay is known yet",
    )
