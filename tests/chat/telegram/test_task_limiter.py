"""Update handlers run concurrently, within limits."""

import asyncio

from structlog.testing import capture_logs

from bot.chat.telegram.task_limiter import TaskLimiter
from tests.waiting import in_time


async def test_work_that_takes_too_long_frees_its_slot() -> None:
    tasks = TaskLimiter(max_tasks=1, timeout_s=0.01)
    with capture_logs() as logs:
        await tasks.start(asyncio.Event().wait())
        async with in_time("a free slot for what comes after it"):
            await tasks.start(asyncio.sleep(0))
        await tasks.cancel_all(2)
    assert [entry["event"] for entry in logs] == ["telegram update timed out"]
