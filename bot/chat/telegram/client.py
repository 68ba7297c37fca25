"""Telegram as a chat platform, put together from its parts: polling, answers to commands, and alerts.

Polling has connections of its own, so that closing them after a failure harms no message under way.
"""

import asyncio
from collections.abc import Sequence

import structlog
from telegram.error import RetryAfter
from typing_extensions import override

from bot.chat.telegram.answer_sender import AnswerSender
from bot.chat.telegram.asker_context import AskerContexts
from bot.chat.telegram.button_handler import ButtonHandler
from bot.chat.telegram.command_menu import CommandMenus
from bot.chat.telegram.documents import TelegramDocuments
from bot.chat.telegram.errors import OUTAGE_PAUSE, retry_after_of
from bot.chat.telegram.inline_queries import InlineQueryHandler
from bot.chat.telegram.membership_handler import MembershipHandler
from bot.chat.telegram.own_identity import OwnIdentity, fetch_identity
from bot.chat.telegram.permissions import ChatRights
from bot.chat.telegram.place_probe import TelegramPlaceProbe
from bot.chat.telegram.polling import PollingTimeouts, UpdatePoller, sentence_for
from bot.chat.telegram.sender import TelegramSender
from bot.chat.telegram.task_limiter import TaskLimiter
from bot.chat.telegram.transport import AiohttpRequest, BotApi
from bot.chat.telegram.update_handler import UpdateHandler
from bot.chat.telegram.update_parser import BotIdentity, Json
from bot.commands.dispatcher import CommandDispatcher
from bot.commands.repeated_questions import RepeatedQuestions
from bot.delivery.rate_limiter import RateLimiter
from bot.domain.bot_account import BotAccount
from bot.domain.errors import ChatGone, RetryLater
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message
from bot.network.proxy_rules import NO_PROXIES, ProxyRules
from bot.ports.chat import AuthenticatedPlatform, CommandPublisher, PicturePlatform, ProbingPlatform
from bot.ports.meter import Meter
from bot.ports.pictures import DrawnPicture, PictureDrawer
from bot.ports.sources import BeginRequest, Clock
from bot.ports.subscriptions import Subscriptions
from bot.ports.workers import SendBudget

log = structlog.get_logger()

_POLLING_CONNECTIONS = 2  # one poll at a time, and one to spare while a broken one is being closed


class TelegramPlatform(ProbingPlatform, AuthenticatedPlatform, CommandPublisher, PicturePlatform):
    """Telegram as the core sees it.

    `send` and `edit` work with and without `run`, so that several workers may deliver while one polls. With `listens`
    False it only sends: for a worker that delivers while another one polls.
    `api_url` is scheme and host of the Bot API, `owner_ids` are ids of users, with or without `telegram:` before them.
    `send_budget` is what all workers together may send, alerts and answers; without it the answers have a budget of
    their own. `pictures` draws; without it a message's text stands for its picture. `on_request` is called with every
    request, and what it returns with the headers of the answer.
    Where nothing runs, call `close` at the end.
    """

    platform = Platform.TELEGRAM

    def __init__(  # noqa: PLR0913 — what the composition root has to give, each by its name
        self,
        dispatcher: CommandDispatcher,
        *,
        token: str,
        api_url: str,
        subscriptions: Subscriptions,
        clock: Clock,
        owner_ids: frozenset[str],
        meter: Meter,
        timeouts: PollingTimeouts | None = None,
        listens: bool = True,
        paid_broadcast: bool = False,
        proxies: ProxyRules = NO_PROXIES,
        on_request: BeginRequest | None = None,
        send_budget: SendBudget | None = None,
        pictures: PictureDrawer | None = None,
    ) -> None:
        self._timeouts = timeouts or PollingTimeouts()
        self._listens = listens
        self._token = token
        self._api_url = api_url
        self._on_request = on_request
        self._proxies = proxies
        self._api = BotApi(AiohttpRequest(token, api_url, proxies=proxies, on_request=on_request))
        self._identity = OwnIdentity(self._api)
        self._place_probe = TelegramPlaceProbe(self._api)
        self._alert_sender = TelegramSender(self._api, clock=clock, meter=meter, paid=paid_broadcast, pictures=pictures)
        # Answers are never paid for: 28 a second are free.
        unpaid_sender = TelegramSender(self._api, clock=clock, meter=meter, pictures=pictures)
        membership = MembershipHandler(subscriptions, clock)
        documents = TelegramDocuments(self._api, clock)
        answers = AnswerSender(
            unpaid_sender,
            membership,
            documents,
            # Paid alerts have a rate of their own; what is free shares one budget.
            rate_limiter=RateLimiter(Platform.TELEGRAM, budget=None if paid_broadcast else send_budget),
            sleep=self._timeouts.sleep,
            clock=self._timeouts.clock,
        )
        contexts = AskerContexts(ChatRights(self._api), self._identity, owner_ids)
        repeated = RepeatedQuestions(self._timeouts.clock)
        self._update_handler = UpdateHandler(
            dispatcher,
            answers=answers,
            buttons=ButtonHandler(
                dispatcher,
                api=self._api,
                answers=answers,
                contexts=contexts,
                identity=self._identity,
                repeated=repeated,
                subscriptions=subscriptions,
                acknowledge_s=self._timeouts.acknowledge_s,
                clock=self._timeouts.clock,
            ),
            inline_queries=InlineQueryHandler(
                dispatcher, api=self._api, contexts=contexts, identity=self._identity, clock=clock
            ),
            membership=membership,
            documents=documents,
            contexts=contexts,
            repeated=repeated,
            subscriptions=subscriptions,
            identity=self._identity,
        )
        self._tasks = TaskLimiter()
        self._menus = CommandMenus(self._api, dispatcher.commands, self._timeouts.sleep)
        self._poller = UpdatePoller(
            self._connect, on_connect=self._on_connect, on_update=self._on_update, timeouts=self._timeouts
        )

    @override
    async def run(self) -> None:
        """Poll until cancelled; give answers that are under way then a few seconds, and call `close`."""
        try:
            await (self._listen() if self._listens else asyncio.Event().wait())
        finally:
            await self._tasks.cancel_all(self._timeouts.shutdown_s)
            await self.close()

    async def close(self) -> None:
        """Close the connections that messages are sent over; sending again opens new ones."""
        await self._api.close_connections()

    @override
    def trouble(self) -> str | None:
        return self._poller.trouble() if self._listens else None

    @override
    def command_problems(self) -> Sequence[str]:
        return self._menus.problems

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        # Telegram has no idempotency keys: what is sent again after a lost reply may arrive twice.
        return await self._alert_sender.send(place, message, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._alert_sender.edit(place, message_id, message)

    @override
    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        await self._alert_sender.send_picture(place, picture, reply_to=reply_to)

    @override
    async def probe(self, place: Place) -> None:
        # Without a connection nothing is known of the place, and before the first one not even the bot's own id.
        if self.trouble() or not self._identity.present.id:
            raise RetryLater("not connected to Telegram", after=OUTAGE_PAUSE, whole_bot=True)
        await self._place_probe.check(self._identity.present, place)

    @override
    async def account(self) -> BotAccount:
        api = self._connect()
        try:
            identity = await fetch_identity(api)
        except RetryAfter as error:
            raise RetryLater("Telegram asks for a pause", after=retry_after_of(error), rate_limited=True) from None
        except Exception as error:  # noqa: BLE001 — whatever it was, it is asked again
            raise RetryLater(sentence_for(error), after=OUTAGE_PAUSE, whole_bot=True) from None
        finally:
            await api.close_connections()
        return BotAccount(Platform.TELEGRAM, str(identity.id), identity.username)

    @override
    async def private_place(self, person: str) -> Place:
        # A chat that spoke in its own name has a negative id: nobody knows who to write to.
        if not person.isdecimal():
            raise ChatGone("nobody who can be told in private", Obstacle.UNSEEN)
        return Place(Platform.TELEGRAM, person)

    async def _listen(self) -> None:
        # The menus beside the updates: one that Telegram refuses for minutes must keep nobody waiting.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._menus.run())
            await self._poller.run()

    def _connect(self) -> BotApi:
        """Return a connection for polling of its own."""
        transport = AiohttpRequest(
            self._token,
            self._api_url,
            proxies=self._proxies,
            pool_size=_POLLING_CONNECTIONS,
            on_request=self._on_request,
        )
        return BotApi(transport)

    async def _on_connect(self, identity: BotIdentity) -> None:
        self._identity.present = identity
        if not identity.answers_inline:
            log.info("inline mode is off", hint="send /setinline to @BotFather to let people ask in any chat")
        self._menus.publish_soon()

    async def _on_update(self, update: Json) -> None:
        await self._tasks.start(self._update_handler.handle(update))
