"""Questions that people ask the bot in a storm, on both platforms."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.service_bench import NAMES, ServiceBench

_PATIENCE_S = 20.0  # then a person asks again: what a worker had in hand when it died is not answered
_TRIES = 3


@dataclass(eq=False)
class Questions:
    """Asks for an exchange's reserves; `answered` counts the answers."""

    bench: ServiceBench
    answered: int = 0

    async def ask(self) -> None:
        """Ask on each platform, and again where no answer comes; raise AssertionError when there is none at last."""
        name = self.bench.chance.choice(NAMES)
        for ask in (self._ask_on_telegram, self._ask_on_discord):
            await self._until_answered(ask, name)
            self.answered += 1

    async def _until_answered(self, ask: Callable[[str], Awaitable[None]], name: str) -> None:
        for _ in range(_TRIES - 1):
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await ask(name)
                    return
            except TimeoutError:
                continue
        await ask(name)

    async def _ask_on_telegram(self, name: str) -> None:
        telegram = self.bench.telegram
        telegram.say(self.bench.private, self.bench.ann, f"/reserves {name}")
        await telegram.wait_for_message(self.bench.private, containing=f"{name} · $")

    async def _ask_on_discord(self, name: str) -> None:
        answer = await self.bench.discord.slash("reserves", {"exchange": name.lower()}, channel=self.bench.channel)
        assert name in answer.embed["title"], answer.embed
