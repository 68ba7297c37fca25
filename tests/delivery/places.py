"""A platform whose places are open or closed, and an operator on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.delivery.operator_notices import OperatorNotices
from bot.domain.errors import ChatGone
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.sources import Clock
from tests.messages.cards.plain import said


@dataclass
class PlaceChat:
    """A platform with open and closed places, everybody under their own id; fits ports.chat.ProbingPlatform."""

    platform: Platform = Platform.TELEGRAM
    closed: dict[Place, Exception] = field(default_factory=dict)
    shown: list[tuple[Place, str]] = field(default_factory=list)
    probed: list[Place] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def run(self) -> None: ...

    def trouble(self) -> str | None:
        return None

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        if place in self.closed:
            raise self.closed[place]
        self.shown.append((place, said(message)))
        self.keys.append(key)
        return key

    async def edit(self, place: Place, message_id: str, message: Message) -> None: ...

    async def probe(self, place: Place) -> None:
        self.probed.append(place)
        if place in self.closed:
            raise self.closed[place]

    async def private_place(self, person: str) -> Place:
        if not person.isdecimal():
            raise ChatGone("nobody in person")
        return Place(self.platform, person)


def operator_at(place: Place | None, clock: Clock, chats: Sequence[PlaceChat]) -> OperatorNotices:
    return OperatorNotices(place, chats=lambda: chats, connected=lambda: chats, clock=clock)
