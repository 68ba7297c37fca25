"""A command dispatcher with everything behind it, on a store in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.commands.declaration import Caller, CommandSet, PlaceAccess
from bot.commands.dispatcher import CommandContext, CommandDispatcher
from bot.commands.queries import HistoryAnswers, LatestState, Queries
from bot.domain.errors import AskerError
from bot.domain.exchange import Exchange, Listing
from bot.domain.obstacles import AlertObstacle, ObstacleKind
from bot.domain.outflow_curve import OutflowCurve
from bot.domain.place import Place, Platform
from bot.domain.send_rate import SendRate
from bot.messages.model import Message
from bot.monitoring.history_queries import HistoryQueries
from bot.monitoring.news_watch import NewsWatch
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.stress_test import StressInputs, StressTest
from bot.monitoring.withdrawal_lookup import WithdrawalLookup
from bot.ports.news import Feed
from bot.ports.sources import WithdrawalSource
from bot.proof_checker.checker import ProcessProofChecker
from bot.sources.proofs.curated import curated_proofs
from handlers import COMMANDS
from tests.builders import BINANCE, DAY, HERE, HOUR, NOON, OKX, holding, listing
from tests.fakes.memory import Memory
from tests.fakes.memory_alert_tester import MemoryAlertTester

CHANNEL = Place(Platform.TELEGRAM, "-1009876543210")
"""Another place, called @channel."""
PAST = OutflowCurve(
    "FTX, November 2022", NOON - 30 * DAY, tuple(day * DAY for day in range(4)), (0.0, -0.05, -0.29, -0.37), "made up"
)
"""The only run of the past that can be asked for there, as ftx-2022."""
UNREACHABLE_OPERATOR = "ERROR_CHAT names telegram:-1, which is not reached: chat not found."
NOBODY_DELIVERS = AlertObstacle(ObstacleKind.WORKERS, "no worker delivers", "deliveries")
MEMBER, MODERATOR, OWNER = "member", "moderator", "owner"


@dataclass
class DispatcherBench:
    """Answers commands of a member, a moderator or the owner.

    `moderates` are the places that the moderator moderates, `missing_rights` what the bot may not do in any place,
    `mention_lacks` and `mention_fault` what stands against a mention, `announcement_channels` the places whose
    messages can be published.
    """

    commands: CommandSet = COMMANDS
    memory: Memory = field(default_factory=lambda: Memory(NOON))
    latest: LatestState = field(default_factory=LatestState)
    moderates: set[Place] = field(default_factory=lambda: {HERE, CHANNEL})
    missing_rights: tuple[str, ...] = ()
    mention_lacks: tuple[str, ...] = ()
    announcement_channels: set[Place] = field(default_factory=set)
    mention_fault: Exception | None = None
    only: tuple[str, ...] = ()
    withdrawal_sources: tuple[WithdrawalSource, ...] = ()
    own_chains: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rights_fault: Exception | None = None
    feeds: tuple[Feed, ...] = ()
    alert_tester: MemoryAlertTester = field(default_factory=MemoryAlertTester)
    has_newest_incidents: bool = False

    def __post_init__(self) -> None:
        self.snapshot_builder = SnapshotBuilder(
            self.memory.readings,
            self.memory.clock,
            self.memory.incidents,
            suppressions=self.memory.suppressions,
            withdrawals=WithdrawalLookup(self.latest.withdrawals),
            on_suppressions=self.latest.set_suppressions,
        )
        self.history_queries = HistoryQueries(self.memory.readings, self.memory.clock)
        inputs = StressInputs(
            exchanges=lambda: [exchange for exchange in self.queries.exchanges() if exchange.slug],
            snapshot=self.latest.snapshot,
            withdrawals=lambda exchange: self.queries.judged_withdrawals(exchange),  # noqa: PLW0108 — made later
            transitions=lambda exchange, since: self.queries.withdrawal_transitions(exchange, since),  # noqa: PLW0108 — made later
            outgoing=lambda exchange: self.queries.outgoing(exchange),  # noqa: PLW0108 — made later
        )
        self.stress_test = StressTest(self.memory.readings, self.memory.stress, self.memory.clock, inputs)
        self.news = NewsWatch(
            self.feeds,
            records=self.memory.news,
            readings=self.memory.readings,
            clock=self.memory.clock,
            meter=self.memory.meter,
            interval=timedelta(minutes=15),
            names=lambda: {each.id: each.name for each in self.queries.exchanges()},
        )
        self.queries = Queries(
            self.latest,
            incidents=self.memory.incidents,
            outbox=self.memory.outbox,
            subscriptions=self.memory.subscriptions,
            withdrawals=self.memory.withdrawals,
            withdrawal_sources=self.withdrawal_sources,
            curated_proofs=curated_proofs(),
            build_snapshot=self.snapshot_builder.snapshot,
            only=self.only,
            history=HistoryAnswers(
                outflow_curve=self.history_queries.outflow_curve,
                daily_assets=self.history_queries.daily_assets,
                past_curve=self._past,
                past_runs=self._past_runs,
                rehearse=self.history_queries.rehearse,
            ),
            stress=self.stress_test,
            news=self.news,
            clock=self.memory.clock,
            version="1.2.3",
            platforms=lambda: {Platform.TELEGRAM: ""},
            rates=self._rates,
            standing_by=lambda: ["standing by: another worker polls the upstreams"],
            obstacles=self._obstacles,
            misdirected=lambda: [UNREACHABLE_OPERATOR],
            has_newest_incidents=lambda: self.has_newest_incidents,
            drills=self.memory.drills,
            own_chains=lambda: self.own_chains,
        )
        self.dispatcher = CommandDispatcher(
            self.commands,
            self.queries,
            self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            place_settings=self.memory.place_settings,
            approvals=self.memory.approvals,
            suppressions=self.memory.suppressions,
            drills=self.memory.drills,
            mutes=self.memory.mutes,
            alert_tester=self.alert_tester,
            pending_changes=self.memory.pending_changes,
            place_exports=self.memory.place_exports,
            proof_checker=ProcessProofChecker(),
        )

    async def load(self) -> None:
        """List Binance, OKX, Gate.io and NEXO, with what the first of them held at noon and the day before."""
        gate = Exchange("gate", "Gate.io", "gate")
        nexo = Exchange("nexo", "NEXO")
        rows = [listing(), listing(OKX, total=9e9), listing(gate, total=5e9), listing(nexo, total=None)]
        await self.memory.readings.save_listings(rows)
        await self.memory.readings.add([holding(60, at=NOON - DAY), holding(60, at=NOON - HOUR), holding(58)])
        self.latest.set_listings(rows)
        self.latest.set_snapshot(await self.snapshot_builder.snapshot(BINANCE))

    def add_listings(self, *rows: Listing) -> None:
        self.latest.set_listings(rows)

    async def ask(self, line: str, *, who: str = MEMBER, place: Place = HERE) -> Message:
        """Answer a typed line, without its slash."""
        name, _, words = line.partition(" ")
        command = self.commands.get(name)
        assert command, f"no command {name}"
        return await self.dispatcher.answer_words(self.context(who, place), command, words)

    def context(self, who: str = MEMBER, place: Place = HERE) -> CommandContext:
        caller = Caller(f"telegram:{who}", is_owner=who == OWNER, may_moderate=self._rights_of(who))
        return CommandContext(
            place, caller, PlaceAccess(self._find, self._missing, self._check_mention, self._can_publish)
        )

    def _rights_of(self, who: str) -> "_Rights":
        return _Rights(self, who)

    async def _obstacles(self) -> list[AlertObstacle]:
        return [NOBODY_DELIVERS]

    async def _rates(self) -> Mapping[Platform, SendRate]:
        return {Platform.TELEGRAM: SendRate(28.0)}

    async def _past(self, name: str) -> OutflowCurve | None:
        return PAST if name == "ftx-2022" else None

    async def _past_runs(self) -> list[OutflowCurve]:
        return [PAST]

    async def _find(self, text: str) -> Place:
        if text != "@channel":
            raise AskerError(f"The bot cannot see {text}.")
        return CHANNEL

    async def _check_mention(self, place: Place, mention: str) -> tuple[str, ...]:
        if self.mention_fault:
            raise self.mention_fault
        return self.mention_lacks

    async def _can_publish(self, place: Place) -> bool:
        return place in self.announcement_channels

    async def _missing(self, place: Place) -> tuple[str, ...]:
        return self.missing_rights


@dataclass
class _Rights:
    bench: DispatcherBench
    who: str

    async def __call__(self, place: Place) -> bool:
        if self.bench.rights_fault:
            raise self.bench.rights_fault
        return self.who == MODERATOR and place in self.bench.moderates


def topic(place: Place, thread: str) -> Place:
    """Return a topic of a chat."""
    return replace(place, thread=thread)


async def moderate(bench: DispatcherBench, line: str, place: Place = HERE) -> Message:
    """Answer a line that a moderator types, without its slash."""
    return await bench.ask(line, who=MODERATOR, place=place)
