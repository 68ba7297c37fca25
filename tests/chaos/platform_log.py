"""What the platforms took, in the order in which they took it."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.domain.place import Place, Platform
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_rest import FakeRest
from tests.fakes.discord_world import Json
from tests.fakes.telegram import FakeTelegram
from tests.waiting import until

_MARK = re.compile(r"(INC-\d+) step (\d+)")
_FOLLOWED = "The story goes on"
_LAG = 0.03
"""Seconds between taking a message and saying so: a worker that dies meanwhile leaves it unnoted."""
_LONGEST = 600.0
"""A storm of 20,000 deliveries takes minutes."""


def title_of(incident: str, step: int) -> str:
    """Return the title by which a step of an incident is known again."""
    return f"{incident} step {step}"


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message, or a change of one, that a platform took; `follows`: it says only that a newer one has followed."""

    place: Place
    incident: str
    step: int
    message_id: str
    is_edit: bool
    follows: bool
    at: float


class PlatformLog:
    """Everything taken.

    `told` counts it without what only says that a newer message has followed, `refused_twice` counts the repeats that
    Discord saw through.
    """

    def __init__(self) -> None:
        self.taken: list[AcceptedMessage] = []
        self.told = 0
        self.refused_twice = 0
        self.is_closed = False
        self._news = asyncio.Event()

    def note(self, place: Place, text: str, message_id: str, *, is_edit: bool) -> None:
        """Take note of what a platform took just now."""
        found = _MARK.search(text)
        if found:
            follows = _FOLLOWED in text
            self.taken.append(
                AcceptedMessage(place, found[1], int(found[2]), message_id, is_edit, follows, time.time())
            )
            self.told += not follows
            self._stir()

    async def reached(self, number: int) -> None:
        """Return when so many were told, or nothing more is expected."""
        await until(
            lambda: self.is_closed or self.told >= number,
            lambda: f"message {number} on the platforms; they have {self.told}",
            changed=self._news,
            limit=_LONGEST,
        )

    def close(self) -> None:
        """Say that nothing more is expected."""
        self.is_closed = True
        self._stir()

    def _stir(self) -> None:
        self._news.set()


class RecordingTelegram(FakeTelegram):
    """Telegram, with a ledger of what it took."""

    def __init__(self, ledger: PlatformLog) -> None:
        super().__init__()
        self._ledger = ledger

    def _method(self, token: str, method: str) -> Callable[[Mapping[str, str]], Awaitable[object]]:
        carry_out = super()._method(token, method)
        if method not in {"sendmessage", "editmessagetext"}:
            return carry_out

        async def recorded(given: Mapping[str, str]) -> object:
            result = await carry_out(given)
            message_id = given.get("message_id") or str(self.sent[-1].id)
            place = Place(Platform.TELEGRAM, given["chat_id"])
            self._ledger.note(place, given["text"], message_id, is_edit=method != "sendmessage")
            await asyncio.sleep(_LAG)
            return result

        return recorded


class RecordingDiscord(FakeDiscord):
    """Discord, with a ledger of what it took."""

    def __init__(self, ledger: PlatformLog, token: str) -> None:
        super().__init__(token=token)
        self.rest = _RecordingRest(ledger, self, token)


class _RecordingRest(FakeRest):
    def __init__(self, ledger: PlatformLog, discord: FakeDiscord, token: str) -> None:
        super().__init__(discord.world, discord.gateway, token, rates=False, notify=_nobody)
        self._ledger = ledger

    async def _post_message(self, request: web.Request) -> web.Response:
        messages = self.messages[request.match_info["channel"]]
        before = len(messages)
        response = await super()._post_message(request)
        if len(messages) > before:
            self._note(request, messages[-1]["id"], (await request.json())["embeds"], is_edit=False)
        else:
            self._ledger.refused_twice += 1
        await asyncio.sleep(_LAG)
        return response

    async def _patch_message(self, request: web.Request) -> web.Response:
        response = await super()._patch_message(request)
        self._note(request, request.match_info["message"], (await request.json())["embeds"], is_edit=True)
        await asyncio.sleep(_LAG)
        return response

    def _note(self, request: web.Request, message_id: str, embeds: list[Json], *, is_edit: bool) -> None:
        place = Place(Platform.DISCORD, request.match_info["channel"])
        text = "\n".join(f"{embed['title']}\n{embed.get('description')}" for embed in embeds)
        self._ledger.note(place, text, message_id, is_edit=is_edit)


def _nobody() -> None:
    """Tell nobody that something was asked for."""


def by_place(taken: list[AcceptedMessage]) -> Iterator[tuple[tuple[Place, str], list[AcceptedMessage]]]:
    """Yield what each place was told of each incident, in order."""
    found: dict[tuple[Place, str], list[AcceptedMessage]] = {}
    for accepted_message in taken:
        found.setdefault((accepted_message.place, accepted_message.incident), []).append(accepted_message)
    yield from found.items()
