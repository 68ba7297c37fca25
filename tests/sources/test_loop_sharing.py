import asyncio
from datetime import timedelta

from bot.sources.loop_sharing import LoopSharing, collect_in_slices


async def test_long_work_gives_way_and_short_work_does_not() -> None:
    turns: list[str] = []

    async def others() -> None:
        turns.append("other")

    asyncio.create_task(others())  # noqa: RUF006 -- it ends within the test
    await LoopSharing(longest=timedelta(hours=1)).yield_if_due()
    assert not turns
    await LoopSharing(longest=timedelta(0)).yield_if_due()
    assert turns == ["other"]


async def test_items_come_in_their_order() -> None:
    assert await collect_in_slices(iter(range(5))) == [0, 1, 2, 3, 4]
