"""An officer looks for documents in matters of this authority."""

from __future__ import annotations

import pytest

from rogatory.node.errors import RefusedInput
from rogatory.node.matters.commands import open_consultation, reply, send_request
from rogatory.node.search import indexing
from rogatory.node.search.queries import Wanted, find
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices


def titles(office: Office, **wanted: str | None) -> list[str]:
    while office.run(indexing.index):
        pass
    return [found.document.title for found in office.run(find, Wanted(**wanted), 20)]


def test_words_in_any_script_find_what_was_sent_and_received(offices: Offices) -> None:
    ke, tz = offices["ke.central"], offices["tz.central"]
    ke.run(send_request, ["tz.central"], BANK_RECORDS)
    for subject, text in (
        ("Судебное поручение", "Счёт открыт Фёдоровым в банке."),
        ("طلب مساعدة", "أموال مُحَوَّلة إلى المحكمة."),
        ("引渡请求", "嫌疑人的引渡请求。"),
    ):
        ke.run(open_consultation, ["tz.central"], subject, text)
    offices.settle()
    for office in (ke, tz):
        assert BANK_RECORDS["subject"] in titles(office, words="baobab IVORY")
        assert titles(office, words="федоров*") == ["Счёт открыт Фёдоровым в банке."]
        assert titles(office, words="محوله الي") == ["أموال مُحَوَّلة إلى المحكمة."]
        assert "嫌疑人的引渡请求。" in titles(office, words="引渡")
        assert titles(office, words="渡引") == []
        assert titles(office, words="баобаб") == []
        assert titles(office, words='"Trading Baobab"') == []
        assert titles(office, words="trad*") != []


def test_filters_narrow(offices: Offices) -> None:
    ke, tz = offices["ke.central"], offices["tz.central"]
    sent = ke.run(send_request, ["tz.central"], BANK_RECORDS)
    offices.settle()
    tz.run(reply, sent.matter, {"outcome": "executed", "text": "Baobab's statements are annexed."})
    offices.settle()
    assert titles(ke, words="baobab", kind="reply") == ["executed: Baobab's statements are annexed."]
    assert titles(ke, words="baobab", author="tz") == titles(ke, words="baobab", author="tz.central", kind="reply")
    assert titles(ke, words="baobab", author="t") == []
    assert titles(ke, words="baobab", state="received") == []
    assert titles(ke, kind="request", state="executed", matter=sent.matter) == [BANK_RECORDS["subject"]]
    assert titles(ke, words="baobab", since="2100-01-01") == []
    assert titles(ke, kind="request", until="2100-01-01") == [BANK_RECORDS["subject"]]


def test_what_is_no_query_is_refused(offices: Offices) -> None:
    for wanted in (Wanted(words="***"), Wanted(since="yesterday")):
        with pytest.raises(RefusedInput):
            offices["ke.central"].run(find, wanted, 20)


def test_the_index_goes_on_in_batches(offices: Offices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    ke = offices["ke.central"]
    for number in range(5):
        ke.run(open_consultation, ["tz.central"], f"Matter {number}", f"Text {number} of baobabs.")
    assert len(titles(ke, words="baobabs")) == 5
    assert not ke.run(indexing.index)
