"""What an operator has paused opens, worsens and ends no incident, and what is not paused goes on."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from bot.detection.proofs import PROOF_RULE
from bot.detection.withdrawals.closed_withdrawals import WITHDRAWALS_RULE
from bot.domain.incident import Incident, StepReason
from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofMethod, ProofOfReserves
from bot.domain.severity import Severity
from bot.domain.suppression import Metric, Suppression
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.cards.alert import incident_card
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.monitoring.withdrawal_lookup import WithdrawalLookup
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, subscription
from tests.fakes.memory import Memory
from tests.known_withdrawals import known, network
from tests.messages.cards.plain import said

MAIN = (("BTC", "BITCOIN"), ("ETH", "ETHEREUM"), ("USDT", "TRON"), ("USDT", "ETHEREUM"), ("USDC", "ETHEREUM"))
PROOF = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2022, 12, 1),
    method=ProofMethod.ZK_SNARK,
    liabilities=Liabilities.INCLUDED,
    ratios=(AssetRatio("BTC", 0.98, 98.0, 100.0),),
    read_at=NOON,
)


@dataclass
class Watched:
    """A watch over Binance, its reserves, withdrawals and proofs, and an operator who pauses them."""

    memory: Memory = field(default_factory=lambda: Memory(NOON))
    latest: dict[str, ExchangeWithdrawals] = field(default_factory=dict)

    def __post_init__(self) -> None:
        memory = self.memory
        self.watch = Watch(
            SnapshotBuilder(
                memory.readings,
                memory.clock,
                memory.incidents,
                suppressions=memory.suppressions,
                withdrawals=WithdrawalLookup(self.latest),
            ),
            incidents=memory.incidents,
            subscriptions=memory.subscriptions,
            clock=memory.clock,
            meter=memory.meter,
            publish=lambda _snapshot: None,
        )

    async def pause(self, metric: Metric) -> None:
        await self.memory.suppressions.add(Suppression("binance", NOON, "telegram:1", "it is wrong", metric))

    async def read_reserves(self, billions: float, after: timedelta) -> None:
        self.memory.clock.time = NOON + after
        await self.memory.readings.add([holding(billions, at=NOON + after)])
        await self.watch.judge_exchanges([BINANCE])

    async def poll_withdrawals(self, after: timedelta, *closed: str) -> None:
        """Take a poll in which some majors have been closed since noon."""
        self.memory.clock.time = at = NOON + after
        networks = [
            network(asset, name, WithdrawalState.CLOSED if asset in closed else WithdrawalState.OPEN, since=NOON, at=at)
            for asset, name in (*MAIN, ("USDC", "SOLANA"))
        ]
        self.latest["binance"] = known("binance", *networks, at=at)
        self.latest["binance"] = replace(self.latest["binance"], polled_at=at)
        await self.watch.judge_other_source(WITHDRAWALS_RULE, [self.latest["binance"]])
        await self.watch.judge_exchanges([BINANCE])

    async def read_proof(self, after: timedelta, ratio: float = 0.98) -> None:
        self.memory.clock.time = at = NOON + after
        ratios = (AssetRatio("BTC", ratio, 100 * ratio, 100.0),)
        await self.watch.judge_other_source(PROOF_RULE, [replace(PROOF, ratios=ratios, read_at=at)])

    async def open_severities(self) -> dict[str, Severity]:
        return {incident.source_rule: incident.severity for incident in await self.memory.incidents.open()}

    async def incident(self) -> Incident:
        (incident,) = await self.memory.incidents.open()
        return incident


@pytest.fixture
async def watched() -> Watched:
    started = Watched()
    days = [holding(60 + 0.12 * (day % 2), at=NOON.replace(hour=0) - day * DAY) for day in range(60)]
    await started.memory.readings.add([*days, *(holding(60, at=NOON - hour * HOUR) for hour in range(1, 25))])
    await started.memory.subscriptions.add(subscription())
    return started


async def make_all_three_wrong(watched: Watched) -> dict[str, Severity]:
    """Return what is open after an outflow, all withdrawals closed, and a proof with less held than owed."""
    await watched.poll_withdrawals(timedelta())
    for hour in (1, 2, 3):
        await watched.read_proof(hour * HOUR)
        await watched.poll_withdrawals(hour * HOUR, "BTC", "ETH", "USDT", "USDC")
        await watched.read_reserves(57.5, hour * HOUR)
    return await watched.open_severities()


async def test_without_a_pause_all_three_open(watched: Watched) -> None:
    assert await make_all_three_wrong(watched) == {
        "outflow": Severity.CRITICAL,
        WITHDRAWALS_RULE: Severity.SEVERE,
        PROOF_RULE: Severity.ELEVATED,
    }


async def test_a_pause_of_all_figures_opens_nothing(watched: Watched) -> None:
    await watched.pause(Metric.ALL)
    assert await make_all_three_wrong(watched) == {}


async def test_a_pause_of_the_outflow_leaves_the_others(watched: Watched) -> None:
    await watched.pause(Metric.OUTFLOW)
    assert set(await make_all_three_wrong(watched)) == {WITHDRAWALS_RULE, PROOF_RULE}


async def test_a_pause_of_withdrawals_leaves_an_outflow_that_is_not_critical(watched: Watched) -> None:
    await watched.pause(Metric.WITHDRAWALS)
    assert await make_all_three_wrong(watched) == {"outflow": Severity.ELEVATED, PROOF_RULE: Severity.ELEVATED}


async def test_a_pause_of_proofs_leaves_the_others(watched: Watched) -> None:
    await watched.pause(Metric.PROOF)
    assert set(await make_all_three_wrong(watched)) == {"outflow", WITHDRAWALS_RULE}


async def test_an_outflow_that_withdrawals_made_critical_is_held_while_they_are_paused(watched: Watched) -> None:
    await make_all_three_wrong(watched)
    await watched.pause(Metric.WITHDRAWALS)

    for hour in range(4, 40):
        await watched.poll_withdrawals(hour * HOUR)
        await watched.read_reserves(60, hour * HOUR)

    severities = await watched.open_severities()
    assert (severities["outflow"], severities[WITHDRAWALS_RULE]) == (Severity.CRITICAL, Severity.SEVERE)
    outflow = next(found for found in await watched.memory.incidents.open() if found.source_rule == "outflow")
    assert outflow.held
    shown = said(incident_card(outflow, "Binance", StepReason.UPDATED))
    assert "figures paused (since 2022-12-13 12:00 UTC, because: it is wrong)" in shown
    await watched.memory.suppressions.remove("binance", Metric.WITHDRAWALS)
    for hour in range(40, 80):
        await watched.poll_withdrawals(hour * HOUR)
        await watched.read_reserves(60, hour * HOUR)
    assert set(await watched.open_severities()) == {PROOF_RULE}


async def test_an_outflow_that_withdrawals_did_not_raise_goes_on_while_they_are_paused(watched: Watched) -> None:
    await watched.pause(Metric.WITHDRAWALS)
    await watched.poll_withdrawals(timedelta(), "BTC", "USDT")
    for hour in (1, 2):
        await watched.read_reserves(57.5, hour * HOUR)
    shown = said(incident_card(await watched.incident(), "Binance", StepReason.UPDATED))
    assert "withdrawals can't be judged for now: figures paused" in shown

    await watched.read_reserves(52, 3 * HOUR)
    assert await watched.open_severities() == {"outflow": Severity.SEVERE}
    for hour in range(4, 40):
        await watched.poll_withdrawals(hour * HOUR, "BTC", "USDT")
        await watched.read_reserves(60, hour * HOUR)
    assert await watched.open_severities() == {}


async def test_a_proof_under_way_neither_worsens_nor_ends_while_it_is_paused(watched: Watched) -> None:
    for hour in (0, 6):
        await watched.read_proof(hour * HOUR)
    await watched.pause(Metric.PROOF)
    for hour in range(12, 96, 6):
        await watched.read_proof(hour * HOUR, 1.02)

    incident = await watched.incident()
    assert incident.held
    assert incident.severity is Severity.ELEVATED
    shown = said(incident_card(incident, "Binance", StepReason.UPDATED))
    assert "Figures frozen: figures paused (since 2022-12-13 12:00 UTC, because: it is wrong)" in shown
    await watched.memory.suppressions.remove("binance")
    for hour in range(96, 150, 6):
        await watched.read_proof(hour * HOUR, 1.02)
    assert await watched.open_severities() == {}
