"""What is wanted within a moment is written at once, and everybody hears what became of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.domain.errors import StorageError
from bot.storage.write_batcher import WriteBatcher
from tests.clocks import in_simulated_time


@dataclass
class Book:
    """Where things are written; `fault` is what the next writing says instead."""

    written: list[Sequence[int]] = field(default_factory=list)
    fault: StorageError | None = None
    held: asyncio.Event | None = None

    async def write(self, items: Sequence[int]) -> None:
        if self.held:
            await self.held.wait()
        if self.fault:
            raise self.fault
        self.written.append(list(items))


def together(book: Book, *, most: int = 16) -> WriteBatcher[int]:
    return WriteBatcher(book.write, most=most, within=0.03)


@in_simulated_time
async def test_what_is_wanted_within_a_moment_is_written_in_one_go() -> None:
    book = Book()
    both = together(book)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(both.add(1, last=False))
        await asyncio.sleep(0.02)
        tasks.create_task(both.add(2, last=False))
        await asyncio.sleep(0.02)
        tasks.create_task(both.add(3, last=False))

    assert book.written == [[1, 2], [3]]


@in_simulated_time
async def test_nobody_waits_when_no_other_is_to_be_expected() -> None:
    book, began = Book(), asyncio.get_running_loop().time()
    both = together(book)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(both.add(1, last=False))
        tasks.create_task(both.add(2, last=True))

    assert book.written == [[1, 2]]
    assert asyncio.get_running_loop().time() == began


@in_simulated_time
async def test_as_many_as_fit_do_not_wait_for_more() -> None:
    book, began = Book(), asyncio.get_running_loop().time()
    both = together(book, most=2)

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(both.add(number, last=False))

    assert book.written == [[0, 1], [2, 3]]
    assert asyncio.get_running_loop().time() == began


@in_simulated_time
async def test_everybody_hears_that_the_store_is_away_and_may_come_again() -> None:
    book = Book(fault=StorageError("The store is away."))
    both = together(book)

    heard = await asyncio.gather(both.add(1, last=False), both.add(2, last=False), return_exceptions=True)
    book.fault = None
    await both.add(3, last=True)

    assert [str(one) for one in heard] == ["The store is away."] * 2
    assert book.written == [[3]]


@in_simulated_time
async def test_who_stops_waiting_harms_nobody() -> None:
    book = Book()
    both = together(book)
    first, second, third = (asyncio.create_task(both.add(number, last=False)) for number in range(3))
    await asyncio.sleep(0)

    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)

    assert second.cancelled()
    assert book.written == [[0, 1, 2]]


@in_simulated_time
async def test_others_hear_when_the_one_who_writes_stops() -> None:
    book = Book(held=asyncio.Event())
    both = together(book)
    first, second = (asyncio.create_task(both.add(number, last=number == 1)) for number in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    first.cancel()

    with pytest.raises(StorageError):
        await second
    assert first.cancelled()
    assert book.written == []
