from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.alerting.routing import followed_incidents
from bot.detection.withdrawals.closed_withdrawals import WITHDRAWALS_RULE
from bot.domain.errors import StorageError
from bot.domain.exchange import Exchange
from bot.domain.flow import HoldReason
from bot.domain.incident import IncidentState, StepReason
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.suppression import Suppression
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.model import Tone
from bot.monitoring.isolation import Crashes
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.ports.outbox import Alert, DeliveryKind
from tests.builders import BINANCE, DAY, HERE, HOUR, NOON, OKX, holding, listing, signal, subscription
from tests.fakes.memory import Memory, MemorySubscriptions
from tests.known_withdrawals import known, network
from tests.messages.cards.plain import said

POST, EDIT, CLOSE, REPLY = DeliveryKind
THERE = Place(Platform.DISCORD, "99")


class WatchedBinance:
    """A watch over Binance at $60 B, with 60 quiet days behind it, on which a fifth of a percent moved in turn."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory(NOON)
        self.published: list[ExchangeSnapshot] = []
        self.watch = Watch(
            SnapshotBuilder(
                self.memory.readings, self.memory.clock, self.memory.incidents, suppressions=self.memory.suppressions
            ),
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            publish=self.published.append,
            drills=self.memory.drills,
            place_settings=self.memory.place_settings,
        )

    async def store_quiet_days(self) -> None:
        days = [holding(60 + 0.12 * (day % 2), at=NOON.replace(hour=0) - day * DAY) for day in range(60)]
        await self.memory.readings.add([*days, *(holding(60, at=NOON - hour * HOUR) for hour in range(1, 25))])

    async def judge_reading(self, billions: float, *, after: timedelta = timedelta()) -> list[Alert]:
        """Take a reading so long after noon, look at it, and return what was queued."""
        at: datetime = NOON + after
        self.memory.clock.time = at
        await self.memory.readings.add([holding(billions, at=at)])
        return await self.judge_again()

    async def judge_again(self) -> list[Alert]:
        before = len(self.memory.told())
        await self.watch.judge_exchanges([BINANCE])
        return self.memory.told()[before:]


@pytest.fixture
async def watched() -> WatchedBinance:
    started = WatchedBinance()
    await started.store_quiet_days()
    await started.memory.subscriptions.add(subscription())
    return started


@pytest.fixture
def logs() -> Iterator[list[dict[str, object]]]:
    with capture_logs() as entries:
        yield entries  # type: ignore[misc]  # structlog's own mutable mappings


def kinds(alerts: list[Alert]) -> list[DeliveryKind]:
    return [alert.kind for alert in alerts]


async def test_an_outflow_is_told_once(watched: WatchedBinance) -> None:
    announced = [await watched.judge_reading(57.5, after=hour * HOUR) for hour in range(12)]

    assert [kinds(alerts) for alerts in announced] == [[], [POST], *[[]] * 10]
    (opened,) = announced[1]
    assert (opened.incident, opened.severity) == ("INC-1:normal", Severity.ELEVATED)
    assert [recipient.place for recipient in opened.recipients] == [HERE]
    assert opened.message.title == "INC-1 · Binance · elevated outflow"


async def test_a_commit_whose_reply_is_lost_counts(watched: WatchedBinance, monkeypatch: pytest.MonkeyPatch) -> None:
    await watched.judge_again()
    before, commit = watched.watch.commits, watched.memory.incidents.commit

    async def lost(*what: Any, **how: Any) -> bool:
        await commit(*what, **how)
        raise StorageError("no reply")

    monkeypatch.setattr(watched.memory.incidents, "commit", lost)
    with pytest.raises(StorageError):
        await watched.judge_reading(54)
    assert watched.watch.commits == before + 1


async def test_of_very_many_places_nobody_is_left_out(watched: WatchedBinance) -> None:
    places = [Place(Platform.TELEGRAM, str(number)) for number in range(4500)]
    for place in places:
        await watched.memory.subscriptions.add(subscription(place=place))

    (opened,) = await watched.judge_reading(54)
    (changed,) = await watched.judge_reading(54, after=HOUR)

    assert {recipient.place for recipient in opened.recipients} == {HERE, *places}
    assert changed.kind is EDIT
    assert changed.recipients == opened.recipients


async def test_a_blip_tells_nobody(watched: WatchedBinance) -> None:
    assert await watched.judge_reading(57.5) == []
    assert await watched.judge_reading(60, after=HOUR) == []
    assert await watched.memory.incidents.open() == []
    assert await watched.memory.incidents.next_number() == 1


async def test_judging_a_reading_twice_announces_it_once(watched: WatchedBinance) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)

    assert await watched.judge_again() == []


async def test_severe_is_told_at_once(watched: WatchedBinance) -> None:
    (opened,) = await watched.judge_reading(54)

    assert opened.severity is Severity.SEVERE
    assert "Not confirmed yet" in str(opened.message.lines)
    assert kinds(await watched.judge_reading(54, after=HOUR)) == [EDIT]


async def test_a_silent_source_is_not_calm(watched: WatchedBinance) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)
    watched.memory.clock.advance(5 * HOUR)

    (held,) = await watched.judge_again()

    assert held.kind is EDIT
    assert "data too old (newest reading is 5 h old)" in str(held.message.lines[1])
    assert await watched.judge_again() == []
    (incident,) = await watched.memory.incidents.open()
    assert incident.severity is Severity.ELEVATED


async def test_worse_is_posted_anew_and_better_is_edited(watched: WatchedBinance) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)

    assert kinds(await watched.judge_reading(54, after=2 * HOUR)) == [POST]
    assert kinds(await watched.judge_reading(57.9, after=3 * HOUR)) == [EDIT]
    assert kinds(await watched.judge_reading(57.9, after=9 * HOUR)) == [EDIT]
    (incident,) = await watched.memory.incidents.open()
    assert (incident.severity, incident.peak) == (Severity.ELEVATED, Severity.SEVERE)


async def test_the_end_is_an_edit_and_an_answer(watched: WatchedBinance) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)
    await watched.judge_reading(58.4, after=26 * HOUR)

    closing = await watched.judge_reading(58.4, after=32 * HOUR)

    assert kinds(closing) == [CLOSE, REPLY]
    assert {alert.message.title for alert in closing} == {"INC-1 · Binance · resolved"}
    assert await watched.memory.incidents.open() == []
    assert len(await watched.memory.incidents.recent()) == 1


async def test_what_comes_back_within_two_days_is_over_at_once(watched: WatchedBinance) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)

    closing = await watched.judge_reading(60, after=2 * HOUR)

    assert kinds(closing) == [CLOSE, REPLY]
    assert "internal move" in str(closing[1].message.lines)


async def test_a_second_incident_has_a_number_of_its_own(watched: WatchedBinance) -> None:
    for hour, billions in enumerate((57.5, 57.5, 60, 60, 60, 60, 60, 60, 60, 57.4, 57.4)):
        await watched.judge_reading(billions, after=hour * HOUR)

    assert [alert.incident for alert in watched.memory.told(POST)] == ["INC-1:normal", "INC-2:normal"]


async def test_each_preset_has_its_own_incident_under_one_number(watched: WatchedBinance) -> None:
    await watched.memory.subscriptions.add(subscription(place=THERE, sensitivity=Sensitivity.EARLY))

    await watched.judge_reading(59.3)
    (early,) = await watched.judge_reading(59.3, after=HOUR)
    await watched.judge_reading(57.5, after=2 * HOUR)
    later = await watched.judge_reading(57.5, after=3 * HOUR)

    assert (early.incident, [recipient.place for recipient in early.recipients]) == ("INC-1:early", [THERE])
    assert {alert.incident for alert in later if alert.kind is POST} == {"INC-1:normal"}


async def test_every_place_reads_the_severity_of_the_normal_preset(watched: WatchedBinance) -> None:
    """At −1.2 % only the early preset has an incident, and at −2.5 % only it calls that elevated."""
    await watched.memory.subscriptions.add(subscription(place=THERE, sensitivity=Sensitivity.EARLY))

    for hour, billions in enumerate((59.3, 59.3, 59.0, 59.0, 58.5)):
        await watched.judge_reading(billions, after=hour * HOUR)
    early = [alert.message for alert in watched.memory.told(POST) if alert.incident == "INC-1:early"]

    assert [message.title for message in early] == ["INC-1 · Binance · unusual outflow"] * 2
    assert "Posted early: this place uses early sensitivity. At normal it is no incident yet." in said(early[0])
    assert "This place uses early sensitivity, at which it is elevated already." in said(early[1])


async def test_a_preset_that_opens_anew_under_a_living_number_is_told_again(watched: WatchedBinance) -> None:
    await watched.memory.subscriptions.add(subscription(place=THERE, sensitivity=Sensitivity.EARLY))
    swings = (57.5, 57.5, *[59.35] * 9, 57.2, 57.2)
    for hour, billions in enumerate(swings):
        await watched.judge_reading(billions, after=hour * HOUR)

    normal = [alert for alert in watched.memory.told(POST) if alert.incident == "INC-1:normal"]

    assert len(normal) == 2
    assert normal[0].id != normal[1].id


async def test_a_place_that_changed_its_preset_hears_the_end_of_what_it_was_told_of(watched: WatchedBinance) -> None:
    """It asked by the early preset from the second hour on, which has an incident of its own by then."""
    await watched.memory.subscriptions.add(subscription(place=THERE, sensitivity=Sensitivity.EARLY))
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)
    changed = subscription(sensitivity=Sensitivity.EARLY)
    follows = followed_incidents(changed, [subscription()], await watched.memory.incidents.open())
    await watched.memory.subscriptions.add(replace(changed, follows=follows))
    for hour in (2, 3, 9, 10, 16):
        await watched.judge_reading(60, after=hour * HOUR)

    told_here = [
        (alert.incident, alert.kind)
        for alert in watched.memory.told()
        if HERE in {recipient.place for recipient in alert.recipients}
    ]
    assert {incident for incident, _ in told_here} == {"INC-1:normal"}
    assert [kind for _, kind in told_here if kind is not EDIT] == [POST, CLOSE, REPLY]


async def test_an_incident_whose_last_subscriber_left_still_ends(watched: WatchedBinance) -> None:
    await watched.memory.subscriptions.add(subscription(sensitivity=Sensitivity.CALM))
    await watched.judge_reading(54)
    await watched.judge_reading(54, after=HOUR)
    await watched.memory.subscriptions.remove(HERE, "binance")
    assert {incident.sensitivity for incident in await watched.memory.incidents.open()} == {
        Sensitivity.NORMAL,
        Sensitivity.CALM,
    }
    for hour in range(2, 10):
        await watched.judge_reading(60, after=hour * HOUR)

    assert await watched.memory.incidents.open() == []


async def test_a_place_that_is_first_told_late_is_pinged_all_the_same(watched: WatchedBinance) -> None:
    await watched.memory.subscriptions.add(subscription(usd=4e9, mention="here"))
    await watched.judge_reading(57.5)
    assert await watched.judge_reading(57.5, after=HOUR) == []

    (first,) = await watched.judge_reading(55.9, after=2 * HOUR)

    assert (first.kind, first.ping) == (POST, True)
    assert watched.memory.outbox.waiting[0].message.mention == "here"


async def test_only_new_messages_ping(watched: WatchedBinance) -> None:
    await watched.judge_reading(57.5)
    opened = await watched.judge_reading(57.5, after=HOUR)
    updated = await watched.judge_reading(57, after=2 * HOUR)

    assert [alert.ping for alert in (*opened, *updated)] == [True, False]
    assert [alert.publish for alert in (*opened, *updated)] == [True, False]


@pytest.mark.parametrize(("billions", "hours"), [(58.9, 6), (57.5, 12), (54, 24)])
async def test_a_message_expires_the_later_the_worse_it_is(
    watched: WatchedBinance, billions: float, hours: int
) -> None:
    await watched.judge_reading(billions)
    await watched.judge_reading(billions, after=HOUR)

    first = watched.memory.told(POST)[0]

    assert first.expires_at - first.created_at == hours * HOUR


async def test_without_subscribers_an_incident_is_opened_all_the_same(watched: WatchedBinance) -> None:
    await watched.memory.subscriptions.remove(HERE, None, everything=True)

    assert await watched.judge_reading(54) == []
    (incident,) = await watched.memory.incidents.open()
    assert (incident.number, incident.state) == (1, IncidentState.OPEN)


async def test_every_snapshot_is_published_even_when_it_is_empty() -> None:
    watched = WatchedBinance()

    await watched.watch.judge_exchanges([OKX])

    assert watched.published == [ExchangeSnapshot(OKX)]


async def test_open_incidents_are_counted(watched: WatchedBinance) -> None:
    await watched.judge_reading(54)

    assert watched.memory.meter.open == dict.fromkeys(Severity, 0) | {Severity.SEVERE: 1}


async def test_a_step_is_logged_with_its_facts(watched: WatchedBinance, logs: list[dict[str, object]]) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(57.5, after=HOUR)
    await watched.judge_reading(57.5, after=2 * HOUR)
    await watched.memory.incidents.commit("binance", Rule.OUTFLOW, None, [])

    steps = [entry for entry in logs if entry["event"] == "incident"]
    assert [(step["incident"], step["reason"], step["places"]) for step in steps] == [
        (None, "pending", 0),
        ("INC-1", "opened", 1),
    ]
    assert steps[1]["share"] == pytest.approx(-0.04167, abs=1e-5)


async def test_a_dismissed_suspicion_is_logged_without_a_name(
    watched: WatchedBinance, logs: list[dict[str, object]]
) -> None:
    await watched.judge_reading(57.5)
    await watched.judge_reading(60, after=HOUR)

    dismissed = logs[-1]
    assert (dismissed["reason"], dismissed["incident"], dismissed["severity"]) == ("dismissed", None, None)


class SnapshotsWithJumps(SnapshotBuilder):
    """Snapshots of calm readings of Binance, with the jumps that a test sets."""

    jumps: tuple[Jump, ...] = ()

    @override
    async def snapshots_by_round(
        self, exchanges: Sequence[Exchange], crashes: Crashes | None = None
    ) -> AsyncIterator[Sequence[ExchangeSnapshot]]:
        now = self._clock.now()
        yield [ExchangeSnapshot(BINANCE, signal=replace(signal(-0.001, at=now), jumps=self.jumps), seen_at=now)]


class NoticeBench:
    """A watch that sees what jumps there are."""

    def __init__(self) -> None:
        self.memory = Memory(NOON)
        self.snapshots = SnapshotsWithJumps(self.memory.readings, self.memory.clock, self.memory.incidents)
        self.watch = Watch(
            self.snapshots,
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            publish=list[ExchangeSnapshot]().append,
        )

    async def judge(self, share: float, verdict: Verdict, *, hour: int) -> list[Alert]:
        """Judge a reading by which the BTC of noon have this verdict, and return what was queued."""
        self.memory.clock.time = NOON + hour * HOUR
        self.snapshots.jumps = (Jump("BTC", NOON, share * 6e10, share, JumpReason.ALONE, verdict, ()),)
        before = len(self.memory.told())
        await self.watch.judge_exchanges([BINANCE])
        return self.memory.told()[before:]


async def test_a_step_that_is_not_counted_is_one_message_that_pings_nobody() -> None:
    bench = NoticeBench()
    await bench.memory.subscriptions.add(subscription(mention="here", sensitivity=Sensitivity.EARLY))

    (opened,) = await bench.judge(-0.12, Verdict.WAITING, hour=0)
    (stays,) = await bench.judge(-0.12, Verdict.NOT_COUNTED, hour=1)
    (over,) = await bench.judge(-0.12, Verdict.RETURNED, hour=2)

    assert [(alert.kind, alert.ping, alert.message.silent) for alert in (opened, stays, over)] == [
        (POST, False, True), (EDIT, False, True), (CLOSE, False, True),
    ]  # fmt: skip
    assert {alert.incident for alert in (opened, stays, over)} == {"INC-1:normal"}
    assert {alert.switch for alert in (opened, stays, over)} == {"notices"}  # so that no `sound` makes it sound
    assert opened.message.title == "INC-1 · Binance · BTC moved in one step"
    assert "Could be a changed wallet list or one large transfer." in said(opened.message)
    assert "Not counted as an outflow yet" in said(opened.message)
    assert "It stayed: not counted" in said(stays.message)
    assert "It came back, so it was no outflow." in said(over.message)


@pytest.mark.parametrize(("share", "asked"), [(-0.12, Severity.ELEVATED), (-0.2, Severity.SEVERE)])
async def test_a_notice_is_not_dropped_as_too_mild_for_those_it_is_told_to(share: float, asked: Severity) -> None:
    """A worker drops a post that is milder than what its place hears of by now."""
    bench = NoticeBench()
    await bench.memory.subscriptions.add(subscription(severity=asked))

    (opened,) = await bench.judge(share, Verdict.WAITING, hour=0)

    assert opened.severity is asked
    assert opened.message.tone is (Tone.WATCH if asked is Severity.ELEVATED else Tone.ELEVATED)


async def test_a_place_that_switched_notices_off_hears_of_none() -> None:
    bench = NoticeBench()
    for place in (HERE, THERE):
        await bench.memory.subscriptions.add(subscription(place=place))
    bench.memory.place_settings.kept[HERE] = PlaceSettings(notices=False)

    (opened,) = await bench.judge(-0.12, Verdict.WAITING, hour=0)

    assert [recipient.place for recipient in opened.recipients] == [THERE]


async def test_a_chain_that_is_not_told_any_more_is_one_message_and_keeps_to_the_setting(
    watched: WatchedBinance,
) -> None:
    """From stored readings to what is queued: away since one o'clock, told at seven, back at ten."""
    await watched.memory.subscriptions.add(subscription(place=THERE))
    watched.memory.place_settings.kept[HERE] = PlaceSettings(notices=False)
    alerts: list[Alert] = []
    for hour in range(12):
        held = holding(60 + hour / 1e3, at=NOON + hour * HOUR)
        if 1 <= hour < 10:
            held = replace(held, holdings={slot: part for slot, part in held.holdings.items() if slot.chain != "Tron"})
        watched.memory.clock.time = held.as_of
        await watched.memory.readings.add([held])
        alerts += [alert for alert in await watched.judge_again() if "at the source" in alert.message.title]

    opened, over = alerts
    assert [(alert.kind, alert.created_at - NOON, alert.ping) for alert in alerts] == [
        (POST, 7 * HOUR, False),
        (CLOSE, 10 * HOUR, False),
    ]
    assert not any(alert.publish for alert in alerts)  # data notices
    assert [recipient.place for alert in alerts for recipient in alert.recipients] == [THERE, THERE]
    assert opened.message.title.endswith("· Binance · Tron is missing at the source")
    assert "It is back, with $36.0 B now and $36.0 B then." in said(over.message)


class FourWatchedExchanges:
    """A watch over four exchanges of $60 B each, of which the place here subscribed to one."""

    def __init__(self) -> None:
        self.memory = Memory(NOON)
        self.exchanges = [Exchange(name, name.upper(), name) for name in ("a", "b", "c", "d")]
        self.watch = Watch(
            SnapshotBuilder(self.memory.readings, self.memory.clock, self.memory.incidents),
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            clock=self.memory.clock,
            meter=self.memory.meter,
            publish=list[ExchangeSnapshot]().append,
        )

    async def judge_reading(self, *billions: float, hour: float = 0) -> list[Alert]:
        """Read all exchanges at once, judge them, and return what was queued."""
        at = NOON + hour * HOUR
        self.memory.clock.time = at
        for exchange, held in zip(self.exchanges, billions, strict=True):
            await self.memory.readings.add([holding(held, at=at, exchange=exchange.id)])
        before = len(self.memory.told())
        await self.watch.judge_exchanges(self.exchanges)
        return self.memory.told()[before:]


@pytest.fixture
async def four() -> FourWatchedExchanges:
    started = FourWatchedExchanges()
    await started.memory.subscriptions.add(subscription("a"))
    for exchange in started.exchanges:
        days = [holding(60 + 0.12 * (day % 2), at=NOON - day * DAY, exchange=exchange.id) for day in range(1, 61)]
        await started.memory.readings.add(days)
    await started.judge_reading(60, 60, 60, 60, hour=-1)
    return started


async def _begin_to_fall(four: FourWatchedExchanges) -> None:
    """Read half an hour before noon that three have lost 2.3 %: in one step of more the source would be doubted."""
    await four.judge_reading(58.6, 58.6, 58.6, 60, hour=-0.5)


async def test_many_at_once_are_one_incident(four: FourWatchedExchanges) -> None:
    """Three open in one round: who asked for all hears of the market, and of that alone."""
    await four.memory.subscriptions.add(subscription(None, place=THERE))
    await _begin_to_fall(four)

    alert, single = await four.judge_reading(57.5, 57.5, 57.5, 60)

    assert alert.message.title == "INC-4 · Market-wide · elevated outflow at 3 exchanges"
    assert {recipient.place for recipient in alert.recipients} == {HERE, THERE}
    assert single.message.title == "INC-1 · A · elevated outflow"
    assert [recipient.place for recipient in single.recipients] == [HERE]  # it named that exchange
    assert "A (INC-1) · elevated · −$2.62 B · −4.4 % in 24 h" in said(alert.message)
    singles = [incident for incident in await four.memory.incidents.open() if incident.rule is Rule.OUTFLOW]
    assert [(single.number, single.covered_by, single.quiet) for single in singles] == [
        (1, 4, True),
        (2, 4, True),
        (3, 4, True),
    ]


async def test_under_the_market_a_severe_exchange_is_told_by_itself_to_who_named_it(
    four: FourWatchedExchanges,
) -> None:
    await four.memory.subscriptions.add(subscription(None, place=THERE))
    await _begin_to_fall(four)
    for hour in range(2):
        await four.judge_reading(57.5, 57.5, 57.5, 60, hour=hour)

    announced = await four.judge_reading(54, 57.5, 57.5, 60, hour=2)

    (single,) = [alert for alert in announced if alert.kind is POST]
    assert single.message.title == "INC-1 · A · severe outflow"
    assert [recipient.place for recipient in single.recipients] == [HERE]
    assert "Part of the market-wide incident INC-4." in str(single.message.lines)
    (market,) = [alert for alert in announced if alert.incident == "INC-4:normal"]
    assert market.kind is EDIT
    assert "A (INC-1) · severe" in said(market.message)


async def test_what_was_told_before_the_market_goes_on_where_there_is_a_message(four: FourWatchedExchanges) -> None:
    await four.memory.subscriptions.add(subscription(None, place=THERE))
    for hour in range(2):
        await four.judge_reading(57.5, 60, 60, 60, hour=hour)
    for hour in range(2, 4):
        await four.judge_reading(57.5, 57.5, 57.5, 60, hour=hour)

    changed = await four.judge_reading(56.5, 57.5, 57.5, 60, hour=4)

    follows = {
        alert.only_where_sent: [recipient.place for recipient in alert.recipients]
        for alert in changed
        if alert.incident == "INC-1:normal"
    }
    assert follows == {False: [HERE], True: [THERE]}
    closing = [
        alert
        for alert in await four.judge_reading(60, 57.5, 57.5, 54, hour=5)
        if alert.incident == "INC-1:normal" and alert.kind is not EDIT
    ]
    assert [(alert.kind, alert.only_where_sent) for alert in closing] == [
        (CLOSE, False), (CLOSE, True), (REPLY, False), (REPLY, True),
    ]  # fmt: skip
    assert len({alert.id for alert in closing}) == 4


async def test_the_market_is_over_when_two_are_left(four: FourWatchedExchanges) -> None:
    await _begin_to_fall(four)
    for hour in range(2):
        await four.judge_reading(57.5, 57.5, 57.5, 60, hour=hour)

    closing = await four.judge_reading(57.5, 57.5, 60, 60, hour=2)

    assert [alert.message.title for alert in closing if alert.kind is REPLY] == ["INC-4 · Market-wide · resolved"]
    singles = await four.memory.incidents.open()
    assert [(single.subject, single.covered_by) for single in singles] == [("a", 0), ("b", 0)]


async def test_readings_that_were_missed_are_judged_in_order(four: FourWatchedExchanges) -> None:
    """Down for two days: the outflow began and grew meanwhile, and is told once, as it stands."""
    for hours, billions in ((12, 57.5), (24, 57.4), (36, 52)):
        await four.memory.readings.add([holding(billions, at=NOON + hours * HOUR, exchange="a")])
    four.memory.clock.time = NOON + 37 * HOUR

    await four.watch.judge_exchanges(four.exchanges[:1])

    (incident,) = await four.memory.incidents.open()
    assert [(event.at - NOON, event.reason) for event in incident.events] == [
        (12 * HOUR, StepReason.OPENED),
        (37 * HOUR, StepReason.ESCALATED),
    ]


async def test_held_figures_are_counted_once_as_long_as_it_lasts(watched: WatchedBinance) -> None:
    watched.memory.clock.advance(5 * HOUR)
    for _ in range(3):
        await watched.judge_again()

    assert watched.memory.meter.counts["held", HoldReason.STALE] == 1
    await watched.judge_reading(60, after=6 * HOUR)
    watched.memory.clock.advance(5 * HOUR)
    await watched.judge_again()
    assert watched.memory.meter.counts["held", HoldReason.STALE] == 2


async def test_what_an_operator_withholds_tells_nobody(watched: WatchedBinance) -> None:
    await watched.memory.suppressions.add(Suppression("binance", NOON, "telegram:1", "a migration"))

    assert await watched.judge_reading(50) == []
    assert await watched.memory.incidents.open() == []
    assert watched.memory.meter.counts["held", HoldReason.WITHHELD] == 1


async def test_a_figure_of_another_source_that_agrees_confirms_at_once(watched: WatchedBinance) -> None:
    row = replace(listing(inflow=-2.2e9), source="elsewhere")
    await watched.memory.readings.save_listings([row])

    (opened,) = await watched.judge_reading(57.5)

    assert "Not confirmed yet" not in said(opened.message)


async def test_an_incident_says_what_the_bot_did_not_see(watched: WatchedBinance) -> None:
    watched.watch.record_blind_span(NOON - 4 * HOUR, NOON - HOUR)

    (opened,) = await watched.judge_reading(54)

    assert "The bot was offline from 2022-12-13 08:00 UTC to 2022-12-13 11:00 UTC." in said(opened.message)
    later = await watched.judge_reading(53, after=26 * HOUR)
    assert "was offline" not in said(later[0].message)


class CountingSubscriptions(MemorySubscriptions):
    """Subscriptions that note for which exchanges the presets were asked."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory.outbox)
        self.asked: list[str] = []

    @override
    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        self.asked.append(exchange)
        return await super().presets(exchange)


async def test_for_exchanges_of_which_there_is_nothing_to_judge_nothing_is_asked_of_the_store() -> None:
    memory = Memory(NOON)
    memory.subscriptions = subscriptions = CountingSubscriptions(memory)
    watched = WatchedBinance(memory)

    with capture_logs() as logs:
        await watched.watch.judge_other_source(WITHDRAWALS_RULE, [known("gate"), known("htx")])
    assert logs == []  # that nothing is known of them yet is no news
    watched.watch.start_anew()

    async def judge(minutes: int, *closed: str) -> list[str]:
        subscriptions.asked.clear()
        watched.memory.clock.time = at = NOON + timedelta(minutes=minutes)
        await watched.watch.judge_other_source(
            WITHDRAWALS_RULE,
            [all_majors(exchange, at, closed if exchange == "gate" else ()) for exchange in ("gate", "htx")],
            {"gate": "Gate.io"},
        )
        return list(subscriptions.asked)

    assert await judge(0) == ["gate", "htx"]
    assert await judge(5) == []
    assert await judge(10, "BTC", "ETH", "USDT", "USDC") == ["gate"]
    assert [incident.subject for incident in await watched.memory.incidents.open()] == ["gate"]
    assert await judge(15) == ["gate"]  # as long as an incident is under way
    watched.watch.start_anew()  # another worker may have opened any meanwhile
    assert await judge(20) == ["gate", "htx"]


def all_majors(exchange: str, at: datetime, closed: Collection[str]) -> ExchangeWithdrawals:
    return known(
        exchange,
        *(
            network(asset, name, WithdrawalState.CLOSED if asset in closed else WithdrawalState.OPEN, at=at)
            for asset, name in (("BTC", "BITCOIN"), ("ETH", "ETHEREUM"), ("USDT", "TRON"), ("USDC", "SOLANA"))
        ),
        at=at,
    )
