"""Proofs of reserves: late, below 100 %, or without a part of the one before; and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.proofs import (
    AGE,
    LATE,
    LOST,
    LOWEST_RATIO,
    ProofsOfReserves,
)
from bot.domain.flow import HoldReason
from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofOfReserves
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit

SOURCE = ProofsOfReserves()
BTC, ETH, USDT = (AssetRatio(asset, 1.02, 102.0, 100.0) for asset in ("BTC", "ETH", "USDT"))
SEPTEMBER = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2026, 9, 1),
    cadence_days=31,
    liabilities=Liabilities.INCLUDED,
    ratios=(BTC, ETH, USDT),
    read_at=datetime(2026, 9, 8, tzinfo=UTC),
)
OCTOBER = replace(SEPTEMBER, as_of=date(2026, 10, 1), read_at=datetime(2026, 10, 8, tzinfo=UTC))
EARLY, NORMAL, CALM = Sensitivity.EARLY, Sensitivity.NORMAL, Sensitivity.CALM


def judged(
    *proofs: ProofOfReserves, preset: Sensitivity = NORMAL, after: timedelta = timedelta(), reread: bool = True
) -> Signal:
    """Return what proofs come to, so long after the last was read; `reread`: it was read again then."""
    last = proofs[-1]
    assert last.read_at
    now = last.read_at + after
    told = [*proofs, replace(last, read_at=now)] if reread else proofs
    state = SOURCE.initial_state()
    for proof in told:
        state = SOURCE.update(state, [proof])
    signal = SOURCE.signal(state, "binance", now)
    assert signal
    return SOURCE.grade(signal, preset)


def on(day: date, *, preset: Sensitivity = NORMAL) -> Signal:
    """Return what the proof of 1 September comes to when it is read on a day."""
    return judged(replace(SEPTEMBER, read_at=datetime(day.year, day.month, day.day, tzinfo=UTC)), preset=preset)


def test_a_proof_in_time_is_calm() -> None:
    signal = judged(SEPTEMBER)

    assert (signal.severity, signal.easing, signal.graded, signal.leading) == (None, None, True, LATE)
    assert (signal.as_of, signal.source) == (SEPTEMBER.read_at, "Binance")
    assert signal.figures == (
        Measurement(LATE, Size(0.0, Unit.DAYS)),
        Measurement(LOWEST_RATIO, Size(0.0, Unit.OWED)),
        Measurement(LOST, Size(0.0, Unit.COUNT)),
        Measurement(AGE, Size(-7.0, Unit.DAYS)),
    )


@pytest.mark.parametrize(
    ("day", "preset", "severity"),
    [
        (date(2026, 10, 2), NORMAL, None),
        (date(2026, 10, 12), NORMAL, None),
        (date(2026, 10, 13), NORMAL, Severity.WATCH),
        (date(2026, 10, 12), EARLY, None),
        (date(2026, 10, 13), EARLY, Severity.WATCH),
        (date(2026, 10, 22), CALM, None),
        (date(2026, 10, 23), CALM, Severity.WATCH),
        (date(2028, 1, 1), NORMAL, Severity.WATCH),
    ],
)
def test_a_proof_is_late_more_than_ten_days_after_the_next_one_was_due(
    day: date, preset: Sensitivity, severity: Severity | None
) -> None:
    assert on(day, preset=preset).severity is severity


def test_a_late_one_says_by_how_many_days() -> None:
    signal = on(date(2026, 10, 13))

    assert (signal.leading, signal.size) == (LATE, Size(-11.0, Unit.DAYS))
    assert signal.reasons == (Reason(None, LATE, 11.0, 10.0),)
    assert signal.crossed == (LATE,)


def test_what_is_due_does_not_ease_before_the_next_one_has_come() -> None:
    assert on(date(2026, 10, 3)).easing is Severity.WATCH
    assert judged(SEPTEMBER, OCTOBER).easing is None


def test_a_proof_without_a_cadence_is_never_late() -> None:
    old = replace(SEPTEMBER, cadence_days=None, read_at=datetime(2028, 1, 1, tzinfo=UTC))

    assert judged(old).severity is None


def test_less_held_than_owed_is_elevated() -> None:
    short = replace(SEPTEMBER, ratios=(BTC, AssetRatio("ETH", 0.99), AssetRatio("USDT", 0.982)))

    signal = judged(short)

    assert (signal.severity, signal.easing, signal.leading) == (Severity.ELEVATED, Severity.ELEVATED, LOWEST_RATIO)
    assert signal.size
    assert signal.size.value == pytest.approx(-0.018)
    assert signal.reasons[0].value == pytest.approx(0.982)
    assert [figure.name for figure in signal.figures][4:] == ["USDT", "ETH"]


@pytest.mark.parametrize(("ratio", "severity"), [(1.0, None), (0.99996, None), (0.99994, Severity.ELEVATED)])
def test_what_shows_as_100_percent_is_enough(ratio: float, severity: Severity | None) -> None:
    assert judged(replace(SEPTEMBER, ratios=(AssetRatio("BTC", ratio),))).severity is severity


def test_an_asset_that_is_gone_is_a_watch_until_the_proof_after() -> None:
    without = replace(OCTOBER, ratios=(BTC, USDT))

    signal = judged(SEPTEMBER, without)

    assert (signal.severity, signal.leading, signal.size) == (Severity.WATCH, LOST, Size(-1.0, Unit.COUNT))
    assert signal.figures[-1].name == "lost asset ETH"
    november = replace(without, as_of=date(2026, 11, 1), read_at=datetime(2026, 11, 8, tzinfo=UTC))
    assert judged(SEPTEMBER, without, november).easing is None


def test_liabilities_that_are_gone_are_a_watch() -> None:
    silent = replace(ETH, liabilities=None)

    signal = judged(SEPTEMBER, replace(OCTOBER, ratios=(BTC, silent, USDT)))

    assert signal.severity is Severity.WATCH
    assert signal.figures[-1].name == "lost liabilities ETH"


def test_of_two_things_the_worse_leads_and_both_were_crossed() -> None:
    bad = replace(OCTOBER, ratios=(AssetRatio("BTC", 0.9, 90.0, 100.0),), read_at=datetime(2026, 11, 30, tzinfo=UTC))

    signal = judged(SEPTEMBER, bad)

    assert (signal.severity, signal.leading) == (Severity.ELEVATED, LOWEST_RATIO)
    assert signal.crossed == (LOWEST_RATIO, LOST, LATE)
    assert [reason.measure for reason in signal.reasons] == [LOWEST_RATIO]


def test_the_first_proof_that_is_seen_has_lost_nothing() -> None:
    assert judged(replace(OCTOBER, ratios=(BTC,))).severity is None


def test_a_new_asset_is_no_loss() -> None:
    assert judged(replace(SEPTEMBER, ratios=(BTC,)), OCTOBER).severity is None


def test_the_same_proof_told_again_is_compared_with_the_one_before() -> None:
    without = replace(OCTOBER, ratios=(BTC, USDT))
    assert judged(SEPTEMBER, without, after=timedelta(hours=6)).severity is Severity.WATCH

    completed = replace(OCTOBER, read_at=OCTOBER.read_at and OCTOBER.read_at + timedelta(hours=6))
    assert judged(SEPTEMBER, without, completed).severity is None


def test_an_older_proof_changes_nothing() -> None:
    state = SOURCE.update(SOURCE.update(SOURCE.initial_state(), [OCTOBER]), [SEPTEMBER])

    assert state.by_exchange["binance"].newest == OCTOBER
    assert state.by_exchange["binance"].previous is None


def test_several_at_once_are_taken_in_their_order() -> None:
    state = SOURCE.update(SOURCE.initial_state(), [OCTOBER, SEPTEMBER])

    assert (state.by_exchange["binance"].newest, state.by_exchange["binance"].previous) == (OCTOBER, SEPTEMBER)


def test_a_row_of_the_table_is_not_judged() -> None:
    curated = replace(SEPTEMBER, read_at=None)

    assert SOURCE.subjects(SOURCE.update(SOURCE.initial_state(), [curated])) == {}.keys()


def test_of_an_exchange_that_told_nothing_nothing_is_known() -> None:
    assert SOURCE.signal(SOURCE.initial_state(), "binance", datetime(2026, 9, 8, tzinfo=UTC)) is None


def test_what_was_not_read_for_a_day_is_held_and_proves_nothing() -> None:
    short = replace(SEPTEMBER, ratios=(AssetRatio("BTC", 0.9),))

    assert judged(short, after=timedelta(days=1), reread=False).graded
    held = judged(short, after=timedelta(days=1, hours=1), reread=False)

    assert (held.graded, held.severity) == (False, None)
    assert {hold.reason for hold in held.holds} == {HoldReason.STALE}
    assert held.holds[0].detail == "newest reading is 25 h old"


assets = st.lists(st.sampled_from("ABCDEF"), min_size=1, unique=True)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(st.lists(st.tuples(days, assets), min_size=1, max_size=6))
def test_assets_that_only_come_and_ratios_that_are_enough_raise_nothing(told: list[tuple[date, list[str]]]) -> None:
    """Whatever the order in which proofs come: only what the proof before had can be lost."""
    state, seen = SOURCE.initial_state(), set[str]()
    for day, names in sorted(told):
        seen |= set(names)
        proof = replace(
            SEPTEMBER,
            as_of=day,
            ratios=tuple(AssetRatio(name, 1.0) for name in sorted(seen)),
            read_at=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=5),
        )
        state = SOURCE.update(state, [proof])
        assert proof.read_at
        signal = SOURCE.signal(state, "binance", proof.read_at)
        assert signal
        assert SOURCE.grade(signal, EARLY).severity is None
