"""A dispatcher with three exchanges behind it, for the tests of handlers that need nothing else of their own."""

import pytest

from tests.fakes.dispatcher import DispatcherBench


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench
