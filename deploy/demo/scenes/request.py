"""Kenya asks Tanzania for bank records while Tanzania's node is down; it comes up, acknowledges and replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.demo.cast import KE, RELAY, TZ
from deploy.demo.desk import ARRIVE_SECONDS, DIGITS, acknowledged_at, document_at
from deploy.demo.errors import expect
from deploy.demo.stage import Stage

REQUEST, REPLY = "letters/bank-records.json", "letters/reply.json"


@dataclass(frozen=True)
class Sent:
    """The matter and its request, by the first digits of their ids, which are enough."""

    matter: str
    request: str


def send(stage: Stage) -> Sent:
    """Send the request to a node that is down: the relay takes it and signs for it."""
    tools, screen = stage.tools, stage.screen
    stage.stop_node(TZ)
    screen.shown(f"evening in {TZ.place}: the node of {TZ.id} is down")
    answer = tools.node(KE.key, "request", "send", "--to", TZ.id, "--file", REQUEST)
    sent = Sent(answer["matter"][:DIGITS], answer["document"][:DIGITS])
    _wait_for_stage(stage, sent, "accepted")
    document = tools.node(KE.key, "document", "show", sent.request)
    receipt = document["receipt"]
    expect(receipt["relay"] == RELAY, f"a receipt of another relay: {receipt}")
    expect(acknowledged_at(document, TZ.id) is None, f"{TZ.id} acknowledged while it was down")
    screen.shown(f"{RELAY} has it and signed for it at {receipt['time']}; {TZ.id} has not acknowledged it")
    return sent


def receive(stage: Stage, sent: Sent) -> None:
    """Start the addressee's node; it receives, acknowledges and signs a receipt by itself."""
    screen = stage.screen
    stage.start_nodes(TZ)
    stage.wait(f"{TZ.id} receives the request", ARRIVE_SECONDS, lambda: document_at(stage, TZ, sent.matter, "request"))
    body = stage.tools.node(TZ.key, "request", "show", sent.matter)["request"]["body"]
    expect("f" in body["forms"], f"it does not ask for records, UNTOC 18(3)(f): {body['forms']}")
    screen.letter(f"{TZ.place} reads, from {KE.id}: {body['subject']}", _excerpt(body))
    _wait_for_stage(stage, sent, "delivered")
    screen.shown(f"{KE.id} holds the signed acknowledgement of {TZ.id}'s node")
    receipt = stage.wait("the receipt comes", ARRIVE_SECONDS, lambda: document_at(stage, KE, sent.matter, "receipt"))
    expect(receipt["body"]["document"]["id"].startswith(sent.request), "the receipt is for another document")
    screen.shown(
        f"and a receipt under the file number {receipt['body']['reference']}, signed with {TZ.id}'s document keys"
    )


def reply(stage: Stage, sent: Sent) -> None:
    """The addressee's officer replies; both sides see the request as executed."""
    tools, screen = stage.tools, stage.screen
    tools.node(TZ.key, "request", "reply", sent.matter, "--file", REPLY)
    came = stage.wait("the reply arrives", ARRIVE_SECONDS, lambda: document_at(stage, KE, sent.matter, "reply"))
    expect(came["body"]["request"]["id"].startswith(sent.request), "the reply is to another request")
    screen.letter(f"{KE.place} reads, from {TZ.id}: {came['body']['outcome']}", came["body"]["text"])
    for office in (KE, TZ):
        state = tools.node(office.key, "request", "show", sent.matter)["state"]
        expect(state == "executed", f"at {office.id} the request stands at {state}")
    screen.shown("both sides see the request as executed")


def _wait_for_stage(stage: Stage, sent: Sent, wanted: str) -> None:
    def probe() -> bool | None:
        document = stage.look(KE, f"documents/{sent.request}")
        return (document is not None and document["stage"] == wanted) or None

    stage.wait(f"{KE.id} sees its request as {wanted}", ARRIVE_SECONDS, probe)


def _excerpt(body: dict[str, Any]) -> str:
    """The first paragraph of the facts, and the first thing that is asked for."""
    return "\n\n".join(f"{body[part].splitlines()[0]} [...]" for part in ("facts", "assistance"))
