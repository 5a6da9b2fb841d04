"""A short session with real nodes, in Arabic, in French, and in a language in which every text stands in brackets."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from rogatory.languages import say, word
from rogatory.languages.catalogues import LOCALE
from rogatory.protocol.documents import letter_of
from rogatory.protocol.documents.requests.forms.mutual_legal_assistance import MutualLegalAssistance
from rogatory.protocol.text import message
from tests.keys.simulator import DirectorySimulator
from tests.languages.made_up import marked, write_language
from tests.languages.test_forgotten import PSEUDO, words_outside
from tests.node.letters import BANK_RECORDS
from tests.node.process import CommandFailed, NodeProcess
from tests.relay.process import RelayProcess

VARIABLE: Final = "ROGATORY_LANGUAGE"


@dataclass(frozen=True, slots=True)
class Session:
    """Two nodes, a request from the first to the second and its answer."""

    ke: NodeProcess
    tz: NodeProcess
    matter: str
    request: str
    gaps: Path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("languages")
    locale = folder / "locale"
    shutil.copytree(LOCALE, locale)
    write_language(locale, PSEUDO, marked)
    authorities = ["ke.central", "tz.central"]
    simulator = DirectorySimulator(authorities)
    simulator.add_network("gljcn", members=authorities, coordinators=["ke.central"])
    environment = {"ROGATORY_LOCALE": str(locale), "COLUMNS": "200"}
    with RelayProcess(folder / "relay", simulator) as relay:
        ke, tz = (
            NodeProcess(folder / name[:2], simulator, name, relay_urls=[relay.url], environment=environment)
            for name in authorities
        )
        with tz:
            tz.wait_online()
            with ke:
                ke.wait_online()
                request = folder / "request.json"
                request.write_text(json.dumps(BANK_RECORDS))
                gaps = folder / "gaps.json"
                gaps.write_text(json.dumps(BANK_RECORDS | {"facts": "", "aim": ""}))
                sent = ke.cli("request", "send", "--to", "tz.central", "--file", str(request))
                tz.wait_event("document_received", matter=sent["matter"])
                tz.cli("request", "reply", sent["matter"], "--outcome", "accepted", "--text", "We begin.")
                ke.wait_event("document_received", matter=sent["matter"])
                yield Session(ke, tz, sent["matter"], sent["document"], gaps)


@contextmanager
def spoken(node: NodeProcess, language: str) -> Iterator[None]:
    """Commands of this node answer in a language."""
    node.environment[VARIABLE] = language
    try:
        yield
    finally:
        del node.environment[VARIABLE]


def refused(node: NodeProcess, *arguments: str) -> CommandFailed:
    """The failure of a command that must fail."""
    with pytest.raises(CommandFailed) as failure:
        node.cli_text(*arguments)
    return failure.value


def values_in(value: Any) -> set[str]:
    """Every word within an answer's values: what others wrote, names and ids."""
    match value:
        case dict():
            return set().union(*(values_in(each) for each in value.values()), set(value))
        case list():
            return set().union(*(values_in(each) for each in value))
        case str():
            return set(re.findall(r"\w[\w.'-]*", value))
        case _:
            return set()


COMMANDS: Final = (
    ("status",),
    ("inbox",),
    ("authority", "list"),
    ("authority", "show", "tz.central"),
    ("network", "list"),
    ("network", "show", "gljcn"),
    ("request", "list"),
    ("request", "show", "MATTER"),
    ("matter", "list"),
    ("matter", "show", "MATTER"),
    ("matter", "amendments"),
    ("document", "show", "REQUEST"),
    ("document", "attachments", "REQUEST"),
    ("search", "bank"),
    ("statistics", "--by", "kind"),
    ("approval", "list"),
    ("officer", "list"),
    ("consult", "list"),
    ("network", "feed", "gljcn"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_answer_has_words_that_are_not_said(session: Session, command: tuple[str, ...]) -> None:
    named = {"MATTER": session.matter, "REQUEST": session.request}
    line = [named.get(each, each) for each in command]
    known = {word.strip(".:") for word in values_in(session.ke.cli(*line))}
    with spoken(session.ke, PSEUDO):
        text = session.ke.cli_text(*line)
    assert "⟦" in text
    assert words_outside(text) <= known


REFUSED: Final = (
    ("request", "reply", "MATTER", "--outcome", "executed"),
    ("request", "reply", "MATTER", "--outcome", "nonsense"),
    ("request", "send", "--to", "tz.central", "--file", "GAPS"),
    ("request", "send", "--to", "xx.central", "--file", "GAPS"),
    ("matter", "show", "000000"),
    ("matter", "add-party", "MATTER", "xx.central", "--reason", "x"),
    ("document", "show", "ffffff"),
    ("network", "show", "nowhere"),
    ("authority", "show", "xx.central"),
    ("search", "--since", "yesterday"),
    ("statistics", "--by", "nonsense"),
    ("approval", "show", "aaaaaa"),
    ("officer", "add", "Not An Id", "--name", "x"),
)


@pytest.mark.parametrize("command", REFUSED, ids=" ".join)
def test_no_refusal_has_words_that_are_not_said(session: Session, command: tuple[str, ...]) -> None:
    named = {"MATTER": session.matter, "GAPS": str(session.gaps)}
    with spoken(session.ke, PSEUDO):
        failure = refused(session.ke, *(named.get(each, each) for each in command))
    assert "⟦" in failure.stderr
    assert words_outside(failure.stderr) <= {"rogatory-node"}


def test_a_check_tells_what_is_missing_and_prints_the_letter(session: Session) -> None:
    known = values_in(BANK_RECORDS) | values_in(session.ke.cli("authority", "list"))
    with spoken(session.ke, PSEUDO):
        text = session.ke.cli_text("request", "check", "--to", "tz.central", "--file", str(session.gaps))
    assert words_outside(text) <= {each.rstrip(".") for each in known}


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_session_is_in_the_readers_language(session: Session, language: str) -> None:
    ke, file = session.ke, str(session.gaps)
    with spoken(ke, language):
        helped = ke.cli_text("request", "check", "--help")
        checked = ke.cli_text("request", "check", "--to", "tz.central", "--file", file)
        shown = ke.cli_text("matter", "show", session.matter)
        failure = refused(ke, "request", "send", "--to", "tz.central", "--file", file)
        assert ke.cli("matter", "show", session.matter)["state"] == "accepted"
    said = partial(say, language=language)
    assert said(message("Print JSON instead of text.")) in helped
    letter = letter_of(msgspec.convert(json.loads(session.gaps.read_text()), MutualLegalAssistance), said)
    assert letter.splitlines()[0] == said(message("Mutual legal assistance")) == checked.splitlines()[0]
    assert set(letter.splitlines()) <= set(checked.splitlines())  # the node adds what it knows of the addressees
    assert word("accepted", language) in shown
    assert BANK_RECORDS["subject"] in shown
    for english in ("missing", "subject", "state", "Facts"):
        assert not re.search(rf"\b{english}\b", failure.stderr + checked)
    assert ("\u2068tz.central\u2069" in shown) is (language == "ar")


def test_the_option_goes_before_the_environment(session: Session) -> None:
    with spoken(session.ke, "ar"):
        assert word("accepted", "fr") in session.ke.cli_text("--language", "fr", "matter", "show", session.matter)
