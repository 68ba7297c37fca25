"""Puts the parts of a worker together: the only module that knows them all, and the only one that knows the handlers.

It only wires. What the parts do over time is in `latest_updates` and `upkeep`, when they start and stop in `lifetime`.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from bot import __version__
from bot.chat.charts.painter import Painter
from bot.commands.dispatcher import CommandDispatcher
from bot.commands.queries import HistoryAnswers, LatestState, Queries
from bot.config.settings import Settings
from bot.delivery.alert_tester import OutboxAlertTester
from bot.delivery.operator_notices import OperatorNotices
from bot.delivery.place_recovery import PlaceRecovery
from bot.delivery.rate_limiter import PAID_RATE_LIMIT, RATE_LIMITS, RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import AskerError, ConfigurationError
from bot.domain.exchange import Exchange
from bot.domain.obstacles import AlertObstacle
from bot.domain.place import Place, Platform
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds
from bot.monitoring.alert_pictures import AlertPictures
from bot.monitoring.chain_poller import ChainPoller
from bot.monitoring.digest_post import DigestPost
from bot.monitoring.history_queries import HistoryQueries
from bot.monitoring.mute_summaries import MuteSummaries
from bot.monitoring.news_watch import NewsWatch
from bot.monitoring.peg_poller import PegPoller
from bot.monitoring.poll import SourcePoller
from bot.monitoring.proof_poller import ProofPoller
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.stress_post import StressPost
from bot.monitoring.stress_test import StressInputs, StressTest
from bot.monitoring.watch import Watch
from bot.monitoring.withdrawal_lookup import WithdrawalLookup
from bot.monitoring.withdrawal_poller import TURN, WithdrawalPoller
from bot.ports.chain import ChainSource
from bot.ports.chat import ChatPlatform
from bot.ports.news import Feed
from bot.ports.pegs import PegSource
from bot.ports.readings import SignalPast
from bot.ports.sources import Clock, ProofSource, Source, WithdrawalSource
from bot.proof_checker.checker import ProcessProofChecker
from bot.service.latest_updates import LatestUpdates
from bot.service.metrics import Metrics
from bot.service.past_runs import PastRuns
from bot.service.platforms import misdirected, tokens
from bot.service.upkeep import Upkeep
from bot.service.worker_status import WorkerStatus
from bot.sources.chain.wallet_list import published_wallets
from bot.sources.proofs.curated import curated_proofs
from bot.storage.alert_tests import RedisAlertTestRecords
from bot.storage.drills import RedisDrills
from bot.storage.known_subscriptions import KnownSubscriptions
from bot.storage.pseudonyms import Pseudonyms
from bot.storage.store import Store
from handlers import COMMANDS

__all__ = ["COMMANDS", "Application", "SystemClock", "command_table", "require_a_token"]

_LARGEST_EXCHANGES = 10  # fetched for a question that names none: most of all reserves are theirs


class SystemClock(Clock):
    """The real time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)


class Application:
    """The parts of a worker, wired; what `run`, `demo` and `ask` have in common.

    Parts that need each other are given functions, so that each can be built before the other one is. `find_obstacles`
    says why alerts may not come, for `/status`; a service that runs sets it. `kinds` are the
    signal sources with their cards, `pasts` what those beside the outflow have read, for rehearsals.
    `withdrawal_sources` are asked whether people can withdraw, at most one for each exchange; every `withdrawal_turn`
    it is looked for which of them are due. `proof_sources` are asked for their proofs of reserves, at most one for each
    exchange. `peg_source` tells what stablecoins cost, None: nobody asks. `chain_sources` are asked for the
    bot's own reading on chain.
    `feeds` are news feeds of the operator's choice.
    """

    def __init__(  # noqa: PLR0913 — what is put together, each named where it is made
        self,
        settings: Settings,
        *,
        store: Store,
        source: Source,
        clock: Clock,
        metrics: Metrics,
        kinds: SignalKinds = SIGNAL_KINDS,
        pasts: Sequence[SignalPast] = (),
        withdrawal_sources: Sequence[WithdrawalSource] = (),
        withdrawal_turn: timedelta = TURN,
        proof_sources: Sequence[ProofSource] = (),
        peg_source: PegSource | None = None,
        chain_sources: Sequence[ChainSource] = (),
        feeds: Sequence[Feed] = (),
    ) -> None:
        self.store = store
        self._withdrawal_sources = withdrawal_sources
        self.latest = LatestState()
        self._metrics = metrics
        self._clock = clock
        self._rate_limits = (
            {**RATE_LIMITS, Platform.TELEGRAM: PAID_RATE_LIMIT} if settings.telegram_paid_broadcast else RATE_LIMITS
        )
        self.painter = Painter()
        self.drills = RedisDrills(store.database, Pseudonyms(tokens(settings)), store.simulated)
        self.find_obstacles: Callable[[], Awaitable[Sequence[AlertObstacle]]] | None = None
        self.status = WorkerStatus(store.send_budget, self._rate_limits)
        self.operator = OperatorNotices(
            Place.parse(settings.error_chat) if settings.error_chat else None,
            chats=lambda: self.status.connections,
            connected=self.status.probing_platforms,
            clock=clock,
        )
        self.snapshot_builder = SnapshotBuilder(
            store.readings,
            clock,
            store.incidents,
            revisions=store.revisions,
            suppressions=store.suppressions,
            withdrawals=WithdrawalLookup(self.latest.withdrawals, store.withdrawals),
            source_figures_max_age=2 * settings.poll_interval,
            on_suppressions=self.latest.set_suppressions,
        )
        self.watch = Watch(
            self.snapshot_builder,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=metrics,
            publish=self.latest.set_snapshot,
            kinds=kinds,
            drills=self.drills,
            place_settings=store.place_settings,
            pictures=AlertPictures(
                snapshot=self.latest.snapshot,
                outflow_curve=lambda exchange, incident: self.dispatcher.queries.outflow_curve(exchange, incident),  # noqa: PLW0108 — made later
                past_runs=lambda: self.dispatcher.queries.past_runs(),  # noqa: PLW0108 — as above
            ),
        )
        self.updates = LatestUpdates(
            self.latest,
            poller=lambda: self.poller,
            withdrawal_poller=lambda: self.withdrawal_poller,
            proof_poller=lambda: self.proof_poller,
            peg_poller=lambda: self.peg_poller,
            chain_poller=lambda: self.chain_poller,
            snapshot_builder=self.snapshot_builder,
            watch=self.watch,
            change_feed=store.change_feed,
            metrics=metrics,
            remember_incidents=lambda: self.dispatcher.queries.remember_incidents(),  # noqa: PLW0108 — made later
        )
        self.poller = self._source_poller(settings, source)
        self.withdrawal_poller = self._new_withdrawal_poller(settings, withdrawal_turn)
        self.proof_poller = self._new_proof_poller(proof_sources)
        self.peg_poller = PegPoller(
            peg_source,
            records=store.pegs,
            gap_records=store.price_gaps,
            readings=store.readings,
            clock=clock,
            meter=metrics,
            interval=settings.market_interval,
            on_round=self.updates.judge_pegs,
            on_gaps=self.updates.judge_price_gaps,
            on_health=self.updates.record_price_health,
            turn=withdrawal_turn,
        )
        self.chain_poller = ChainPoller(
            chain_sources,
            published_wallets().chains if chain_sources else {},
            records=store.own_readings,
            clock=clock,
            is_read=self._is_watched_and_listed,
            on_known=self.latest.set_own_readings,
            on_saved=self.updates.tell_own_readings,
        )
        self.stress_test = self._stress_test()
        self.stress_post = StressPost(
            self.stress_test,
            store.stress,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            place_settings=store.place_settings,
            withdrawals=lambda exchange: self.dispatcher.queries.judged_withdrawals(exchange),  # noqa: PLW0108 — made later
            clock=clock,
        )
        self.digest_post = DigestPost(
            store.digests,
            place_settings=store.place_settings,
            subscriptions=store.subscriptions,
            incidents=store.incidents,
            snapshots=self.latest.snapshots,
            withdrawals=lambda exchange: self.dispatcher.queries.judged_withdrawals(exchange),  # noqa: PLW0108 — made later
            names=lambda: self.dispatcher.queries.names(),  # noqa: PLW0108 — as above
            clock=clock,
        )
        self.news = NewsWatch(
            feeds,
            records=store.news,
            readings=store.readings,
            clock=clock,
            meter=metrics,
            interval=settings.news_interval,
            names=self._watched_names,
        )
        queries = self._queries(settings, kinds, pasts)
        self.upkeep = self._upkeep(settings, queries)
        self.dispatcher = CommandDispatcher(
            COMMANDS,
            queries,
            store.subscriptions,
            clock=clock,
            meter=metrics,
            place_settings=store.place_settings,
            approvals=store.approvals,
            suppressions=store.suppressions,
            drills=self.drills,
            pending_changes=store.pending_changes,
            place_exports=store.place_exports,
            proof_checker=ProcessProofChecker(),
            mutes=store.mutes,
            alert_tester=OutboxAlertTester(
                RedisAlertTestRecords(store.database, store.simulated),
                subscriptions=store.subscriptions,
                served=store.heartbeats.served_platforms,
                clock=clock,
            ),
        )
        self.mute_summaries = MuteSummaries(
            store.mutes,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            place_settings=store.place_settings,
            approvals=store.approvals,
            names=queries.names,
            clock=clock,
            kinds=kinds,
        )

    def _source_poller(self, settings: Settings, source: Source) -> SourcePoller:
        return SourcePoller(
            source,
            readings=self.store.readings,
            revisions=self.store.revisions,
            incidents=self.store.incidents,
            subscriptions=self.store.subscriptions,
            clock=self._clock,
            meter=self._metrics,
            detail_interval=settings.detail_interval,
            only=frozenset(settings.exchanges),
            on_listings=self.latest.set_listings,
            on_stored=self.watch.publish_snapshot,
            on_batch=self.updates.judge,
            on_blind=self._record_blind_span,
            on_health=self.updates.record_health,
        )

    def _record_blind_span(self, since: datetime, until: datetime) -> None:
        """Remember that nothing was seen in a span, for the alerts of the next day and for digests."""
        self.watch.record_blind_span(since, until)
        self.digest_post.record_blind_span(since, until)

    def _new_withdrawal_poller(self, settings: Settings, turn: timedelta) -> WithdrawalPoller:
        return WithdrawalPoller(
            self._withdrawal_sources,
            records=self.store.withdrawals,
            readings=self.store.readings,
            clock=self._clock,
            meter=self._metrics,
            interval=settings.withdrawal_interval,
            is_asked=self._is_watched_and_listed,
            on_known=self.latest.set_withdrawals,
            on_round=self.updates.judge_withdrawals,
            on_health=self.updates.record_withdrawal_health,
            turn=turn,
        )

    def exchanges_asked_about_withdrawals(self) -> Collection[str]:
        """Return the ids of the exchanges that are watched and listed and tell of their withdrawals."""
        queries = self.dispatcher.queries
        return [exchange.id for exchange in queries.exchanges() if queries.has_withdrawal_source(exchange.id)]

    def _new_proof_poller(self, sources: Sequence[ProofSource]) -> ProofPoller:
        return ProofPoller(
            sources,
            records=self.store.proofs,
            readings=self.store.readings,
            clock=self._clock,
            meter=self._metrics,
            is_asked=self._is_watched_and_listed,
            on_known=self.latest.set_proof,
            on_round=self.updates.judge_proofs,
            on_health=self.updates.record_proof_health,
        )

    def _is_watched_and_listed(self, exchange: str) -> bool:
        """Return whether an exchange, by its id, is watched and listed."""
        return exchange in self.latest.listings and self.dispatcher.queries.is_watched(exchange)

    def _watched_names(self) -> Mapping[str, str]:
        """Return the names of the exchanges that are watched and listed, by their ids."""
        queries = self.dispatcher.queries
        return {each.id: each.name for each in queries.exchanges() if queries.is_watched(each.id)}

    def _stress_test(self) -> StressTest:
        def watched() -> Sequence[Exchange]:
            queries = self.dispatcher.queries
            return [exchange for exchange in queries.exchanges() if exchange.slug and queries.is_watched(exchange.id)]

        inputs = StressInputs(
            exchanges=watched,
            snapshot=self.latest.snapshot,
            withdrawals=lambda exchange: self.dispatcher.queries.judged_withdrawals(exchange),  # noqa: PLW0108 — made later
            transitions=lambda exchange, since: self.dispatcher.queries.withdrawal_transitions(exchange, since),  # noqa: PLW0108 — made later
            proof=self.latest.proofs.get,
            outgoing=lambda exchange: self.dispatcher.queries.outgoing(exchange),  # noqa: PLW0108 — made later
        )
        return StressTest(self.store.readings, self.store.stress, self._clock, inputs)

    def _queries(self, settings: Settings, kinds: SignalKinds, pasts: Sequence[SignalPast]) -> Queries:
        history_queries, past_runs = HistoryQueries(self.store.readings, self._clock, pasts=pasts), PastRuns()
        return Queries(
            self.latest,
            incidents=self.store.incidents,
            outbox=self.store.outbox,
            subscriptions=self.store.subscriptions,
            withdrawals=self.store.withdrawals,
            withdrawal_sources=self._withdrawal_sources,
            curated_proofs=curated_proofs(),
            proof_sources=lambda: self.proof_poller.names,
            price_sources=self.peg_poller.names,
            prices_off=self.peg_poller.off,
            venues=self.peg_poller.venue_names,
            venues_off=self.peg_poller.venues_off,
            build_snapshot=self.snapshot_builder.snapshot,
            only=frozenset(settings.exchanges),
            history=HistoryAnswers(
                outflow_curve=history_queries.outflow_curve,
                daily_assets=history_queries.daily_assets,
                past_curve=past_runs.curve,
                past_runs=past_runs.all,
                rehearse=history_queries.rehearse,
            ),
            stress=self.stress_test,
            news=self.news,
            clock=self._clock,
            has_newest_incidents=lambda: self.updates.has_newest_incidents,
            version=__version__,
            platforms=self.status.troubles,
            standing_by=self.status.standing_by,
            obstacles=self._obstacles,
            misdirected=lambda: [*misdirected(settings), *self.operator.unreachable],
            rates=self.status.rates,
            kinds=kinds,
            drills=self.drills,
            own_chains=self.chain_poller.chains,
        )

    def _upkeep(self, settings: Settings, queries: Queries) -> Upkeep:
        address = settings.redis_url.get_secret_value() if settings.redis_url else ""
        return Upkeep(
            self.store,
            status=self.status,
            operator=self.operator,
            place_recovery=PlaceRecovery(
                self.status.probing_platforms,
                subscriptions=self.store.subscriptions,
                place_settings=self.store.place_settings,
                clock=self._clock,
                operator=self.operator,
            ),
            is_watched=queries.is_watched,
            clock=self._clock,
            metrics=self._metrics,
            known_subscriptions=KnownSubscriptions(settings.data_dir, address, settings.redis_prefix),
        )

    def delivery_worker(self, chat: ChatPlatform) -> DeliveryWorker:
        """Return what delivers a platform's messages, within a rate limit that all workers share."""
        return DeliveryWorker(
            chat,
            outbox=self.store.outbox,
            subscriptions=self.store.subscriptions,
            place_settings=self.store.place_settings,
            mutes=self.store.mutes,
            approvals=self.store.approvals,
            clock=self._clock,
            meter=self._metrics,
            drawer=self.painter,
            rate_limiter=RateLimiter(
                chat.platform, limit=self._rate_limits[chat.platform], budget=self.store.send_budget
            ),
        )

    def time_corrected(self, by: timedelta) -> None:
        """Take into account that the clock was wrong so far."""
        self.latest.time_corrected()
        self.poller.time_corrected(by)
        self.withdrawal_poller.time_corrected()
        self.proof_poller.time_corrected()
        self.peg_poller.time_corrected()
        self.chain_poller.time_corrected()
        self.watch.time_corrected()

    async def _obstacles(self) -> Sequence[AlertObstacle] | None:
        return await self.find_obstacles() if self.find_obstacles else None

    async def fetch_for(self, words: Iterable[str]) -> None:
        """Fetch once what a question needs: the list, and the amounts of the exchanges it names, else the largest."""
        await self.poller.poll()
        await self.poller.fetch(self._named(words) or self.dispatcher.queries.exchanges()[:_LARGEST_EXCHANGES])

    async def fetch_withdrawals_for(self, words: Iterable[str]) -> None:
        """Ask exchanges once about their withdrawals: those that a question names, else all that have a source."""
        asked = self._named(words) or self.dispatcher.queries.exchanges()
        await self.withdrawal_poller.fetch({exchange.id for exchange in asked})

    async def fetch_proofs_for(self, words: Iterable[str]) -> None:
        """Ask the exchanges that a question names once for their proofs of reserves."""
        await self.proof_poller.fetch({exchange.id for exchange in self._named(words)})

    async def examine_for(self, words: Iterable[str]) -> None:
        """Fetch what a stress test rests on once: of the exchange that a question names, else of today's."""
        today = await self.stress_test.today()
        examined = self._named(words) or ([today] if today else [])
        await self.poller.fetch(examined)
        for exchange in examined:
            await self.stress_test.look_up(exchange)

    def _named(self, words: Iterable[str]) -> Sequence[Exchange]:
        """Return the exchanges that a question names."""
        named = []
        for word in words:
            with suppress(AskerError):
                named.append(self.dispatcher.queries.exchange(word))
        return named


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
