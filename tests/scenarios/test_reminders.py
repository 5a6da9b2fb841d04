"""Due dates where nodes crash, are away and have wrong clocks: each stage is said once, at the relay's time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from icalendar import Calendar

from tests.node.letters import BANK_RECORDS
from tests.node.process import NodeProcess
from tests.scenarios.moved_clock import moved_clock
from tests.scenarios.scene import Scene, said, say, until

KE, TZ = "ke.central", "tz.central"
HOUR = 3600
URGENT = {**BANK_RECORDS, "urgency": "emergency", "urgency_reason": "A kidnapped child."}


def documents(node: NodeProcess, matter: str, kind: str) -> list[dict[str, Any]]:
    """Documents of a kind, in the order of the log."""
    found: list[dict[str, Any]] = node.api("GET", f"/v1/matters/{matter}/documents")
    return [each for each in found if each["kind"] == kind]


def stages(node: NodeProcess, matter: str, *, due: str = "response") -> list[str]:
    """Stages of the reminders in the log, those without effect marked so."""
    return [
        each["body"]["stage"] + (" void" if each["void"] else "")
        for each in documents(node, matter, "reminder")
        if each["seq"] is not None and each["body"]["due"] == due
    ]


def read_on(ke: NodeProcess, tz: NodeProcess, matter: str, text: str) -> None:
    """Both nodes have read all that was said before `text`, and ke's has had its chance to say more."""
    say(ke, matter, text)
    until(lambda: text in [each for _, each in said(tz, matter)], f"{text} to arrive")


def kill(*processes: Any) -> None:
    for process in processes:
        process.kill()


def events_of(file: Path) -> dict[str, Any]:
    """The calendar's events by the first word that they say."""
    found = Calendar.from_ical(file.read_bytes())
    assert isinstance(found, Calendar)
    return {str(event["SUMMARY"]).split(",")[0]: event for event in found.walk("VEVENT")}


def test_each_reminder_is_said_once_through_crashes_absence_and_wrong_clocks(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        scene.simulator.describe(KE, time_zone="Africa/Nairobi")
        scene.simulator.describe(TZ, time_zone="Africa/Dar_es_Salaam", contact_24_7="+255 22 211 1999")
        scene.relay.publish()
        ke, tz = scene.start(KE, TZ)
        (tmp_path / "request.json").write_text(json.dumps(URGENT))
        matter = ke.cli("request", "send", "--to", TZ, "--file", str(tmp_path / "request.json"))["matter"]
        until(lambda: documents(ke, matter, "receipt"), "the receipt")
        assert {each["due"] for each in ke.cli("due")} == {"response", "answer"}

        # 3 hours 45 later: a quarter of an hour before the response is due.
        kill(ke, tz, scene.relay)
        scene.move_clock(3.75 * HOUR)
        scene.relay.start()
        scene.start(KE)
        until(lambda: documents(ke, matter, "reminder"), "the reminder to be written", every=0.01)
        ke.restart()
        scene.start(TZ)
        event = tz.wait_event("reminder", author=KE, code="upcoming")
        assert "response" in event["summary"]
        kill(ke)

        # Its own clock says that all terms are long over, then that none has begun: the relay's clock decides.
        for number, shift in enumerate((9 * HOUR, -9 * HOUR, 0)):
            ke.environment.update(moved_clock(3.75 * HOUR + shift))
            ke.start().wait_online()
            read_on(ke, tz, matter, f"clock {number}")
            assert stages(ke, matter) == stages(tz, matter) == ["upcoming"]
            kill(ke)

        # Away over the due date and past the escalation's time: one reminder, the last one.
        kill(tz, scene.relay)
        scene.move_clock(5.5 * HOUR)
        scene.relay.start()
        ke, tz = scene.start(KE, TZ)
        for node in (ke, tz):
            node.wait_event("reminder", author=KE, code="escalation")
        ke.restart()
        ke.wait_online()
        read_on(ke, tz, matter, "after the escalation")
        assert stages(ke, matter) == stages(tz, matter) == ["upcoming", "escalation"]
        (contact,) = documents(tz, matter, "reminder")[-1]["body"]["contacts"]
        assert contact == {"authority": TZ, "contact_24_7": "+255 22 211 1999"}

        # Shown on both sides' clocks; exported; met.
        (response,) = [each for each in tz.cli("due") if each["due"] == "response"]
        assert (response["standing"], response["owed_here"], response["reminded"]) == ("overdue", True, "escalation")
        assert [each["at"][-6:] for each in response["local"]] == ["+03:00", "+03:00"]
        assert "escalation" in tz.cli_text("request", "show", matter)
        before, after = tmp_path / "before.ics", tmp_path / "after.ics"
        ke.cli("calendar", str(before))
        tz.cli("request", "reply", matter, "--outcome", "accepted")
        until(lambda: [each["due"] for each in ke.cli("due")] == ["answer"], "the answer alone to be due", every=1)
        ke.cli("calendar", str(after))
        was, now = events_of(before)["response"], events_of(after)["response"]
        assert (was["UID"], was["STATUS"], now["STATUS"]) == (now["UID"], "CONFIRMED", "CANCELLED")
        assert now["SEQUENCE"] == was["SEQUENCE"] + 1
        assert BANK_RECORDS["subject"] not in after.read_text()
        for node in (ke, tz):
            assert node.events("document_void") == node.events("trouble") == []
