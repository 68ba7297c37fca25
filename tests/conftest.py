"""The server and the world that whole services are tested in; and no run passes that had no real server.

The end of a run says on which servers the Redis-backed tests ran.
"""

import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import FakeTelegram
from tests.servers import Server, kinds
from tests.world import World, world_of

# The same examples every time, so that a change is judged and not the dice. `EXPLORE=1 make test` looks at new ones.
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("explore" if os.environ.get("EXPLORE") else "fixed")

_SERVER_FIXTURES = frozenset(("running", "own_server", "redis_process"))
_WANTED, _GIVEN = "wants a real server", "real server"  # what a report says of its test


# Thousands of drawn worlds, and weeks of replay through the whole service: recording what they cover takes twice as
# long as they do, and the tests of each part cover it.
_WITHOUT_COVERAGE = frozenset(
    Path(__file__).parent / place
    for place in (
        "detection/invariants",
        "reports",
        "backtest/test_properties.py",
        "replay/test_expectations.py",
        "replay/test_findings.py",
        "replay/test_how_early.py",
        "replay/test_generator.py",
        "storage/test_revised_history.py",
        "service/test_several_workers.py",
        "service/test_self_report.py",
        "service/test_contradictions.py",
        "service/test_withdrawal_story.py",
        "service/test_story.py",
        "chaos",
        "cli/test_demo.py",
    )
)


# Half a minute or more each: begun last, one of them would leave all processes but its own without work at the end.
_FIRST = tuple(
    Path(__file__).parent / place
    for place in (
        "chaos/test_faults.py",
        "replay/test_findings.py",
        "service/test_several_workers.py",
        "chaos/test_storm.py",
        "service/test_self_report.py",
        "cli/test_demo.py",
        "service/test_contradictions.py",
        "detection/invariants/test_order_and_restart.py",
        "storage/test_backup.py",
        "cli/test_backup.py",
        "delivery/test_lost_places.py",
        "storage/test_revised_history.py",
        "service/test_withdrawal_story.py",
    )
)


# They read the same episodes, which a process generates once: half a minute of work that two processes would do twice.
_ON_ALL_EPISODES = frozenset(
    f"tests/replay/{name}.py"
    for name in ("test_findings", "test_expectations", "test_how_early", "test_export", "test_staged")
)


class FilesAndEpisodes(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives the tests of a file to one process, and those of every file that reads all episodes to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "all episodes" if file in _ON_ALL_EPISODES else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndEpisodes | None:
    """Return what hands out the tests; None leaves a choice other than `--dist=loadfile` to xdist."""
    return FilesAndEpisodes(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run tests: two a core, for whole services mostly wait for one another."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, and leave coverage out of the tests that are many worlds of the same."""
    items.sort(key=lambda test: _FIRST.index(test.path) if test.path in _FIRST else len(_FIRST))
    for test in items:
        if not _WITHOUT_COVERAGE.isdisjoint((test.path, *test.path.parents)):
            test.add_marker("no_cover")


@pytest.fixture(scope="module")
def redis_process() -> Iterator[Server]:
    """Run the first kind of server that is found here."""
    server = Server(next(iter(kinds().values()))).start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_process: Server) -> Server:
    """Give the server, empty."""
    assert redis_process.ask("FLUSHALL") == "+OK"
    return redis_process


@pytest.fixture
async def llama() -> AsyncIterator[FakeDefiLlama]:
    """Give an upstream with twenty days of history, to programs that have the clock of this machine."""
    async with FakeDefiLlama(now=datetime.now(UTC), days=20) as llama:
        yield llama


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """Give a Telegram."""
    async with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
async def world(redis: Server) -> AsyncIterator[World]:
    """Give a whole service's surroundings."""
    async with world_of(redis) as world:
        yield world


def pytest_configure(config: pytest.Config) -> None:
    # Whoever works behind a proxy tests without: the stand-ins are on the loopback interface.
    for name in ("PROXY_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
    config.pluginmanager.register(RealServers())
    # By default tracebacks are drawn by rich, with every variable: a quarter of a second for each on a busy machine.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep the garbage collector from going through 12,000 collected tests again and again: a tenth of the CPU."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Write on a test's reports whether it wants real servers, and which ones it was given.

    The reports reach the process that sums up, which is another one than the test's when tests run side by side.
    """
    if not isinstance(item, pytest.Function):
        return
    if call.when == "setup" and _SERVER_FIXTURES & set(item.fixturenames):
        item.user_properties.append((_WANTED, True))
    if call.when == "call":
        given = {id(funcarg): funcarg for funcarg in item.funcargs.values() if isinstance(funcarg, Server)}
        item.user_properties.extend((_GIVEN, _name(server)) for server in given.values())


class RealServers:
    """Counts the tests that passed on each server, and fails a session that wanted servers and had none."""

    def __init__(self) -> None:
        self._passed: Counter[str] = Counter()
        self._is_wanted = self._is_missing = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._is_wanted |= (_WANTED, True) in report.user_properties
        if report.when == "call" and report.passed:
            self._passed.update(str(name) for key, name in report.user_properties if key == _GIVEN)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._is_wanted and exitstatus == pytest.ExitCode.OK and not self._passed:
            self._is_missing = True
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._passed:
            each = ", ".join(f"{name} ({count} tests)" for name, count in self._passed.most_common())
            terminalreporter.write_line(f"Redis-backed tests ran on: {each}")
        if self._is_missing:
            terminalreporter.write_line("Redis-backed tests were collected, none passed on a real server.", red=True)


def _name(server: Server) -> str:
    """Return the server as people know it: `redis-server 7.0.15`."""
    name = f"{server.binary.path.name} {'.'.join(map(str, server.binary.version))}"
    return f"{name} as a cluster" if "--cluster-enabled" in server.settings else name
