"""The publisher by itself: it renews in time, publishes what is dropped, and says what is wrong."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import ConfigRefused, PublishError
from rogatory.keys.publisher.config import PublisherConfig, load_config
from rogatory.keys.publisher.http import Endpoints
from rogatory.keys.publisher.metrics import Metrics
from rogatory.keys.publisher.publisher import Publisher
from rogatory.keys.publishing import changes, folder
from rogatory.keys.publishing.draft_file import encode_draft
from rogatory.keys.publishing.repository import Repository
from tests.keys.simulator import DirectorySimulator

KE, TZ = "ke.central", "tz.central"


@pytest.fixture
def simulator() -> DirectorySimulator:
    simulator = DirectorySimulator([KE, TZ])
    simulator.add_network("gljcn", members=[KE, TZ], coordinators=[KE])
    return simulator


class Office:
    """A publisher with its folder, told the time step by step."""

    def __init__(self, simulator: DirectorySimulator, path: Path) -> None:
        self.simulator = simulator
        self.now = simulator.now()
        self.config = PublisherConfig(directory=path / "directory", key=path / "key")
        folder.create_folder(self.config.directory, Repository(dict(simulator.repository.published), {}))
        self.metrics = Metrics()
        self.publisher = Publisher(self.config, simulator.publisher, self.metrics)
        self.publisher.open()
        self.client = TrustedDirectory(path / "client", simulator.root)

    def step(self, times: int = 1, after: timedelta = timedelta(0)) -> None:
        self.now += after
        for _ in range(times):
            self.publisher.step(self.now)

    def drop(self, name: str, data: bytes) -> Path:
        path = self.config.incoming_folder / name
        path.write_bytes(data)
        return path

    def draft(self, change: Callable[[Repository, datetime], object], signers: int = 2) -> bytes:
        """An assembled draft of a change to what is published, with so many trustees' signatures."""
        repository = Repository(dict(folder.load(self.config.directory).published), {})
        change(repository, self.now)
        for signer in self.simulator.trustees[:signers]:
            repository.sign(signer)
        return encode_draft(repository)

    def version(self) -> int:
        assert self.publisher.current is not None
        return self.publisher.current.directory.targets_version


@pytest.fixture
def office(simulator: DirectorySimulator, tmp_path: Path) -> Office:
    return Office(simulator, tmp_path)


def strike_off(repository: Repository, now: datetime) -> None:
    changes.strike_off(repository, TZ, now)


# Terms


def test_it_renews_long_before_the_end(office: Office) -> None:
    term = office.config.terms.timestamp.total_seconds()
    least = term
    for _ in range(24 * 10):
        office.step(after=timedelta(hours=1))
        assert office.publisher.current is not None
        least = min(least, office.publisher.current.directory.timestamp_expires - office.now.timestamp())
        assert office.publisher.current.directory.role_expires["snapshot"] - office.now.timestamp() > 6 * 24 * 3600
    # A client whose clock is a day ahead still finds it good.
    assert least > 24 * 3600
    assert office.metrics.registry.get_sample_value("rogatory_publisher_renewed_total") == pytest.approx(20, abs=3)
    assert office.publisher.problems == []


def test_it_does_not_renew_without_need(office: Office) -> None:
    before = office.publisher.current
    office.step(5, after=timedelta(minutes=10))
    assert office.publisher.current == before


def test_a_silence_is_made_good_at_the_next_start(office: Office) -> None:
    office.now += timedelta(days=9)
    office.step()
    assert office.publisher.current is not None
    assert office.publisher.current.directory.timestamp_expires > office.now.timestamp() + 24 * 3600


def test_ends_of_terms_are_warned_of(office: Office) -> None:
    office.step(after=timedelta(days=310))
    assert [warning.role for warning in office.publisher.warnings] == ["network-gljcn", "targets"]
    assert office.publisher.problems == []


def test_a_clock_that_was_put_back(office: Office) -> None:
    office.step(after=timedelta(days=3))
    office.step(after=timedelta(days=-2))
    assert "hours behind the last timestamp" in office.publisher.problems[0]
    office.step(after=timedelta(days=2))
    assert office.publisher.problems == []


# Drafts


def test_a_dropped_draft_is_published_and_put_away(office: Office) -> None:
    office.drop("strike-off.draft", office.draft(strike_off))
    office.step(2)
    assert office.version() == 3
    directory = office.client.refresh(office.config.bundle_file.read_bytes())
    assert directory.struck_off(TZ, 3)
    assert [path.name for path in office.config.incoming_folder.rglob("*.draft")] == ["strike-off.draft"]
    assert (office.config.incoming_folder / "done" / "strike-off.draft").exists()
    assert office.metrics.registry.get_sample_value("rogatory_directory_version") == 3


def test_what_is_still_being_copied_is_left_alone(office: Office) -> None:
    whole = office.draft(strike_off)
    office.drop("strike-off.draft", whole[:1000])
    office.step()
    office.drop("strike-off.draft", whole)
    office.step()
    assert office.version() == 2
    office.step()
    assert office.version() == 3


@pytest.mark.parametrize("name", ["too few signatures", "cut short", "garbage", "again", "an older state"])
def test_a_draft_that_is_refused_changes_nothing(office: Office, name: str) -> None:
    good = office.draft(strike_off)
    drafts = {
        "too few signatures": (office.draft(strike_off, signers=1), "the draft of targets has 1 of 2 signatures"),
        "cut short": (good[:-10], "bad.draft is refused: it is no draft of a directory, or not a whole one"),
        "garbage": (b"garbage", "bad.draft is refused: it is no draft"),
        "again": (good, "it is published already"),
        "an older state": (office.draft(lambda it, now: it.extend("targets", now)), "it is published already"),
    }
    data, reason = drafts[name]
    if name in ("again", "an older state"):
        office.drop("good.draft", good)
        office.step(2)
    before = office.publisher.current, {p: p.read_bytes() for p in office.config.directory.glob("*/metadata/*")}
    office.drop("bad.draft", data)
    office.step(2)
    assert before == (
        office.publisher.current,
        {p: p.read_bytes() for p in office.config.directory.glob("*/metadata/*")},
    )
    refused = office.config.incoming_folder / "refused"
    assert reason in (refused / "bad.draft.reason.txt").read_text()
    assert (refused / "bad.draft").read_bytes() == data
    assert office.metrics.registry.get_sample_value("rogatory_publisher_refused_total") == 1


def test_coordinators_drafts_come_by_the_same_way(office: Office) -> None:
    repository = Repository(dict(folder.load(office.config.directory).published), {})
    changes.set_seats(repository, "gljcn", office.now, members=[KE])
    repository.sign(office.simulator.coordinator_signers["gljcn"][0])
    office.drop("roster.draft", encode_draft(repository))
    office.step(2)
    assert office.publisher.current is not None
    assert office.publisher.current.directory.members_at("gljcn", 2) == {KE}


def test_a_draft_begun_by_hand_waits_meanwhile(office: Office) -> None:
    with folder.opened(office.config.directory) as repository:
        changes.set_seats(repository, "gljcn", office.now, members=[KE])
    office.drop("strike-off.draft", office.draft(strike_off))
    office.step(2)
    assert office.version() == 3
    assert folder.load(office.config.directory).draft_roles() == ["network-gljcn"]


def test_what_was_published_by_hand_is_handed_out(office: Office) -> None:
    with folder.opened(office.config.directory) as repository:
        strike_off(repository, office.now)
        for signer in office.simulator.trustees:
            repository.sign(signer)
        repository.publish(office.simulator.publisher, office.now)
    office.step()
    assert office.version() == 3
    assert office.client.refresh(office.config.bundle_file.read_bytes()).targets_version == 3


def test_another_command_at_work_is_waited_for(office: Office) -> None:
    office.drop("strike-off.draft", office.draft(strike_off))
    with folder.opened(office.config.directory):
        office.step(3)
    assert office.version() == 2
    assert office.publisher.problems == []
    office.step()
    assert office.version() == 3


# Trouble


def test_a_bundle_that_cannot_be_written_is_tried_again(office: Office) -> None:
    bundle = office.config.bundle_file
    bundle.unlink()
    bundle.mkdir()
    office.drop("strike-off.draft", office.draft(strike_off))
    office.step(2)
    assert office.version() == 3
    assert len(office.publisher.problems) == 1
    shutil.rmtree(bundle)
    office.step()
    assert office.publisher.problems == []
    assert office.client.refresh(bundle.read_bytes()).targets_version == 3


def test_another_key_renews_nothing(simulator: DirectorySimulator, tmp_path: Path) -> None:
    office = Office(simulator, tmp_path)
    publisher = Publisher(office.config, simulator.trustees[0], Metrics())
    publisher.open()
    publisher.step(office.now + timedelta(days=1))
    assert "timestamp is not signed" in publisher.problems[0]


def test_the_first_publication_is_by_hand(simulator: DirectorySimulator, tmp_path: Path) -> None:
    config = PublisherConfig(directory=tmp_path / "new", key=tmp_path / "key")
    publisher = Publisher(config, simulator.publisher, Metrics())
    with pytest.raises(PublishError, match="holds no directory"):
        publisher.open()
    folder.create_folder(config.directory, Repository({}, {}))
    with pytest.raises(PublishError, match="publish the first draft by hand"):
        publisher.open()


# HTTP


async def test_relays_mirror_by_url(office: Office) -> None:
    app = web.Application()
    app.add_routes(Endpoints(office.publisher, office.metrics).routes())
    async with TestClient(TestServer(app)) as client:
        first = await client.get("/directory")
        tag = first.headers["ETag"]
        assert office.client.refresh(await first.read()).targets_version == 2
        assert (await client.get("/directory", headers={"If-None-Match": tag})).status == 304
        office.drop("strike-off.draft", office.draft(strike_off))
        office.step(2)
        second = await client.get("/directory", headers={"If-None-Match": tag})
        assert second.status == 200
        assert office.client.refresh(await second.read()).targets_version == 3

        metrics = await (await client.get("/metrics")).text()
        assert 'rogatory_directory_days_until_expiry{role="network-gljcn"} 36' in metrics
        assert (await client.get("/health")).status == 200
        assert (await (await client.get("/ready")).json())["ready"] is True
        office.publisher.step(office.now - timedelta(days=1))
        unready = await client.get("/ready")
        assert unready.status == 503
        assert "clock" in (await unready.json())["problems"][0]


# Configuration


def test_paths_are_relative_to_the_file_and_options_win(tmp_path: Path) -> None:
    file = tmp_path / "publisher.toml"
    file.write_text('directory = "d"\nkey = "k"\nport = 0\nlog_level = "warning"\n')
    config = load_config(file, {"port": 9, "key": None, "incoming": Path("/drop")})
    assert (config.directory, config.key, config.port) == (tmp_path / "d", tmp_path / "k", 9)
    assert config.incoming_folder == Path("/drop")
    assert config.bundle_file == tmp_path / "d" / "directory.bundle"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key = 1", "key"),
        ('key = "k"', "directory"),
        ('directory = "d"\nkey = "k"\nbogus = 1', "bogus"),
        ('directory = "d"\nkey = "k"\ntimestamp_hours = 0', "timestamp_hours"),
        ('directory = "d"\nkey = "k"\ntimestamp_hours = 48\nsnapshot_days = 1', "snapshot_days"),
        ("directory", "no TOML file"),
    ],
)
def test_settings_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "publisher.toml"
    file.write_text(text)
    with pytest.raises(ConfigRefused, match=said):
        load_config(file, {})
