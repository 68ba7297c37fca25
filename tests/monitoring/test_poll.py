import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import SourceError, SourceFault, StorageError
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.domain.signal import Rule
from bot.monitoring.new_readings import BACKFILL
from bot.monitoring.poll import SourcePoller
from tests.builders import DAY, HOUR, NOON, OKX, holding, incident, listing, subscription
from tests.fakes.memory import Memory
from tests.waiting import stop, until

MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(milliseconds=20)
"""Short, because a test holds a body back for as long as it likes; no other body takes any time."""
KRAKEN = Exchange("kraken", "Kraken", "kraken")


@dataclass
class Upstream:
    """A source that says what it is told to. Fits ports.Source."""

    name: str = "defillama"
    rows: list[Listing] = field(default_factory=lambda: [listing(), listing(OKX, total=9e9)])
    stored: dict[str, list[Reading]] = field(default_factory=dict)
    faults: dict[str, SourceFault] = field(default_factory=dict)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    crashes: dict[str, Exception] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    async def listings(self) -> Sequence[Listing]:
        self._work("cexs")
        return self.rows

    async def readings(self, exchange: Exchange, *, since: datetime) -> Sequence[Reading]:
        self.asked.append((exchange.id, since))
        if gate := self.gates.get(exchange.id):
            await gate.wait()
        self._work(exchange.id)
        return self.stored.get(exchange.id) or [holding(60, exchange=exchange.id)]

    def _work(self, what: str) -> None:
        if what in self.faults:
            raise SourceError(self.faults[what], "as told")
        if what in self.crashes:
            raise self.crashes[what]


class RecordingPoller:
    """A poller between an upstream and a store, with notes of what it was told to tell."""

    def __init__(self, *only: str) -> None:
        self.memory = Memory(NOON)
        self.upstream = Upstream()
        self.listed: list[list[str]] = []
        self.published: list[str] = []
        self.rounds: list[list[str]] = []
        self.blind_spans: list[tuple[datetime, datetime]] = []
        self.publications: asyncio.Queue[str] = asyncio.Queue()
        self.health_changes: list[tuple[SourceHealth, SourceHealth]] = []
        self.next_row: dict[str, Listing] = {}
        self.fault: Exception | None = None
        self.judging_crash: Exception | None = None
        self.crashes: dict[str, Exception] = {}
        self.poller = SourcePoller(
            self.upstream,
            readings=self.memory.readings,
            revisions=self.memory.revisions,
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            detail_interval=HOUR,
            only=frozenset(only),
            on_listings=lambda rows: self.listed.append([row.exchange.id for row in rows]),
            on_stored=self._publish,
            on_batch=self._judge,
            on_blind=lambda since, until: self.blind_spans.append((since, until)),
            on_health=self._record_health,
            patience=PATIENCE,
        )

    async def _publish(self, exchange: Exchange) -> None:
        self.published.append(exchange.id)
        self.publications.put_nowait(exchange.id)
        if row := self.next_row.get(exchange.id):
            await self.memory.readings.save_listings([row])
        if self.fault:
            raise self.fault

    async def _judge(self, exchanges: Sequence[Exchange]) -> Mapping[str, Exception]:
        if self.judging_crash:
            raise self.judging_crash
        self.rounds.append([exchange.id for exchange in exchanges])
        return {exchange_id: crash for exchange_id, crash in self.crashes.items() if exchange_id in self.rounds[-1]}

    async def _record_health(self, was: SourceHealth, now: SourceHealth) -> None:
        self.health_changes.append((was, now))

    async def poll_all(self) -> None:
        await self.poller.poll()
        await self.poller.poll_details()


@pytest.fixture
def polled() -> RecordingPoller:
    return RecordingPoller()


async def test_a_poll_keeps_the_list_and_tells_of_it(polled: RecordingPoller) -> None:
    await polled.poller.poll()

    assert list(await polled.memory.readings.listings()) == ["binance", "okx"]
    assert polled.listed == [["binance", "okx"]]
    assert polled.poller.last_good_poll == NOON
    assert polled.memory.meter.counts["polled", "defillama/cexs", "ok"] == 1
    assert polled.memory.meter.answered_at == {"defillama/cexs": NOON}


async def test_a_list_without_figures_is_no_good_poll(polled: RecordingPoller) -> None:
    polled.upstream.rows = [listing(total=None)]
    await polled.poller.poll()

    assert polled.poller.last_good_poll is None


async def test_a_failed_list_is_a_failure_and_never_calm(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    polled.memory.clock.advance(10 * MINUTE)
    polled.upstream.faults["cexs"] = SourceFault.TIMEOUT
    await polled.poller.poll()

    assert list(await polled.memory.readings.listings()) == ["binance", "okx"]
    assert polled.poller.last_good_poll == NOON
    assert polled.listed == [["binance", "okx"]]
    health = (await polled.memory.readings.health())["defillama/cexs"]
    assert (health.last_success, health.failing_since, health.fault) == (NOON, NOON + 10 * MINUTE, SourceFault.TIMEOUT)
    assert polled.memory.meter.counts["polled", "defillama/cexs", "timeout"] == 1


async def test_a_source_is_logged_once_when_it_breaks_and_once_when_it_heals(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    with capture_logs() as logs:
        polled.upstream.faults["cexs"] = SourceFault.BLOCKED
        for _ in range(4):
            polled.memory.clock.advance(10 * MINUTE)
            await polled.poller.poll()
        polled.upstream.faults.clear()
        polled.memory.clock.advance(10 * MINUTE)
        await polled.poller.poll()
        await polled.poller.poll()

    logged = [log for log in logs if log["log_level"] != "debug"]
    assert [(entry["event"], entry["source"]) for entry in logged] == [
        ("source broke", "defillama/cexs"),
        ("source healed", "defillama/cexs"),
    ]
    assert (logged[0]["reason"], logged[1]["after"]) == ("blocked", "0:40:00")


async def test_health_is_told_as_it_was_and_as_it_is(polled: RecordingPoller) -> None:
    polled.upstream.faults["cexs"] = SourceFault.EMPTY
    await polled.poller.poll()
    polled.upstream.faults.clear()
    await polled.poller.poll()

    assert [(was.fault, now.fault) for was, now in polled.health_changes] == [
        (None, SourceFault.EMPTY),
        (SourceFault.EMPTY, None),
    ]


async def test_details_are_fetched_stored_and_published(polled: RecordingPoller) -> None:
    await polled.poll_all()

    assert polled.upstream.asked == [("binance", NOON - BACKFILL), ("okx", NOON - BACKFILL)]
    assert polled.published == ["binance", "okx"]
    assert await polled.memory.readings.latest("okx") == holding(60, exchange="okx")
    assert polled.memory.meter.read == {"binance": NOON, "okx": NOON}
    assert polled.memory.meter.counts["polled", "defillama/okx", "ok"] == 1


async def test_later_only_what_may_be_new_or_revised_is_asked_for(polled: RecordingPoller) -> None:
    await polled.poll_all()
    polled.memory.clock.advance(6 * HOUR)
    await polled.poller.poll_details()

    assert polled.upstream.asked[2:] == [("binance", NOON - 91 * DAY), ("okx", NOON - 91 * DAY)]


async def test_nothing_is_fetched_twice_while_all_is_calm(polled: RecordingPoller) -> None:
    await polled.poll_all()
    polled.memory.clock.advance(HOUR)
    await polled.poll_all()

    assert len(polled.upstream.asked) == 2


async def test_a_broken_exchange_does_not_hold_up_the_others_and_is_tried_again_soon(polled: RecordingPoller) -> None:
    polled.upstream.faults["binance"] = SourceFault.SERVER_ERROR
    await polled.poll_all()
    assert polled.published == ["okx"]

    polled.memory.clock.advance(2 * MINUTE)
    await polled.poller.poll_details()
    polled.memory.clock.advance(2 * MINUTE)
    await polled.poller.poll_details()
    assert [exchange_id for exchange_id, _ in polled.upstream.asked] == ["binance", "okx", "binance"]

    polled.upstream.faults.clear()
    polled.memory.clock.advance(2 * MINUTE)
    await polled.poller.poll_details()
    assert polled.published == ["okx", "binance"]


async def test_what_was_read_in_one_go_is_judged_together(polled: RecordingPoller) -> None:
    await polled.poll_all()
    assert polled.rounds == [["binance", "okx"]]

    polled.upstream.faults["binance"] = SourceFault.SERVER_ERROR
    polled.memory.clock.advance(6 * HOUR)
    await polled.poller.poll_details()
    assert polled.rounds[1:] == [["okx"]]


async def test_who_takes_over_judges_what_moves_before_all_the_rest_is_fetched(polled: RecordingPoller) -> None:
    await polled.memory.incidents.commit("kraken", Rule.OUTFLOW, incident(exchange="kraken"), [])
    calm, moving = listing(inflow=0.0), listing(OKX, total=9e9, inflow=-1e9)
    polled.upstream.rows = [calm, moving, listing(Exchange("kraken", "Kraken", "kraken"), inflow=0.0)]
    await polled.poll_all()
    assert polled.rounds == [["kraken", "okx"], ["binance"]]
    assert polled.published == ["kraken", "okx", "binance"]

    polled.memory.clock.advance(6 * HOUR)
    await polled.poll_all()
    assert polled.rounds[2:] == [["kraken", "okx"], ["binance"]]

    await polled.poller.restore()
    polled.memory.clock.advance(6 * HOUR)
    await polled.poll_all()
    assert polled.rounds[4:] == [["kraken", "okx"], ["binance"]]
    assert polled.poller.rounds == 3


async def test_what_begins_to_move_while_all_is_fetched_at_first_does_not_wait_for_the_rest(
    polled: RecordingPoller,
) -> None:
    calm = [listing(Exchange(f"e{number:02}", "E", f"e{number:02}"), inflow=0.0) for number in range(20)]
    polled.upstream.rows = calm
    await polled.poller.poll()

    polled.next_row["e03"] = replace(calm[19], inflow_24h_usd=-1e9)
    await polled.poller.poll_details()

    names = [f"e{number:02}" for number in range(20)]
    assert polled.rounds == [names[:8], ["e19"], names[8:16], names[16:19]]


async def test_an_exchange_in_trouble_is_judged_even_when_nothing_came(polled: RecordingPoller) -> None:
    await polled.memory.incidents.commit("binance", Rule.OUTFLOW, incident(), [])
    polled.upstream.faults |= dict.fromkeys(("binance", "okx"), SourceFault.SERVER_ERROR)
    await polled.poll_all()

    assert polled.rounds == [["binance"]]


async def test_a_long_time_without_a_list_is_told_once(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    polled.memory.clock.advance(3 * HOUR)
    await polled.poller.poll()
    assert polled.blind_spans == []

    polled.upstream.faults["cexs"] = SourceFault.TIMEOUT
    polled.memory.clock.advance(2 * HOUR)
    await polled.poller.poll()
    polled.upstream.faults.clear()
    polled.memory.clock.advance(2 * HOUR)
    await polled.poller.poll()
    await polled.poller.poll()
    assert polled.blind_spans == [(NOON + 3 * HOUR, NOON + 7 * HOUR)]


async def test_a_restart_knows_when_the_list_was_last_seen(polled: RecordingPoller) -> None:
    await polled.memory.readings.save_listings([listing(at=NOON - DAY)])
    await polled.poller.restore()
    await polled.poller.poll()

    assert polled.blind_spans == [(NOON - DAY, NOON)]


async def test_what_is_subscribed_comes_before_what_is_larger(polled: RecordingPoller) -> None:
    await polled.memory.subscriptions.add(subscription("okx"))
    await polled.poll_all()

    assert polled.published == ["okx", "binance"]


async def test_only_the_exchanges_asked_for_are_polled() -> None:
    polled = RecordingPoller("okx")
    await polled.poll_all()

    assert polled.listed == [["okx"]]
    assert polled.published == ["okx"]


async def test_some_exchanges_can_be_fetched_at_once(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    await polled.poller.fetch([OKX, Exchange("x", "X", "x")])

    assert polled.published == ["okx"]


async def test_what_breaks_with_the_list_is_not_logged_once_more_for_each_exchange(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    polled.upstream.faults |= dict.fromkeys(("cexs", "binance", "okx"), SourceFault.UNREACHABLE)
    with capture_logs() as logs:
        await polled.poller.poll()
        await polled.poller.poll_details()
        polled.upstream.faults.clear()
        polled.memory.clock.advance(HOUR)
        await polled.poller.poll()
        await polled.poller.poll_details()

    logged = [(log["event"], log["source"]) for log in logs if log["log_level"] != "debug"]
    assert logged == [("source broke", "defillama/cexs"), ("source healed", "defillama/cexs")]


async def test_an_exchange_that_breaks_alone_is_logged(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    polled.upstream.faults["okx"] = SourceFault.BLOCKED
    with capture_logs() as logs:
        await polled.poller.poll_details()
        polled.upstream.faults.clear()
        polled.memory.clock.advance(HOUR)
        await polled.poller.poll()
        await polled.poller.poll_details()

    logged = [(log["event"], log["source"]) for log in logs if log["log_level"] != "debug"]
    assert logged == [("source broke", "defillama/okx"), ("source healed", "defillama/okx")]


async def test_after_a_restart_what_was_known_is_known_again(polled: RecordingPoller) -> None:
    before = SourceHealth("defillama/cexs", failing_since=NOON - HOUR, fault=SourceFault.TIMEOUT)
    await polled.memory.readings.save_health(before)
    await polled.memory.readings.save_listings([listing(OKX)])

    with capture_logs() as logs:
        await polled.poller.restore()
        await polled.poller.poll()

    assert polled.listed[0] == ["okx"]
    assert polled.health_changes[0] == (before, before)
    assert [log["event"] for log in logs] == ["list fetched", "source healed"]


async def test_every_poll_wakes_the_one_who_fetches_details(polled: RecordingPoller) -> None:
    task = asyncio.create_task(polled.poller.serve_details())
    await asyncio.sleep(0)
    assert polled.published == []

    await polled.poller.poll()
    assert [await polled.publications.get(), await polled.publications.get()] == ["binance", "okx"]
    polled.memory.clock.advance(6 * HOUR)
    polled.upstream.faults["cexs"] = SourceFault.TIMEOUT
    await polled.poller.poll()
    assert [await polled.publications.get(), await polled.publications.get()] == ["binance", "okx"]

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_fault_of_ours_while_bodies_are_judged_is_known_until_it_is_over(polled: RecordingPoller) -> None:
    assert polled.poller.details_state() is None
    task = asyncio.create_task(polled.poller.serve_details())
    await asyncio.sleep(0)
    for fault, crash in ((ZeroDivisionError(), "ZeroDivisionError"), (None, "")):
        polled.fault = fault
        polled.memory.clock.advance(6 * HOUR)
        await polled.poller.poll()
        await until(partial(has_crashed, polled.poller, crash), f"the crash “{crash}”")

    await stop(task)
    assert polled.poller.details_state() is None


def has_crashed(poller: SourcePoller, crash: str) -> bool:
    state = poller.details_state()
    return state is not None and state.crash == crash


async def test_a_corrected_clock_has_everything_read_anew(polled: RecordingPoller) -> None:
    """What was refused or held by the wrong time is judged by the right one; nobody is told that the bot was away."""
    await polled.poller.poll()
    await polled.poller.poll_details()
    read, good = list(polled.published), polled.poller.last_good_poll
    assert good

    polled.memory.clock.advance(5 * HOUR)
    polled.poller.time_corrected(5 * HOUR)
    await polled.poller.poll()
    await polled.poller.poll_details()

    assert polled.published == read * 2
    assert polled.blind_spans == []


async def test_what_another_worker_has_dated_is_not_shifted_when_the_own_clock_is_corrected(
    polled: RecordingPoller,
) -> None:
    """A worker whose clock was 5 h fast at its start: the poll was a moment ago, and not 5 h ago."""
    await polled.poller.poll()
    await polled.poller.follow()
    good = polled.poller.last_good_poll
    assert good

    polled.poller.time_corrected(-5 * HOUR)
    assert polled.poller.last_good_poll == good
    await polled.poller.poll()
    assert polled.blind_spans == []

    polled.poller.time_corrected(-5 * HOUR)
    assert polled.poller.last_good_poll == polled.memory.clock.now() - 5 * HOUR


async def test_while_the_store_is_away_the_fetcher_waits_for_the_next_poll(polled: RecordingPoller) -> None:
    task = asyncio.create_task(polled.poller.serve_details())
    polled.fault = StorageError("gone")
    with capture_logs() as logs:
        await polled.poller.poll()
        await until(
            lambda: "store away while fetching details" in [log["event"] for log in logs], "a line that says so"
        )
    assert not task.done()
    assert polled.rounds == []

    polled.fault = None
    await polled.poller.poll()
    await until(lambda: polled.rounds, "a round of what was read before the store was away")
    assert polled.rounds == [["binance", "okx"]]
    assert len(polled.upstream.asked) == 2
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_list_alone_is_no_good_poll_once_no_body_can_be_had(polled: RecordingPoller) -> None:
    await polled.poller.poll()
    polled.upstream.faults = {"binance": SourceFault.SERVER_ERROR, "okx": SourceFault.SERVER_ERROR}
    await polled.poller.poll_details()
    polled.memory.clock.advance(HOUR)

    await polled.poller.poll()

    assert polled.poller.last_good_poll == NOON


async def test_a_name_that_is_on_no_list_is_remembered_and_said_once() -> None:
    polled = RecordingPoller("binnance")
    with capture_logs() as logs:
        await polled.poller.poll()
        await polled.poller.poll()

    assert polled.poller.unknown == {"binnance"}
    assert polled.poller.last_good_poll is None
    assert [log["names"] for log in logs if log["event"] == "EXCHANGES names what is not listed"] == [["binnance"]]


async def test_an_answer_on_which_the_bot_fails_ends_there_and_is_said(polled: RecordingPoller) -> None:
    polled.upstream.crashes["binance"] = UnicodeError("label empty or too long")
    with capture_logs() as logs:
        await polled.poll_all()

    assert polled.rounds == [["okx"]]
    health = (await polled.memory.readings.health())["defillama/binance"]
    assert (health.fault, health.detail) == (SourceFault.CRASHED, "UnicodeError")
    assert polled.memory.meter.counts["polled", "defillama/binance", "crashed"] == 1
    assert ("answer could not be handled", "binance") in [(log["event"], log.get("exchange")) for log in logs]


async def test_a_list_on_which_the_bot_fails_leaves_the_old_one(polled: RecordingPoller) -> None:
    await polled.poll_all()
    polled.upstream.crashes["cexs"] = OverflowError("too large")
    polled.memory.clock.advance(6 * HOUR)
    await polled.poll_all()

    assert polled.rounds == [["binance", "okx"], ["binance", "okx"]]
    assert (await polled.memory.readings.health())["defillama/cexs"].fault is SourceFault.CRASHED


async def test_an_exchange_that_cannot_be_judged_is_said_and_tried_again_ever_later(polled: RecordingPoller) -> None:
    polled.crashes["binance"] = ZeroDivisionError("division by zero")
    await polled.poll_all()
    health = await polled.memory.readings.health()
    assert health["defillama/binance"].fault is SourceFault.CRASHED
    assert health["defillama/okx"].fault is None

    for minutes in (2, 2, 2):
        polled.memory.clock.advance(minutes * MINUTE)
        await polled.poller.poll_details()
    assert [exchange_id for exchange_id, _ in polled.upstream.asked] == ["binance", "okx", "binance", "binance"]

    polled.crashes.clear()
    polled.memory.clock.advance(HOUR)
    await polled.poller.poll_details()
    assert (await polled.memory.readings.health())["defillama/binance"].fault is None


async def test_a_batch_that_cannot_be_judged_at_all_is_said_of_each(polled: RecordingPoller) -> None:
    polled.judging_crash = RuntimeError("of all of them")
    await polled.poll_all()

    faults = {name: health.fault for name, health in (await polled.memory.readings.health()).items()}
    assert faults == {
        "defillama/cexs": None,
        "defillama/binance": SourceFault.CRASHED,
        "defillama/okx": SourceFault.CRASHED,
    }


async def test_a_slow_body_delays_no_other(polled: RecordingPoller) -> None:
    gate = polled.upstream.gates["binance"] = asyncio.Event()
    serving = asyncio.create_task(polled.poller.serve_details())
    await polled.poller.poll()
    await until(lambda: polled.rounds, "a round without the slow one")
    assert polled.rounds == [["okx"]]

    polled.memory.clock.advance(6 * HOUR)
    await polled.poller.poll()
    await until(lambda: len(polled.rounds) == 2, "the next round without it")
    assert polled.rounds == [["okx"], ["okx"]]
    assert [exchange_id for exchange_id, _ in polled.upstream.asked] == ["binance", "okx", "okx"]

    gate.set()
    await until(lambda: ["binance"] in polled.rounds, "a round of its own")
    await stop(serving)


async def test_what_begins_to_move_finds_a_place_beside_bodies_that_take_for_ever(polled: RecordingPoller) -> None:
    calm = [listing(Exchange(f"e{number:02}", "E", f"e{number:02}"), inflow=0.0) for number in range(20)]
    polled.upstream.rows = [*calm, listing(KRAKEN, inflow=0.0, total=1.0)]
    never = asyncio.Event()
    polled.upstream.gates = {row.exchange.id: never for row in calm}
    serving = asyncio.create_task(polled.poller.serve_details())
    await polled.poller.poll()
    await until(lambda: len(polled.upstream.asked) == 2, "two calm bodies that are asked for")

    polled.upstream.rows[-1] = listing(KRAKEN, inflow=-1e9)
    polled.memory.clock.advance(6 * HOUR)
    await polled.poller.poll()

    await until(lambda: polled.rounds, "a round with what moves")
    assert polled.rounds == [["kraken"]]
    await stop(serving)
    assert len(polled.upstream.asked) == 3


async def test_a_slow_body_that_comes_while_the_store_is_away_is_judged_later(polled: RecordingPoller) -> None:
    gate = polled.upstream.gates["binance"] = asyncio.Event()
    serving = asyncio.create_task(polled.poller.serve_details())
    await polled.poller.poll()
    await until(lambda: polled.rounds, "a round without the slow one")

    polled.fault = StorageError("gone")
    gate.set()
    with capture_logs() as logs:
        await until(lambda: "store away while fetching details" in [log["event"] for log in logs], "a line of it")
    polled.fault = None
    await polled.poller.poll()
    await until(lambda: ["binance"] in polled.rounds, "a round of its own")
    await stop(serving)


async def test_a_list_that_lost_most_exchanges_is_a_fault_of_the_source(polled: RecordingPoller) -> None:
    rows = [listing(Exchange(f"e{number:02}", "E", f"e{number:02}")) for number in range(12)]
    polled.upstream.rows = rows
    await polled.poller.poll()
    polled.memory.clock.advance(10 * MINUTE)
    polled.upstream.rows = rows[:3]
    await polled.poller.poll()

    names = [row.exchange.id for row in rows]
    assert sorted(polled.listed[-1]) == names
    assert polled.poller.last_good_poll == NOON
    health = (await polled.memory.readings.health())["defillama/cexs"]
    assert (health.fault, health.detail) == (
        SourceFault.LIST_SHRANK,
        "9 of 12 exchanges are missing from one list on",
    )

    polled.memory.clock.advance(50 * MINUTE)
    await polled.poller.poll()
    assert sorted(polled.listed[-1]) == names
    polled.memory.clock.advance(10 * MINUTE)
    await polled.poller.poll()
    assert polled.listed[-1] == names[:3]
    assert (await polled.memory.readings.health())["defillama/cexs"].fault is None


async def test_after_a_restart_a_list_is_compared_with_those_of_the_last_day(polled: RecordingPoller) -> None:
    rows = [listing(Exchange(f"e{number:02}", "E", f"e{number:02}"), at=NOON - HOUR) for number in range(12)]
    closed_long_ago = [listing(Exchange(f"x{number:02}", "X"), at=NOON - 90 * DAY) for number in range(12)]
    await polled.memory.readings.save_listings([*rows, *closed_long_ago])
    await polled.poller.restore()

    polled.upstream.rows = rows[:8]
    await polled.poller.poll()
    assert (await polled.memory.readings.health())["defillama/cexs"].fault is None

    await polled.poller.restore()
    polled.upstream.rows = rows[:5]
    await polled.poller.poll()
    assert (await polled.memory.readings.health())["defillama/cexs"].fault is SourceFault.LIST_SHRANK
