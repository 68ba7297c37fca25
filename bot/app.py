"""Puts the parts together: the only module that knows them all."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import structlog
from typing_extensions import override

from bot import __version__
from bot.config import Settings
from bot.desk import Desk
from bot.domain.course import Course
from bot.domain.errors import AskerError, ConfigurationError
from bot.domain.exchange import Exchange
from bot.domain.outlook import Outlook
from bot.domain.place import Place, Platform
from bot.domain.rate import SendRate
from bot.domain.reading import SourceHealth
from bot.domain.severity import Severity
from bot.domain.worker import Duty, duty_of
from bot.messages.cards.about import emptied_notice, source_notice
from bot.metrics import Metrics
from bot.pipeline.caretaker import Caretaker
from bot.pipeline.deliver import Courier
from bot.pipeline.duty import Post
from bot.pipeline.observe import Observer
from bot.pipeline.operator import Operator
from bot.pipeline.pace import PACES, PAID, Pacer
from bot.pipeline.poll import Poller
from bot.pipeline.presence import Presence
from bot.pipeline.retrace import Retracer
from bot.pipeline.watch import Watch
from bot.ports import ChatPlatform, Clock, ProbingPlatform, Source
from bot.presences import misdirected
from bot.queries import Board, Hindsight, Queries
from bot.storage.store import Store
from handlers import COMMANDS

__all__ = ["COMMANDS", "Machine", "SystemClock", "command_table", "require_a_token"]

log = structlog.get_logger()

_LARGEST = 10
_FORGOTTEN_AFTER = timedelta(days=30)
_DOES = {
    Duty.POLL: "polls the upstreams",
    Duty.TELEGRAM: "holds the Telegram poll",
    Duty.DISCORD: "holds the Discord gateway",
}


class SystemClock(Clock):
    """The real time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)


class Machine:
    """Source, store, detection and desk put together; what `run`, `demo` and `ask` have in common."""

    def __init__(self, settings: Settings, *, store: Store, source: Source, clock: Clock, metrics: Metrics) -> None:
        self.store = store
        self.board = Board()
        self.chats: Sequence[Presence] = ()
        self.posts: dict[Duty, Post] = {}
        self.judges = False
        self.undelivered: Sequence[str] = ()
        self._judging = asyncio.Lock()
        self._metrics = metrics
        self._clock = clock
        self._paces = {**PACES, Platform.TELEGRAM: PAID} if settings.telegram_paid_broadcast else PACES
        self._operator = Operator(
            Place.parse(settings.error_chat) if settings.error_chat else None,
            chats=lambda: self.chats,
            connected=self._connected,
            clock=clock,
        )
        self.observer = Observer(
            store.readings, clock, store.incidents, holds=store.holds, opinion_age=2 * settings.poll_interval
        )
        self.watch = Watch(
            self.observer,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=metrics,
            publish=self.board.post,
        )
        only = frozenset(settings.exchanges)
        self.poller = Poller(
            source,
            readings=store.readings,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=metrics,
            detail_interval=settings.detail_interval,
            only=only,
            on_listings=self.board.post_listings,
            on_readings=self.watch.observe,
            on_round=self._judge,
            on_blind=self.watch.saw_nothing,
            on_health=self._note_health,
        )
        retracer = Retracer(store.readings, clock)
        queries = Queries(
            self.board,
            incidents=store.incidents,
            outbox=store.outbox,
            subscriptions=store.subscriptions,
            look=self.observer.look,
            only=only,
            hindsight=Hindsight(course=retracer.course, past=past_course, rehearse=retracer.rehearse),
            clock=clock,
            version=__version__,
            platforms=self._troubles,
            standing_by=self.standing_by,
            undelivered=lambda: self.undelivered,
            misdirected=lambda: [*misdirected(settings), *self._operator.out_of_reach],
            rates=self._rates,
        )
        self._caretaker = Caretaker(
            self._connected, subscriptions=store.subscriptions, clock=clock, operator=self._operator
        )
        self.desk = Desk(COMMANDS, queries, store.subscriptions, clock=clock, meter=metrics, holds=store.holds)

    def courier(self, chat: ChatPlatform) -> Courier:
        """Return who delivers a platform's messages, at a pace that all workers share."""
        return Courier(
            chat,
            outbox=self.store.outbox,
            subscriptions=self.store.subscriptions,
            clock=self._clock,
            meter=self._metrics,
            pacer=Pacer(chat.platform, pace=self._paces[chat.platform], budget=self.store.budget),
            tell=self._operator.tell,
        )

    async def restore(self) -> None:
        """Fill the memory from the store, so that questions are answered before the first poll."""
        await self.poller.restore()
        for listing in list(self.board.listings.values()):
            outlook = await self.observer.look(listing.exchange)
            if outlook.reading:
                self._show(outlook)

    async def note_unwatched(self) -> None:
        """Log which exchanges somebody has subscribed to are not among EXCHANGES; raise StorageError."""
        wanted = await self.store.subscriptions.exchanges()
        if unwatched := sorted(one for one in wanted if not self.desk.queries.is_watched(one)):
            log.warning("EXCHANGES leaves out what is subscribed to", names=unwatched)

    async def follow(self, exchanges: Collection[str]) -> None:
        """Take over what other workers found out about exchanges; raise StorageError.

        Whoever judges takes nothing over, for it is the one who finds out; it only looks at what it is told of.
        """
        async with self._judging:
            if not self.judges:
                await self.poller.follow()
            known = [found.exchange for one in exchanges if (found := self.board.listings.get(one))]
            for exchange in known:
                self.observer.incident_changed(exchange.id)
            if self.judges:
                for exchange in known:
                    self.board.post(await self.observer.look(exchange))
                return
            async for outlooks in self.observer.judge(known):
                for outlook in outlooks:
                    self._show(outlook)

    async def fetch_for(self, words: Iterable[str]) -> None:
        """Fetch once what a question needs: the list, and the amounts of the exchanges it names, else the largest."""
        await self.poller.poll()
        named = []
        for word in words:
            with suppress(AskerError):
                named.append(self.desk.queries.exchange(word))
        await self.poller.fetch(named or self.desk.queries.exchanges()[:_LARGEST])

    async def measure(self) -> None:
        """Bring the gauges of what all workers share up to date."""
        for duty, post in self.posts.items():
            self._metrics.duty(duty, held=post.is_held)
        open_ones = Counter(one.severity for one in await self.store.incidents.open())
        for severity in Severity:
            self._metrics.incidents(severity, open_ones[severity])
        for (platform, severity), depth in (await self.store.outbox.depth()).items():
            self._metrics.outbox(platform, severity, depth)
        self._metrics.outbox_oldest(await self.store.outbox.oldest())

    async def sign_in(self) -> None:
        """Tell the other workers that this one delivers, for some seconds."""
        await self.store.couriers.sign_in(chat.platform for chat in self.chats)

    async def look_for_couriers(self) -> None:
        """Find out whether any worker delivers: to the platforms of this one or, where it has none, anywhere."""
        served = await self.store.couriers.served()
        missing = sorted({chat.platform for chat in self.chats}.difference(served))
        nobody = bool(missing) if self.chats else not served
        where = f" to {' and '.join(missing)}" if missing else ""
        self.undelivered = (f"no worker delivers{where}: start one with --role courier or all",) if nobody else ()

    async def look_after_places(self) -> None:
        """Say which places were switched off, and ask which are open again, where this worker listens."""
        await self._caretaker.look_after()

    async def look_for_operator(self) -> None:
        """Find out whether operational problems can be told, where this worker listens."""
        await self._operator.look()

    async def look_after_store(self) -> None:
        """Tell the operator when everything that was kept is gone: silence would be taken for calm."""
        if await self.store.was_emptied():
            log.critical("the store was emptied: every subscription is gone")
            await self._operator.tell(emptied_notice(), f"emptied:{self._clock.now().isoformat()}")

    async def forget_disabled(self) -> None:
        """Forget places that could not be reached for a month."""
        for place in await self.store.subscriptions.forget_disabled(self._clock.now() - _FORGOTTEN_AFTER):
            log.info("place forgotten", place=str(place))

    def trouble(self, chat: Presence) -> str | None:
        """Return what keeps this worker from doing its part on a platform; None when nothing does."""
        post = self.post(chat)
        return "no worker listens there yet" if post and not post.holder else chat.trouble()

    def post(self, chat: Presence) -> Post | None:
        """Return where this worker stands by or listens to a platform, None where it never does or is alone."""
        duty = duty_of(chat.platform)
        return self.posts.get(duty) if duty else None

    def standing_by(self) -> Sequence[str]:
        """Return for which duties this worker stands by, a sentence each."""
        others = [duty for duty, post in self.posts.items() if post.holder and not post.is_held]
        return [f"standing by: another worker {_DOES[duty]}" for duty in others]

    def _troubles(self) -> Mapping[Platform, str]:
        """Return what troubles each platform, here or where another worker listens to it; "" for nothing."""
        found = {}
        for chat in self.chats:
            post = self.post(chat)
            elsewhere = post.holder.trouble if post and post.holder and not post.is_held else ""
            found[chat.platform] = self.trouble(chat) or elsewhere
        return found

    def _connected(self) -> Sequence[ProbingPlatform]:
        return [one for chat in self.chats if (one := chat.prober())]

    async def _judge(self, exchanges: Sequence[Exchange]) -> None:
        async with self._judging:
            await self.watch.judge(exchanges)
        await self.store.bulletin.post(one.id for one in exchanges)

    def _show(self, outlook: Outlook) -> None:
        self.board.post(outlook)
        if outlook.reading:
            self._metrics.reading_taken(outlook.exchange.id, outlook.reading.as_of)

    async def _note_health(self, was: SourceHealth, now: SourceHealth) -> None:
        """Show how a source is doing, here and elsewhere, and tell the operator when the list breaks or heals."""
        self.board.post_health(now)
        if now is not was:
            await self.store.bulletin.post([now.source.partition("/")[2].removesuffix("cexs")])
        if now.last_success:
            self._metrics.source_answered(now.source, now.last_success)
        if bool(was.fault) is not bool(now.fault) and now.source.endswith("/cexs"):
            key = f"{now.source}:{now.failing_since or now.last_success}"
            await self._operator.tell(source_notice(was, now), key)

    async def _rates(self) -> Mapping[Platform, SendRate]:
        """Return how fast messages go to the platforms; raise StorageError."""
        return {
            chat.platform: await self.store.budget.going(
                chat.platform, per_second=self._paces[chat.platform].per_second
            )
            for chat in self.chats
        }


async def past_course(name: str) -> Course | None:
    """Return the course of an episode that is a run of the past, None when none is called so."""
    return await asyncio.to_thread(_past_course, name)


@lru_cache
def _past_course(name: str) -> Course | None:
    from bot.replay.catalogue import EPISODES  # noqa: PLC0415 — worked out only for those who ask
    from bot.replay.path import has_path, path  # noqa: PLC0415 — as above

    episode = EPISODES.get(name)
    return path(episode) if episode and has_path(episode) else None


def require_a_token(settings: Settings) -> None:
    """Raise ConfigurationError when there is no platform to serve."""
    if not settings.telegram_token and not settings.discord_token:
        raise ConfigurationError(
            "No chat token is set. Put TELEGRAM_TOKEN (from @BotFather) or DISCORD_TOKEN (from the Discord Developer "
            "Portal) into .env or the environment; without one, `runwatch demo` shows what the bot does."
        )


def command_table() -> str:
    """Return the commands as a Markdown table, for the README."""
    rows = (f"| {one.access} | `{one.usage.replace('|', chr(92) + '|')}` | {one.description} |" for one in COMMANDS)
    return "\n".join(("| who | command | answer |", "|---|---|---|", *rows))
