"""Three ways to send one alert to many chats, each a process of its own that says what it cost.

    python -m benchmarks.senders {worker|bare|limiter} {telegram|discord} URL TOKEN REDIS_URL PER_SECOND

`bare` is a loop over the library's own method, with our transport; `limiter` is that loop with python-telegram-bot's
own AIORateLimiter; `worker` delivers what is in the outbox, as a worker does. A line `FIRST NUMBER` on standard input
asks for so many messages to the chats whose ids begin there; it is answered with the CPU seconds they took, once all
were sent. `PER_SECOND` 0 is as fast as it goes: the worker then has the rate limit of Telegram's paid broadcast.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from discord.http import HTTPClient
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.ext import AIORateLimiter, ExtBot

from benchmarks.broadcast import Address, alert_card, lines_of_input, worker
from bot.chat.discord.render import payload
from bot.chat.discord.rest import post_message, set_library_urls
from bot.chat.telegram.render import render
from bot.chat.telegram.transport import AiohttpRequest
from bot.delivery.rate_limiter import PAID_RATE_LIMIT
from bot.domain.place import Platform
from bot.service.application import SystemClock

Send = Callable[[int], Awaitable[object]]
Round = Callable[[int, int], Awaitable[None]]
"""Sends so many messages to the chats from an id on."""

_UNBOUND = 1e6


@asynccontextmanager
async def outbox_worker(address: Address, redis_url: str, per_second: float) -> AsyncIterator[Round]:
    """Deliver what somebody else puts into the outbox, at the service's rate or as fast as a paid broadcast."""
    async with worker(address.settings(redis_url)) as parts, asyncio.TaskGroup() as tasks:
        runner = parts.delivery_worker(None if per_second else PAID_RATE_LIMIT)
        tasks.create_task(runner.run())
        sent = 0

        async def deliver(_: int, number: int) -> None:
            nonlocal sent
            sent += number
            await parts.tally.until_sent(sent)

        yield deliver
        runner.stop()


@asynccontextmanager
async def loop(address: Address, per_second: float, *, limited: bool = False) -> AsyncIterator[Round]:
    """Send to one chat after the other; at a given rate, pause after each, or let the limiter do that."""
    senders = {Platform.TELEGRAM: _telegram, Platform.DISCORD: _discord}
    pause = 0.0 if limited or not per_second else 1 / per_second
    async with senders[address.platform](address, per_second if limited else None) as send:

        async def deliver(first: int, number: int) -> None:
            due = time.monotonic()
            for chat in range(first, first + number):
                await send(chat)
                due += pause
                if pause:
                    await asyncio.sleep(due - time.monotonic())

        yield deliver


@asynccontextmanager
async def _telegram(address: Address, limit: float | None) -> AsyncIterator[Send]:
    transport = AiohttpRequest(address.token, address.url)
    limiter = None if limit is None else AIORateLimiter(overall_max_rate=limit or _UNBOUND)
    bot = ExtBot(address.token, base_url=lambda _: "", request=transport, rate_limiter=limiter)
    text = render(alert_card(), SystemClock().now())
    rows = [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in text.buttons]
    markup, no_preview = InlineKeyboardMarkup(rows), LinkPreviewOptions(is_disabled=True)

    async def send(chat: int) -> object:
        return await bot.send_message(
            chat, text.html, parse_mode="HTML", link_preview_options=no_preview, reply_markup=markup
        )

    try:
        yield send
    finally:
        await transport.shutdown()


@asynccontextmanager
async def _discord(address: Address, _: float | None) -> AsyncIterator[Send]:
    set_library_urls(address.url, "ws://127.0.0.1:1")
    http = HTTPClient(asyncio.get_running_loop())
    await http.static_login(address.token)
    body = payload(alert_card())
    try:
        yield lambda channel: post_message(http, channel, body)
    finally:
        await http.close()


async def serve(sends: Round) -> None:
    """Answer every line of standard input."""
    print("ready", flush=True)
    async for line in lines_of_input():
        first, number = map(int, line.split())
        before = time.process_time()
        await sends(first, number)
        print(time.process_time() - before, flush=True)


async def main(*words: str) -> None:
    """Serve one way of sending until standard input ends."""
    way, platform, url, token, redis_url, per_second = words
    address, rate = Address(Platform(platform), url, token), float(per_second)
    if way == "worker":
        way_to_send = outbox_worker(address, redis_url, rate)
    else:
        way_to_send = loop(address, rate, limited=way == "limiter")
    async with way_to_send as sends:
        await serve(sends)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
