"""What the source has not told for hours is an unreported part: when it begins to be one, how large it is, how it ends.

Tron is a tenth of $1,000. The reading that lacks it first is that of one o'clock.
"""

import doctest
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.detection import unreported_parts as module
from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.outflow import grade
from bot.detection.unreported_parts import unreported_parts
from bot.domain.flow import HoldReason, Window
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import NoteReason, Signal
from tests.builders import HOUR, NOON
from tests.detection.guards.worked_series import EXAMPLE, on_chains, readings, state_after

TRON = Slot("Tron", "USDT")


def told(series: Sequence[Reading]) -> list[Jump]:
    return list(unreported_parts(state_after(series), series[-1], series[-2], EXAMPLE.own_tokens))


def tron(*units: float | None, hours: float | Sequence[float] = 1) -> list[Reading]:
    """Return readings of Tron beside $900 that stand still."""
    return readings(hours=hours, Tron=units, Bitcoin=[900.0] * len(units))


def signal_after(series: Sequence[Reading]) -> Signal:
    state = ExchangeState(EXAMPLE)
    for latest in series:
        state = state.with_reading(latest)
    return grade(signal_at_newest(state, series[-1].as_of), Sensitivity.NORMAL)


def test_the_example_in_the_docstring_holds() -> None:
    result = doctest.testmod(module)

    assert (result.attempted > 0, result.failed) == (True, 0)


@pytest.mark.parametrize(
    ("hours", "is_told"),
    [
        ((0, 1, 6.98), False),
        ((0, 1, 7), True),
        ((0, 12), False),
        ((0, 24, 48), True),
        ((0, 24, 144), True),
    ],
)
def test_two_readings_over_six_hours_make_it_one(hours: Sequence[float], *, is_told: bool) -> None:
    """Also where the second reading that lacks it comes days later: somebody has to be told."""
    parts = told(tron(100, *[None] * (len(hours) - 1), hours=hours))

    assert [(part.group, part.at, part.usd, part.share) for part in parts] == (
        [("Tron", NOON + hours[1] * HOUR, -100.0, -0.1)] if is_told else []
    )
    assert {part.verdict for part in parts} <= {Verdict.WAITING}


def test_after_three_days_it_is_given_up_and_says_so_as_long_as_it_is_away() -> None:
    series = tron(100, *[None] * 80)

    assert [told(series[:count])[0].verdict for count in (9, 73, 74, 81)] == [
        Verdict.WAITING,
        Verdict.WAITING,
        Verdict.NOT_COUNTED,
        Verdict.NOT_COUNTED,
    ]


@pytest.mark.parametrize("now", [100.0, 120.0, 40.0, 0.5])
def test_it_ends_with_what_it_holds_now_at_the_prices_of_then(now: float) -> None:
    series = readings(
        Tron=(100, *[None] * 7, now), Bitcoin=[900] * 9, prices={"Tron": [2.0] * 8 + [5.0], "Bitcoin": [1.0] * 9}
    )
    (part,) = told(series)

    assert (part.verdict, part.usd) == (Verdict.RETURNED, -200.0)
    assert part.back_usd == pytest.approx(2 * now)
    assert (part.reason, part.turned_at) == (JumpReason.UNREPORTED, series[-1].as_of)


def test_of_a_chain_that_is_back_in_part_only_what_is_told_counts() -> None:
    """The token that its chain does not tell yet is neither there nor gone."""
    whole, without = {"Tron/USDT": 60, "Tron/TRX": 40, "A/A": 900}, {"A/A": 900}
    (part,) = told(on_chains(whole, *[without] * 7, {"Tron/USDT": 60, "A/A": 900}))

    assert part.back_usd == 60


def test_what_returned_is_known_for_three_days() -> None:
    series = tron(100, *[None] * 7, *[100] * 74)

    assert [len(told(series[:count])) for count in (9, 81, 82)] == [1, 1, 0]


def test_a_chain_that_is_there_every_other_reading_is_never_one() -> None:
    series = tron(*[100, None] * 40)

    assert [told(series[:count]) for count in range(2, len(series))] == [[]] * (len(series) - 2)


def test_an_asset_that_drops_out_of_its_chain_was_drained() -> None:
    whole, rest = {"A/X": 100, "A/Y": 400, "B/B": 500}, {"A/Y": 400, "B/B": 500}

    assert told(on_chains(whole, *[rest] * 12)) == []


def test_a_chain_that_goes_after_one_of_its_assets_is_told_without_it() -> None:
    """An amount below zero is missing since one o'clock, and its whole chain since nine: no coin is told twice."""
    whole = {"A/X": 100, "A/Y": 300, "B/B": 600}
    series = on_chains(whole, *[{"A/Y": 300, "B/B": 600}] * 8, *[{"B/B": 600}] * 8)
    impossible = [replace(reading, impossible_slots=frozenset({Slot("A", "X")})) for reading in series[1:9]]
    parts = told([series[0], *impossible, *series[9:]])

    assert [(part.group, part.usd) for part in parts] == [("X on A", -100.0), ("A", -300.0)]


def test_own_tokens_are_no_part_of_it() -> None:
    series = on_chains({"C/OWN": 500, "C/C": 100, "B/B": 900}, *[{"B/B": 900}] * 8)

    assert [(part.usd, part.share) for part in told(series)] == [(-100.0, -0.1)]
    assert told(on_chains({"C/OWN": 500, "B/B": 900}, *[{"B/B": 900}] * 8)) == []


def large(*, tron_from: int, count: int, rest_from: int | None = None, rest: float = 1.0) -> list[Reading]:
    """Return hourly readings of $1 B: no Tron (12 %) from one on, and a part of all the rest alone from another on."""
    return [
        on_chains(
            {
                **({"Tron/USDT": 120e6} if number < tron_from else {}),
                **{
                    f"{chain}/{chain}": units * (rest * uneven if rest_from is not None and number >= rest_from else 1)
                    for chain, units, uneven in (("A", 500e6, 1.0), ("B", 280e6, 0.99), ("C", 100e6, 1.02))
                },
                "Noise/N": 1e3 + number,
            },
            hours=[number],
        )[0]
        for number in range(count)
    ]


def test_windows_that_begin_without_it_say_so_and_are_over_the_rest() -> None:
    """On the fourth day the windows of a day and of three compare the rest; that of a week began with Tron."""
    signal = signal_after(large(tron_from=100, count=100 + 73 + 73))
    day, three_days, week = (signal.flow(window) for window in (Window.DAY, Window.THREE_DAYS, Window.WEEK))

    assert day
    assert three_days
    assert week
    assert [flow.gone_parts for flow in (day, three_days, week)] == [("Tron",), ("Tron",), ()]
    assert day.reserves_usd == pytest.approx(880e6, rel=1e-4)
    assert week.reserves_usd == pytest.approx(1e9, rel=1e-4)
    assert (day.hold, week.hold and week.hold.reason) == (None, HoldReason.CHAIN_MISSING)
    notes = [(note.subject, note.usd, note.at) for note in signal.notes if note.reason is NoteReason.UNREPORTED]
    assert notes == [("Tron", 120e6, NOON + 99 * HOUR)]
    assert signal.severity is None


def test_while_it_may_be_back_windows_are_held_and_no_note_says_that_it_is_left_out() -> None:
    signal = signal_after(large(tron_from=100, count=150))
    day = signal.flow(Window.DAY)

    assert day
    assert (day.gone_parts, day.hold and day.hold.reason) == ((), HoldReason.CHAIN_MISSING)
    assert NoteReason.UNREPORTED not in {note.reason for note in signal.notes}


def test_a_run_of_the_rest_is_graded_as_a_share_of_the_rest() -> None:
    """Of $880 M that are told 8.5 % leave: 7.5 % of what was there with Tron would not be severe."""
    signal = signal_after(large(tron_from=100, count=100 + 120, rest_from=100 + 119, rest=0.915))
    day = signal.flow(Window.DAY)

    assert day
    assert day.share == pytest.approx(-0.085, abs=0.006)
    assert signal.severity is Severity.SEVERE


def test_a_part_that_is_not_worth_a_word_has_no_note() -> None:
    series = readings(
        hours=[number * 6.0 for number in range(20)],
        Dust=(9, *[None] * 19),
        A=[500] * 20,
        B=[491.0 + n / 9 for n in range(20)],
    )

    assert signal_after(series).notes == ()


def test_a_part_that_comes_back_drained_is_an_outflow() -> None:
    """What is said of it changes nothing: Tron is back with a hundredth, and its USDT wait as any such step does."""
    *series, back = large(tron_from=100, count=120) + large(tron_from=1000, count=121)[120:]
    held = dict(back.holdings)
    held[TRON] = Holding(held[TRON].amount / 100, held[TRON].usd / 100)
    signal = signal_after([*series, replace(back, holdings=held)])

    assert [(jump.group, round(jump.share, 3), jump.verdict) for jump in signal.jumps] == [
        ("USDT", -0.119, Verdict.WAITING)
    ]
    assert [(part.verdict, round(part.back_usd or 0)) for part in signal.unreported] == [(Verdict.RETURNED, 1_200_000)]
