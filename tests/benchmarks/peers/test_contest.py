"""The contest takes its turns, judges and writes. What it measures depends on the machine and is not judged here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.peers.__main__ import main
from tests.benchmarks.peers.contender import Contender, Measure, NotHere, PeerFailed, Scale, Works
from tests.benchmarks.peers.contest import Outcome, Result, contest
from tests.benchmarks.peers.programs import debian, python_with
from tests.benchmarks.peers.report import write
from tests.benchmarks.peers.wanted import ROGATORY, SYNAPSE, Wanted, judge

TINY = ["--count", "60", "--readers", "3", "--rounds", "2", "--idle", "3"]
TINY += ["--backlog", "300", "--channels", "20", "--members", "4"]


def contender(name: str, works: Works) -> Contender:
    @contextmanager
    def running(folder: Path, scale: Scale) -> Iterator[Works]:
        yield works

    return Contender(name, running)


def absent(name: str) -> Contender:
    @contextmanager
    def running(folder: Path, scale: Scale) -> Iterator[Works]:
        raise NotHere("not installed: apt-get install it")
        yield {}

    return Contender(name, running)


def test_the_relay_and_the_prototype_are_measured_and_written(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    main(["relay", "bare", "growth", "idle", "--folder", str(folder), *TINY])
    written = json.loads((folder / "contest.json").read_text())
    results = {(each["measure"], each["contender"]): each["values"] for each in written["results"]}
    assert all(value > 0 for values in results.values() for value in values)
    assert {measure for measure, _ in results} == set(Measure) - {Measure.DOCUMENTS, Measure.CAUGHT_UP}
    assert len(results["accepted, on disk", "bare prototype"]) == len(results["accepted, on disk", ROGATORY]) == 2
    assert written["absent"] == {}
    judged = {each["what"]: each["holds"] for each in written["wanted"]}
    assert judged[f"{ROGATORY}, accepted, on disk / Synapse"] is None
    assert {"throughput", "times", "growth"} == {path.stem for path in folder.glob("*.png")}
    assert {path.stem for path in folder.glob("*.png")} == {path.stem for path in folder.glob("*.svg")}
    assert "| accepted, on disk | bare prototype |" in (folder / "contest.md").read_text()


def test_contenders_take_turns(tmp_path: Path) -> None:
    turns: list[str] = []

    def work(name: str, figure: float) -> Works:
        def done() -> float:
            turns.append(name)
            return figure

        return {Measure.ACCEPTED: done}

    contenders = [contender(name, work(name, figure)) for name, figure in (("A", 10.0), ("B", 5.0), ("C", 2.0))]
    outcome = Outcome()
    contest(tmp_path, contenders, Scale(), 3, outcome, lambda text: None)
    assert turns == ["A", "B", "C"] * 3
    result = outcome.find(Measure.ACCEPTED, "B")
    assert result is not None
    assert result.values == [5.0, 5.0, 5.0]


def test_who_is_not_installed_or_fails_is_named_in_the_table(tmp_path: Path) -> None:
    def fail() -> float:
        raise PeerFailed("it said no")

    contenders = [absent("Gone"), contender("Weak", {Measure.ACCEPTED: lambda: 1.0, Measure.DELIVERED: fail})]
    outcome = Outcome()
    contest(tmp_path, contenders, Scale(), 2, outcome, lambda text: None)
    text = write(tmp_path / "bench", outcome, judge(outcome), {})
    assert "| everything | Gone | | | not installed: apt-get install it |" in text
    assert "Weak | | | failed in 'delivered online': it said no" in text
    assert "| accepted, on disk | Weak | 1 | 1 .. 1 | /s |" in text


def test_ratios_are_of_the_same_round() -> None:
    def result(name: str, *values: float) -> Result:
        return Result(measure=Measure.ACCEPTED, contender=name, unit="/s", values=list(values))

    outcome = Outcome(results=[result(ROGATORY, 300, 1000, 800), result(SYNAPSE, 3, 5, 4)])
    at_least = Wanted(Measure.ACCEPTED, 200, (Measure.ACCEPTED, SYNAPSE))
    at_most = Wanted(Measure.ACCEPTED, 1 / 40, (Measure.ACCEPTED, SYNAPSE), most=True)
    plain = Wanted(Measure.ACCEPTED, 801)
    ratio, most, figure = judge(outcome, [at_least, at_most, plain])
    assert (ratio.values, ratio.holds) == ([100, 200, 200], True)
    assert (most.wanted, most.holds) == ("at most 1/40", False)
    assert (figure.wanted, figure.median, figure.holds) == ("at least 801 /s", 800, False)


def test_what_is_missing_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROGATORY_BENCH_CACHE", str(tmp_path))
    with pytest.raises(NotHere, match=r"make bench INSTALL=yes \(pip install some-broker"):
        python_with("broker", ["some-broker"], install=False)
    with pytest.raises(NotHere, match="apt-get install --no-install-recommends some-broker"):
        debian("some-broker-server", "some-broker", install=False)


@pytest.mark.parametrize("arguments", [["kafka"], ["--rounds", "0"], ["--idle", "0"]])
def test_what_cannot_be_measured_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
