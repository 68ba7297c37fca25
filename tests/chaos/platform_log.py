"""What the platforms accepted, in the order in which they did."""

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
_FOLLOWED = "See the reply below"
_REPLY_DELAY_S = 0.03
"""Between accepting a message and saying so: a worker that dies meanwhile leaves it unrecorded."""
_LONGEST = 600.0
"""A storm of 20,000 deliveries takes minutes."""


def title_of(incident: str, step: int) -> str:
    """Return the title by which a step of an incident is known again."""
    return f"{incident} step {step}"


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message or an edit that a platform accepted; `is_pointer`: it says only that a newer one has followed."""

    place: Place
    incident: str
    step: int
    message_id: str
    is_edit: bool
    is_pointer: bool
    at: float


class PlatformLog:
    """Everything accepted.

    `accepted_steps` counts it without the pointers to newer messages, `refused_twice` counts the repeats that
    Discord saw through.
    """

    def __init__(self) -> None:
        self.accepted: list[AcceptedMessage] = []
        self.accepted_steps = 0
        self.refused_twice = 0
        self.is_closed = False
        self._changed = asyncio.Event()

    def record(self, place: Place, text: str, message_id: str, *, is_edit: bool) -> None:
        """Record what a platform accepted just now."""
        mark = _MARK.search(text)
        if mark:
            is_pointer = _FOLLOWED in text
            self.accepted.append(
                AcceptedMessage(place, mark[1], int(mark[2]), message_id, is_edit, is_pointer, time.time())
            )
            self.accepted_steps += not is_pointer
            self._notify()

    async def reached(self, number: int) -> None:
        """Return when so many steps were accepted, or nothing more is expected."""
        await until(
            lambda: self.is_closed or self.accepted_steps >= number,
            lambda: f"message {number} on the platforms; they have {self.accepted_steps}",
            changed=self._changed,
            limit=_LONGEST,
        )

    def close(self) -> None:
        """Say that nothing more is expected."""
        self.is_closed = True
        self._notify()

    def _notify(self) -> None:
        self._changed.set()


class RecordingTelegram(FakeTelegram):
    """Telegram, with a log of what it accepted."""

    def __init__(self, platform_log: PlatformLog) -> None:
        super().__init__()
        self._platform_log = platform_log

    def _method(self, token: str, method: str) -> Callable[[Mapping[str, str]], Awaitable[object]]:
        original = super()._method(token, method)
        if method not in {"sendmessage", "editmessagetext"}:
            return original

        async def recorded(given: Mapping[str, str]) -> object:
            result = await original(given)
            message_id = given.get("message_id") or str(self.sent[-1].id)
            place = Place(Platform.TELEGRAM, given["chat_id"])
            self._platform_log.record(place, given["text"], message_id, is_edit=method != "sendmessage")
            await asyncio.sleep(_REPLY_DELAY_S)
            return result

        return recorded


class RecordingDiscord(FakeDiscord):
    """Discord, with a log of what it accepted."""

    def __init__(self, platform_log: PlatformLog, token: str) -> None:
        super().__init__(token=token)
        self.rest = _RecordingRest(platform_log, self, token, self._notify)


class _RecordingRest(FakeRest):
    def __init__(self, platform_log: PlatformLog, discord: FakeDiscord, token: str, notify: Callable[[], None]) -> None:
        super().__init__(discord.world, discord.gateway, token, rates=False, notify=notify)
        self._platform_log = platform_log

    async def _post_message(self, request: web.Request) -> web.Response:
        messages = self.messages[request.match_info["channel"]]
        before = len(messages)
        response = await super()._post_message(request)
        if len(messages) > before:
            self._record(request, messages[-1]["id"], (await request.json())["embeds"], is_edit=False)
        else:
            self._platform_log.refused_twice += 1
        await asyncio.sleep(_REPLY_DELAY_S)
        return response

    async def _patch_message(self, request: web.Request) -> web.Response:
        response = await super()._patch_message(request)
        self._record(request, request.match_info["message"], (await request.json())["embeds"], is_edit=True)
        await asyncio.sleep(_REPLY_DELAY_S)
        return response

    def _record(self, request: web.Request, message_id: str, embeds: list[Json], *, is_edit: bool) -> None:
        place = Place(Platform.DISCORD, request.match_info["channel"])
        text = "\n".join(f"{embed['title']}\n{embed.get('description')}" for embed in embeds)
        self._platform_log.record(place, text, message_id, is_edit=is_edit)


def by_place(accepted: list[AcceptedMessage]) -> Iterator[tuple[tuple[Place, str], list[AcceptedMessage]]]:
    """Yield what each place got of each incident, in order."""
    messages: dict[tuple[Place, str], list[AcceptedMessage]] = {}
    for accepted_message in accepted:
        messages.setdefault((accepted_message.place, accepted_message.incident), []).append(accepted_message)
    yield from messages.items()
