"""Digests at each place's hour: what is in them, once each, also after downtime and with several workers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.digest import BlindSpan
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.incident import Incident, IncidentState
from bot.domain.local_time import DigestSchedule, Weekday
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.stress import STRESS
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.cards.common import liabilities
from bot.messages.model import Tone
from bot.monitoring.digest_post import PLACES_AT_A_TIME, DigestPost
from bot.ports.outbox import Alert, DeliveryKind
from bot.storage.store import Store, open_store
from tests.builders import BINANCE, CHAIN_MISSING, DAY, HERE, HOUR, OKX, flow, holding, incident, signal, subscription
from tests.fakes.marking_language import mark_texts
from tests.fakes.memory import HandClock, Memory
from tests.known_withdrawals import known, network
from tests.messages.cards.plain import said
from tests.servers import Server
from tests.storage.set_place import set_place

EIGHT = datetime(2022, 12, 13, 8, tzinfo=UTC)
DAILY = PlaceSettings(digest=DigestSchedule(time(8)))
WEEKLY = PlaceSettings(digest=DigestSchedule(time(8), Weekday.TUESDAY))  # 2022-12-13 is one
THERE = Place(Platform.TELEGRAM, "-2")
KRAKEN = Exchange("kraken", "Kraken", "kraken")


def snapshot(exchange: Exchange, share: float | None, *, at: datetime = EIGHT) -> ExchangeSnapshot:
    """Return an exchange with a flow over 24 h, and twice as much over 7 d; None: both are held."""
    hold = CHAIN_MISSING if share is None else None
    flows = [
        flow((share or 0.0) * factor, window, at=at, hold=hold)
        for window, factor in ((Window.DAY, 1), (Window.WEEK, 2))
    ]
    seen = signal(None, flows=flows, at=at, exchange=exchange.id)
    return ExchangeSnapshot(exchange, reading=holding(60, at=at, exchange=exchange.id), signal=seen)


def past(number: int = 8, *, opened: datetime, over: datetime | None = None, **fields: Any) -> Incident:
    """Return an incident that was opened, and maybe resolved, at these times."""
    about = incident(number=number, state=IncidentState.RESOLVED if over else IncidentState.OPEN)
    return replace(about, started_at=opened, changed_at=over or opened, **fields)


def closed(exchange: str, *assets: str) -> ExchangeWithdrawals:
    """Return an exchange at which these assets cannot be withdrawn."""
    networks = [
        network(asset, name, WithdrawalState.CLOSED, since=EIGHT - HOUR, at=EIGHT)
        for asset in assets
        for name in MAIN_NETWORKS[asset]
    ]
    return known(exchange, *networks, at=EIGHT)


@dataclass
class Bench:
    """Digests on a store in memory; Binance, OKX and Kraken have moved a little."""

    memory: Memory = field(default_factory=lambda: Memory(EIGHT))
    incidents: list[Incident] = field(default_factory=list)
    withdrawals: dict[str, ExchangeWithdrawals] = field(default_factory=dict)
    snapshots: Sequence[ExchangeSnapshot] = (snapshot(BINANCE, -0.01), snapshot(OKX, 0.004), snapshot(KRAKEN, -0.02))

    def __post_init__(self) -> None:
        self.post = DigestPost(
            self.memory.digests,
            place_settings=self.memory.place_settings,
            subscriptions=self.memory.subscriptions,
            incidents=self.memory.incidents,
            snapshots=lambda: self.snapshots,
            withdrawals=lambda exchange: self.withdrawals.get(exchange),  # noqa: PLW0108 — replaced by tests
            names=lambda: {"binance": "Binance", "okx": "OKX", "kraken": "Kraken"},
            clock=self.memory.clock,
        )

    async def want(self, place: Place = HERE, *exchanges: str | None, settings: PlaceSettings = DAILY) -> None:
        """Let a place have a digest at eight about exchanges."""
        self.memory.place_settings.kept[place] = settings
        self.memory.digests.times[place] = EIGHT
        for exchange in exchanges:
            await self.memory.subscriptions.add(subscription(exchange, place=place))

    async def happened(self, *incidents: Incident) -> None:
        for about in incidents:
            await self.memory.incidents.commit(about.subject, about.rule, about, [], sensitivity=about.sensitivity)

    async def posted(self, *, after: timedelta = timedelta()) -> list[Alert]:
        """Let the job have its turn, and return what it queues."""
        self.memory.clock.advance(EIGHT + after - self.memory.clock.now())
        before = len(self.memory.incidents.told)
        await self.post.post_due()
        return self.memory.incidents.told[before:]

    async def text(self) -> str:
        (alert,) = await self.posted()
        return said(alert.message)


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.want(HERE, None)
    return bench


async def test_when_nothing_happened_it_says_all_calm_with_source_and_age(bench: Bench) -> None:
    (alert,) = await bench.posted()
    assert alert.message.title == "Daily digest · all calm"
    assert alert.message.tone is Tone.GOOD
    assert alert.message.silent
    assert said(alert.message).splitlines()[1:] == [
        "From 2022-12-12 08:00 UTC to 2022-12-13 08:00 UTC",
        "No incident, and no withdrawals closed, at the exchanges you subscribed to.",
        "Biggest movers in 24 h, share of reserves:",
        "Kraken −2.0 % · −$1.28 B",
        "Binance −1.0 % · −$641 M",
        "OKX +0.40 % · +$256 M",
        liabilities(),
        "DefiLlama · as of 2022-12-13 08:00 UTC (live)",
        "Incidents",
        "Top",
    ]
    assert (alert.kind, alert.severity, alert.once) == (DeliveryKind.EDIT, Severity.WATCH, True)


async def test_incidents_of_the_time_are_told_worst_first(bench: Bench) -> None:
    await bench.happened(
        past(7, opened=EIGHT - 3 * DAY, over=EIGHT - 2 * DAY),
        past(8, opened=EIGHT - 3 * DAY, over=EIGHT - 10 * HOUR, peak=Severity.SEVERE),
        past(9, opened=EIGHT - HOUR, subject="okx"),
        past(10, opened=EIGHT - HOUR, subject="market", rule=Rule.MARKET_WIDE),
        past(11, opened=EIGHT - HOUR, subject="kraken", rule=Rule.DATA),
    )
    text = await bench.text()
    assert "Daily digest · 3 incidents" in text
    assert [line for line in text.splitlines() if "INC-" in line] == [
        "🟢 INC-8 · Binance · resolved (peak: severe)",
        "🟠 INC-10 · Market-wide · elevated (its peak)",
        "🟠 INC-9 · OKX · elevated (its peak)",
    ]


async def test_only_what_the_subscriptions_ask_for_is_told() -> None:
    bench = Bench()
    await bench.want(HERE, "okx")
    await bench.memory.subscriptions.add(subscription("kraken", severity=Severity.SEVERE))
    await bench.memory.subscriptions.add(subscription(STRESS.id))
    await bench.happened(
        past(8, opened=EIGHT - HOUR),
        past(9, opened=EIGHT - HOUR, subject="okx"),
        past(10, opened=EIGHT - HOUR, subject="kraken"),
    )
    text = await bench.text()
    assert "Daily digest · 1 incident" in text
    assert "INC-9" in text
    assert "Binance" not in text


async def test_a_place_reads_of_the_incident_by_its_own_preset() -> None:
    bench = Bench()
    await bench.want()
    await bench.memory.subscriptions.add(subscription(None, sensitivity=Sensitivity.EARLY))
    early = past(9, opened=EIGHT - HOUR, sensitivity=Sensitivity.EARLY, severity=Severity.SEVERE, peak=Severity.SEVERE)
    await bench.happened(past(9, opened=EIGHT - HOUR), early)
    assert "🔴 INC-9 · Binance · severe (its peak)" in await bench.text()


async def test_long_lists_are_cut(bench: Bench) -> None:
    names = [f"ex{number}" for number in range(8)]
    await bench.happened(*(past(20 + number, opened=EIGHT - HOUR, subject=name) for number, name in enumerate(names)))
    bench.snapshots = [snapshot(Exchange(name, name.title(), name), -0.01) for name in names]
    bench.withdrawals = {name: closed(name, "BTC") for name in names}
    for number in range(5):
        span = BlindSpan(EIGHT - (number + 2) * HOUR, EIGHT - (number + 1) * HOUR)
        bench.post.record_blind_span(span.since, span.until)
    text = await bench.text()
    assert "8 incidents, withdrawals closed at 8 exchanges, not everything was seen" in text
    assert "3 more: /incidents" in text
    assert "Withdrawals closed at 3 more exchanges: /withdrawals names all." in text
    assert "Nothing was seen 2 more times." in text
    assert len(text.splitlines()) <= 26


async def test_closed_withdrawals_are_told_with_since_when(bench: Bench) -> None:
    bench.withdrawals = {"okx": closed("okx", "BTC", "USDC"), "kraken": known("kraken", at=EIGHT)}
    text = await bench.text()
    assert "Daily digest · withdrawals closed at 1 exchange" in text
    assert "Withdrawals closed at OKX: BTC since 2022-12-13 07:00 UTC, USDC since 2022-12-13 07:00 UTC" in text


async def test_what_the_bot_did_not_see_is_said_and_is_no_calm(bench: Bench) -> None:
    bench.post.record_blind_span(EIGHT - 9 * HOUR, EIGHT - 2 * HOUR)
    bench.post.record_blind_span(EIGHT - 9 * DAY, EIGHT - 8 * DAY)
    (alert,) = await bench.posted()
    assert alert.message.title == "Daily digest · not everything was seen"
    assert alert.message.tone is Tone.TROUBLE
    text = said(alert.message)
    assert "⚠️ Nothing was seen from 2022-12-12 23:00 UTC to 2022-12-13 06:00 UTC." in text
    assert text.count("Nothing was seen") == 1


async def test_without_a_figure_that_can_be_compared_nothing_is_called_calm(bench: Bench) -> None:
    bench.snapshots = [snapshot(BINANCE, None), ExchangeSnapshot(OKX)]
    text = await bench.text()
    assert "Daily digest · no figures that can be compared" in text
    assert "2 exchanges could not be compared; /status says why." in text


async def test_one_exchange_that_cannot_be_compared_is_counted(bench: Bench) -> None:
    bench.snapshots = [snapshot(BINANCE, None), snapshot(OKX, 0.01)]
    assert "1 exchange could not be compared" in await bench.text()


async def test_a_place_without_subscriptions_is_told_what_to_do() -> None:
    bench = Bench()
    await bench.want()
    text = await bench.text()
    assert "Daily digest · no subscription" in text
    assert "/subscribe all, or /settings digest off." in text


async def test_a_weekly_digest_is_about_seven_days() -> None:
    bench = Bench()
    await bench.want(HERE, None, settings=WEEKLY)
    await bench.happened(past(8, opened=EIGHT - 6 * DAY, over=EIGHT - 5 * DAY))
    text = await bench.text()
    assert "Weekly digest · 1 incident" in text
    assert "From 2022-12-06 08:00 UTC to 2022-12-13 08:00 UTC" in text
    assert "Biggest movers in 7 d" in text
    assert "Kraken −4.0 %" in text


async def test_it_is_posted_once_and_the_next_one_a_day_later_goes_on_from_there(bench: Bench) -> None:
    assert await bench.posted(after=-HOUR) == []
    assert len(await bench.posted(after=timedelta(minutes=1))) == 1
    assert await bench.posted(after=timedelta(minutes=2)) == []
    assert bench.memory.digests.times[HERE] == EIGHT + DAY
    (second,) = await bench.posted(after=DAY)
    assert "From 2022-12-13 08:00 UTC to 2022-12-14 08:00 UTC" in said(second.message)


async def test_a_digest_that_cannot_be_written_holds_back_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    await bench.want(HERE, "okx")
    await bench.want(THERE, "binance")

    def withdrawals(exchange: str) -> ExchangeWithdrawals | None:
        if exchange == "okx":
            raise ZeroDivisionError("a fault of ours")
        return None

    monkeypatch.setattr(bench.post, "_withdrawals", withdrawals)
    with capture_logs() as logs:
        (alert,) = await bench.posted()
    assert [recipient.place for recipient in alert.recipients] == [THERE]
    assert [log["place"] for log in logs if log["event"] == "digest failed"] == [str(HERE)]
    assert await bench.posted(after=HOUR) == []


async def test_places_that_ask_for_the_same_share_one_message(bench: Bench) -> None:
    await bench.want(THERE, None)
    await bench.want(Place(Platform.DISCORD, "3"), "okx")
    together, alone = sorted(await bench.posted(), key=lambda alert: -len(alert.recipients))
    assert {recipient.place for recipient in together.recipients} == {HERE, THERE}
    assert len(alone.recipients) == 1
    assert together.incident == alone.incident == "digest:2022-12-13"
    assert together.id != alone.id


async def test_very_many_places_are_gone_through_in_slices() -> None:
    bench = Bench()
    places = [Place(Platform.TELEGRAM, str(number)) for number in range(1, 2 * PLACES_AT_A_TIME + 1)]
    for place in places:
        await bench.want(place, None)
    alerts = await bench.posted()
    assert len(alerts) == 2
    assert {recipient.place for alert in alerts for recipient in alert.recipients} == set(places)
    assert len({alert.id for alert in alerts}) == 2


async def test_a_worker_that_dies_before_it_wrote_the_next_time_leads_to_no_second_one(bench: Bench) -> None:
    assert len(await bench.posted()) == 1
    await bench.want(HERE, None)  # the time is as it was before
    bench.memory.digests.told_until.clear()
    assert await bench.posted(after=timedelta(minutes=1)) == []
    assert bench.memory.digests.times[HERE] == EIGHT + DAY


async def test_one_that_is_hours_late_is_left_out_and_the_next_one_says_so(bench: Bench) -> None:
    assert await bench.posted(after=7 * HOUR) == []
    (next_day,) = await bench.posted(after=DAY)
    text = said(next_day.message)
    assert "From 2022-12-12 08:00 UTC to 2022-12-14 08:00 UTC" in text
    assert "Covers more than usual: the digest of 2022-12-13 08:00 UTC could not be posted in time." in text
    (after_that,) = await bench.posted(after=2 * DAY)
    assert "Covers more than usual" not in said(after_that.message)


async def test_one_that_is_a_little_late_is_posted(bench: Bench) -> None:
    assert len(await bench.posted(after=5 * HOUR)) == 1


async def test_a_place_that_switched_it_off_meanwhile_gets_none(bench: Bench) -> None:
    bench.memory.place_settings.kept[HERE] = PlaceSettings()
    assert await bench.posted() == []
    assert HERE not in bench.memory.digests.times


async def test_the_day_is_that_of_the_place() -> None:
    bench = Bench()
    tokyo = PlaceSettings("Asia/Tokyo", digest=DigestSchedule(time(17)))  # 08:00 UTC
    auckland = PlaceSettings("Pacific/Auckland", digest=DigestSchedule(time(21)))
    honolulu = PlaceSettings("Pacific/Honolulu", digest=DigestSchedule(time(22)))
    for number, settings in enumerate((tokyo, auckland, honolulu)):
        await bench.want(Place(Platform.TELEGRAM, str(number + 1)), None, settings=settings)
    alerts = await bench.posted()
    days = {recipient.place.chat: alert.incident for alert in alerts for recipient in alert.recipients}
    assert days == {"1": "digest:2022-12-13", "2": "digest:2022-12-13", "3": "digest:2022-12-12"}
    assert bench.memory.digests.times[Place(Platform.TELEGRAM, "3")] == EIGHT + DAY


async def test_just_after_a_start_figures_are_waited_for_an_hour_at_most(bench: Bench) -> None:
    bench.snapshots = []
    assert await bench.posted(after=timedelta(minutes=59)) == []
    (alert,) = await bench.posted(after=HOUR)
    assert "no figures that can be compared" in alert.message.title


# On a real store, by several workers.


@pytest.fixture
async def stores(redis: Server) -> AsyncIterator[list[Store]]:
    """Give the stores of two workers on one server; a place has subscribed and has its digest at eight."""
    async with AsyncExitStack() as stack:
        stores = []
        for _ in range(2):
            store = await open_store(redis.url, clock=HandClock(EIGHT))
            stack.push_async_callback(store.close)
            stores.append(store)
        await stores[0].subscriptions.add(subscription(None))
        await set_place(stores[0], HERE, digest=DAILY.digest, at=EIGHT - HOUR)
        yield stores


def post_of(store: Store) -> DigestPost:
    return DigestPost(
        store.digests,
        place_settings=store.place_settings,
        subscriptions=store.subscriptions,
        incidents=store.incidents,
        snapshots=lambda: Bench.snapshots,
        withdrawals=lambda _: None,
        names=dict,
        clock=HandClock(EIGHT),
    )


async def claimed(store: Store) -> list[tuple[Place, str, str | None]]:
    """Return the places and titles of the deliveries that are due, each with the message that is there already."""
    deliveries = await store.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    for delivery in deliveries:
        await store.outbox.finish(delivery, message_id="42")
    return [(delivery.place, delivery.message.title, delivery.sent) for delivery in deliveries]


async def test_two_workers_post_once(stores: list[Store]) -> None:
    first, second = stores
    await post_of(first).post_due()
    await post_of(second).post_due()

    assert await claimed(first) == [(HERE, "Daily digest · all calm", None)]
    assert await claimed(second) == []


async def test_a_crash_before_the_next_time_was_written_is_followed_by_no_second_message(stores: list[Store]) -> None:
    first, second = stores
    await post_of(first).post_due()
    await first.database.command("ZADD", "{subs}:digests", EIGHT.timestamp() * 1e6, str(HERE))
    await first.database.command("DEL", "{subs}:digests:told")
    await post_of(second).post_due()

    assert len(await claimed(second)) == 1
    assert await claimed(first) == []


async def test_where_it_had_arrived_long_before_the_message_that_is_there_is_edited(stores: list[Store]) -> None:
    first, second = stores
    await post_of(first).post_due()
    assert len(await claimed(first)) == 1
    await first.database.command("ZADD", "{subs}:digests", EIGHT.timestamp() * 1e6, str(HERE))
    for key in await first.database.command("KEYS", "{ob}:queued:*"):
        await first.database.command("DEL", key)
    await post_of(second).post_due()

    deliveries = await second.outbox.claim(Platform.TELEGRAM, limit=10, wait=timedelta())
    edits_due = await second.database.command("ZCARD", "{ob}:later:telegram")
    assert [delivery.sent for delivery in deliveries] in ([], ["42"])
    assert len(deliveries) + edits_due == 1


async def test_each_language_has_a_digest_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    bench = Bench()
    places = [Place(Platform.TELEGRAM, f"-{number}") for number in range(4)]
    for place, language in zip(places, ("auto", "es", "en", "es"), strict=True):
        await bench.want(place, "binance", settings=replace(DAILY, language=language))

    english, spanish = await bench.posted()

    assert (english.message.language, spanish.message.language) == ("en", "es")
    assert [[recipient.place for recipient in alert.recipients] for alert in (english, spanish)] == [
        places[0::2], places[1::2],
    ]  # fmt: skip
