"""Telegram as the core sees it: put together from its parts."""

import asyncio

from typing_extensions import override

from bot.chat.telegram.errors import AWAY_PAUSE
from bot.chat.telegram.menu import show_menus
from bot.chat.telegram.place_probe import TelegramPlaceProbe
from bot.chat.telegram.polling import PollingTimeouts, UpdatePoller
from bot.chat.telegram.sender import TelegramSender
from bot.chat.telegram.task_limiter import TaskLimiter
from bot.chat.telegram.transport import AiohttpRequest, BotApi
from bot.chat.telegram.update_handler import UpdateHandler
from bot.chat.telegram.update_parser import BotIdentity, Json
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.errors import ChatGone, RetryLater
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message
from bot.ports.chat import ProbingPlatform
from bot.ports.meter import Meter
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

_POLLING_CONNECTIONS = 2


class TelegramChat(ProbingPlatform):
    """Telegram. `send` and `edit` work with and without `run`, so that several workers may deliver while one polls.

    With `listens` False it only sends: for a worker that delivers while another one polls.
    `api_url` is scheme and host of the Bot API, `owner_ids` are ids of users, with or without `telegram:` before them.
    Where nothing runs, call `close` at the end.
    """

    platform = Platform.TELEGRAM

    def __init__(  # noqa: PLR0913 — what the composition root has to give, each by its name
        self,
        desk: CommandDispatcher,
        *,
        token: str,
        api_url: str,
        subscriptions: Subscriptions,
        clock: Clock,
        owner_ids: frozenset[str],
        meter: Meter,
        patience: PollingTimeouts | None = None,
        listens: bool = True,
        paid_broadcast: bool = False,
    ) -> None:
        self._patience = patience or PollingTimeouts()
        self._listens = listens
        self._desk = desk
        self._token = token
        self._api_url = api_url
        self._api = BotApi(AiohttpRequest(token, api_url))
        self._probe = TelegramPlaceProbe(self._api)
        answers = TelegramSender(self._api, clock=clock, meter=meter)
        self._writer = TelegramSender(self._api, clock=clock, meter=meter, paid=paid_broadcast)
        self._reception = UpdateHandler(
            desk,
            api=self._api,
            writer=answers,
            subscriptions=subscriptions,
            clock=clock,
            owner_ids=owner_ids,
            patience=self._patience,
        )
        self._crowd = TaskLimiter()
        self._poller = UpdatePoller(self._connect, greet=self._greet, receive=self._receive, patience=self._patience)

    @override
    async def run(self) -> None:
        """Give answers that are under way at the end a few seconds, then call `close`."""
        try:
            await (self._poller.run() if self._listens else asyncio.Event().wait())
        finally:
            await self._crowd.cancel_all(self._patience.farewell)
            await self.close()

    async def close(self) -> None:
        """Close the connections that messages are sent over; sending again opens new ones."""
        await self._api.close_connections()

    @override
    def trouble(self) -> str | None:
        return self._poller.trouble() if self._listens else None

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        """Telegram has no use for the idempotency key."""
        return await self._writer.send(place, message, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._writer.edit(place, message_id, message)

    @override
    async def probe(self, place: Place) -> None:
        if self.trouble() or not self._reception.me.id:
            raise RetryLater("not connected to Telegram", after=AWAY_PAUSE, whole_bot=True)
        await self._probe.ask(self._reception.me, place)

    @override
    async def private_place(self, person: str) -> Place:
        """Raise ChatGone for a chat that spoke in its own name."""
        if not person.isdecimal():
            raise ChatGone("nobody who can be told in private", Obstacle.UNSEEN)
        return Place(Platform.TELEGRAM, person)

    def _connect(self) -> BotApi:
        """Return a connection for polling of its own, which failures may close without harm to messages under way."""
        return BotApi(AiohttpRequest(self._token, self._api_url, pool_size=_POLLING_CONNECTIONS))

    async def _greet(self, me: BotIdentity) -> None:
        self._reception.me = me
        await self._crowd.start(show_menus(self._api, self._desk.commands))

    async def _receive(self, update: Json) -> None:
        await self._crowd.start(self._reception.handle(update))
