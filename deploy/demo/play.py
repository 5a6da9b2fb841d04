"""The scenes, in their order."""

from __future__ import annotations

from deploy.demo.scenes import by_hand, ceremony, consultation, evidence, networks, request
from deploy.demo.stage import Stage


def play(stage: Stage) -> by_hand.Handle:
    """Everything from the trustees' ceremony to the evidences; gives what to go on with. Raises DemoFailed."""
    scene = stage.screen.scene
    with scene(
        "The trustees' ceremony", "Who is who is signed offline: no relay, and no single person, can change it."
    ):
        ceremony.found_directory(stage)
    with scene("Five authorities and a relay enrol", "Each makes its keys on its own machine."):
        ceremony.enrol(stage)
    with scene("Two networks are founded, the directory is published"):
        ceremony.publish(stage)
    with scene("The nodes start", "Coordinators' nodes open the networks' channels by themselves."):
        networks.open_channels(stage)
    with scene("A request to an authority that is away", "Kenya asks Tanzania for bank records: UNTOC 18(3)(f)."):
        sent = request.send(stage)
    with scene("Tanzania's node comes up"):
        request.receive(stage, sent)
        request.reply(stage, sent)
    with scene("A consultation, and a third authority half-way"):
        talk = consultation.between_two(stage)
        consultation.add_third(stage, talk)
        consultation.among_three(stage, talk)
    with scene("Announcements to all members of a network"):
        networks.announce(stage)
    with scene("What an officer sees, and what the relay has stored"):
        evidence.side_by_side(stage, sent)
        evidence.search(stage)
    with scene("The evidences", "What Kenya holds of its request, signed by itself and by others."):
        evidence.evidences(stage, sent)
        evidence.verify(stage, sent)
    return by_hand.Handle(sent.matter, talk)
