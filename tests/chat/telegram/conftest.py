import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest

from bot.chat.telegram.transport import AiohttpRequest, BotApi
from tests.chat.telegram.scene import Scene
from tests.fakes.telegram import FakeTelegram


@pytest.fixture
async def scene(telegram: FakeTelegram) -> AsyncIterator[Scene]:
    """A bot that is not polling."""
    scene = Scene(telegram)
    yield scene
    await scene.chat.close()


@pytest.fixture
async def live(scene: Scene) -> AsyncIterator[Scene]:
    """A bot that polls."""
    running = asyncio.create_task(scene.chat.run())
    yield scene
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def open_api() -> AsyncIterator[Callable[..., BotApi]]:
    """Make connections that are closed in the end: `open_api(token, url, **options)`."""
    opened: list[BotApi] = []

    def opening(token: str, url: str, **options: Any) -> BotApi:
        opened.append(BotApi(AiohttpRequest(token, url, **options)))
        return opened[-1]

    yield opening
    for api in opened:
        await api.close_connections()
