from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.baseline import robust_z
from bot.detection.outflow import WINDOWS, WindowInputs, grade, measure
from bot.detection.thresholds import THRESHOLDS
from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange
from bot.domain.flow import Baseline, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import GuardState, LostPart
from bot.domain.jump import Jump, Verdict
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Rule, Signal, SourceFigure
from bot.domain.snapshot import DailyPoint
from bot.domain.withdrawals import Majors
from tests.builders import (
    BINANCE,
    CHAIN_MISSING,
    DAY,
    HOUR,
    NOON,
    QUIET,
    flow,
    holding,
    jump,
    majors,
    quiet_days,
    reading,
    signal,
)
from tests.detection.quiet_past import book, days_of

NOISY = replace(QUIET, spread=0.02)
"""An exchange on which four percent a day is nothing unusual: z of −3 % is −1.5."""

shares = st.floats(-1, 1)
usuals = st.one_of(st.none(), st.builds(Baseline, st.just(90), shares, st.floats(0, 0.1), shares, shares, shares))


@pytest.mark.parametrize(
    ("share", "usual", "severity"),
    [
        (-0.0149, QUIET, None),
        (-0.015, QUIET, Severity.WATCH),
        (-0.0299, QUIET, Severity.WATCH),
        (-0.03, QUIET, Severity.ELEVATED),
        (-0.0799, QUIET, Severity.ELEVATED),
        (-0.08, QUIET, Severity.SEVERE),
        (0.5, QUIET, None),
        (-0.015, NOISY, None),
        (-0.0799, replace(QUIET, spread=0.03), None),
        (-0.08, replace(QUIET, spread=0.03), Severity.SEVERE),
        (-0.02, None, None),
        (-0.03, None, Severity.ELEVATED),
        (-0.08, None, Severity.SEVERE),
    ],
)
def test_a_day_is_graded_by_its_share_and_by_how_unusual_it_is(
    share: float, usual: Baseline | None, severity: Severity | None
) -> None:
    assert signal(share, baseline=usual).severity is severity


@pytest.mark.parametrize(
    ("window", "share", "severity"),
    [
        (Window.THREE_DAYS, -0.1499, None),
        (Window.THREE_DAYS, -0.15, Severity.SEVERE),
        (Window.WEEK, -0.0599, None),
        (Window.WEEK, -0.06, Severity.ELEVATED),
        (Window.WEEK, -0.9, Severity.ELEVATED),
        (Window.FORTNIGHT, -0.0999, None),
        (Window.FORTNIGHT, -0.1, Severity.ELEVATED),
        (Window.MONTH, -0.1999, None),
        (Window.MONTH, -0.2, Severity.ELEVATED),
        (Window.MONTH, -0.9, Severity.ELEVATED),
        (Window.HOUR, -0.9, None),
    ],
)
def test_longer_windows_have_thresholds_of_their_own(window: Window, share: float, severity: Severity | None) -> None:
    assert signal(None, flows=[flow(share, window)]).severity is severity


@pytest.mark.parametrize(
    ("sensitivity", "share", "severity"),
    [
        (Sensitivity.EARLY, -0.0104, None),
        (Sensitivity.EARLY, -0.0105, Severity.WATCH),
        (Sensitivity.EARLY, -0.021, Severity.ELEVATED),
        (Sensitivity.EARLY, -0.056, Severity.SEVERE),
        (Sensitivity.CALM, -0.0224, None),
        (Sensitivity.CALM, -0.0226, Severity.WATCH),
        (Sensitivity.CALM, -0.0451, Severity.ELEVATED),
        (Sensitivity.CALM, -0.1201, Severity.SEVERE),
    ],
)
def test_presets_scale_the_shares(sensitivity: Sensitivity, share: float, severity: Severity | None) -> None:
    assert signal(share, baseline=replace(QUIET, spread=0.001), sensitivity=sensitivity).severity is severity


@pytest.mark.parametrize(
    ("shares_by_window", "rule"),
    [
        ({Window.FORTNIGHT: -0.11}, Rule.BLEED),
        ({Window.FORTNIGHT: -0.11, Window.MONTH: -0.3}, Rule.BLEED),
        ({Window.FORTNIGHT: -0.11, Window.WEEK: -0.07}, Rule.OUTFLOW),
        ({Window.DAY: -0.05}, Rule.OUTFLOW),
        ({Window.FORTNIGHT: -0.01}, Rule.OUTFLOW),
    ],
)
def test_a_bleed_is_an_outflow_over_weeks_alone(shares_by_window: Mapping[Window, float], rule: Rule) -> None:
    assert signal(None, flows=[flow(share, window) for window, share in shares_by_window.items()]).rule is rule


@pytest.mark.parametrize(
    ("window", "share", "severity"),
    [
        (Window.DAY, -0.08, Severity.SEVERE),
        (Window.THREE_DAYS, -0.15, Severity.SEVERE),
        (Window.WEEK, -0.15, None),
        (Window.FORTNIGHT, -0.15, Severity.ELEVATED),
        (Window.MONTH, -0.2, Severity.ELEVATED),
    ],
)
def test_what_is_severe_or_a_bleed_is_graded_however_usual_it_has_become(
    window: Window, share: float, severity: Severity | None
) -> None:
    used_to_it = replace(QUIET, median=-0.01, spread=0.05)

    assert signal(None, flows=[flow(share, window)], baseline=used_to_it).severity is severity


def test_a_small_flow_is_never_graded_however_large_its_share() -> None:
    small = signal(None, flows=[flow(-0.5, reserves=9.99e6)])
    enough = signal(None, flows=[flow(-0.5, reserves=10e6)])

    assert (small.severity, enough.severity) == (None, Severity.SEVERE)


@given(st.dictionaries(st.sampled_from(WINDOWS), shares, min_size=1), usuals, st.sampled_from(Sensitivity), st.data())
def test_more_outflow_never_gives_less_severity(
    moved: Mapping[Window, float], usual: Baseline | None, sensitivity: Sensitivity, data: st.DataObject
) -> None:
    more = {window: share - data.draw(st.floats(0, 1)) for window, share in moved.items()}

    def graded_under(by_window: Mapping[Window, float]) -> Signal:
        flows = [flow(share, window) for window, share in by_window.items()]
        return signal(None, flows=flows, baseline=usual, sensitivity=sensitivity)

    milder, worse = graded_under(moved), graded_under(more)
    assert rank(worse.severity) >= rank(milder.severity)
    assert rank(worse.easing) >= rank(milder.easing)


@given(st.dictionaries(st.sampled_from(WINDOWS), shares), usuals, st.sampled_from(Sensitivity))
def test_leaving_is_never_easier_than_entering_again(
    moved: Mapping[Window, float], usual: Baseline | None, sensitivity: Sensitivity
) -> None:
    flows = [flow(share, window) for window, share in moved.items()]
    result = signal(None, flows=flows, baseline=usual, sensitivity=sensitivity)

    assert rank(result.easing) >= rank(result.severity)
    assert bool(result.reasons) is (result.severity is not None)


@pytest.mark.parametrize(
    ("share", "easing"), [(-0.0181, Severity.ELEVATED), (-0.0179, Severity.WATCH), (-0.0089, None)]
)
def test_leaving_is_graded_with_every_threshold_at_six_tenths(share: float, easing: Severity | None) -> None:
    assert signal(share, baseline=replace(QUIET, spread=0.003)).easing is easing


def test_exactly_as_unusual_as_the_threshold_is_unusual_enough() -> None:
    usual = replace(QUIET, spread=2**-7)

    assert signal(-3.5 * 2**-7, baseline=usual).severity is Severity.WATCH


def test_an_outflow_that_is_a_little_less_unusual_has_not_eased() -> None:
    usual = replace(QUIET, spread=0.01)

    assert signal(-0.035, baseline=usual).severity is Severity.ELEVATED
    assert signal(-0.034, baseline=usual).severity is None
    assert signal(-0.034, baseline=usual).easing is Severity.ELEVATED


@pytest.mark.parametrize(("reserves", "easing"), [(9.9e6, Severity.SEVERE), (6e6, Severity.SEVERE), (5.9e6, None)])
def test_a_flow_near_the_floor_in_dollars_has_not_eased(reserves: float, easing: Severity | None) -> None:
    just_below = signal(None, flows=[flow(-0.5, reserves=reserves)])

    assert (just_below.severity, just_below.easing) == (None, easing)


def test_the_reasons_are_the_thresholds_of_the_worst_severity_as_numbers() -> None:
    result = signal(-0.036, flows=[flow(-0.07, Window.WEEK)])

    assert result.reasons == (
        Reason(Window.DAY, "share", -0.036, -0.03),
        Reason(Window.DAY, "z", robust_z(-0.036, Window.DAY, QUIET), -3.5),
        Reason(Window.WEEK, "share", -0.07, -0.06),
        Reason(Window.WEEK, "z", robust_z(-0.07, Window.WEEK, QUIET), -3.5),
    )


@pytest.mark.parametrize(
    ("shares_by_window", "leading"),
    [
        ({Window.DAY: -0.031, Window.WEEK: -0.12}, Window.WEEK),
        ({Window.DAY: -0.036, Window.WEEK: -0.061}, Window.DAY),
        ({Window.DAY: -0.036, Window.WEEK: -0.073}, Window.WEEK),
        ({Window.WEEK: 0.0, Window.DAY: 0.0}, Window.DAY),
        ({Window.MONTH: 0.0, Window.WEEK: 0.0}, Window.MONTH),
        ({Window.DAY: -0.001, Window.WEEK: -0.05}, Window.WEEK),
        ({Window.DAY: -0.05, Window.WEEK: -0.12}, Window.WEEK),
        ({}, None),
    ],
)
def test_the_leading_window_is_the_one_furthest_past_its_threshold(
    shares_by_window: Mapping[Window, float], leading: Window | None
) -> None:
    flows = [flow(share, window) for window, share in shares_by_window.items()]

    assert signal(None, flows=flows).leading is leading


def test_a_calm_window_is_graded_as_well() -> None:
    assert signal(-0.001).graded


def test_a_held_window_is_not_graded_and_the_others_are() -> None:
    result = signal(None, flows=[flow(-0.9, hold=CHAIN_MISSING), flow(-0.07, Window.WEEK)])

    assert (result.severity, result.leading, result.graded) == (Severity.ELEVATED, Window.WEEK, True)


UNCERTAIN = (
    Hold(HoldReason.CHAIN_MISSING, "Tron, 14.0 % of reserves"),
    Hold(HoldReason.WALLETS_CHANGED, "Tron, -14.0 % of reserves in one step"),
    Hold(HoldReason.SOURCE_GLITCH, "everything, -14.0 % of reserves in one step"),
)


def bounded(low: float, share: float, high: float, *, hold: Hold | None = None, window: Window = Window.DAY) -> Flow:
    """Return a flow of which no more is known than that it lies between two shares."""
    likely = flow(share, window, hold=hold)
    return replace(likely, lowest_usd=low * likely.reserves_usd, highest_usd=high * likely.reserves_usd)


class TestAnUncertainFlow:
    @pytest.mark.parametrize("hold", [*UNCERTAIN, None])
    @pytest.mark.parametrize(
        ("bounds", "severity", "easing"),
        [
            ((-0.606, -0.58, -0.554), Severity.SEVERE, Severity.SEVERE),
            ((-0.2, -0.09, -0.079), Severity.ELEVATED, Severity.SEVERE),
            ((-0.2, -0.09, -0.031), Severity.ELEVATED, Severity.SEVERE),
            ((-0.2, -0.09, -0.016), Severity.WATCH, Severity.SEVERE),
            ((-0.2, -0.09, -0.014), None, Severity.SEVERE),
            ((-0.02, 0.0, 0.02), None, Severity.ELEVATED),
            ((-0.01, 0.0, 0.01), None, Severity.WATCH),
            ((-0.008, 0.0, 0.008), None, None),
        ],
    )
    def test_is_graded_by_its_certain_end_and_eases_by_the_worst_that_is_possible(
        self,
        bounds: tuple[float, float, float],
        hold: Hold | None,
        severity: Severity | None,
        easing: Severity | None,
    ) -> None:
        """A chain of 2.6 % that is missing does not silence a loss of 58 %, of which 55.4 % are certain."""
        result = signal(None, flows=[bounded(*bounds, hold=hold)])

        assert (result.severity, result.easing) == (severity, easing)

    def test_has_its_certain_end_among_the_reasons(self) -> None:
        result = signal(None, flows=[bounded(-0.606, -0.58, -0.554, hold=UNCERTAIN[0])])

        (reason,) = result.reasons
        assert (reason.window, reason.measure, reason.threshold) == (Window.DAY, "share", -0.08)
        assert reason.value == pytest.approx(-0.554)
        assert (result.graded, result.leading) == (True, Window.DAY)

    def test_that_is_held_and_raises_nothing_proves_no_calm(self) -> None:
        held = signal(None, flows=[bounded(-0.2, -0.09, -0.01, hold=UNCERTAIN[0])])

        assert (held.graded, held.severity) == (False, None)

    def test_leaves_the_other_windows_to_lead(self) -> None:
        flows = [bounded(-0.2, -0.09, -0.01, hold=UNCERTAIN[0]), flow(-0.07, Window.WEEK)]

        result = signal(None, flows=flows)

        assert (result.severity, result.leading) == (Severity.ELEVATED, Window.WEEK)

    @pytest.mark.parametrize("hold", [Hold(HoldReason.STALE), Hold(HoldReason.WITHHELD), Hold(HoldReason.DISAGREE)])
    def test_is_not_graded_while_it_is_held_for_another_reason(self, hold: Hold) -> None:
        result = signal(None, flows=[bounded(-0.045, -0.04, -0.035, hold=hold)])

        assert (result.graded, result.severity, result.easing) == (False, None, None)

    @pytest.mark.parametrize("reserves", [9.99e6, 10e6])
    def test_has_the_floor_in_dollars_at_its_certain_end(self, reserves: float) -> None:
        likely = flow(-0.9, reserves=reserves)
        uncertain = replace(likely, lowest_usd=-reserves, highest_usd=-0.5 * reserves)

        assert signal(None, flows=[uncertain]).severity is (Severity.SEVERE if reserves == 10e6 else None)

    @given(shares, shares, shares, usuals, st.sampled_from(UNCERTAIN))
    def test_is_never_worse_than_a_certain_one_of_its_lowest_figures(
        self, first: float, second: float, third: float, usual: Baseline | None, hold: Hold
    ) -> None:
        low, share, high = sorted((first, second, third))

        uncertain = signal(None, flows=[bounded(low, share, high, hold=hold)], baseline=usual)
        least, most = (signal(None, flows=[flow(end)], baseline=usual) for end in (high, low))

        assert rank(least.severity) == rank(uncertain.severity) <= rank(most.severity)
        assert rank(least.easing) <= rank(uncertain.easing) == rank(most.easing)


class TestADoubtedFlow:
    """Of the flow, `doubted` was lost in one step that several exchanges of the source made at once."""

    @pytest.mark.parametrize(
        ("share", "doubted", "severity"),
        [
            (-0.25, -0.25, Severity.ELEVATED),
            (-0.25, -0.171, Severity.ELEVATED),
            (-0.25, -0.169, Severity.SEVERE),
            (-0.02, -0.02, Severity.WATCH),
        ],
    )
    def test_makes_nobody_severe_by_itself(self, share: float, doubted: float, severity: Severity) -> None:
        likely = flow(share)
        result = signal(None, flows=[replace(likely, doubted_usd=doubted * likely.reserves_usd)])

        assert result.severity is severity

    def test_eases_as_any_other(self) -> None:
        likely = flow(-0.25)

        assert signal(None, flows=[replace(likely, doubted_usd=likely.usd)]).easing is Severity.SEVERE

    def test_is_taken_from_what_is_certain(self) -> None:
        """25 % left, at least 20 % of it for certain; 13 % are doubted, and 7 % are not severe."""
        uncertain = bounded(-0.3, -0.25, -0.2, hold=UNCERTAIN[0])

        result = signal(None, flows=[replace(uncertain, doubted_usd=-0.13 * uncertain.reserves_usd)])

        assert result.severity is Severity.ELEVATED


class TestTheWindowsThatAreCrossed:
    @pytest.mark.parametrize(
        ("flows", "crossed"),
        [
            ([flow(-0.01), flow(-0.01, Window.WEEK)], ()),
            ([flow(-0.0149), flow(-0.01, Window.WEEK)], ()),
            ([flow(-0.0151), flow(-0.01, Window.WEEK)], (Window.DAY,)),
            ([flow(-0.09), flow(-0.061, Window.WEEK), flow(-0.1, Window.FORTNIGHT)], (
                Window.DAY, Window.WEEK, Window.FORTNIGHT,
            )),
            ([flow(-0.09, hold=CHAIN_MISSING), flow(-0.061, Window.WEEK)], (Window.WEEK,)),
            ([bounded(-0.2, -0.09, -0.016, hold=UNCERTAIN[0])], (Window.DAY,)),
            ([bounded(-0.2, -0.09, -0.014, hold=UNCERTAIN[0])], ()),
            ([flow(-0.5, reserves=9.99e6)], ()),
            ([replace(flow(-0.9, reserves=9e6), lowest_usd=-9e6, highest_usd=-4.9e6)], ()),
            ([flow(-0.5, reserves=10e6)], (Window.DAY,)),
        ],
    )  # fmt: skip
    def test_are_those_past_a_threshold_of_any_severity(self, flows: list[Flow], crossed: tuple[Window, ...]) -> None:
        assert signal(None, flows=flows).crossed == crossed


def test_what_is_severe_is_graded_even_where_two_figures_differ() -> None:
    differs = Hold(HoldReason.DISAGREE)

    severe = signal(None, flows=[flow(-0.08, hold=differs)])
    less = signal(None, flows=[flow(-0.079, hold=differs)])

    assert (severe.graded, severe.severity) == (True, Severity.SEVERE)
    assert (less.graded, less.severity) == (False, None)


@pytest.mark.parametrize(
    ("window", "usd", "source", "is_confirmed"),
    [
        (Window.DAY, -2e9, "elsewhere", True),
        (Window.DAY, -2e9, "defillama", False),
        (Window.DAY, 2e9, "elsewhere", False),
        (Window.WEEK, -2e9, "elsewhere", False),
        (Window.MONTH, -2e9, "elsewhere", False),
    ],
)
def test_only_another_source_that_agrees_on_a_crossed_window_confirms(
    window: Window,
    usd: float,
    source: str,
    is_confirmed: bool,  # noqa: FBT001 — a table's column
) -> None:
    raw = signal(-0.036, flows=[flow(-0.03, Window.WEEK)])

    assert (
        grade(replace(raw, source_figures=(SourceFigure(window, usd, source),)), Sensitivity.NORMAL).confirmed_by_source
        is is_confirmed
    )


def test_one_source_that_agrees_is_enough_and_one_is_needed() -> None:
    raw = signal(-0.036)
    agrees, differs = (SourceFigure(Window.DAY, usd, "elsewhere") for usd in (-2e9, 2e9))

    assert grade(replace(raw, source_figures=(differs, agrees)), Sensitivity.NORMAL).confirmed_by_source
    assert not raw.confirmed_by_source


@pytest.mark.parametrize("count", [2, 3])
def test_closed_withdrawals_make_it_critical_and_are_counted_among_the_reasons(count: int) -> None:
    closed = majors(*MAJORS[:count])
    raw = signal(-0.036, flows=[flow(-0.07, Window.WEEK)])

    result = grade(replace(raw, withdrawals=closed), Sensitivity.NORMAL)

    assert (result.severity, result.easing) == (Severity.CRITICAL, Severity.CRITICAL)
    assert result.reasons == (*raw.reasons, Reason(Window.DAY, CLOSED_WITHDRAWALS, float(count), 2.0))


@pytest.mark.parametrize(("share", "count"), [(-0.02, 2), (-0.036, 1), (-0.036, 0)])
def test_neither_little_outflow_nor_one_closed_asset_is_critical(share: float, count: int) -> None:
    closed = majors(*MAJORS[:count])
    raw = signal(share)

    assert grade(replace(raw, withdrawals=closed), Sensitivity.NORMAL).severity is raw.severity


@pytest.mark.parametrize("excuse", [{"network_event": "TRON"}, {"is_dead": True}])
@pytest.mark.parametrize("share", [-0.001, -0.02, -0.036, -0.1])
def test_what_is_excused_never_counts(excuse: dict[str, Any], share: float) -> None:
    excused, open_ones = (
        grade(replace(signal(share), withdrawals=withdrawals), Sensitivity.NORMAL)
        for withdrawals in (majors(*MAJORS, **excuse), majors())
    )

    assert replace(excused, withdrawals=None) == replace(open_ones, withdrawals=None)


@pytest.mark.parametrize(
    ("withdrawals", "count", "severity"),
    [
        (majors("BTC", "ETH", in_maintenance=True), 2.0, Severity.SEVERE),
        (majors("BTC", "ETH"), 2.0, Severity.CRITICAL),
        (majors("BTC"), None, None),
    ],
)
def test_a_signal_says_what_it_becomes_while_nothing_may_ease(
    withdrawals: Majors, count: float | None, severity: Severity | None
) -> None:
    calm = grade(replace(signal(-0.001), withdrawals=withdrawals), Sensitivity.NORMAL)

    assert (calm.blocks_easing and calm.blocks_easing.value) == count
    assert (calm.severity, calm.severity_while_blocked) == (None, severity)


@pytest.mark.parametrize("flows", [[], [flow(-0.9, hold=CHAIN_MISSING)], [flow(-0.9, Window.HOUR)]])
def test_with_nothing_to_grade_a_signal_proves_neither_trouble_nor_calm(flows: list[Flow]) -> None:
    result = signal(None, flows=flows)

    assert (result.graded, result.severity, result.easing) == (False, None, None)


def inputs(
    latest: Reading,
    *,
    previous: Reading | None = None,
    days: tuple[DailyPoint, ...] = (),
    bases: Mapping[Window, Reading] | None = None,
) -> WindowInputs:
    return WindowInputs(latest, previous, bases or {Window.DAY: holding(60, at=latest.as_of - DAY)}, days)


def graded_signal(window_inputs: WindowInputs, *, now: datetime = NOON, exchange: Exchange = BINANCE) -> Signal:
    """Return what the rule says under the normal preset, measured and graded as the watch does it."""
    return grade(measure(exchange, window_inputs, now), Sensitivity.NORMAL)


def test_a_signal_measures_every_window_that_has_a_young_enough_base() -> None:
    bases = {
        Window.DAY: holding(60, at=NOON - 2 * DAY),
        Window.WEEK: holding(64, at=NOON - 7 * DAY),
        Window.MONTH: holding(70, at=NOON - 31 * DAY),
    }

    result = graded_signal(inputs(holding(60), bases=bases))

    assert [flow.window for flow in result.flows] == [Window.WEEK, Window.MONTH]
    assert result.flow(Window.DAY) is None
    assert result.severity is Severity.ELEVATED


def test_a_signal_carries_where_and_when_its_figures_are_from() -> None:
    latest, before = holding(57), holding(58, at=NOON - HOUR)

    result = graded_signal(inputs(latest, previous=before))

    assert (result.subject, result.source, result.as_of) == ("binance", "defillama", NOON)
    assert (result.fetched_at, result.previous_as_of) == (latest.fetched_at, NOON - HOUR)
    assert graded_signal(inputs(latest)).previous_as_of is None


def test_the_exchanges_own_token_is_no_reserve() -> None:
    base = reading({"Binance/BNB": (100, 1.0), "Tron/USDT": (100e6, 1.0)}, at=NOON - DAY)
    latest = reading({"Binance/BNB": (1, 1.0), "Tron/USDT": (100e6, 1.0)})

    assert graded_signal(inputs(latest, bases={Window.DAY: base})).severity is None


def test_an_asset_that_vanished_just_now_raises_nothing_yet() -> None:
    """One reading without USDT may be a fault; a second one says that it is gone."""
    state, severities = days_of(), []
    for hour, part in enumerate((1.0, -1.0, -1.0)):
        held = {"Ethereum/USDC": part, "Tron/USDT": 1 + hour / 1000}
        state = state.with_reading(book(NOON + hour * HOUR, held))
        severities.append(after(state).severity)

    assert severities == [None, None, Severity.SEVERE]


def after(state: ExchangeState) -> Signal:
    """Return what the rule says of a state at its newest reading."""
    assert state.latest
    return grade(signal_at_newest(state, state.latest.as_of), Sensitivity.NORMAL)


SINCE = NOON - 3 * HOUR


@pytest.mark.parametrize(
    ("jumps", "since"),
    [
        ([replace(jump(at=SINCE, verdict=Verdict.COUNTED), decided_at=NOON)], SINCE),
        ([replace(jump(at=SINCE, verdict=Verdict.DOUBTED), decided_at=NOON)], SINCE),
        ([replace(jump(at=SINCE, verdict=Verdict.COUNTED), decided_at=NOON - HOUR)], None),
        ([replace(jump(at=SINCE, verdict=Verdict.NOT_COUNTED), decided_at=NOON)], None),
        ([replace(jump("BTC", 0.5, at=SINCE, verdict=Verdict.COUNTED), decided_at=NOON)], None),
        ([replace(jump(at=SINCE - DAY, verdict=Verdict.COUNTED, turned=SINCE), decided_at=NOON)], SINCE),
        (
            [replace(jump(at=NOON - hours * HOUR, verdict=Verdict.COUNTED), decided_at=NOON) for hours in (1, 3, 2)],
            SINCE,
        ),
        ([], None),
    ],
)
def test_a_drop_that_waited_and_counts_now_was_seen_before(jumps: list[Jump], since: datetime | None) -> None:
    state = GuardState(jumps=tuple(jumps))

    assert graded_signal(replace(inputs(holding(55)), guard_state=state)).seen_since == since


def test_a_signal_has_the_jumps_and_the_parts_that_the_guards_remember() -> None:
    fell = jump("USDT", -3e9, at=NOON, share=-0.05)
    missing = LostPart("Bitcoin", NOON, dict(list(holding(60).holdings.items())[1:]), holding(60, at=NOON - HOUR))
    state = GuardState(jumps=(jump("BTC", at=NOON - 9 * DAY), fell), lost_parts=(missing,))

    result = graded_signal(replace(inputs(holding(55)), guard_state=state))

    assert [(told.group, told.at, told.usd, told.verdict) for told in result.jumps] == [
        ("USDT", NOON, -3e9, Verdict.WAITING)
    ]
    assert result.leading_flow
    assert result.leading_flow.hold
    assert result.leading_flow.hold.reason is HoldReason.WALLETS_CHANGED
    assert result.leading_flow.missing_chains == ("Bitcoin",)
    assert result.leading_flow.usd == pytest.approx(-2e9)
    assert (result.leading_flow.lowest_usd, result.leading_flow.highest_usd) == pytest.approx((-29e9, 22e9))


@pytest.mark.parametrize(("age", "graded"), [(3 * HOUR, True), (3 * HOUR + timedelta(seconds=1), False)])
def test_an_old_reading_is_not_graded(age: timedelta, graded: bool) -> None:  # noqa: FBT001 — a table's column
    result = graded_signal(inputs(holding(30)), now=NOON + age)

    assert result.graded is graded
    assert (result.severity is Severity.SEVERE) is graded


def test_an_old_reading_says_how_old_it_is() -> None:
    hold = graded_signal(inputs(holding(30)), now=NOON + 5 * HOUR + timedelta(minutes=59)).flows[0].hold

    assert hold
    assert (hold.reason, hold.detail) == (HoldReason.STALE, "newest reading is 5 h old")


def test_the_day_in_question_is_not_part_of_what_is_usual() -> None:
    days = (*quiet_days(60), DailyPoint(NOON.replace(hour=0), 6e10, -0.2))

    result = graded_signal(inputs(holding(57), days=days))

    assert result.baseline
    assert (result.baseline.days, result.baseline.worst) == (60, -0.002)


def test_measuring_grades_nothing_and_grading_changes_no_figure() -> None:
    raw = measure(BINANCE, inputs(holding(57), days=quiet_days(60)), NOON)
    graded = grade(raw, Sensitivity.NORMAL)

    assert (raw.rule, raw.graded, raw.severity) == (Rule.OUTFLOW, False, None)
    assert (graded.flows, graded.baseline) == (raw.flows, raw.baseline)


def test_december_2022_on_its_first_day_was_something_to_watch() -> None:
    """−1.14 bn on 65 bn in a day: nothing for a rule in dollars, unusual for this exchange."""
    result = graded_signal(inputs(holding(63.86), days=quiet_days(30), bases={Window.DAY: holding(65, at=NOON - DAY)}))

    assert result.severity is Severity.WATCH
    assert result.leading_flow
    assert result.leading_flow.share == pytest.approx(-0.0175, abs=5e-5)


def test_november_2023_was_no_exodus_for_the_share_alone() -> None:
    """−1.01 bn on 65 bn, widely reported as no exodus: below a noisy exchange's usual, nothing is said."""
    assert signal(-0.01555, baseline=replace(QUIET, spread=0.006)).severity is None


def test_every_threshold_is_an_outflow_and_worse_ones_ask_for_more() -> None:
    assert all(threshold.share < 0 for threshold in THRESHOLDS)
    for window in Window:
        of_window = sorted(
            (threshold for threshold in THRESHOLDS if threshold.window is window),
            key=lambda threshold: threshold.severity.rank,
        )
        assert [threshold.share for threshold in of_window] == sorted(
            (threshold.share for threshold in of_window), reverse=True
        )
