"""The server and the world that whole services are tested in; and no run passes that had no real server.

The end of a run says on which servers the Redis-backed tests ran.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.servers import Server, kinds
from tests.world import World, world_of

# CI looks at the same examples every time, so that a change is judged and not the dice; at home they differ.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("home", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "home")

_SERVER_FIXTURES = frozenset(("running", "own_server", "redis_process"))
_RAN = pytest.StashKey[Counter[str]]()
_FAILED = pytest.StashKey[bool]()


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
async def world(redis: Server) -> AsyncIterator[World]:
    """Give a whole service's surroundings."""
    async with world_of(redis) as world:
        yield world


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RAN] = Counter()
    # By default tracebacks are drawn by rich, with every variable: a quarter of a second for each on a busy machine.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Count a passed test for every server that it was given."""
    if call.when != "call" or call.excinfo is not None or not isinstance(item, pytest.Function):
        return
    given = {id(funcarg): funcarg for funcarg in item.funcargs.values() if isinstance(funcarg, Server)}
    item.config.stash[_RAN].update({_name(server) for server in given.values()})


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a session that wanted real servers and had none."""
    wanted = any(_SERVER_FIXTURES & set(getattr(item, "fixturenames", ())) for item in session.items)
    tried = wanted and exitstatus == pytest.ExitCode.OK and not session.config.option.collectonly
    if tried and not session.config.stash[_RAN]:
        session.config.stash[_FAILED] = True
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ran = config.stash[_RAN]
    if ran:
        each = ", ".join(f"{name} ({count} tests)" for name, count in ran.most_common())
        terminalreporter.write_line(f"Redis-backed tests ran on: {each}")
    if config.stash.get(_FAILED, default=False):
        terminalreporter.write_line("Redis-backed tests were collected, and none passed on a real server.", red=True)


def _name(server: Server) -> str:
    """Return the server as people know it: `redis-server 7.0.15`."""
    name = f"{server.binary.path.name} {'.'.join(map(str, server.binary.version))}"
    return f"{name} as a cluster" if "--cluster-enabled" in server.settings else name
