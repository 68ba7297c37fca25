import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import SourceError, SourceFault, StorageError
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, SourceHealth
from bot.domain.signal import Rule
from bot.monitoring.poll import BACKFILL, SourcePoller
from tests.builders import DAY, HOUR, NOON, OKX, holding, incident, listing, subscription
from tests.fakes.memory import Memory

MINUTE = timedelta(minutes=1)


@dataclass
class Upstream:
    """A source that says what it is told to. Fits ports.Source."""

    name: str = "defillama"
    rows: list[Listing] = field(default_factory=lambda: [listing(), listing(OKX, total=9e9)])
    held: dict[str, list[Reading]] = field(default_factory=dict)
    broken: dict[str, SourceFault] = field(default_factory=dict)
    asked: list[tuple[str, datetime]] = field(default_factory=list)

    async def listings(self) -> Sequence[Listing]:
        self._work("cexs")
        return self.rows

    async def readings(self, exchange: Exchange, *, since: datetime) -> Sequence[Reading]:
        self.asked.append((exchange.id, since))
        self._work(exchange.id)
        return self.held.get(exchange.id) or [holding(60, exchange=exchange.id)]

    def _work(self, what: str) -> None:
        if what in self.broken:
            raise SourceError(self.broken[what], "as told")


class Station:
    """A poller between an upstream and a store, with notes of what it was told to tell."""

    def __init__(self, *only: str) -> None:
        self.memory = Memory(NOON)
        self.upstream = Upstream()
        self.listed: list[list[str]] = []
        self.looked: list[str] = []
        self.rounds: list[list[str]] = []
        self.blind: list[tuple[datetime, datetime]] = []
        self.looks: asyncio.Queue[str] = asyncio.Queue()
        self.healths: list[tuple[SourceHealth, SourceHealth]] = []
        self.listed_after: dict[str, Listing] = {}
        self.fault: Exception | None = None
        self.poller = SourcePoller(
            self.upstream,
            readings=self.memory.readings,
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            detail_interval=HOUR,
            only=frozenset(only),
            on_listings=lambda rows: self.listed.append([row.exchange.id for row in rows]),
            on_readings=self._look,
            on_round=self._judge,
            on_blind=lambda since, until: self.blind.append((since, until)),
            on_health=self._note,
        )

    async def _look(self, exchange: Exchange) -> None:
        self.looked.append(exchange.id)
        self.looks.put_nowait(exchange.id)
        if row := self.listed_after.get(exchange.id):
            await self.memory.readings.save_listings([row])
        if self.fault:
            raise self.fault

    async def _judge(self, exchanges: Sequence[Exchange]) -> None:
        self.rounds.append([exchange.id for exchange in exchanges])

    async def _note(self, was: SourceHealth, now: SourceHealth) -> None:
        self.healths.append((was, now))

    async def turn(self) -> None:
        await self.poller.poll()
        await self.poller.poll_details()


@pytest.fixture
def station() -> Station:
    return Station()


async def test_a_poll_keeps_the_list_and_tells_of_it(station: Station) -> None:
    await station.poller.poll()

    assert list(await station.memory.readings.listings()) == ["binance", "okx"]
    assert station.listed == [["binance", "okx"]]
    assert station.poller.last_good_poll == NOON
    assert station.memory.meter.counts["polled", "defillama/cexs", "ok"] == 1
    assert station.memory.meter.answered_at == {"defillama/cexs": NOON}


async def test_a_list_without_figures_is_no_good_poll(station: Station) -> None:
    station.upstream.rows = [listing(total=None)]
    await station.poller.poll()

    assert station.poller.last_good_poll is None


async def test_a_failed_list_is_a_failure_and_never_calm(station: Station) -> None:
    await station.poller.poll()
    station.memory.clock.advance(10 * MINUTE)
    station.upstream.broken["cexs"] = SourceFault.TIMEOUT
    await station.poller.poll()

    assert list(await station.memory.readings.listings()) == ["binance", "okx"]
    assert station.poller.last_good_poll == NOON
    assert station.listed == [["binance", "okx"]]
    health = (await station.memory.readings.health())["defillama/cexs"]
    assert (health.last_success, health.failing_since, health.fault) == (NOON, NOON + 10 * MINUTE, SourceFault.TIMEOUT)
    assert station.memory.meter.counts["polled", "defillama/cexs", "timeout"] == 1


async def test_a_source_is_logged_once_when_it_breaks_and_once_when_it_heals(station: Station) -> None:
    with capture_logs() as logs:
        await station.poller.poll()
        station.upstream.broken["cexs"] = SourceFault.BLOCKED
        for _ in range(4):
            station.memory.clock.advance(10 * MINUTE)
            await station.poller.poll()
        station.upstream.broken.clear()
        station.memory.clock.advance(10 * MINUTE)
        await station.poller.poll()
        await station.poller.poll()

    told = [log for log in logs if log["log_level"] != "debug"]
    assert [(mutable_mapping["event"], mutable_mapping["source"]) for mutable_mapping in told] == [
        ("source broke", "defillama/cexs"),
        ("source healed", "defillama/cexs"),
    ]
    assert (told[0]["reason"], told[1]["after"]) == ("blocked", "0:40:00")


async def test_health_is_told_as_it_was_and_as_it_is(station: Station) -> None:
    station.upstream.broken["cexs"] = SourceFault.EMPTY
    await station.poller.poll()
    station.upstream.broken.clear()
    await station.poller.poll()

    assert [(was.fault, now.fault) for was, now in station.healths] == [
        (None, SourceFault.EMPTY),
        (SourceFault.EMPTY, None),
    ]


async def test_details_are_fetched_kept_and_looked_at(station: Station) -> None:
    await station.turn()

    assert station.upstream.asked == [("binance", NOON - BACKFILL), ("okx", NOON - BACKFILL)]
    assert station.looked == ["binance", "okx"]
    assert await station.memory.readings.latest("okx") == holding(60, exchange="okx")
    assert station.memory.meter.read == {"binance": NOON, "okx": NOON}
    assert station.memory.meter.counts["polled", "defillama/okx", "ok"] == 1


async def test_later_only_what_may_be_new_is_asked_for(station: Station) -> None:
    await station.turn()
    station.memory.clock.advance(6 * HOUR)
    await station.poller.poll_details()

    assert station.upstream.asked[2:] == [("binance", NOON - 2 * DAY), ("okx", NOON - 2 * DAY)]


async def test_nothing_is_fetched_twice_while_all_is_calm(station: Station) -> None:
    await station.turn()
    station.memory.clock.advance(HOUR)
    await station.turn()

    assert len(station.upstream.asked) == 2


async def test_a_broken_exchange_does_not_hold_up_the_others_and_is_tried_again_soon(station: Station) -> None:
    station.upstream.broken["binance"] = SourceFault.SERVER_ERROR
    await station.turn()
    assert station.looked == ["okx"]

    station.memory.clock.advance(2 * MINUTE)
    await station.poller.poll_details()
    station.memory.clock.advance(2 * MINUTE)
    await station.poller.poll_details()
    assert [one for one, _ in station.upstream.asked] == ["binance", "okx", "binance"]

    station.upstream.broken.clear()
    station.memory.clock.advance(2 * MINUTE)
    await station.poller.poll_details()
    assert station.looked == ["okx", "binance"]


async def test_what_was_read_in_one_go_is_judged_together(station: Station) -> None:
    await station.turn()
    assert station.rounds == [["binance", "okx"]]

    station.upstream.broken["binance"] = SourceFault.SERVER_ERROR
    station.memory.clock.advance(6 * HOUR)
    await station.poller.poll_details()
    assert station.rounds[1:] == [["okx"]]


async def test_who_takes_over_judges_what_moves_before_all_the_rest_is_fetched(station: Station) -> None:
    await station.memory.incidents.commit("kraken", Rule.OUTFLOW, incident(exchange="kraken"), [])
    calm, moving = listing(inflow=0.0), listing(OKX, total=9e9, inflow=-1e9)
    station.upstream.rows = [calm, moving, listing(Exchange("kraken", "Kraken", "kraken"), inflow=0.0)]
    await station.turn()
    assert station.rounds == [["kraken", "okx"], ["binance"]]
    assert station.looked == ["kraken", "okx", "binance"]

    station.memory.clock.advance(6 * HOUR)
    await station.turn()
    assert station.rounds[2:] == [["kraken", "binance", "okx"]]

    await station.poller.restore()
    station.memory.clock.advance(6 * HOUR)
    await station.turn()
    assert station.rounds[3:] == [["kraken", "okx"], ["binance"]]
    assert station.poller.rounds == 3


async def test_what_begins_to_move_while_all_is_fetched_at_first_does_not_wait_for_the_rest(station: Station) -> None:
    calm = [listing(Exchange(f"e{number:02}", "E", f"e{number:02}"), inflow=0.0) for number in range(20)]
    station.upstream.rows = calm
    await station.poller.poll()

    station.listed_after["e03"] = replace(calm[19], inflow_24h_usd=-1e9)
    await station.poller.poll_details()

    names = [f"e{number:02}" for number in range(20)]
    assert station.rounds == [names[:8], ["e19"], names[8:16], names[16:19]]


async def test_an_exchange_in_trouble_is_judged_even_when_nothing_came(station: Station) -> None:
    await station.memory.incidents.commit("binance", Rule.OUTFLOW, incident(), [])
    station.upstream.broken |= dict.fromkeys(("binance", "okx"), SourceFault.SERVER_ERROR)
    await station.turn()

    assert station.rounds == [["binance"]]


async def test_a_long_time_without_a_list_is_told_once(station: Station) -> None:
    await station.poller.poll()
    station.memory.clock.advance(3 * HOUR)
    await station.poller.poll()
    assert station.blind == []

    station.upstream.broken["cexs"] = SourceFault.TIMEOUT
    station.memory.clock.advance(2 * HOUR)
    await station.poller.poll()
    station.upstream.broken.clear()
    station.memory.clock.advance(2 * HOUR)
    await station.poller.poll()
    await station.poller.poll()
    assert station.blind == [(NOON + 3 * HOUR, NOON + 7 * HOUR)]


async def test_a_restart_knows_when_the_list_was_last_seen(station: Station) -> None:
    await station.memory.readings.save_listings([listing(at=NOON - DAY)])
    await station.poller.restore()
    await station.poller.poll()

    assert station.blind == [(NOON - DAY, NOON)]


async def test_what_is_subscribed_comes_before_what_is_larger(station: Station) -> None:
    await station.memory.subscriptions.add(subscription("okx"))
    await station.turn()

    assert station.looked == ["okx", "binance"]


async def test_only_the_exchanges_asked_for_are_polled() -> None:
    station = Station("okx")
    await station.turn()

    assert station.listed == [["okx"]]
    assert station.looked == ["okx"]


async def test_some_exchanges_can_be_fetched_at_once(station: Station) -> None:
    await station.poller.poll()
    await station.poller.fetch([OKX, Exchange("x", "X", "x")])

    assert station.looked == ["okx"]


async def test_after_a_restart_what_was_known_is_known_again(station: Station) -> None:
    before = SourceHealth("defillama/cexs", failing_since=NOON - HOUR, fault=SourceFault.TIMEOUT)
    await station.memory.readings.save_health(before)
    await station.memory.readings.save_listings([listing(OKX)])

    with capture_logs() as logs:
        await station.poller.restore()
        await station.poller.poll()

    assert station.listed[0] == ["okx"]
    assert station.healths[0] == (before, before)
    assert [log["event"] for log in logs] == ["source healed"]


async def test_every_poll_wakes_the_one_who_fetches_details(station: Station) -> None:
    serving = asyncio.create_task(station.poller.serve_details())
    await asyncio.sleep(0)
    assert station.looked == []

    await station.poller.poll()
    assert [await station.looks.get(), await station.looks.get()] == ["binance", "okx"]
    station.memory.clock.advance(6 * HOUR)
    station.upstream.broken["cexs"] = SourceFault.TIMEOUT
    await station.poller.poll()
    assert [await station.looks.get(), await station.looks.get()] == ["binance", "okx"]

    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_while_the_store_is_away_the_fetcher_waits_for_the_next_poll(station: Station) -> None:
    serving = asyncio.create_task(station.poller.serve_details())
    station.fault = StorageError("gone")
    with capture_logs() as logs:
        await station.poller.poll()
        await station.looks.get()
        await asyncio.sleep(0)
    assert "store away while fetching details" in [log["event"] for log in logs]
    assert not serving.done()

    station.fault = None
    await station.poller.poll()
    assert await station.looks.get() == "okx"
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_a_list_alone_is_no_good_poll_once_no_body_can_be_had(station: Station) -> None:
    await station.poller.poll()
    station.upstream.broken = {"binance": SourceFault.SERVER_ERROR, "okx": SourceFault.SERVER_ERROR}
    await station.poller.poll_details()
    station.memory.clock.advance(HOUR)

    await station.poller.poll()

    assert station.poller.last_good_poll == NOON


async def test_a_name_that_is_on_no_list_is_remembered_and_said_once() -> None:
    station = Station("binnance")
    with capture_logs() as logs:
        await station.poller.poll()
        await station.poller.poll()

    assert station.poller.unknown == {"binnance"}
    assert station.poller.last_good_poll is None
    assert [log["names"] for log in logs if log["event"] == "EXCHANGES names what is not listed"] == [["binnance"]]
