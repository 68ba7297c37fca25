"""A source repairs its published past, and every window then tells what a new installation tells.

The whole way: bodies over HTTP, the poller, a real Redis, the snapshots that commands answer from, incidents. For eight
days the source told 20 % too little of all BTC, four days ago it put that right, and now it repairs the daily points.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.signal import NoteReason, Signal
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import note_sentence
from bot.monitoring.poll import SourcePoller
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.ports.readings import Readings
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store
from tests.builders import DAY, HOUR
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.defillama_world import FakeExchange, Run
from tests.fakes.memory import Memory
from tests.storage.conftest import StillClock

NORTHEX = Exchange("northex", "Northex", "northex")
EVERY = 6 * HOUR
START = datetime(2026, 3, 1, 4, 10, tzinfo=UTC)
PRICES = {"BTC": 80_000.0, "ETH": 2_000.0, "USDT": 1.0}
WRONG = 0.8
SMALL = 1e-4
"""A hundredth of a per cent: what moves in this world between two readings is far less."""


class Upstream:
    """DefiLlama with one exchange: what it told, and what it says now that it told."""

    def __init__(self, llama: FakeDefiLlama, clock: StillClock) -> None:
        self.clock = clock
        self.told = FakeExchange("northex", "Northex", "northex", odd=False)
        self.wrong_runs: list[Run] = []
        llama.exchanges = {"northex": self.told}
        clock.time = START - 60 * DAY
        for _ in range(60):
            self.publish()
            clock.advance(DAY)

    def publish(self, *, btc: float = 1.0) -> None:
        """Publish what it counts now, with that part of all BTC; everything grows by very little, as it lives."""
        grown = 1 + len(self.told.runs) * 1e-7
        holdings = {
            "Bitcoin": {"BTC": 20_000.0 * grown * btc},
            "Ethereum": {"ETH": 400_000.0 * grown, "USDT": 1e9 * grown},
            "Tron": {"USDT": 2e9 * grown},
        }
        self.told.runs.append(Run(int(self.clock.time.timestamp()) - 600, holdings, PRICES))
        if btc != 1.0:
            self.wrong_runs.append(self.told.runs[-1])

    def repair(self, *, by: float = 1 / WRONG) -> None:
        """Tell the wrong days anew."""
        for run in self.wrong_runs:
            run.holdings["Bitcoin"]["BTC"] *= by


@dataclass
class Installation:
    """A poller and what it feeds, on a store that may have a past."""

    readings: Readings
    snapshot_builder: SnapshotBuilder
    poller: SourcePoller
    published: list[ExchangeSnapshot] = field(default_factory=list)

    @classmethod
    def on(cls, store: Store | Memory, http: Http, llama: FakeDefiLlama, clock: StillClock) -> "Installation":
        builder = SnapshotBuilder(store.readings, clock, store.incidents, revisions=store.revisions)
        published: list[ExchangeSnapshot] = []
        meter = Memory(clock.time).meter
        watch = Watch(
            builder,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=meter,
            publish=published.append,
        )

        async def ignore_health(*_: object) -> None:
            return

        poller = SourcePoller(
            DefiLlama(http, clock, url=llama.url),
            readings=store.readings,
            revisions=store.revisions,
            incidents=store.incidents,
            subscriptions=store.subscriptions,
            clock=clock,
            meter=meter,
            detail_interval=timedelta(minutes=1),
            only=frozenset(),
            on_listings=lambda _: None,
            on_stored=watch.publish_snapshot,
            on_batch=watch.judge_exchanges,
            on_blind=watch.record_blind_span,
            on_health=ignore_health,
        )
        return cls(store.readings, builder, poller, published)

    async def poll(self) -> Signal:
        """Fetch the list and the body, and return the signal that answers are made from then."""
        await self.poller.poll()
        await self.poller.poll_details()
        assert self.published
        signal = self.published[-1].signal
        assert signal
        assert signal == (await self.snapshot_builder.snapshot(NORTHEX)).signal
        return signal


@dataclass
class LivedThrough:
    """The world after eight wrong days and four right ones, each body of which was read."""

    store: Store
    http: Http
    llama: FakeDefiLlama
    clock: StillClock
    upstream: Upstream
    installation: Installation

    def installed(self, store: Store | Memory) -> Installation:
        return Installation.on(store, self.http, self.llama, self.clock)

    async def next_body(self, *installations: Installation, btc: float = 1.0) -> list[Signal]:
        """Let six hours pass, and have each installation read the new body."""
        self.clock.advance(EVERY)
        self.upstream.publish(btc=btc)
        return [await installation.poll() for installation in (self.installation, *installations)]

    async def stored_btc(self) -> dict[datetime, float]:
        """Return the units of BTC that windows may start from: of nine days every reading, before that of midnights."""
        readings = self.store.readings.between("northex", since=START - 30 * DAY, until=self.clock.time)
        recent = START + 4 * DAY
        return {
            reading.as_of: reading.by_asset()["BTC"].amount
            async for reading in readings
            if reading.as_of.hour == 0 or reading.as_of > recent
        }


def shares(signal: Signal) -> dict[Window, float]:
    return {flow.window: flow.share for flow in signal.flows}


@pytest.fixture
async def lived(store: Store, clock: StillClock) -> AsyncIterator[LivedThrough]:
    async with AsyncExitStack() as stack:
        llama = await stack.enter_async_context(FakeDefiLlama(days=1))
        http = await stack.enter_async_context(Http(pause=timedelta(0)))
        upstream = Upstream(llama, clock)
        upstream.publish()
        installation = Installation.on(store, http, llama, clock)
        await installation.poll()
        world = LivedThrough(store, http, llama, clock, upstream, installation)
        for hours in range(0, 12 * 24, 6):
            await world.next_body(btc=WRONG if hours < 8 * 24 else 1.0)
        yield world


async def test_two_bodies_that_tell_a_repaired_past_make_every_window_that_of_a_new_installation(
    lived: LivedThrough,
) -> None:
    new, follower = lived.installed(Memory(lived.clock.time)), lived.installed(lived.store).snapshot_builder
    await follower.snapshot(NORTHEX)
    lived.upstream.repair()

    first, _ = await lived.next_body(new)
    assert NoteReason.REVISED not in {note.reason for note in first.notes}
    assert min((await lived.stored_btc()).values()) < 17_000  # one body alone changes nothing

    second, expected = await lived.next_body(new)
    assert min((await lived.stored_btc()).values()) > 19_999
    assert set(shares(second)) >= set(shares(expected))
    assert all(abs(share) < SMALL for share in shares(second).values())
    assert all(flow.hold is None for flow in second.flows)
    [note] = [note for note in second.notes if note.reason is NoteReason.REVISED]
    assert (note.subject, note.at) == ("8 days, 2026-03-02 to 2026-03-09", lived.clock.time)

    # The same after a restart, and in a worker that answers and did not poll.
    restarted = (await lived.installed(lived.store).snapshot_builder.snapshot(NORTHEX)).signal
    followed = (await follower.snapshot(NORTHEX)).signal
    assert restarted
    assert followed
    assert shares(restarted) == shares(followed) == shares(second)
    assert restarted.baseline == followed.baseline == second.baseline
    assert restarted.notes == second.notes
    assert await lived.store.incidents.open() == []


async def test_what_was_first_seen_stays_on_record(lived: LivedThrough) -> None:
    before = await lived.stored_btc()
    lived.upstream.repair()
    for _ in range(2):
        await lived.next_body()

    blobs = await lived.store.database.command("ZRANGE", "{rd:northex}:superseded", 0, -1)
    superseded = [await lived.store.readings.packer.unpacked("northex", blob) for blob in blobs]
    recorded = {reading.as_of: reading.by_asset()["BTC"].amount for reading in superseded}
    after = await lived.stored_btc()
    wrong = {at: amount for at, amount in before.items() if amount < 17_000}
    assert wrong.items() <= recorded.items()
    assert {at: amount for at, amount in before.items() if at not in recorded}.items() <= after.items()


async def test_history_that_is_taken_back_is_what_it_was(lived: LivedThrough) -> None:
    wrong_days = {at: btc for at, btc in (await lived.stored_btc()).items() if btc < 17_000 and at.hour == 0}
    lived.upstream.repair()
    for _ in range(2):
        await lived.next_body()
    lived.upstream.repair(by=WRONG)
    for _ in range(2):
        await lived.next_body()

    after = await lived.stored_btc()
    assert {at: after[at] for at in wrong_days} == pytest.approx(wrong_days)


async def test_of_a_source_that_tells_two_pasts_in_turn_nothing_is_taken_over_and_it_is_logged_once(
    lived: LivedThrough,
) -> None:
    before = await lived.stored_btc()
    with capture_logs() as logs:
        for by in (1 / WRONG, WRONG) * 3:
            lived.upstream.repair(by=by)
            await lived.next_body()

    assert before.items() <= (await lived.stored_btc()).items()
    assert await lived.store.revisions.revised_days("northex") == {}
    assert [log["points"] for log in logs if log["event"] == "history told differently"] == [8]


async def test_points_and_chains_that_a_body_leaves_out_are_not_revised(lived: LivedThrough) -> None:
    before = await lived.stored_btc()
    runs = lived.upstream.told.runs
    del runs[5:40:2]
    for run in runs[40:]:
        run.holdings.pop("Tron", None)
    for _ in range(3):
        await lived.next_body()

    assert await lived.store.revisions.revised_days("northex") == {}
    assert before.items() <= (await lived.stored_btc()).items()


async def test_two_pollers_that_read_the_same_body_are_no_two_bodies_and_agree_on_the_next(
    lived: LivedThrough,
) -> None:
    other = lived.installed(lived.store)
    lived.upstream.repair()
    await lived.next_body(other)
    assert min((await lived.stored_btc()).values()) < 17_000

    first, second = await lived.next_body(other)
    assert min((await lived.stored_btc()).values()) > 19_999
    assert shares(first) == shares(second)
    assert set(await lived.store.revisions.revised_days("northex")) == {
        START.replace(hour=0, minute=0) + day * DAY for day in range(1, 9)
    }


async def test_the_note_goes_after_a_week(lived: LivedThrough) -> None:
    lived.upstream.repair()
    await lived.next_body()
    [signal] = await lived.next_body()
    assert [note.reason for note in signal.notes] == [NoteReason.REVISED]
    words = "".join(span.text for span in note_sentence(signal.notes[0]))
    assert words.startswith("The source revised its history (8 days, 2026-03-02 to 2026-03-09): ")

    for _ in range(7 * 4):
        await lived.next_body()
    [signal] = await lived.next_body()
    assert signal.notes == ()
