"""Wallets are read in rounds; an incomplete one changes no figure, and the store may be away."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from structlog.testing import capture_logs
from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault, StorageError
from bot.domain.own_reading import BITCOIN, OutgoingTimes, OwnReading, OwnRound, WalletBalance
from bot.monitoring.chain_poller import ChainPoller
from bot.ports.chain import ChainSource, OwnReadings
from tests.builders import NOON
from tests.clocks import HandMovedClock
from tests.waiting import stop, until

HOUR = timedelta(hours=1)
WALLETS = {BITCOIN: {"binance": ("a", "b", "c"), "kraken": ("k",)}}


class FakeChainSource(ChainSource):
    """Answers from a table of satoshis; `asked` are the exchanges and how many of their wallets were asked."""

    chain = BITCOIN
    most_wallets: int | None = 2
    interval = HOUR

    def __init__(self, clock: HandMovedClock) -> None:
        self.held = {"a": 1.0, "b": 90.0, "c": 9.0, "k": 5.0}
        self.spent = {"a": 3}
        self.fault: Exception | None = None
        self.outgoing_fault: Exception | None = None
        self.left_out = 0
        self.asked: list[tuple[str, int]] = []
        self._clock = clock

    @override
    async def read(self, exchange: str, wallets: Sequence[str]) -> OwnRound:
        self.asked.append((exchange, len(wallets)))
        if self.fault:
            raise self.fault
        told = wallets[: len(wallets) - self.left_out]
        read = (WalletBalance(wallet, {"BTC": self.held[wallet]}, self.spent.get(wallet, 0)) for wallet in told)
        return OwnRound(exchange, BITCOIN, self._clock.now(), tuple(read))

    @override
    async def outgoing(self, wallet: str) -> OutgoingTimes:
        if self.outgoing_fault:
            raise self.outgoing_fault
        return OutgoingTimes(wallet, self._clock.now(), (self._clock.now(),))


@dataclass
class Kept(OwnReadings):
    """What is kept, in memory."""

    readings: dict[tuple[str, str], OwnReading] = field(default_factory=dict)
    is_away: bool = False

    @override
    async def save(self, reading: OwnReading) -> None:
        if self.is_away:
            raise StorageError("away")
        self.readings[reading.exchange, reading.chain] = reading

    @override
    async def all(self) -> dict[tuple[str, str], OwnReading]:
        return dict(self.readings)


class ChainPolling:
    """A poller of one source, and what it has told."""

    def __init__(self) -> None:
        self.clock = HandMovedClock(NOON)
        self.source = FakeChainSource(self.clock)
        self.kept = Kept()
        self.watched = {"binance", "kraken"}
        self.known: dict[str, OwnReading] = {}
        self.told = 0
        self.poller = self.another_poller()

    def another_poller(self, *sources: ChainSource) -> ChainPoller:
        return ChainPoller(
            sources or [self.source],
            WALLETS,
            records=self.kept,
            clock=self.clock,
            is_read=self.watched.__contains__,
            on_known=self._show,
            on_saved=self._tell,
            turn=timedelta(milliseconds=2),
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.poller.serve())
        yield
        await stop(task)

    def _show(self, known: Iterable[OwnReading]) -> None:
        self.known |= {reading.exchange: reading for reading in known}

    async def _tell(self) -> None:
        self.told += 1


async def test_every_exchange_has_a_round_an_hour_and_only_the_first_reads_all_wallets() -> None:
    polling = ChainPolling()
    async with polling.serving():
        await until(lambda: polling.poller.rounds == 2, "round 2")
        polling.clock.advance(HOUR)
        await until(lambda: polling.poller.rounds == 4, "round 4")

    assert polling.source.asked == [("binance", 3), ("kraken", 1), ("binance", 2), ("kraken", 1)]
    binance = polling.known["binance"]
    assert (binance.amounts, binance.read, binance.listed, binance.coverage) == ({"BTC": 99.0}, 2, 3, 0.99)
    assert polling.kept.readings[("binance", BITCOIN)] == binance
    assert polling.told == 4


async def test_an_incomplete_round_keeps_the_figures_and_is_logged_once_until_it_heals() -> None:
    polling = ChainPolling()
    await polling.poller.read("kraken", polling.source)
    complete = polling.known["kraken"]

    with capture_logs() as logs:
        polling.source.fault = SourceError(SourceFault.RATE_LIMITED, "HTTP 429")
        for _ in range(2):
            polling.clock.advance(HOUR)
            await polling.poller.read("kraken", polling.source)
        failed = polling.known["kraken"]
        polling.source.fault = None
        await polling.poller.read("kraken", polling.source)

    assert (failed.amounts, failed.as_of) == (complete.amounts, NOON)
    assert (failed.fault, failed.detail, failed.failed_at) == (SourceFault.RATE_LIMITED, "HTTP 429", NOON + 2 * HOUR)
    assert polling.known["kraken"].fault is None
    assert [entry["event"] for entry in logs] == ["own reading incomplete", "own reading complete again"]


async def test_a_round_with_fewer_wallets_than_were_asked_for_is_none() -> None:
    polling = ChainPolling()
    polling.source.left_out = 1
    await polling.poller.read("binance", polling.source)

    binance = polling.known["binance"]
    assert (binance.as_of, binance.fault, binance.detail) == (None, SourceFault.CUT_SHORT, "2 of 3 wallets")


async def test_a_fault_of_the_program_costs_one_round() -> None:
    polling = ChainPolling()
    polling.source.fault = ZeroDivisionError()
    with capture_logs():
        await polling.poller.read("binance", polling.source)
    assert polling.known["binance"].fault is SourceFault.CRASHED

    polling.source.fault, polling.source.outgoing_fault = None, ZeroDivisionError()
    with capture_logs():
        await polling.poller.read("binance", polling.source)
    assert polling.known["binance"].fault is SourceFault.CRASHED


async def test_the_hot_wallet_is_asked_when_transactions_left_it() -> None:
    polling = ChainPolling()
    await polling.poller.read("binance", polling.source)
    told = OutgoingTimes("a", NOON, (NOON,))
    assert polling.known["binance"].outgoing == told

    polling.source.outgoing_fault = SourceError(SourceFault.TIMEOUT)
    await polling.poller.read("binance", polling.source)
    assert polling.known["binance"].outgoing == told
    assert polling.known["binance"].fault is None


async def test_without_a_hot_wallet_nobody_is_asked() -> None:
    polling = ChainPolling()
    await polling.poller.read("kraken", polling.source)

    assert polling.known["kraken"].outgoing is None


async def test_what_is_not_watched_is_not_read() -> None:
    polling = ChainPolling()
    polling.watched.remove("binance")
    async with polling.serving():
        await until(lambda: polling.poller.rounds == 1, "round 1")

    assert polling.poller.chains() == {BITCOIN: ["kraken"]}
    assert polling.source.asked == [("kraken", 1)]


async def test_after_a_restart_nobody_is_asked_sooner_and_what_was_known_is_shown() -> None:
    polling = ChainPolling()
    await polling.poller.read("binance", polling.source)
    before = dict(polling.known)
    polling.kept.readings["okx", BITCOIN] = OwnReading("okx", BITCOIN, as_of=NOON)  # of no list any more
    polling.known.clear()

    polling.poller = polling.another_poller()
    await polling.poller.restore()
    async with polling.serving():
        await until(lambda: polling.poller.rounds == 1, "round 1")

    assert polling.known["binance"] == before["binance"]
    assert "okx" not in polling.known
    assert polling.source.asked == [("binance", 3), ("kraken", 1)]


async def test_after_the_clock_was_put_right_everything_is_read_anew() -> None:
    polling = ChainPolling()
    async with polling.serving():
        await until(lambda: polling.poller.rounds == 2, "round 2")
        polling.poller.time_corrected()
        await until(lambda: polling.poller.rounds == 4, "round 4")


async def test_while_the_store_is_away_readings_are_shown_and_stored_later() -> None:
    polling = ChainPolling()
    polling.kept.is_away = True
    await polling.poller.read("kraken", polling.source)
    assert "kraken" in polling.known
    assert not polling.kept.readings

    polling.kept.is_away = False
    await polling.poller.read("binance", polling.source)
    assert polling.kept.readings.keys() == {("kraken", BITCOIN), ("binance", BITCOIN)}


async def test_without_an_endpoint_nothing_is_read_and_nothing_kept_is_shown() -> None:
    polling = ChainPolling()
    await polling.poller.read("kraken", polling.source)
    polling.known.clear()
    poller = ChainPoller(
        (),
        {},
        records=polling.kept,
        clock=polling.clock,
        is_read=polling.watched.__contains__,
        on_known=polling._show,  # noqa: SLF001 — of this file
        on_saved=polling._tell,  # noqa: SLF001 — as above
    )

    await poller.restore()
    await poller.serve()

    assert not polling.known
    assert poller.chains() == {}
