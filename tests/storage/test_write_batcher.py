"""What several callers want to write within a moment is written in one call, and every caller learns the result."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.domain.errors import StorageError
from bot.storage.write_batcher import WriteBatcher
from tests.clocks import in_simulated_time


@dataclass
class Writer:
    """Records what is written. `error` is raised instead, if it is set; `may_write`, if it is set, is waited for."""

    written: list[Sequence[int]] = field(default_factory=list)
    error: StorageError | None = None
    may_write: asyncio.Event | None = None

    async def write(self, records: Sequence[int]) -> None:
        if self.may_write:
            await self.may_write.wait()
        if self.error:
            raise self.error
        self.written.append(list(records))


def batcher_for(writer: Writer, *, max_records: int = 16) -> WriteBatcher[int]:
    return WriteBatcher(writer.write, max_records=max_records, max_wait_s=0.03)


@in_simulated_time
async def test_records_of_one_moment_are_written_in_one_call() -> None:
    writer = Writer()
    batcher = batcher_for(writer)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(batcher.add(1, is_last=False))
        await asyncio.sleep(0.02)
        tasks.create_task(batcher.add(2, is_last=False))
        await asyncio.sleep(0.02)
        tasks.create_task(batcher.add(3, is_last=False))

    assert writer.written == [[1, 2], [3]]


@in_simulated_time
async def test_nobody_waits_behind_the_last_record_that_is_expected() -> None:
    writer, began_at = Writer(), asyncio.get_running_loop().time()
    batcher = batcher_for(writer)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(batcher.add(1, is_last=False))
        tasks.create_task(batcher.add(2, is_last=True))

    assert writer.written == [[1, 2]]
    assert asyncio.get_running_loop().time() == began_at


@in_simulated_time
async def test_a_full_batch_does_not_wait_for_more() -> None:
    writer, began_at = Writer(), asyncio.get_running_loop().time()
    batcher = batcher_for(writer, max_records=2)

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(batcher.add(number, is_last=False))

    assert writer.written == [[0, 1], [2, 3]]
    assert asyncio.get_running_loop().time() == began_at


@in_simulated_time
async def test_every_caller_gets_the_storage_error_and_may_try_again() -> None:
    writer = Writer(error=StorageError("The store is away."))
    batcher = batcher_for(writer)

    results = await asyncio.gather(batcher.add(1, is_last=False), batcher.add(2, is_last=False), return_exceptions=True)
    writer.error = None
    await batcher.add(3, is_last=True)

    assert [str(result) for result in results] == ["The store is away."] * 2
    assert writer.written == [[3]]


@in_simulated_time
async def test_a_caller_that_is_cancelled_does_not_harm_the_others() -> None:
    writer = Writer()
    batcher = batcher_for(writer)
    first, second, third = (asyncio.create_task(batcher.add(number, is_last=False)) for number in range(3))
    await asyncio.sleep(0)

    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)

    assert second.cancelled()
    assert writer.written == [[0, 1, 2]]


@in_simulated_time
async def test_the_others_get_an_error_when_the_caller_that_writes_is_cancelled() -> None:
    writer = Writer(may_write=asyncio.Event())
    batcher = batcher_for(writer)
    first, second = (asyncio.create_task(batcher.add(number, is_last=number == 1)) for number in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    first.cancel()

    with pytest.raises(StorageError):
        await second
    assert first.cancelled()
    assert writer.written == []
