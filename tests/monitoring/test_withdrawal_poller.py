"""Exchanges are asked in time, whatever one of them does, and what changed is stored, shown and judged, once."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.testing import capture_logs

from bot.detection.withdrawals.thresholds import SILENT_POLLS
from bot.domain.errors import LeaseLost, SourceFault, StorageError
from bot.domain.reading import SourceHealth
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.monitoring.withdrawal_poller import WithdrawalPoller
from tests.builders import NOON
from tests.fakes.memory import Memory
from tests.known_withdrawals import FakeWithdrawalSource, closing, known, network
from tests.waiting import stop, until

MINUTE = timedelta(minutes=1)
INTERVAL = 5 * MINUTE
TURN = timedelta(milliseconds=2)
OPEN, CLOSED, UNKNOWN = WithdrawalState.OPEN, WithdrawalState.CLOSED, WithdrawalState.UNKNOWN


@dataclass
class Polling:
    """A poller of some sources, and what it has told."""

    sources: dict[str, FakeWithdrawalSource]
    memory: Memory
    watched: set[str]
    known: dict[str, ExchangeWithdrawals] = field(default_factory=dict)
    judged: dict[str, ExchangeWithdrawals] = field(default_factory=dict)
    rounds: list[tuple[list[str], set[str]]] = field(default_factory=list)
    health: dict[str, SourceHealth] = field(default_factory=dict)
    judging_fault: Exception | None = None
    budget: timedelta = MINUTE
    slow_after: timedelta = MINUTE

    def __post_init__(self) -> None:
        self.poller = self.another_poller()

    def another_poller(self) -> WithdrawalPoller:
        """Return a poller of another worker, or of the next life of this one."""
        return WithdrawalPoller(
            list(self.sources.values()),
            records=self.memory.withdrawals,
            readings=self.memory.readings,
            clock=self.memory.clock,
            meter=self.memory.meter,
            interval=INTERVAL,
            is_asked=self.watched.__contains__,
            on_known=self._show,
            on_round=self._judge,
            on_health=self._record,
            turn=TURN,
            budget=self.budget,
            slow_after=self.slow_after,
        )

    def _show(self, known: Iterable[ExchangeWithdrawals]) -> None:
        self.known |= {withdrawals.exchange: withdrawals for withdrawals in known}

    async def _judge(self, known: Sequence[ExchangeWithdrawals], majors_changed: Collection[str]) -> None:
        if self.judging_fault:
            raise self.judging_fault
        self.judged |= {withdrawals.exchange: withdrawals for withdrawals in known}
        self.rounds.append(([withdrawals.exchange for withdrawals in known], set(majors_changed)))

    async def _record(self, _was: SourceHealth, now: SourceHealth) -> None:
        self.health[now.source] = now

    async def polls(self, *exchanges: str, after: timedelta = INTERVAL) -> None:
        """Let time pass, and return when what the exchanges, all without a name, say then is known and judged."""
        self.memory.clock.advance(after)
        told = self.known if self.judging_fault else self.judged
        await until(
            lambda: all(_is_polled(told.get(id_), self.memory.clock.now()) for id_ in exchanges or self.sources),
            "a poll of each exchange",
        )

    def state(self, exchange: str, asset: str = "USDT") -> WithdrawalState:
        return self.known[exchange].major(asset).state


def _is_polled(known: ExchangeWithdrawals | None, at: datetime) -> bool:
    return known is not None and known.polled_at == at  # not later: a clock may have been set back


def polling(*exchanges: str, budget: timedelta = MINUTE, slow_after: timedelta = MINUTE) -> Polling:
    memory = Memory(NOON)
    sources = {exchange: FakeWithdrawalSource(exchange, memory.clock) for exchange in exchanges}
    for source in sources.values():
        source.say(OPEN)
    return Polling(sources, memory, set(exchanges), budget=budget, slow_after=slow_after)


@asynccontextmanager
async def serving(polled: Polling, poller: WithdrawalPoller | None = None) -> AsyncIterator[None]:
    task = asyncio.create_task((poller or polled.poller).serve())
    try:
        yield
    finally:
        await stop(task)


async def believed(polled: Polling) -> None:
    """Return when each exchange has said twice what it says."""
    await polled.polls(after=timedelta())
    await polled.polls()


async def test_what_exchanges_say_twice_is_believed_stored_and_judged() -> None:
    polled = polling("gate", "htx")
    async with serving(polled):
        await polled.polls(after=timedelta())
        assert polled.state("gate") is UNKNOWN
        await polled.polls()
        assert polled.state("gate") is polled.state("htx") is OPEN

        polled.sources["gate"].say(CLOSED, "USDT")
        await polled.polls()
        assert polled.state("gate") is OPEN
        await polled.polls()
        assert polled.state("gate") is CLOSED
    assert await polled.memory.withdrawals.all() == polled.known
    assert polled.rounds == [
        (["gate", "htx"], {"gate", "htx"}),
        (["gate", "htx"], {"gate", "htx"}),
        (["gate", "htx"], set()),
        (["gate", "htx"], {"gate"}),
    ]
    closed_at = NOON + 2 * INTERVAL
    assert await polled.memory.withdrawals.transitions("gate", since=NOON) == [
        closing(closed_at, "USDT", "ETHEREUM"),
        closing(closed_at, "USDT", "TRON"),
    ]


async def test_outflows_are_judged_anew_where_one_poll_tells_a_closed_major_open_and_the_next_does_not() -> None:
    polled = polling("gate")
    async with serving(polled):
        await believed(polled)
        polled.sources["gate"].say(CLOSED, "USDT")
        await polled.polls()
        await polled.polls()
        for state in (OPEN, CLOSED, CLOSED):
            polled.sources["gate"].say(state, "USDT")
            await polled.polls()
    assert [majors for _, majors in polled.rounds[-3:]] == [{"gate"}, {"gate"}, set()]


async def test_each_source_is_asked_at_its_own_interval_at_most() -> None:
    polled = polling("gate", "binance")
    polled.sources["binance"].interval = 3 * INTERVAL
    async with serving(polled):
        await polled.polls(after=timedelta())
        for number in range(6):
            await polled.polls("gate")
            assert polled.sources["binance"].asked == 1 + (number + 1) // 3
        polled.memory.clock.advance(INTERVAL - timedelta.resolution)
        await asyncio.sleep(20 * TURN.total_seconds())
        assert polled.sources["gate"].asked == 7


async def test_only_exchanges_that_are_watched_and_listed_are_asked() -> None:
    polled = polling("gate", "htx")
    polled.watched.remove("htx")
    async with serving(polled):
        await polled.polls("gate", after=timedelta())
        assert polled.sources["htx"].asked == 0
        polled.watched.add("htx")
        await polled.polls("htx", after=timedelta())
    assert polled.sources["htx"].asked == 1


async def test_a_source_that_hangs_delays_no_other_and_is_a_time_out_in_the_end() -> None:
    slow = [f"slow-{number}" for number in range(5)]
    polled = polling("gate", *slow, budget=timedelta(milliseconds=300))
    for exchange in slow:
        polled.sources[exchange].hangs = True
    async with serving(polled):
        await polled.polls("gate", after=timedelta())
        for _ in range(3):
            await polled.polls("gate")
            await until(lambda: all(polled.sources[exchange].asked for exchange in slow), "a question to each")
        await until(lambda: all(exchange in polled.judged for exchange in slow), "the end of their budgets")
    assert polled.judged[slow[0]].fault is SourceFault.TIMEOUT
    assert polled.health["withdrawals/slow-0"].fault is SourceFault.TIMEOUT
    assert polled.health["withdrawals/gate"].fault is None
    assert polled.memory.meter.counts["polled", "withdrawals/slow-0", "timeout"] >= 1


async def test_whoever_takes_long_lets_the_next_be_asked() -> None:
    slow = [f"slow-{number}" for number in range(8)]
    polled = polling(*slow, "gate", slow_after=timedelta(milliseconds=20))
    for exchange in slow:
        polled.sources[exchange].hangs = True
    async with serving(polled):
        await polled.polls("gate", after=timedelta())
    assert polled.judged.keys() == {"gate"}


async def test_an_exception_that_nobody_foresaw_ends_one_answer_and_is_logged() -> None:
    polled = polling("gate", "htx")
    polled.sources["htx"].crash = ZeroDivisionError("oops")
    with capture_logs() as logs:
        async with serving(polled):
            await believed(polled)
    assert polled.state("gate") is OPEN
    assert (polled.known["htx"].fault, polled.known["htx"].detail) == (SourceFault.CRASHED, "ZeroDivisionError")
    assert [log["exchange"] for log in logs if log["event"] == "withdrawal source failed"] == ["htx", "htx"]


async def test_a_reading_on_which_the_bot_fails_leaves_the_others_be() -> None:
    polled = polling("gate", "htx")
    async with serving(polled):
        await believed(polled)
        polled.sources["htx"].closed = "many"  # type: ignore[assignment]  # which no adapter says
        with capture_logs() as logs:
            await polled.polls()
    assert (polled.state("gate"), polled.state("htx")) == (OPEN, UNKNOWN)
    assert (polled.known["htx"].fault, polled.known["htx"].detail) == (SourceFault.CRASHED, "TypeError")
    assert polled.health["withdrawals/htx"].fault is SourceFault.CRASHED
    assert [log["exchange"] for log in logs if log["event"] == "exchange could not be judged"] == ["htx"]


async def test_a_source_that_stays_silent_is_unknown_and_its_outage_is_logged_once() -> None:
    polled = polling("gate", "htx")
    async with serving(polled):
        await believed(polled)
        polled.sources["htx"].fault = SourceFault.SERVER_ERROR
        with capture_logs() as logs:
            for number in range(SILENT_POLLS):
                assert polled.state("htx") is OPEN, number
                await polled.polls()
        assert polled.state("htx") is UNKNOWN
        assert polled.state("gate") is OPEN
        assert [log["source"] for log in logs if log["event"] == "source broke"] == ["withdrawals/htx"]
        polled.sources["htx"].fault = None
        with capture_logs() as logs:
            await polled.polls()
        assert [log["source"] for log in logs if log["event"] == "source healed"] == ["withdrawals/htx"]


async def test_one_that_answered_before_is_asked_as_often_for_three_hours() -> None:
    """Under the load of a run, a wall in front of an exchange answers 403 for some minutes."""
    polled = polling("gate", "htx")
    async with serving(polled):
        await believed(polled)
        polled.sources["htx"].fault = SourceFault.BLOCKED
        for _ in range(35):
            await polled.polls()
        asked = polled.sources["htx"].asked
        assert asked == 2 + 35
        for _ in range(11):
            await polled.polls("gate")
        assert polled.sources["htx"].asked == asked
        await polled.polls()
        assert polled.sources["htx"].asked == asked + 1


async def test_an_exchange_that_blocks_this_region_is_asked_once_an_hour_after_some_time() -> None:
    polled = polling("gate", "htx")
    polled.sources["htx"].fault = SourceFault.BLOCKED
    async with serving(polled):
        await polled.polls(after=timedelta())
        for _ in range(SILENT_POLLS - 1):
            await polled.polls()
        for _ in range(11):
            await polled.polls("gate")
        assert polled.sources["htx"].asked == SILENT_POLLS
        await polled.polls()
        assert polled.sources["htx"].asked == SILENT_POLLS + 1


async def test_after_a_restart_everything_is_known_as_before_and_nobody_is_asked_sooner() -> None:
    polled = polling("gate")
    async with serving(polled):
        await believed(polled)
        polled.sources["gate"].say(CLOSED, "USDT")
        await polled.polls()
        await polled.polls()
    before, asked = dict(polled.known), polled.sources["gate"].asked
    polled.known.clear()
    polled.health.clear()
    polled.memory.clock.advance(2 * MINUTE)
    again = polled.another_poller()
    await again.restore()
    assert polled.known == before
    assert polled.health["withdrawals/gate"].fault is None

    async with serving(polled, again):
        await asyncio.sleep(20 * TURN.total_seconds())
        assert polled.sources["gate"].asked == asked
        await polled.polls(after=3 * MINUTE)
    assert polled.known["gate"].major("USDT").since == before["gate"].major("USDT").since == NOON + 2 * INTERVAL
    assert len(await polled.memory.withdrawals.transitions("gate", since=NOON)) == 2


async def test_an_exchange_that_says_nothing_new_costs_the_store_a_time_and_no_more() -> None:
    polled = polling("gate", "htx")
    async with serving(polled):
        await believed(polled)
        saves = polled.memory.withdrawals.saves
        for _ in range(3):
            await polled.polls()
        assert polled.memory.withdrawals.saves == saves
        assert await polled.memory.withdrawals.all() == polled.known

        polled.sources["gate"].say(CLOSED, "BTC")
        await polled.polls()
        assert polled.memory.withdrawals.saves == saves + 1  # what waits for the next poll must survive a restart, too
        assert await polled.memory.withdrawals.all() == polled.known


async def test_a_store_that_was_emptied_gets_everything_again() -> None:
    polled = polling("gate")
    async with serving(polled):
        await believed(polled)
        await polled.polls()
        polled.memory.withdrawals.empty()
        await polled.polls()
        await polled.polls()
    assert await polled.memory.withdrawals.all() == polled.known


async def test_health_that_stays_the_same_is_stored_once_an_hour() -> None:
    polled = polling("gate")
    async with serving(polled):
        await polled.polls(after=timedelta())
        for _ in range(11):
            await polled.polls()
        assert (await polled.memory.readings.health())["withdrawals/gate"].last_success == NOON
        await polled.polls()
        assert (await polled.memory.readings.health())["withdrawals/gate"].last_success == NOON + 12 * INTERVAL
        polled.sources["gate"].fault = SourceFault.TIMEOUT
        for _ in range(2):
            await polled.polls()
            stored = (await polled.memory.readings.health())["withdrawals/gate"]
            assert (stored.fault, stored.failing_since) == (SourceFault.TIMEOUT, NOON + 13 * INTERVAL)


async def test_what_is_stored_of_an_exchange_without_a_source_is_not_taken_over() -> None:
    polled = polling("gate")
    await polled.memory.withdrawals.save([known("okx", network("BTC", "BITCOIN", CLOSED))], {})
    await polled.poller.restore()
    assert polled.known == {}


async def test_after_a_clock_was_set_back_what_is_said_counts_at_once() -> None:
    polled = polling("gate")
    async with serving(polled):
        await believed(polled)
        polled.memory.clock.advance(timedelta(hours=5))
        await polled.polls(after=timedelta())
        polled.sources["gate"].say(CLOSED, "USDT")
        polled.memory.clock.advance(-timedelta(hours=5))
        polled.poller.time_corrected()
        await until(lambda: polled.known["gate"].polled_at == polled.memory.clock.now(), "a poll by the right clock")
        await polled.polls()
        assert polled.state("gate") is CLOSED
        assert polled.judged["gate"].as_of == polled.memory.clock.now()


async def test_an_exchange_knows_how_often_it_is_asked() -> None:
    polled = polling("gate")
    polled.sources["gate"].interval = timedelta(hours=1)
    async with serving(polled):
        await polled.polls(after=timedelta())
    assert polled.known["gate"].interval == timedelta(hours=1)


async def test_what_a_fast_clock_saw_closing_is_closed_since_the_clock_is_right() -> None:
    """Closed since five hours to come it would not have been closed for any minute, and would raise nothing."""
    polled = polling("gate")
    async with serving(polled):
        await believed(polled)
        polled.memory.clock.advance(timedelta(hours=5))
        polled.sources["gate"].say(CLOSED, "USDT")
        await polled.polls(after=timedelta())
        await polled.polls()
        polled.memory.clock.advance(-timedelta(hours=5))
        polled.poller.time_corrected()
        now = polled.memory.clock.now()
        await until(lambda: polled.known["gate"].polled_at == now, "a poll by the right clock")
        usdt = polled.known["gate"].major("USDT")
        assert usdt.state is CLOSED
        assert usdt.since == now - timedelta.resolution


async def test_a_clock_that_was_set_back_stops_nobody_from_being_asked() -> None:
    polled = polling("gate")
    async with serving(polled):
        await polled.polls(after=timedelta())
        polled.memory.clock.advance(-timedelta(days=1))
        await until(lambda: polled.sources["gate"].asked == 2, "a second question")


async def test_while_the_store_is_away_people_are_shown_what_is_known_and_the_rest_follows() -> None:
    polled = polling("gate")
    async with serving(polled):
        await believed(polled)
        polled.memory.withdrawals.away = True
        polled.judging_fault = StorageError("away")
        polled.sources["gate"].say(CLOSED, "USDT")
        with capture_logs() as logs:
            for _ in range(3):
                await polled.polls()
        assert polled.state("gate") is CLOSED
        assert [log["log_level"] for log in logs if "store away" in log["event"]][:1] == ["warning"]
        assert sum(log["log_level"] == "warning" for log in logs if "store away" in log["event"]) == 1
        rounds = len(polled.rounds)
        polled.sources["gate"].say(OPEN, "USDT")

        polled.memory.withdrawals.away = False
        polled.judging_fault = None
        await until(lambda: len(polled.rounds) > rounds, "a round that is judged")
        assert polled.rounds[-1] == (["gate"], {"gate"})
    assert await polled.memory.withdrawals.all() == polled.known
    assert len(await polled.memory.withdrawals.transitions("gate", since=NOON)) == 2


async def test_a_round_that_another_worker_judges_is_no_fault() -> None:
    polled = polling("gate")
    polled.judging_fault = LeaseLost("another")
    with capture_logs() as logs:
        async with serving(polled):
            await polled.polls(after=timedelta())
            await until(lambda: any("another worker" in log["event"] for log in logs), "the reason in the log")
            state = polled.poller.state()
    assert state is not None
    assert state.crash == ""


async def test_what_fails_unforeseen_in_judging_is_the_state_of_the_job_until_it_is_over() -> None:
    polled = polling("gate")
    assert polled.poller.state() is None
    polled.judging_fault = ZeroDivisionError("oops")
    async with serving(polled):
        await polled.polls(after=timedelta())
        await until(lambda: _crash(polled) == "ZeroDivisionError", "the crash")
        polled.judging_fault = None
        await until(lambda: _crash(polled) == "", "its end")
        assert polled.rounds == [(["gate"], {"gate"})]
    assert polled.poller.state() is None


def _crash(polled: Polling) -> str | None:
    state = polled.poller.state()
    return state.crash if state else None


async def test_for_a_single_question_one_answer_is_believed() -> None:
    polled = polling("gate", "htx", "kraken")
    polled.sources["gate"].say(CLOSED, "USDT")
    polled.sources["htx"].fault = SourceFault.BLOCKED
    await polled.poller.fetch({"gate", "htx"})
    assert polled.state("gate") is CLOSED
    assert (polled.known["htx"].fault, polled.known["htx"].silent_polls) == (SourceFault.BLOCKED, 1)
    assert (polled.sources["gate"].asked, polled.sources["kraken"].asked) == (1, 0)
    assert polled.rounds == []
    assert await polled.memory.withdrawals.all() == polled.known


async def test_without_sources_there_is_nothing_to_do() -> None:
    await polling().poller.serve()


async def test_what_is_under_way_when_the_poller_stops_is_cancelled() -> None:
    polled = polling("gate")
    polled.sources["gate"].hangs = True
    async with serving(polled):
        await until(lambda: polled.sources["gate"].asked, "a question")
    polled.sources["gate"].answer_now.set()
    assert polled.known == {}
    assert not [task for task in asyncio.all_tasks() if "_ask" in str(task.get_coro())]
