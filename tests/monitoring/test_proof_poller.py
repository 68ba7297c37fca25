"""Proofs of reserves are asked for seldom, kept by month, shown at once, and judged once they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault, StorageError
from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofOfReserves
from bot.domain.reading import SourceHealth
from bot.monitoring.proof_poller import ProofPoller
from bot.ports.sources import ProofSource
from tests.builders import DAY, HOUR, NOON
from tests.fakes.memory import HandClock, MemoryProofs, MemoryReadings, Tally

NOVEMBER = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2022, 11, 1),
    cadence_days=31,
    liabilities=Liabilities.INCLUDED,
    ratios=(AssetRatio("BTC", 1.01, 101.0, 100.0),),
)
DECEMBER = replace(NOVEMBER, as_of=date(2022, 12, 1))


@dataclass
class FakeProofSource(ProofSource):
    """Tells a proof as of now, or fails; `asked` counts how often."""

    clock: HandClock
    proof: ProofOfReserves = DECEMBER
    fault: SourceFault | None = None
    asked: int = 0

    @property
    @override
    def exchange(self) -> str:
        return "binance"

    @property
    @override
    def name(self) -> str:
        return "Binance"

    @override
    async def read(self) -> ProofOfReserves:
        self.asked += 1
        if self.fault:
            raise SourceError(self.fault)
        return replace(self.proof, read_at=self.clock.now())


@dataclass
class PollerBench:
    """A poller of one source, and what it called."""

    clock: HandClock = field(default_factory=lambda: HandClock(NOON))
    records: MemoryProofs = field(default_factory=MemoryProofs)
    readings: MemoryReadings = field(default_factory=MemoryReadings)
    is_listed: bool = True
    is_judging_away: bool = False
    known: list[ProofOfReserves] = field(default_factory=list)
    rounds: list[list[date | None]] = field(default_factory=list)
    read_at: list[datetime] = field(default_factory=list)
    health: list[SourceHealth] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = FakeProofSource(self.clock)
        self.poller = self.new_poller()

    def new_poller(self) -> ProofPoller:
        return ProofPoller(
            [self.source],
            records=self.records,
            readings=self.readings,
            clock=self.clock,
            meter=Tally(),
            is_asked=lambda _: self.is_listed,
            on_known=self.known.append,
            on_round=self._judge,
            on_health=self._record,
        )

    async def _judge(self, proofs: Sequence[ProofOfReserves]) -> None:
        if self.is_judging_away:
            raise StorageError("the store is away")
        self.rounds.append([proof.as_of for proof in proofs])
        self.read_at = [proof.read_at for proof in proofs if proof.read_at]

    async def _record(self, _: SourceHealth, now: SourceHealth) -> None:
        self.health.append(now)

    async def poll_after(self, span: timedelta) -> None:
        self.clock.advance(span)
        await self.poller.poll()


@pytest.fixture
def bench() -> PollerBench:
    return PollerBench()


async def test_a_proof_is_stored_shown_and_judged(bench: PollerBench) -> None:
    await bench.poller.poll()

    read = replace(DECEMBER, read_at=NOON)
    assert await bench.records.archive() == {"binance": [read]}
    assert bench.known == [read]
    assert bench.rounds == [[DECEMBER.as_of]]
    assert (bench.health[-1].source, bench.health[-1].last_success) == ("proofs/binance", NOON)


async def test_an_exchange_is_asked_every_six_hours(bench: PollerBench) -> None:
    await bench.poller.poll()
    await bench.poll_after(6 * HOUR - timedelta(seconds=1))
    assert bench.source.asked == 1

    await bench.poll_after(timedelta(seconds=1))
    assert bench.source.asked == 2
    assert len(bench.rounds) == 2


async def test_one_that_fails_is_asked_again_after_an_hour_and_its_fault_is_told(bench: PollerBench) -> None:
    bench.source.fault = SourceFault.BLOCKED
    await bench.poller.poll()
    await bench.poll_after(HOUR - timedelta(seconds=1))
    assert bench.source.asked == 1

    await bench.poll_after(timedelta(seconds=1))
    assert bench.source.asked == 2
    assert bench.health[-1].fault is SourceFault.BLOCKED
    assert bench.known == []
    assert bench.rounds == [[], []]  # what is known becomes too old to judge by


async def test_whoever_is_not_listed_or_not_watched_is_not_asked(bench: PollerBench) -> None:
    bench.is_listed = False

    await bench.poller.poll()

    assert (bench.source.asked, bench.rounds, bench.poller.names) == (0, [], [])


async def test_each_month_has_its_proof_and_the_same_one_is_kept_once(bench: PollerBench) -> None:
    bench.source.proof = NOVEMBER
    await bench.poller.poll()
    await bench.poll_after(6 * HOUR)
    bench.source.proof = DECEMBER
    await bench.poll_after(6 * HOUR)

    archive = await bench.records.archive()
    assert [proof.as_of for proof in archive["binance"]] == [NOVEMBER.as_of, DECEMBER.as_of]
    assert archive["binance"][0].read_at == NOON + 6 * HOUR


async def test_an_older_proof_than_before_is_refused(bench: PollerBench) -> None:
    await bench.poller.poll()
    bench.source.proof = NOVEMBER
    await bench.poll_after(6 * HOUR)

    assert bench.health[-1].fault is SourceFault.VALUES_DISAGREE
    assert [proof.as_of for proof in bench.known] == [DECEMBER.as_of]


async def test_after_a_restart_the_archive_is_shown_and_nobody_is_asked_sooner(bench: PollerBench) -> None:
    bench.source.proof = NOVEMBER
    await bench.poller.poll()
    bench.source.proof = DECEMBER
    await bench.poll_after(DAY)
    bench.known.clear()
    bench.rounds.clear()
    again = bench.poller = bench.new_poller()

    await again.restore()
    assert [proof.as_of for proof in bench.known] == [DECEMBER.as_of]

    await bench.poll_after(HOUR)
    assert bench.rounds == [[NOVEMBER.as_of, DECEMBER.as_of]]  # so that the newest has one to be compared with
    assert bench.source.asked == 2
    await bench.poll_after(5 * HOUR)
    assert bench.source.asked == 3


async def test_while_the_store_is_away_it_is_asked_and_judged_again_at_the_next_turn(bench: PollerBench) -> None:
    bench.records.away = True
    with pytest.raises(StorageError):
        await bench.poller.poll()
    assert bench.rounds == []
    bench.records.away = False
    bench.is_judging_away = True
    with pytest.raises(StorageError):
        await bench.poll_after(timedelta(minutes=5))
    bench.is_judging_away = False

    await bench.poll_after(timedelta(minutes=5))

    assert bench.rounds == [[DECEMBER.as_of]]
    assert bench.source.asked == 2


async def test_a_question_asks_at_once_and_has_nothing_judged(bench: PollerBench) -> None:
    await bench.poller.fetch(["binance", "okx"])

    assert [proof.as_of for proof in bench.known] == [DECEMBER.as_of]
    assert bench.rounds == []


async def test_where_the_clock_was_wrong_it_is_asked_anew(bench: PollerBench) -> None:
    await bench.poller.poll()
    await bench.poll_after(-DAY)
    assert bench.source.asked == 2

    bench.poller.time_corrected()
    await bench.poller.poll()
    assert bench.source.asked == 3


async def test_where_the_clock_was_wrong_the_newest_is_judged_anew_beside_the_one_before(bench: PollerBench) -> None:
    bench.source.proof = NOVEMBER
    await bench.poller.poll()
    bench.source.proof = DECEMBER
    await bench.poll_after(6 * HOUR)
    await bench.poll_after(6 * HOUR)
    bench.rounds.clear()
    bench.clock.advance(-DAY)

    bench.poller.time_corrected()
    await bench.poller.poll()

    assert bench.rounds == [[NOVEMBER.as_of, DECEMBER.as_of, DECEMBER.as_of]]
    assert max(bench.read_at) <= bench.clock.now()
