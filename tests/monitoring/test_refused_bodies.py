"""What becomes of a body that is refused: the health of its source says why, and the last good reading stays."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.reading import SourceHealth
from bot.monitoring.poll import SourcePoller
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from tests.builders import NOON
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.memory import Memory

BINANCE = "defillama/binance"
DETAIL = "/protocol/binance-cex"
HOUR = timedelta(hours=1)


@dataclass
class PolledUpstream:
    """The real source, polled from a stand-in into memory."""

    llama: FakeDefiLlama
    memory: Memory
    poller: SourcePoller
    judged: list[str] = field(default_factory=list)

    async def hour(self) -> None:
        """Let an hour pass and poll everything that is due then."""
        self.memory.clock.advance(HOUR)
        await self.poller.poll()
        await self.poller.fetch([Exchange("binance", "Binance")])

    async def health(self) -> SourceHealth:
        return (await self.memory.readings.health())[BINANCE]


@pytest.fixture
async def polled() -> AsyncIterator[PolledUpstream]:
    async with AsyncExitStack() as stack:
        llama = await stack.enter_async_context(FakeDefiLlama(now=NOON, days=20))
        http = await stack.enter_async_context(Http(pause=timedelta(0)))
        memory = Memory(NOON)
        judged: list[str] = []

        async def judge(exchanges: Sequence[Exchange]) -> dict[str, Exception]:
            judged.extend(exchange.id for exchange in exchanges)
            return {}

        async def ignore(*_: object) -> None:
            return

        poller = SourcePoller(
            DefiLlama(http, memory.clock, url=llama.url),
            readings=memory.readings,
            revisions=memory.revisions,
            incidents=memory.incidents,
            subscriptions=memory.subscriptions,
            clock=memory.clock,
            meter=memory.meter,
            detail_interval=HOUR,
            only=frozenset({"binance"}),
            on_listings=lambda _: None,
            on_stored=ignore,
            on_batch=judge,
            on_blind=lambda *_: None,
            on_health=ignore,
        )
        await poller.poll()
        await poller.poll_details()
        yield PolledUpstream(llama, memory, poller, judged)


async def test_another_exchanges_body_changes_nothing_and_says_why(polled: PolledUpstream) -> None:
    before = await polled.memory.readings.latest("binance")
    judged = [*polled.judged]
    polled.llama.step("binance", share=1e-6)
    polled.llama.fail(DETAIL, body=polled.llama.exchanges["okx"].protocol_body())

    await polled.hour()

    health = await polled.health()
    assert await polled.memory.readings.latest("binance") == before
    assert polled.judged == judged
    assert health.fault is SourceFault.WRONG_EXCHANGE
    assert health.detail == "the body is of “OKX”, and Binance was asked for"
    assert health.failing_since == NOON + HOUR
    assert polled.memory.meter.counts["polled", BINANCE, "wrong exchange"] == 1

    await polled.hour()

    after = await polled.memory.readings.latest("binance")
    assert (await polled.health()).fault is None
    assert after
    assert after.as_of == polled.llama.exchanges["binance"].as_of


async def test_a_body_of_half_the_lists_total_is_no_outflow(polled: PolledUpstream) -> None:
    """Its points are those of an exchange that lost half of everything; by the list it lost nothing."""
    listed = polled.llama.exchanges["binance"].row()
    polled.llama.step("binance", share=-0.5)
    polled.llama.rows = [listed]

    await polled.hour()

    snapshots = SnapshotBuilder(polled.memory.readings, polled.memory.clock, polled.memory.incidents)
    signal = (await snapshots.snapshot(Exchange("binance", "Binance", own_tokens=frozenset({"BNB"})))).signal
    assert (await polled.health()).fault is SourceFault.TOTAL_DISAGREES
    assert polled.memory.meter.counts["polled", BINANCE, "total disagrees"] == 1
    assert signal
    assert all(abs(flow.share) < 0.01 for flow in signal.flows)


async def test_impossible_values_are_named_in_the_health_and_logged_once_a_spell(polled: PolledUpstream) -> None:
    with capture_logs() as logs:
        for amount in (-1.0, -2.0, None, -3.0):
            polled.llama.step("binance", holdings={"Ethereum": {"ETH": amount or 4e6}}, share=1e-6)
            await polled.hour()
            assert (await polled.health()).detail == ("ETH on Ethereum" if amount else "")
            assert (await polled.health()).fault is None

    said = [(entry["event"], entry.get("slots")) for entry in logs if entry["log_level"] != "debug"]
    assert said == [
        ("impossible values left out", "ETH on Ethereum"),
        ("no impossible values any more", None),
        ("impossible values left out", "ETH on Ethereum"),
    ]


async def test_of_many_impossible_values_three_are_named(polled: PolledUpstream) -> None:
    odd = {f"T{number}": -1.0 for number in range(5)}
    polled.llama.step("binance", holdings={"Ethereum": odd})

    await polled.hour()

    assert (await polled.health()).detail == "T0 on Ethereum, T1 on Ethereum, T2 on Ethereum and 2 more"


async def test_an_amount_that_never_had_a_price_is_named_as_well(polled: PolledUpstream) -> None:
    polled.llama.step("binance", holdings={"Ethereum": {"NEW": 5.0}}, prices={"NEW": -1.0})

    await polled.hour()

    assert (await polled.health()).detail == "NEW on Ethereum"
