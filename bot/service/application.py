"""Puts the parts together: the only module that knows them all."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from typing_extensions import override

from bot import __version__
from bot.commands.dispatcher import CommandDispatcher
from bot.commands.queries import HistoryAnswers, LatestState, Queries
from bot.config.settings import Settings
from bot.delivery.operator_notices import OperatorNotices
from bot.delivery.place_recovery import PlaceRecovery
from bot.delivery.rate_limiter import PAID_RATE_LIMIT, RATE_LIMITS, RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import AskerError, ConfigurationError
from bot.domain.exchange import Exchange
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.place import Place, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.worker import Lease, lease_of
from bot.messages.cards.about import emptied_notice, source_notice
from bot.messages.cards.signals import SIGNALS, SignalKinds
from bot.monitoring.history_queries import HistoryQueries
from bot.monitoring.poll import SourcePoller
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.ports.chat import ChatPlatform, ProbingPlatform
from bot.ports.readings import SignalPast
from bot.ports.sources import Clock, Source
from bot.service.metrics import Metrics
from bot.service.platforms import misdirected
from bot.storage.store import Store
from bot.workers.leader_election import LeaseRunner
from bot.workers.platform_connection import PlatformConnection
from handlers import COMMANDS

__all__ = ["COMMANDS", "Application", "SystemClock", "command_table", "require_a_token"]

log = structlog.get_logger()

_LARGEST_EXCHANGES = 10
_FORGOTTEN_AFTER = timedelta(days=30)
_DOES = {
    Lease.POLL: "polls the upstreams",
    Lease.TELEGRAM: "holds the Telegram poll",
    Lease.DISCORD: "holds the Discord gateway",
}


class SystemClock(Clock):
    """The real time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)


class Application:
    """Source, store, detection and desk put together; what `run`, `demo` and `ask` have in common."""

    def __init__(  # noqa: PLR0913 — what is put together, each named where it is made
        self,
        settings: Settings,
        *,
        store: Store,
        source: Source,
        clock: Clock,
        metrics: Metrics,
        kinds: SignalKinds = SIGNALS,
        pasts: Sequence[SignalPast] = (),
    ) -> None:
        self.store = store
        self.latest = LatestState()
        self.chats: Sequence[PlatformConnection] = ()
        self.lease_runners: dict[Lease, LeaseRunner] = {}
        self.is_judging = False
        self.undelivered: Sequence[str] = ()
        self._judging_lock = asyncio.Lock()
        self._metrics = metrics
        self._clock = clock
        self._rate_limits = (
            {**RATE_LIMITS, Platform.TELEGRAM: PAID_RATE_LIMIT} if settings.telegram_paid_broadcast else RATE_LIMITS
        )
        self._operator = OperatorNotices(
            Place.parse(settings.error_chat) if settings.error_chat else None,
            chats=lambda: self.chats,
            connected=self._connected,
            clock=clock,
        )
        self.snapshot_builder = SnapshotBuilder(
            store.readings, clock, store.incidents, holds=store.suppressions, opinion_age=2 * settings.poll_interval
        )
        self.watch = Watch(
            self.snapshot_builder,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=metrics,
            publish=self.latest.set_snapshot,
            kinds=kinds,
        )
        only = frozenset(settings.exchanges)
        self.poller = SourcePoller(
            source,
            readings=store.readings,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=metrics,
            detail_interval=settings.detail_interval,
            only=only,
            on_listings=self.latest.set_listings,
            on_readings=self.watch.show,
            on_round=self._judge,
            on_blind=self.watch.record_blind_span,
            on_health=self._on_health,
        )
        retracer = HistoryQueries(store.readings, clock, pasts=pasts)
        queries = Queries(
            self.latest,
            incidents=store.incidents,
            outbox=store.outbox,
            subscriptions=store.subscriptions,
            build_snapshot=self.snapshot_builder.snapshot,
            only=only,
            history=HistoryAnswers(
                outflow_curve=retracer.outflow_curve, past_curve=past_course, rehearse=retracer.rehearse
            ),
            clock=clock,
            version=__version__,
            platforms=self._troubles,
            standing_by=self.standing_by,
            undelivered=lambda: self.undelivered,
            misdirected=lambda: [*misdirected(settings), *self._operator.unreachable],
            rates=self._rates,
            kinds=kinds,
        )
        self._place_recovery = PlaceRecovery(
            self._connected, subscriptions=store.subscriptions, clock=clock, operator=self._operator
        )
        self.dispatcher = CommandDispatcher(
            COMMANDS, queries, store.subscriptions, clock=clock, meter=metrics, suppressions=store.suppressions
        )

    def delivery_worker(self, chat: ChatPlatform) -> DeliveryWorker:
        """Return who delivers a platform's messages, at a pace that all workers share."""
        return DeliveryWorker(
            chat,
            outbox=self.store.outbox,
            subscriptions=self.store.subscriptions,
            clock=self._clock,
            meter=self._metrics,
            pacer=RateLimiter(chat.platform, pace=self._rate_limits[chat.platform], budget=self.store.send_budget),
            tell=self._operator.send,
        )

    async def restore(self) -> None:
        """Fill the memory from the store, so that questions are answered before the first poll."""
        await self.poller.restore()
        for listing in list(self.latest.listings.values()):
            outlook = await self.snapshot_builder.snapshot(listing.exchange)
            if outlook.reading:
                self._set_snapshot(outlook)

    async def log_unwatched(self) -> None:
        """Log which exchanges somebody has subscribed to are not among EXCHANGES; raise StorageError."""
        wanted = await self.store.subscriptions.exchanges()
        if unwatched := sorted(one for one in wanted if not self.dispatcher.queries.is_watched(one)):
            log.warning("EXCHANGES leaves out what is subscribed to", names=unwatched)

    async def follow(self, exchanges: Collection[str]) -> None:
        """Take over what other workers found out about exchanges; raise StorageError.

        Whoever judges takes nothing over, for it is the one who finds out; it only looks at what it is told of.
        """
        async with self._judging_lock:
            if not self.is_judging:
                await self.poller.follow()
            known = [found.exchange for exchange in exchanges if (found := self.latest.listings.get(exchange))]
            for exchange in known:
                self.snapshot_builder.forget_incidents(exchange.id)
            if self.is_judging:
                for exchange in known:
                    self.latest.set_snapshot(await self.snapshot_builder.snapshot(exchange))
                return
            async for outlooks in self.snapshot_builder.snapshots_by_round(known):
                for outlook in outlooks:
                    self._set_snapshot(outlook)

    async def fetch_for(self, words: Iterable[str]) -> None:
        """Fetch once what a question needs: the list, and the amounts of the exchanges it names, else the largest."""
        await self.poller.poll()
        named = []
        for word in words:
            with suppress(AskerError):
                named.append(self.dispatcher.queries.exchange(word))
        await self.poller.fetch(named or self.dispatcher.queries.exchanges()[:_LARGEST_EXCHANGES])

    async def update_gauges(self) -> None:
        """Bring the gauges of what all workers share up to date."""
        for duty, post in self.lease_runners.items():
            self._metrics.set_lease(duty, held=post.is_owner)
        open_ones = Counter(incident.severity for incident in await self.store.incidents.open())
        for severity in Severity:
            self._metrics.set_open_incidents(severity, open_ones[severity])
        for (platform, severity), depth in (await self.store.outbox.depth()).items():
            self._metrics.set_outbox_depth(platform, severity, depth)
        self._metrics.set_outbox_oldest(await self.store.outbox.oldest_queued_at())

    async def beat(self) -> None:
        """Tell the other workers that this one delivers, for some seconds."""
        await self.store.heartbeats.beat(chat.platform for chat in self.chats)

    async def check_delivery_workers(self) -> None:
        """Find out whether any worker delivers: to the platforms of this one or, where it has none, anywhere."""
        served = await self.store.heartbeats.served_platforms()
        missing = sorted({chat.platform for chat in self.chats}.difference(served))
        nobody = bool(missing) if self.chats else not served
        where = f" to {' and '.join(missing)}" if missing else ""
        self.undelivered = (f"no worker delivers{where}: start one with --role courier or all",) if nobody else ()

    async def check_places(self) -> None:
        """Say which places were switched off, and ask which are open again, where this worker listens."""
        await self._place_recovery.check_places()

    async def check_operator_chat(self) -> None:
        """Find out whether operational problems can be told, where this worker listens."""
        await self._operator.check_reachable()

    async def check_store(self) -> None:
        """Tell the operator when everything that was kept is gone: silence would be taken for calm."""
        if await self.store.was_emptied():
            log.critical("the store was emptied: every subscription is gone")
            await self._operator.send(emptied_notice(), f"emptied:{self._clock.now().isoformat()}")

    async def forget_disabled(self) -> None:
        """Forget places that could not be reached for a month."""
        for place in await self.store.subscriptions.forget_disabled(self._clock.now() - _FORGOTTEN_AFTER):
            log.info("place forgotten", place=str(place))

    def trouble(self, chat: PlatformConnection) -> str | None:
        """Return what keeps this worker from doing its part on a platform; None when nothing does."""
        post = self.lease_runner(chat)
        return "no worker listens there yet" if post and not post.owner else chat.trouble()

    def lease_runner(self, chat: PlatformConnection) -> LeaseRunner | None:
        """Return where this worker stands by or listens to a platform, None where it never does or is alone."""
        duty = lease_of(chat.platform)
        return self.lease_runners.get(duty) if duty else None

    def standing_by(self) -> Sequence[str]:
        """Return for which duties this worker stands by, a sentence each."""
        others = [duty for duty, post in self.lease_runners.items() if post.owner and not post.is_owner]
        return [f"standing by: another worker {_DOES[duty]}" for duty in others]

    def _troubles(self) -> Mapping[Platform, str]:
        """Return what troubles each platform, here or where another worker listens to it; "" for nothing."""
        found = {}
        for chat in self.chats:
            post = self.lease_runner(chat)
            elsewhere = post.owner.trouble if post and post.owner and not post.is_owner else ""
            found[chat.platform] = self.trouble(chat) or elsewhere
        return found

    def _connected(self) -> Sequence[ProbingPlatform]:
        return [one for chat in self.chats if (one := chat.place_prober())]

    async def take(self, rule: str, readings: Sequence[Any]) -> None:
        """Judge what a signal source beside the outflow read at one time; raise StorageError."""
        async with self._judging_lock:
            await self.watch.take(rule, readings)

    async def _judge(self, exchanges: Sequence[Exchange]) -> None:
        async with self._judging_lock:
            await self.watch.judge(exchanges)
        await self.store.change_feed.publish(exchange.id for exchange in exchanges)

    def _set_snapshot(self, outlook: ExchangeSnapshot) -> None:
        self.latest.set_snapshot(outlook)
        if outlook.reading:
            self._metrics.set_reading_time(outlook.exchange.id, outlook.reading.as_of)

    async def _on_health(self, was: SourceHealth, now: SourceHealth) -> None:
        """Show how a source is doing, here and elsewhere, and tell the operator when the list breaks or heals."""
        self.latest.set_health(now)
        if now is not was:
            await self.store.change_feed.publish([now.source.partition("/")[2].removesuffix("cexs")])
        if now.last_success:
            self._metrics.set_source_answered(now.source, now.last_success)
        if bool(was.fault) is not bool(now.fault) and now.source.endswith("/cexs"):
            key = f"{now.source}:{now.failing_since or now.last_success}"
            await self._operator.send(source_notice(was, now), key)

    async def _rates(self) -> Mapping[Platform, SendRate]:
        """Return how fast messages go to the platforms; raise StorageError."""
        return {
            chat.platform: await self.store.send_budget.current_rate(
                chat.platform, per_second=self._rate_limits[chat.platform].per_second
            )
            for chat in self.chats
        }


async def past_course(name: str) -> OutflowCurve | None:
    """Return the course of an episode that is a run of the past, None when none is called so."""
    return await asyncio.to_thread(_past_course, name)


@lru_cache
def _past_course(name: str) -> OutflowCurve | None:
    from bot.replay.episodes.catalogue import EPISODES  # noqa: PLC0415 — worked out only for those who ask
    from bot.replay.outflow_curve import has_outflow_curve, outflow_curve_of  # noqa: PLC0415 — as above

    episode = EPISODES.get(name)
    return outflow_curve_of(episode) if episode and has_outflow_curve(episode) else None


def require_a_token(settings: Settings) -> None:
    """Raise ConfigurationError when there is no platform to serve."""
    if not settings.telegram_token and not settings.discord_token:
        raise ConfigurationError(
            "No chat token is set. Put TELEGRAM_TOKEN (from @BotFather) or DISCORD_TOKEN (from the Discord Developer "
            "Portal) into .env or the environment; without one, `runwatch demo` shows what the bot does."
        )


def command_table() -> str:
    """Return the commands as a Markdown table, for the README."""
    rows = (
        f"| {command.access} | `{command.usage.replace('|', chr(92) + '|')}` | {command.description} |"
        for command in COMMANDS
    )
    return "\n".join(("| who | command | answer |", "|---|---|---|", *rows))
