"""A chat platform in memory that records what it was sent, and alerts to send to it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from tests.builders import HOUR, subscription

POST, EDIT, CLOSE, REPLY = DeliveryKind


@dataclass
class RecordingChat:
    """A chat platform that takes everything, except what `answers` says to the next sends. Fits ports.chat.

    `shown` is what arrived: where, which title, and `=m1` for a change of m1, `m1` for an answer to it.
    """

    platform: Platform = Platform.TERMINAL
    shown: list[tuple[Place, str, str | None]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    before_each: Callable[[Place], Awaitable[None]] | None = None
    something_shown: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        await asyncio.Event().wait()

    def trouble(self) -> str | None:
        return None

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self.keys.append(key)
        await self._show(place, message, reply_to)
        return f"m{len(self.shown)}"

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._show(place, message, f"={message_id}")

    @property
    def titles(self) -> list[str]:
        return [title for _, title, _ in self.shown]

    async def _show(self, place: Place, message: Message, about: str | None) -> None:
        if self.before_each:
            await self.before_each(place)
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        self.shown.append((place, message.title, about))
        self.times.append(asyncio.get_running_loop().time())
        self.messages.append(message)
        self.something_shown.set()


def alert(  # noqa: PLR0913 — what a test may care about, each with a default
    title: str,
    *places: Place,
    now: datetime,
    kind: DeliveryKind = POST,
    incident: str = "INC-1",
    severity: Severity = Severity.ELEVATED,
    expires_in: timedelta = HOUR,
    about: str | None = None,
    once: bool = False,
) -> Alert:
    return Alert(
        id=f"{incident}:{title}:{kind}",
        incident=incident,
        severity=severity,
        kind=kind,
        message=Message(title),
        created_at=now,
        expires_at=now + expires_in,
        recipients=tuple(subscription(place=place) for place in places),
        about=about,
        once=once,
    )
