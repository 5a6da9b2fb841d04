"""Clocks that are wrong by a day, on either side, and by more than can be helped."""

from datetime import timedelta
from pathlib import Path

import pytest

from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import DirectoryExpired
from rogatory.keys.publisher.publisher import RENEWED_AFTER
from tests.keys.directory.forging import refused
from tests.keys.simulator import DirectorySimulator

DAY = timedelta(days=1)


@pytest.mark.parametrize("shift", [-DAY, DAY], ids=["behind", "ahead"])
def test_the_publishers_clock_is_wrong_by_a_day(
    simulator: DirectorySimulator, trusted: TrustedDirectory, shift: timedelta
) -> None:
    simulator.shift = shift
    simulator.add_authority("rw.central")
    assert trusted.refresh(simulator.bundle()).authority("rw.central")
    simulator.shift = timedelta(0)
    simulator.renew()
    directory = trusted.refresh(simulator.bundle())
    directory.may_trust_new(simulator.now().timestamp())
    simulator.strike_off("rw.central")
    assert trusted.refresh(simulator.bundle()).published >= directory.published, "history stays in order"


def test_the_clients_clock_is_ahead_by_a_day(simulator: DirectorySimulator, tmp_path: Path) -> None:
    """As seen from that clock, the newest timestamp was signed a day and the time until its renewal ago."""
    simulator.shift = -DAY - RENEWED_AFTER * simulator.repository.terms.timestamp
    simulator.renew()
    TrustedDirectory(tmp_path, simulator.root).refresh(simulator.bundle()).may_trust_new(
        (simulator.now() - simulator.shift).timestamp()
    )


def test_the_clients_clock_is_behind_by_a_day(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    """From that clock, everything is signed in the future: nothing is refused for that."""
    simulator.shift = DAY
    simulator.renew()
    directory = trusted.refresh(simulator.bundle())
    directory.may_trust_new((simulator.now() - DAY).timestamp())
    directory.may_send((simulator.now() - DAY).timestamp())


def test_a_clock_that_is_wrong_by_a_week_is_named(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    simulator.shift = -7 * DAY
    simulator.renew()
    assert "check this computer's clock" in refused(trusted, simulator.bundle(), DirectoryExpired)
