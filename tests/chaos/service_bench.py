"""Everything that whole workers talk to, in a time that is moved on by hand: exchanges, people, and a store.

Eight exchanges of about $450 M each, so that each is an eighth of everything and none counts for a market-wide
incident. Four places hear of them; whoever runs the bot reads ERROR_CHAT. Every hour the upstream publishes a run of
every exchange, in which next to nothing moves but what was planned for that hour.
"""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain.errors import StorageError
from bot.domain.place import Place, Platform, Subscription
from bot.storage import keys
from bot.storage.store import Store, open_store
from tests.chaos.fault_bench import own_server, scratch
from tests.chaos.platform_log import RecordingDiscord, RecordingTelegram
from tests.chaos.service_workers import ServiceWorkers
from tests.chaos.shared_time import SharedTime
from tests.chaos.told_messages import ToldMessages
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.defillama_world import FakeExchange, quiet_exchange
from tests.fakes.discord_world import Channel
from tests.fakes.telegram import Chat, User
from tests.servers import Server
from tests.world import DISCORD_TOKEN

HOUR = timedelta(hours=1)
NAMES = ("Ardmore", "Bellrock", "Corran", "Dunbar", "Elgin", "Fintry", "Glenfin", "Huntly")
_START = datetime(2026, 10, 5, 1, 3, 31, tzinfo=UTC)  # as in tests/world.py
_DAYS = 30
_BTC = 2_500.0  # at each exchange: clean reserves of some $450 M with everything else
_NOISE = 2e-4  # of the reserves in an hour: figures that repeat are no new reading
_EVERYTHING = None
TELEGRAM_PLACES = 2
Move = Mapping[tuple[str, str], float]
"""How the amounts of an exchange change, by chain and asset."""


@dataclass(eq=False)
class ServiceBench:
    """The surroundings of the workers.

    `moves` are planned, by the hour of the run that shows them. The workers on the machines `left_alone` are not to be
    killed.
    """

    server: Server
    time: SharedTime
    llama: FakeDefiLlama
    telegram: RecordingTelegram
    discord: RecordingDiscord
    told: ToldMessages
    store: Store
    workers: ServiceWorkers
    ann: User
    operators: Chat
    private: Chat
    channel: Channel
    recipients: Mapping[Place, str | None]
    chance: random.Random
    hour: int = 0
    left_alone: set[int] = field(default_factory=set)
    is_frozen: bool = False
    moves: defaultdict[int, list[tuple[str, Move]]] = field(default_factory=lambda: defaultdict(list))
    _listed: Sequence[str] | None = None

    @property
    def exchanges(self) -> Sequence[str]:
        """Return the ids of the exchanges."""
        return list(self.llama.exchanges)

    def publish_hour(self) -> None:
        """Let the upstream publish the runs of one more hour; what is planned waits while it stands still."""
        self.hour += 1
        if self.is_frozen:
            self.moves[self.hour + 1] += self.moves.pop(self.hour, [])
            return
        for exchange in self.llama.exchanges.values():
            noise = self.chance.uniform(-_NOISE, _NOISE)
            exchange.step(share=noise, after=self.time.now() - exchange.as_of)
        for exchange_id, move in self.moves.pop(self.hour, []):
            for chain, held in self.llama.exchanges[exchange_id].runs[-1].holdings.items():
                for asset in held:
                    held[asset] += move.get((chain, asset), 0.0)
        self.list_only(self._listed)

    def outflow(self, exchange_id: str, share: float) -> Move:
        """Return how amounts change when that part of an exchange's reserves leaves, of one asset more than of another.

        All by one factor would be the source's doing.
        """
        exchange = self.llama.exchanges[exchange_id]
        newest = exchange.runs[-1]
        slots = [(chain, asset) for chain, held in newest.holdings.items() for asset in held]
        weights = {slot: self.chance.uniform(0.5, 1.5) for slot in slots if slot[1] not in exchange.own_tokens}
        usd = {slot: newest.usd(slot[0])[slot[1]] for slot in weights}
        factor = share * sum(usd.values()) / sum(usd[slot] * weights[slot] for slot in weights)
        return {slot: -newest.holdings[slot[0]][slot[1]] * weight * factor for slot, weight in weights.items()}

    def list_only(self, exchanges: Sequence[str] | None) -> None:
        """Let the upstream's list have these exchanges alone from now on; None: all of them."""
        self._listed = exchanges
        self.llama.rows = [self.llama.exchanges[id_].row() for id_ in exchanges] if exchanges else None

    def places_of(self, exchange: str) -> Sequence[Place]:
        """Return the places that hear of an exchange."""
        return [place for place, about in self.recipients.items() if about in {_EVERYTHING, exchange}]

    @property
    def has_store(self) -> bool:
        """Return whether Redis runs."""
        return self.server.ask("PING") == "+PONG"

    async def store_answers(self) -> None:
        """Raise StorageError at once while the store is away, where a client would try again for some seconds."""
        if not self.has_store:
            raise StorageError("killed")

    async def is_delivered(self) -> bool:
        """Return whether nothing is queued but edits that have to wait for their time, or nobody can tell."""
        try:
            await self.store_answers()
            depth = await self.store.outbox.depth()
            postponed = [
                int(await self.store.database.command("ZCARD", keys.POSTPONED.key(platform)))
                for platform in (Platform.TELEGRAM, Platform.DISCORD)
            ]
        except StorageError:
            return True
        return sum(depth.values()) <= sum(postponed)

    async def subscribe(self) -> None:
        """Subscribe every place."""
        for place, about in self.recipients.items():
            await self.store.subscriptions.add(Subscription(place, about))


@asynccontextmanager
async def service_bench(seed: int) -> AsyncIterator[ServiceBench]:
    """Set everything up but the workers."""
    async with AsyncExitStack() as stack:
        directory = await stack.enter_async_context(scratch())
        server = await stack.enter_async_context(own_server())
        time_path = directory / "time"
        time = SharedTime.create(time_path, _START)
        told = ToldMessages(time)
        llama = await stack.enter_async_context(FakeDefiLlama(now=_START, days=1))
        telegram = await stack.enter_async_context(RecordingTelegram(told))
        discord = await stack.enter_async_context(RecordingDiscord(told, DISCORD_TOKEN))
        llama.clock = telegram.clock = discord.clock = time
        llama.exchanges = {exchange.id: exchange for exchange in _exchanges(seed)}
        store = await open_store(server.url, clock=time)
        stack.push_async_callback(store.close)
        ann = telegram.user("Ann")
        operators = telegram.group("Operators", admins=(ann,))
        # Private chats: groups get 20 messages a minute at most, and a minute is three days here.
        everybody, ardmore_only = (telegram.private(telegram.user(name)) for name in ("Bea", "Cem"))
        private = telegram.private(ann)
        guild = discord.guild()
        channels = [discord.channel(guild, name) for name in ("alerts", "bellrock")]
        variables = _variables(directory, server, llama, telegram, discord, operators)
        workers = await stack.enter_async_context(ServiceWorkers(directory, time, time_path, variables))
        yield ServiceBench(
            server, time, llama, telegram, discord, told, store, workers, ann, operators, private, channels[0],
            recipients={
                Place(Platform.TELEGRAM, str(everybody.id)): _EVERYTHING,
                Place(Platform.TELEGRAM, str(ardmore_only.id)): "ardmore",
                Place(Platform.DISCORD, channels[0].id): _EVERYTHING,
                Place(Platform.DISCORD, channels[1].id): "bellrock",
            },
            chance=random.Random(seed),  # noqa: S311 — the same numbers for the same seed are what is wanted
        )  # fmt: skip


def _variables(  # noqa: PLR0913, PLR0917 — everything that a worker is told of
    directory: Path,
    server: Server,
    llama: FakeDefiLlama,
    telegram: RecordingTelegram,
    discord: RecordingDiscord,
    operators: Chat,
) -> Mapping[str, str]:
    return {
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "DISCORD_TOKEN": DISCORD_TOKEN,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "DEFILLAMA_URL": llama.url,
        "REDIS_URL": server.url,
        "DATA_DIR": str(directory / "data"),
        "ERROR_CHAT": f"telegram:{operators.id}",
        "POLL_INTERVAL": "30m",  # of the simulation: two without a good poll are said
        "DETAIL_INTERVAL": "45m",  # so that the run of every hour is read while something moves
        "HTTP_PORT": "0",
        "LOG_FORMAT": "json",
        "WITHDRAWALS": "false",
        "PROOFS": "false",
        "PEGS": "false",
        "PRICE_GAPS": "false",
    }


def _exchanges(seed: int) -> Sequence[FakeExchange]:
    chance = random.Random(seed)  # noqa: S311 — as above
    return [
        quiet_exchange(chance, _START, _DAYS, name.lower(), name, name.lower(), (f"{name[:3].upper()}T",), _BTC, {})
        for name in NAMES
    ]
