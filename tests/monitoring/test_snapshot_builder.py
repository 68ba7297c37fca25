from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.domain.errors import StorageError
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.incident import IncidentState
from bot.domain.jump import Verdict
from bot.domain.reading import Reading
from bot.domain.severity import Severity
from bot.domain.signal import Note, NoteReason, Rule
from bot.domain.withdrawals import closed_majors
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.withdrawal_lookup import WithdrawalLookup
from tests.builders import BINANCE, DAY, HOUR, NOON, holding, incident, listing, signal
from tests.detection.guards.worked_series import EXAMPLE, readings
from tests.detection.quiet_past import book
from tests.fakes.memory import Memory
from tests.known_withdrawals import closing, known, network, opening

MIDNIGHT = NOON.replace(hour=0)


@pytest.fixture
def memory() -> Memory:
    return Memory(NOON)


async def test_an_exchange_that_was_never_read_is_unknown(memory: Memory) -> None:
    await memory.readings.save_listings([listing()])

    snapshot = await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)

    assert (snapshot.listing, snapshot.reading, snapshot.signal, snapshot.days) == (listing(), None, None, ())


async def test_an_exchange_whose_readings_another_worker_is_just_storing_is_read_at_the_next_look(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its newest reading was a month old at the first query, and was out of the reach of the second."""
    builder = SnapshotBuilder(memory.readings, memory.clock, memory.incidents)
    await memory.readings.add([holding(60, at=NOON - 31 * DAY)])
    with monkeypatch.context() as patched:
        patched.setattr(memory.readings, "between", nothing_between)
        assert (await builder.snapshot(BINANCE)).reading is None

    await memory.readings.add([holding(57)])

    assert (await builder.snapshot(BINANCE)).reading == holding(57)


async def nothing_between(*_: object, **__: object) -> AsyncIterator[Reading]:
    none: tuple[Reading, ...] = ()
    for reading in none:
        yield reading


async def test_a_snapshot_measures_every_window_from_the_newest_reading_old_enough(memory: Memory) -> None:
    await memory.readings.add(
        [holding(60, at=NOON - age) for age in (31 * DAY, 7 * DAY, 3 * DAY, 25 * HOUR, 24 * HOUR, 23 * HOUR, HOUR)]
    )
    await memory.readings.add([holding(57)])

    newest_signal = (await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)).signal

    assert newest_signal
    starts = {flow.window: NOON - flow.start for flow in newest_signal.flows}
    assert starts == {
        Window.HOUR: HOUR,
        Window.DAY: DAY,
        Window.THREE_DAYS: 3 * DAY,
        Window.WEEK: 7 * DAY,
        Window.FORTNIGHT: 7 * DAY,
        Window.MONTH: 31 * DAY,
    }
    assert newest_signal.previous_as_of == NOON - HOUR


@pytest.mark.parametrize(
    ("hours_ago", "start"),
    [((37, 24, 12), 24), ((38, 37, 13, 12, 3), 37), ((38, 23, 12, 3), 23), ((38, 12, 3), 12), ((38, 11, 3), None)],
)
async def test_a_window_starts_before_its_time_or_else_after_it(
    memory: Memory, hours_ago: tuple[int, ...], start: int | None
) -> None:
    await memory.readings.add([holding(60, at=NOON - hours * HOUR) for hours in hours_ago])
    await memory.readings.add([holding(57)])

    newest_signal = (await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)).signal

    assert newest_signal
    day = newest_signal.flow(Window.DAY)
    assert (day.start if day else None) == (None if start is None else NOON - start * HOUR)


@pytest.mark.parametrize("without_tron", [range(0), range(10, 20), range(26, 60), range(60, 200, 7)])
@pytest.mark.parametrize("until", [40, 64, 130, 300])
async def test_windows_start_where_they_start_in_a_backtest_also_after_a_chain_was_missing(
    memory: Memory, without_tron: range, until: int
) -> None:
    """`without_tron` are the hours of which the source left Tron out; `until` is one hour past the newest."""
    gone = {"Tron/USDT": -1.0}
    state = ExchangeState(BINANCE)
    for hour in range(-24, until, 1):
        state = state.with_reading(
            book(NOON + hour * HOUR, gone if hour in without_tron else {"Bitcoin/BTC": 1.0001**hour})
        )
        await memory.readings.add(state.recent_readings[-1:])
    assert state.latest
    memory.clock.time = state.latest.as_of

    snapshot = await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)

    assert snapshot.signal
    live = {flow.window: flow.start for flow in snapshot.signal.flows}
    assert live == {flow.window: flow.start for flow in signal_at_newest(state, state.latest.as_of).flows}


async def test_a_first_reading_has_nothing_before_it(memory: Memory) -> None:
    await memory.readings.add([holding(60)])

    snapshot = await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)

    assert snapshot.signal
    assert (snapshot.signal.previous_as_of, snapshot.signal.flows, snapshot.signal.baseline) == (None, (), None)
    assert [day.share for day in snapshot.days] == [None]


async def test_past_days_are_compared_each_with_the_one_before(memory: Memory) -> None:
    await memory.readings.add([holding(60 - day, at=MIDNIGHT + day * DAY) for day in range(-3, 1)])

    days = (await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)).days

    assert [day.day for day in days] == [MIDNIGHT + day * DAY for day in range(-3, 1)]
    assert [day.share for day in days] == [None, *(pytest.approx(-1 / (63 - day)) for day in range(3))]


async def test_no_more_than_ninety_days_are_kept(memory: Memory) -> None:
    await memory.readings.add([holding(60, at=MIDNIGHT - day * DAY) for day in range(120)])

    days = (await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)).days

    assert len(days) == 90
    assert None not in {day.share for day in days}


async def test_a_second_snapshot_adds_the_new_day_and_remembers_the_rest(memory: Memory) -> None:
    snapshot_builder = SnapshotBuilder(memory.readings, memory.clock, memory.incidents)
    await memory.readings.add([holding(60, at=MIDNIGHT - DAY), holding(59, at=MIDNIGHT), holding(58)])
    first = (await snapshot_builder.snapshot(BINANCE)).days
    memory.clock.advance(DAY)
    await memory.readings.add([holding(57, at=MIDNIGHT + DAY), holding(56, at=NOON + DAY)])

    days = (await snapshot_builder.snapshot(BINANCE)).days

    assert days[:2] == first
    assert [day.reserves_usd for day in days] == pytest.approx([60e9, 59e9, 57e9])
    assert days[-1].share == pytest.approx(-2 / 59)


async def test_a_stalled_source_is_not_calm(memory: Memory) -> None:
    await memory.readings.add([holding(60, at=NOON - DAY), holding(60)])
    memory.clock.advance(4 * HOUR + timedelta(minutes=1))

    newest_signal = (await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)).signal

    assert newest_signal
    assert all(flow.hold for flow in newest_signal.flows)


async def test_a_store_that_is_away_is_no_answer(memory: Memory) -> None:
    memory.readings.away = True

    with pytest.raises(StorageError):
        await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)


@pytest.mark.parametrize(("severity", "left"), [(Severity.WATCH, 59), (Severity.ELEVATED, 49)])
async def test_days_inside_an_incident_are_no_usual_days(memory: Memory, severity: Severity, left: int) -> None:
    await memory.readings.add([holding(60, at=MIDNIGHT - day * DAY) for day in range(61)])
    began = incident(severity, state=IncidentState.RESOLVED, seen=signal(at=MIDNIGHT - 20 * DAY))
    over = replace(began, changed_at=MIDNIGHT - 11 * DAY)
    await memory.incidents.commit("binance", Rule.OUTFLOW, over, [])

    newest_signal = (await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)).signal

    assert newest_signal
    assert newest_signal.baseline
    assert newest_signal.baseline.days == left


async def test_a_revised_history_is_read_again_and_said(memory: Memory) -> None:
    builder = SnapshotBuilder(memory.readings, memory.clock, memory.incidents, revisions=memory.revisions)
    wrong, right = (holding(billions, at=NOON - 7 * DAY) for billions in (50, 60))
    await memory.readings.add([wrong, holding(60, at=NOON - DAY), holding(60)])
    before = (await builder.snapshot(BINANCE)).signal

    await memory.revisions.revise("binance", [right], standing=[], told_until=NOON, now=NOON)
    after = (await builder.snapshot(BINANCE)).signal

    assert before
    assert after
    week_before, week_after = before.flow(Window.WEEK), after.flow(Window.WEEK)
    assert week_before
    assert week_after
    assert (week_before.share, week_after.share) == pytest.approx((0.2, 0.0))
    assert NoteReason.REVISED not in {note.reason for note in before.notes}
    assert Note(NoteReason.REVISED, "2022-12-06", at=NOON) in after.notes


async def test_what_came_in_before_a_revision_is_still_judged_round_by_round(memory: Memory) -> None:
    builder = SnapshotBuilder(memory.readings, memory.clock, memory.incidents, revisions=memory.revisions)
    await memory.readings.add([holding(60, at=NOON - 7 * DAY), holding(60, at=NOON - 3 * HOUR)])
    await builder.snapshot(BINANCE)
    await memory.readings.add([holding(59 - hour, at=NOON - hour * HOUR) for hour in (2, 1, 0)])
    await memory.revisions.revise("binance", [holding(61, at=NOON - 7 * DAY)], standing=[], told_until=NOON, now=NOON)

    judged = [snapshots[0].reading async for snapshots in builder.snapshots_by_round([BINANCE])]

    assert judged == [holding(59 - hour, at=NOON - hour * HOUR) for hour in (2, 1, 0)]


async def test_a_restart_knows_that_several_exchanges_moved_at_once(memory: Memory) -> None:
    """Both lost a tenth in one step: no run at either, also for a bot that was started after it."""
    exchanges = [Exchange(name, name.upper(), name) for name in ("a", "b")]
    unread = Exchange("c", "C", "c")
    await memory.readings.save_listings([listing(exchange) for exchange in (*exchanges, unread)])
    lived = SnapshotBuilder(memory.readings, memory.clock, memory.incidents)
    billions = [*[60.0] * 30, 60.0, 54.0, 54.0]
    for number, held in enumerate(billions):
        at = NOON - (len(billions) - 1 - number) * HOUR
        memory.clock.time = at
        await memory.readings.add([holding(held, at=at, exchange=exchange.id) for exchange in exchanges])
        _ = [snapshots async for snapshots in lived.snapshots_by_round(exchanges)]

    for builder in (lived, SnapshotBuilder(memory.readings, memory.clock, memory.incidents)):
        signal = (await builder.snapshot(exchanges[0])).signal
        day = signal.flow(Window.DAY) if signal else None
        assert day
        assert (day.share, day.without_doubted.share) == pytest.approx((-0.1, 0.0))


@pytest.mark.parametrize(("closed_from", "verdict"), [(3, Verdict.COUNTED), (None, Verdict.NOT_COUNTED)])
async def test_a_restart_knows_which_withdrawals_were_closed_at_the_time_of_each_reading(
    memory: Memory, closed_from: int | None, verdict: Verdict
) -> None:
    """Half of USDT left alone at 0; while two majors are closed, from 3 to 5, that counts as an outflow after all."""
    hours = [-1.0, 0.0, *(float(hour) for hour in range(1, 9))]
    series = readings(hours=hours, USDT=[100.0, *[50.0] * 9], BTC=[900.0] * 10)
    await memory.readings.add(series)
    start = series[1].as_of
    memory.clock.time = series[-1].as_of
    told = known(EXAMPLE.id, network("BTC", "BITCOIN"), network("USDT", "TRON"), at=memory.clock.now())
    changes = [
        change(start + hour * HOUR, asset, name)
        for change, hour in ((closing, closed_from or 0), (opening, 5))
        for asset, name in (("BTC", "BITCOIN"), ("USDT", "TRON"))
    ]
    await memory.withdrawals.save([told], {EXAMPLE.id: changes if closed_from else []})
    lookup = WithdrawalLookup({EXAMPLE.id: told}, memory.withdrawals)
    builder = SnapshotBuilder(memory.readings, memory.clock, memory.incidents, withdrawals=lookup)

    newest_signal = (await builder.snapshot(EXAMPLE)).signal

    assert newest_signal
    assert [jump.verdict for jump in newest_signal.jumps] == [verdict]
    assert [major.asset for major in newest_signal.withdrawals or ()] == ["BTC", "ETH", "USDT", "USDC"]
    assert closed_majors(newest_signal.withdrawals) == ()
