"""Kenya and Tanzania consult; half-way Uganda comes in by an amendment that both have signed."""

from __future__ import annotations

from functools import partial
from typing import Any

from deploy.demo import lines
from deploy.demo.cast import KE, TZ, UG, Office
from deploy.demo.desk import ARRIVE_SECONDS, DIGITS, said_at
from deploy.demo.errors import expect
from deploy.demo.stage import Stage

PARTIES = sorted((KE.id, TZ.id, UG.id))


def between_two(stage: Stage) -> str:
    """Kenya opens a consultation and Tanzania answers; gives the matter."""
    tools = stage.tools
    opening = ("--to", TZ.id, "--subject", lines.SUBJECT, "--text", lines.OPENING)
    matter: str = tools.node(KE.key, "consult", "open", *opening)["matter"][:DIGITS]
    _arrives(stage, lines.OPENING, matter, TZ)
    tools.node(TZ.key, "consult", "say", matter, "--text", lines.ANSWER)
    _arrives(stage, lines.ANSWER, matter, KE)
    stage.screen.shown(f"{KE.id} and {TZ.id} talk, with no request needed")
    return matter


def add_third(stage: Stage, matter: str) -> None:
    """Kenya proposes Uganda, which comes in only once Tanzania has signed too."""
    tools, screen = stage.tools, stage.screen
    amendment = tools.node(KE.key, "matter", "add-party", matter, UG.id, "--reason", lines.REASON)["digest"][:DIGITS]
    waiting = stage.wait("the amendment arrives", ARRIVE_SECONDS, lambda: _amendment(stage, TZ, matter, amendment))
    expect(waiting["waiting_for"] == [TZ.id], f"the amendment waits for others: {waiting['waiting_for']}")
    expect(stage.look(UG, f"matters/{matter}") is None, f"{UG.id} is in before {TZ.id} has agreed")
    screen.shown(f"{KE.id} has signed an amendment that adds {UG.id}; {TZ.id} has not: {UG.id} is not in")
    tools.node(TZ.key, "matter", "agree", matter, amendment)
    for office in (KE, TZ, UG):
        stage.wait(f"{office.id} sees three members", ARRIVE_SECONDS, partial(_complete, stage, office, matter))
    screen.shown(f"both have signed, and {UG.id} is in: {', '.join(PARTIES)}")


def among_three(stage: Stage, matter: str) -> None:
    """All three read what is said from now on; the newcomer nothing of what was said before."""
    stage.tools.node(KE.key, "consult", "say", matter, "--text", lines.FIRST_WITH_ALL)
    _arrives(stage, lines.FIRST_WITH_ALL, matter, TZ, UG)
    stage.tools.node(UG.key, "consult", "say", matter, "--text", lines.UGANDA)
    _arrives(stage, lines.UGANDA, matter, KE, TZ)
    seen = said_at(stage, UG, matter)
    expect(seen == [lines.FIRST_WITH_ALL, lines.UGANDA], f"{UG.id} should see two messages, and sees {seen}")
    whole = said_at(stage, TZ, matter)
    expect(whole == [lines.OPENING, lines.ANSWER, *seen], f"{TZ.id} should see four messages, and sees {whole}")
    stage.screen.letter(f"{TZ.place} and {KE.place} read", "\n".join(f"- {text}" for text in whole))
    stage.screen.letter(f"{UG.place} reads, since it came", "\n".join(f"- {text}" for text in seen))


def _arrives(stage: Stage, text: str, matter: str, *offices: Office) -> None:
    for office in offices:

        def here(office: Office = office) -> bool | None:
            return text in said_at(stage, office, matter) or None

        stage.wait(f"{office.id} reads {text[:40]!r}...", ARRIVE_SECONDS, here)


def _amendment(stage: Stage, office: Office, matter: str, digest: str) -> dict[str, Any] | None:
    amendments = stage.look(office, f"amendments?matter={matter}") or []
    return next((found for found in amendments if found["digest"].startswith(digest)), None)


def _complete(stage: Stage, office: Office, matter: str) -> bool | None:
    found = stage.look(office, f"matters/{matter}")
    return (found is not None and sorted(found["members"]) == PARTIES) or None
