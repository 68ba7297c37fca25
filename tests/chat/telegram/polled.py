"""A Telegram that a bot polls, with the real commands behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.chat.telegram.client import TelegramPlatform
from bot.chat.telegram.polling import PollingTimeouts
from tests.fakes.dispatcher import DispatcherBench
from tests.fakes.telegram import FakeTelegram
from tests.waiting import stop, until


@asynccontextmanager
async def polled(telegram: FakeTelegram, bench: DispatcherBench) -> AsyncIterator[FakeTelegram]:
    """Let a bot poll beside the block, which begins once it is connected."""
    chat = TelegramPlatform(
        bench.dispatcher,
        token=telegram.token,
        api_url=telegram.url,
        subscriptions=bench.memory.subscriptions,
        clock=bench.memory.clock,
        owner_ids=frozenset(),
        meter=bench.memory.meter,
        timeouts=PollingTimeouts(poll_s=5.0, margin_s=2.0, shutdown_s=0.5),
    )
    running = asyncio.create_task(chat.run())
    await until(lambda: chat.trouble() is None, "a connection to Telegram without trouble")
    try:
        yield telegram
    finally:
        await stop(running)
