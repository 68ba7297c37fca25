"""How long the guards remember, what a quiet reading tells them, and that the readings alone decide."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backtest.numpy_arithmetic import NumpyArithmetic
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.asset_moves import AssetMove
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.computation import ColumnComputation
from bot.detection.flow.reading_diff import ReadingDiff, reading_diff
from bot.detection.guards.all_guards import inspect, needs_understanding, understood, watched_assets
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.market_moves import NO_OTHERS, LastMove
from bot.domain.guard_state import (
    GuardState,
    LargeStep,
    LaterFlow,
    LostPart,
    OddPrice,
    Redenomination,
    RenamedSlot,
)
from bot.domain.jump import Jump, JumpReason, Move, Verdict
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.withdrawals import Majors
from tests.builders import DAY, HOUR, NOON, holding, jump, majors
from tests.detection.guards.worked_series import EXAMPLE, flow_usd, on_chains, readings, state_after

SECOND = timedelta(seconds=1)
SHUT = majors("BTC", "ETH")
WAYS = pytest.mark.parametrize("by", [PLAIN_ARITHMETIC, NumpyArithmetic()], ids=["plain", "numpy"])


def quiet(
    known: GuardState,
    *,
    moves: Mapping[str, float] | None = None,
    usd: float = 0.0,
    withdrawals: Majors | None = None,
) -> GuardState:
    """Return the guard state after a reading at noon in which nothing moved far, of reserves of 1,000."""
    moved = {asset: AssetMove(units, units) for asset, units in (moves or {}).items()}
    diff = ReadingDiff(holding(1e-6, at=NOON - HOUR), holding(1e-6), 1000.0, usd, moved, is_quiet=True)
    return inspect(known, GuardInput(diff, (), NO_OTHERS, withdrawals, prices_moved=False))


def step(known: GuardState, previous: Reading, latest: Reading, **given: Any) -> GuardState:
    """Return the guard state after a reading in detail."""
    return inspect(known, GuardInput(reading_diff(previous, latest, ()), (), NO_OTHERS, **given))


class TestMemory:
    @pytest.mark.parametrize(
        ("known", "kept_for"),
        [
            (jump(reason=JumpReason.LARGE, verdict=Verdict.COUNTED), 30 * DAY),
            (jump(units=0.5, reason=JumpReason.LARGE, verdict=Verdict.COUNTED), 2 * DAY),
            (replace(jump(verdict=Verdict.COUNTED), decided_at=NOON), 3 * DAY),
            (replace(jump(verdict=Verdict.DOUBTED), decided_at=NOON), 3 * DAY),
            (replace(jump(reason=JumpReason.LARGE, verdict=Verdict.COUNTED), decided_at=NOON + DAY), 31 * DAY),
            (replace(jump(verdict=Verdict.COUNTED), decided_at=NOON + DAY), 4 * DAY),
            (jump(verdict=Verdict.NOT_COUNTED), 90 * DAY - SECOND),
            (jump(units=5, reason=JumpReason.APPEARED, verdict=Verdict.NOT_COUNTED), 90 * DAY - SECOND),
            (jump(verdict=Verdict.RETURNED, turned=NOON + DAY), 36 * DAY - SECOND),
        ],
        ids=[
            "large",
            "large rise",
            "counted",
            "doubted",
            "large again",
            "counted later",
            "left out",
            "appeared",
            "returned",
        ],
    )
    def test_of_a_jump_lasts_as_long_as_it_matters(self, known: Jump, kept_for: timedelta) -> None:
        for age, is_kept in ((kept_for, True), (kept_for + SECOND, False)):
            older = _older(known, age)
            assert bool(quiet(GuardState(jumps=(older,))).jumps) is is_kept

    def test_of_a_jump_lasts_while_a_window_may_contain_what_turned_round(self) -> None:
        """It came 120 days ago, and left 35 days ago: within a window of 30 days that begins 34 days ago."""
        came = jump(units=60, verdict=Verdict.NOT_COUNTED, at=NOON - 120 * DAY)
        for age, is_kept in ((35 * DAY - SECOND, True), (35 * DAY, False)):
            part = replace(came.parts[0], moves=(*came.parts[0].moves, Move(NOON - age, -60)))
            left = replace(came, parts=(part,), turns=1, verdict=Verdict.NOT_COUNTED)
            assert bool(quiet(GuardState(jumps=(left,))).jumps) is is_kept

    def test_is_the_very_same_where_a_reading_adds_nothing(self) -> None:
        known = GuardState(large_steps=(LargeStep(NOON - DAY, -0.05),))

        assert quiet(known) is known

    def test_of_moves_before_all_windows_is_one_sum(self) -> None:
        part = jump(units=60).parts[0]
        moves = tuple(Move(NOON - day * DAY, amount) for day, amount in ((60, 60.0), (50, -20.0), (36, 5.0), (1, -5.0)))
        known = replace(jump(units=60, verdict=Verdict.NOT_COUNTED), parts=(replace(part, moves=moves),))

        (found,) = quiet(GuardState(jumps=(replace(known, at=NOON - 60 * DAY),))).jumps

        assert found.parts[0].moves == (Move(NOON - 36 * DAY, 45.0), moves[-1])

    @pytest.mark.parametrize(("age", "is_kept"), [(90 * DAY, True), (90 * DAY + SECOND, False)])
    def test_of_large_steps_lasts_for_ninety_days(self, age: timedelta, *, is_kept: bool) -> None:
        old = LargeStep(NOON - age, -0.05)

        assert quiet(GuardState(large_steps=(old,))).large_steps == ((old,) if is_kept else ())

    @pytest.mark.parametrize(("age", "is_kept"), [(DAY - SECOND, True), (DAY, False)])
    def test_of_what_moved_after_a_drop_lasts_for_a_day(self, age: timedelta, *, is_kept: bool) -> None:
        drop, old = jump(verdict=Verdict.NOT_COUNTED, at=NOON - 2 * DAY), LaterFlow(NOON - age, {"ETH": -1.0})

        found = quiet(GuardState(jumps=(drop,), later_flows=(old,))).later_flows

        assert found == (*((old,) if is_kept else ()), LaterFlow(NOON, {"": 0.0}))

    def test_of_nothing_that_expires_stays_as_it_is(self) -> None:
        known = GuardState(
            jumps=(jump(units=5, verdict=Verdict.NOT_COUNTED, at=NOON - DAY),), large_steps=(LargeStep(NOON, -0.05),)
        )

        assert quiet(known) == known


def _older(known: Jump, age: timedelta) -> Jump:
    """Return a jump of so long before noon, with all its times."""

    def moved(at: datetime) -> datetime:
        return at - age

    parts = tuple(
        replace(part, moves=tuple(replace(move, at=moved(move.at)) for move in part.moves)) for part in known.parts
    )
    return replace(
        known,
        at=moved(known.at),
        parts=parts,
        decided_at=known.decided_at and moved(known.decided_at),
        turned_at=known.turned_at and moved(known.turned_at),
    )


class TestTheNextReading:
    PART = LostPart("Tron", NOON - DAY, {Slot("Tron", "USDT"): Holding(5, 5)}, holding(60))

    @pytest.mark.parametrize(
        ("known", "needs"),
        [
            (GuardState(), False),
            (GuardState(lost_parts=(PART,)), True),
            (GuardState(lost_parts=(replace(PART, until=NOON),)), False),
            (GuardState(renamed_slots=(RenamedSlot(Slot("Base", "USDT"), Slot("Base", "USDT0"), NOON),)), True),
            (GuardState(redenominations=(Redenomination("XRP", 1000.0, NOON),), jumps=(jump(),)), False),
        ],
    )
    def test_has_to_be_understood_where_a_part_is_missing_or_has_another_name(
        self, known: GuardState, *, needs: bool
    ) -> None:
        assert needs_understanding(known) is needs

    def test_is_asked_for_the_assets_of_jumps_that_may_turn_round(self) -> None:
        known = GuardState(
            jumps=(
                jump("BTC", at=NOON - DAY, verdict=Verdict.NOT_COUNTED),
                jump("ETH", at=NOON - DAY, reason=JumpReason.LARGE, verdict=Verdict.COUNTED),
                jump("SOL", 28, share=0.05, at=NOON - 3 * DAY, reason=JumpReason.LARGE, verdict=Verdict.COUNTED),
            )
        )

        assert watched_assets(known, NOON) == {"BTC", "ETH"}

    def test_is_understood_by_names_then_units_then_parts(self) -> None:
        """The chain of two assets is renamed, one of them is in other units, and a third chain is missing."""
        before = {"Arbitrum/USDT": 100.0, "Ripple/XRP": 100.0, "Tron/TRX": 100.0, "Bitcoin/BTC": 700.0}
        after = {"Arbitrum/USDT0": 100.0, "Ripple/XRP": 100_000.0, "Bitcoin/BTC": 700.0}
        series = on_chains(before, after, prices={"XRP": (1.0, 0.001)})

        known = understood(GuardState(), series[0], series[1], ())

        assert [name.renamed.asset for name in known.renamed_slots] == ["USDT0"]
        assert [(unit.asset, unit.factor) for unit in known.redenominations] == [("XRP", 1000.0)]
        assert [part.name for part in known.lost_parts] == ["Tron"]
        assert flow_usd(series, state_after(series)) == 0.0


class TestWhatIsRecorded:
    UNITS = {"Tron/USDT": 200.0, "Bitcoin/BTC": 400.0, "Ethereum/ETH": 400.0}  # noqa: RUF012 — never changed

    @pytest.mark.parametrize(("btc", "steps"), [(370.0, [-0.03]), (370.1, []), (430.0, [0.03]), (429.9, [])])
    def test_is_a_step_of_three_percent_by_which_others_are_measured(self, btc: float, steps: list[float]) -> None:
        series = on_chains(self.UNITS, self.UNITS | {"Bitcoin/BTC": btc})
        found = state_after(series).large_steps

        assert [step.at for step in found] == [series[1].as_of] * len(steps)
        assert [step.share for step in found] == pytest.approx(steps)

    def test_is_no_step_of_an_exchange_that_had_nothing(self) -> None:
        assert state_after(on_chains({"Tron/OWN": 5.0}, self.UNITS)).large_steps == ()

    def test_is_what_moved_beside_a_drop_while_it_may_count_after_all(self) -> None:
        drop = jump("USDT", -50, verdict=Verdict.NOT_COUNTED, at=NOON - HOUR)
        series = on_chains(self.UNITS, self.UNITS | {"Tron/USDT": 199.0, "Bitcoin/BTC": 398.0})
        moved = LaterFlow(series[1].as_of, {"USDT": -1.0, "BTC": -2.0})

        for verdict in (Verdict.NOT_COUNTED, Verdict.DOUBTED, Verdict.WAITING, Verdict.RETURNED):
            for others in ((), (jump("SOL", 50, verdict=Verdict.NOT_COUNTED, at=NOON - HOUR),)):
                known = GuardState(jumps=(replace(drop, verdict=verdict), *others))
                assert step(known, *series).later_flows == (moved,)

    @pytest.mark.parametrize(
        "known",
        [
            jump("USDT", 0.5, verdict=Verdict.NOT_COUNTED),
            jump("USDT", -50, verdict=Verdict.COUNTED),
        ],
    )
    def test_is_nothing_beside_what_cannot_count_after_all(self, known: Jump) -> None:
        series = on_chains(self.UNITS, self.UNITS | {"Bitcoin/BTC": 398.0})
        earlier = (LaterFlow(NOON, {"BTC": -2.0}),)

        assert step(GuardState(jumps=(known,)), *series).later_flows == ()
        assert step(GuardState(jumps=(known,), later_flows=earlier), *series).later_flows == ()

    def test_is_not_what_comes_back_of_a_jump(self) -> None:
        """40 of 50 that had left come back, and two more of the BTC leave: of those two the rest consists."""
        drop = jump("USDT", -50, verdict=Verdict.NOT_COUNTED, at=NOON - DAY)
        other = jump("SOL", -50, verdict=Verdict.NOT_COUNTED, at=NOON - DAY)
        series = on_chains(self.UNITS, self.UNITS | {"Tron/USDT": 240.0, "Bitcoin/BTC": 398.0})

        found = step(GuardState(jumps=(drop, other)), *series)

        assert [dict(flow.usd) for flow in found.later_flows] == [{"USDT": 0.0, "BTC": -2.0}]
        assert [known.verdict for known in found.jumps] == [Verdict.RETURNED, Verdict.NOT_COUNTED]

    def test_is_forgotten_in_the_reading_in_which_the_drop_counts(self) -> None:
        drop = jump("USDT", -50, verdict=Verdict.NOT_COUNTED, at=NOON - HOUR)
        series = on_chains(self.UNITS, self.UNITS | {"Bitcoin/BTC": 398.0})

        found = step(GuardState(jumps=(drop,)), *series, withdrawals=SHUT)

        assert (found.jumps[0].verdict, found.later_flows) == (Verdict.COUNTED, ())

    def test_is_what_appeared_again_as_the_jump_that_had_left(self) -> None:
        """An asset leaves a slot altogether, and comes back to it: as what it was."""
        series = readings(SCAM=(None, 60, None, None, 60, 60), BTC=(940,) * 6)
        series = on_chains(*[
            {"Tron/USDT": 300.0, "Bitcoin/BTC": 700.0, **({"Tron/SCAM": amount} if amount else {})}
            for amount in (0, 60, 0, 0, 60, 60)
        ])  # fmt: skip

        (found,) = state_after(series).jumps

        assert (found.standing, found.turns) == (1.0, 2)
        assert [flow_usd(series[start:], state_after(series)) for start in range(5)] == [0.0] * 5


class TestWhatTurnsRound:
    UNITS = {"Bitcoin/BTC": 100.0, "Tron/USDT": 900.0}  # noqa: RUF012 — never changed

    @pytest.mark.parametrize(
        ("asset", "came", "units"),
        [("BTC", {"Bitcoin/BTC": 105.0, "Base/BTC": 20.0}, 25.0), ("SOL", {"Solana/SOL": 20.0}, 20.0)],
    )
    def test_is_all_that_came_where_it_was_and_where_it_was_not(
        self, asset: str, came: dict[str, float], units: float
    ) -> None:
        drop = jump(asset, -28, verdict=Verdict.NOT_COUNTED, at=NOON - DAY)

        series = on_chains(self.UNITS, self.UNITS | came, prices={asset: (2.0, 2.0)})
        (found, *_) = step(GuardState(jumps=(drop,)), *series).jumps

        assert [move.amount for move in found.parts[0].moves] == [-28, units]

    @pytest.mark.parametrize(("btc", "repeats"), [(72.0, True), (62.0, False)])
    def test_is_the_same_again_by_what_was_there_before(self, btc: float, *, repeats: bool) -> None:
        """28 of 100 BTC are away once more, or 38, whatever else is remembered."""
        back = jump("BTC", -28, verdict=Verdict.RETURNED, at=NOON - DAY, turned=NOON - HOUR)
        back = replace(back, parts=(replace(back.parts[0], before=100.0),))
        other = jump("SOL", -5, verdict=Verdict.NOT_COUNTED, at=NOON - DAY)
        series = on_chains(self.UNITS, self.UNITS | {"Bitcoin/BTC": btc})

        for others in ((), (other,)):
            first, *_ = step(GuardState(jumps=(back, *others)), *series).jumps
            assert (first.verdict, first.repeats) == (Verdict.WAITING, repeats)


class TestAJumpOfWhatAReadingLacks:
    """A hundred BTC lie on two chains, of which one is missing; readings have it as it was last told."""

    @staticmethod
    def verdict(
        known: Jump, units: float, *, until: datetime | None = None, now: Mapping[str, float] | None = None
    ) -> Verdict:
        """Return the verdict of a jump where so many BTC are on the chain that is missing, or was."""
        held = {"Bitcoin/BTC": 100.0 - units, "Base/BTC": units, "Base/ETH": 1.0, "Tron/USDT": 900.0}
        previous, latest = on_chains(held, {**held, **(now or {})}, prices={"BTC": (2.0, 2.0)})
        away = {Slot("Base", "BTC"): Holding(units, 2 * units), Slot("Base", "ETH"): Holding(1.0, 1.0)}
        missing = LostPart("Base", NOON - HOUR, away, previous, until)
        found, *_ = step(GuardState(jumps=(known,), lost_parts=(missing,)), previous, latest).jumps
        return found.verdict

    @pytest.mark.parametrize(("units", "waits"), [(50.5, True), (50.0, False)])
    def test_waits_where_that_is_most_of_its_asset(self, units: float, *, waits: bool) -> None:
        found = self.verdict(jump("BTC", at=NOON), units)

        assert found is (Verdict.WAITING if waits else Verdict.NOT_COUNTED)

    def test_waits_where_that_is_most_of_what_there_is_now(self) -> None:
        """45 of 100 BTC are missing, and another 15 leave the chain that is there."""
        assert self.verdict(jump("BTC", at=NOON), 45.0) is Verdict.NOT_COUNTED
        assert self.verdict(jump("BTC", at=NOON), 45.0, now={"Bitcoin/BTC": 40.0}) is Verdict.WAITING

    @pytest.mark.parametrize(("group", "waits"), [("Base", True), ("Bitcoin", False), ("ETH", True), ("USDT", False)])
    def test_waits_for_its_own_chain_or_asset(self, group: str, *, waits: bool) -> None:
        found = self.verdict(replace(jump("BTC", at=NOON), group=group), 1.0)

        assert found is (Verdict.WAITING if waits else Verdict.NOT_COUNTED)

    def test_waits_where_several_chains_that_are_missing_had_most_of_it(self) -> None:
        held = {"Bitcoin/BTC": 49.0, "Base/BTC": 26.0, "Solana/BTC": 25.0, "Tron/USDT": 900.0}
        previous, latest = on_chains(held, held)
        missing = tuple(
            LostPart(chain, NOON - HOUR, {Slot(chain, "BTC"): Holding(units, units)}, previous)
            for chain, units in (("Base", 26.0), ("Solana", 25.0))
        )

        (found,) = step(GuardState(jumps=(jump("BTC", at=NOON),), lost_parts=missing), previous, latest).jumps

        assert found.verdict is Verdict.WAITING

    @pytest.mark.parametrize(("back", "reasons"), [(timedelta(), {JumpReason.ALONE}), (HOUR, {JumpReason.LARGE})])
    def test_begins_as_one_where_chains_came_back_smaller_in_this_very_reading(
        self, back: timedelta, reasons: set[JumpReason]
    ) -> None:
        held = {"Tron/TRX": 50.0, "Solana/SOL": 50.0, "Bitcoin/BTC": 900.0}
        previous, latest = on_chains(held, held | {"Tron/TRX": 20.0, "Solana/SOL": 30.0})
        were_missing = tuple(
            LostPart(slot.chain, NOON - DAY, {slot: previous.holdings[slot]}, previous, latest.as_of - back)
            for slot in (Slot("Tron", "TRX"), Slot("Solana", "SOL"))
        )

        found = step(GuardState(lost_parts=were_missing), previous, latest).jumps

        assert {known.reason for known in found} == reasons

    def test_is_decided_once_it_is_back(self) -> None:
        assert self.verdict(jump("BTC", at=NOON), 90.0, until=NOON) is Verdict.NOT_COUNTED


class TestAQuietReading:
    def test_changes_nothing_where_nothing_is_remembered(self) -> None:
        assert quiet(GuardState(), usd=-5.0) == GuardState()

    def test_may_tell_of_an_asset_that_lies_on_another_chain_now(self) -> None:
        drop = jump("BTC", -28, verdict=Verdict.NOT_COUNTED, at=NOON - HOUR)

        (found,) = quiet(GuardState(jumps=(drop,)), moves={"BTC": 0.0}).jumps

        assert found == drop

    def test_still_judges_a_price_that_was_odd(self) -> None:
        odd = OddPrice("BTC", 20_000.0, NOON - DAY, doubtful=True)

        assert quiet(GuardState(odd_prices=(odd,))).odd_prices == (replace(odd, until=NOON),)

    def test_decides_a_jump_that_waits_and_begins_none(self) -> None:
        found = quiet(GuardState(jumps=(jump(at=NOON - HOUR),)), moves={"BTC": -5.0}, usd=-5.0)

        assert [known.verdict for known in found.jumps] == [Verdict.NOT_COUNTED]

    def test_tells_what_moved_beside_the_jumps(self) -> None:
        """Of fifteen that left, five are of the jump's asset; of twenty that came to another, twelve are its."""
        drop = jump("BTC", -28, verdict=Verdict.NOT_COUNTED, at=NOON - HOUR)
        came = jump("SOL", -12, verdict=Verdict.NOT_COUNTED, at=NOON - HOUR)

        found = quiet(GuardState(jumps=(drop, came)), moves={"BTC": -5.0, "SOL": 20.0}, usd=5.0)

        assert found.later_flows == (LaterFlow(NOON, {"BTC": -5.0, "SOL": 8.0, "": -10.0}),)

    @pytest.mark.parametrize(
        ("usd", "btc", "verdict"),
        [
            (-5.0, 0.0, Verdict.COUNTED),
            (-4.9, 0.0, Verdict.DOUBTED),
            (-5.0, -5.0, Verdict.COUNTED),
            (5.0, 10.0, Verdict.COUNTED),
            (5.0, 9.0, Verdict.DOUBTED),
        ],
    )
    def test_tells_whether_an_outflow_goes_on(self, usd: float, btc: float, verdict: Verdict) -> None:
        """What comes back of the jump does not make up for what left beside it."""
        known = jump(at=NOON - HOUR, reason=JumpReason.TOGETHER)

        (found,) = quiet(GuardState(jumps=(known,)), moves={"BTC": btc} if btc else {}, usd=usd).jumps

        assert found.verdict is verdict

    def test_of_an_exchange_that_had_nothing_says_nothing(self) -> None:
        known = jump(at=NOON - HOUR, reason=JumpReason.TOGETHER)
        diff = ReadingDiff(holding(0, at=NOON - HOUR), holding(0), 0.0, 0.0)

        (found,) = inspect(GuardState(jumps=(known,)), GuardInput(diff, (), NO_OTHERS)).jumps

        assert found.verdict is Verdict.DOUBTED

    @pytest.mark.parametrize(
        ("closed", "verdict"),
        [(SHUT, Verdict.COUNTED), (majors("BTC"), Verdict.NOT_COUNTED)],
    )
    def test_counts_a_drop_once_withdrawals_of_two_majors_are_closed(self, closed: Majors, verdict: Verdict) -> None:
        (found,) = quiet(GuardState(jumps=(jump(at=NOON - HOUR),)), withdrawals=closed).jumps

        assert found.verdict is verdict

    @pytest.mark.parametrize(("gap", "verdict"), [(12 * HOUR, Verdict.DOUBTED), (12 * HOUR + SECOND, Verdict.COUNTED)])
    def test_is_sparse_where_the_one_before_is_more_than_twelve_hours_old(
        self, gap: timedelta, verdict: Verdict
    ) -> None:
        series = on_chains(TestWhatIsRecorded.UNITS, TestWhatIsRecorded.UNITS)
        series[1] = replace(series[1], as_of=series[0].as_of + gap)
        known = jump("BTC", at=NOON, reason=JumpReason.TOGETHER)

        assert [found.verdict for found in step(GuardState(jumps=(known,)), *series).jumps] == [verdict]


ASSETS = ("USDT", "BTC", "ETH", "SOL")
AMOUNTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0.1, 0.5, 0.65, 0.9, 0.995, 1.005, 1.1, 1.5, 2.0])), max_size=2
)


def series_of(parts: Mapping[str, Sequence[float]], *, hours: float) -> list[Reading]:
    """Return readings in which each asset, on a chain of its own, is such a part of 300."""
    counted = range(len(parts[ASSETS[0]]))
    return on_chains(
        *[{f"{asset}/{asset}": 300.0 * parts[asset][number] for asset in ASSETS} for number in counted], hours=hours
    )


def lived(steps: Sequence[Sequence[tuple[int, float]]], *, hours: float) -> list[Reading]:
    """Return readings in which assets are at a time such a part of what they were at first; a step lasts two."""
    parts = {asset: [1.0] for asset in ASSETS}
    for changed in steps:
        for number, asset in enumerate(ASSETS):
            parts[asset] += [dict(changed).get(number, 1.0)] * 2
    return series_of(parts, hours=hours)


Spells = Sequence[tuple[int, int, float]]
"""After so many quiet days an asset is for so many days such a part of itself, time and again."""
SPELLS = st.tuples(
    *[
        st.lists(
            st.tuples(st.integers(1, 20), st.integers(1, 50), st.sampled_from([0.1, 0.5, 0.9, 1.1, 1.5, 3.0])),
            max_size=6,
        )
        for _ in ASSETS
    ]
)


def spent(spells: Spells, *, days: int) -> list[float]:
    """Return which part of itself an asset is on each day; on the first day and after the spells it is all of it."""
    parts = [1.0]
    for quiet_days, length, part in spells:
        if len(parts) + quiet_days + length < days:
            parts += [1.0] * quiet_days + [part] * length
    return [*parts, *[1.0] * (days - len(parts))]


class TestTheReadingsAlone:
    @WAYS
    @settings(max_examples=25, deadline=None)
    @given(steps=st.lists(AMOUNTS, min_size=1, max_size=8), hours=st.sampled_from([1.0, 7.0, 24.0]))
    def test_decide_whichever_way_flows_are_computed(
        self, by: Arithmetic[Any], steps: list[list[tuple[int, float]]], hours: float
    ) -> None:
        in_detail = ExchangeState(EXAMPLE)
        in_columns = replace(
            in_detail, computation=ColumnComputation(EXAMPLE.own_tokens, by, max_readings=8, shows_assets=True)
        )
        for latest in lived(steps, hours=hours):
            in_detail, in_columns = in_detail.with_reading(latest), in_columns.with_reading(latest)

            for found, expected in zip(in_columns.guard_state.jumps, in_detail.guard_state.jumps, strict=True):
                assert (found.verdict, found.turns, found.at) == (expected.verdict, expected.turns, expected.at)
                assert found.standing == pytest.approx(expected.standing, abs=1e-9)
            assert len(in_columns.guard_state.later_flows) == len(in_detail.guard_state.later_flows)

    @settings(max_examples=25, deadline=None)
    @given(before=SPELLS, since=SPELLS)
    def test_of_the_last_hundred_and_twenty_five_days_make_the_state_again(
        self, before: Sequence[Spells], since: Sequence[Spells]
    ) -> None:
        """Where nothing of what is older is remembered by then: a restart cannot know of it."""
        early, late = ([spent(spells, days=days) for spells in each] for each, days in ((before, 25), (since, 123)))
        parts = {asset: [*early[number], *[1.0] * 95, *late[number]] for number, asset in enumerate(ASSETS)}
        series = series_of(parts, hours=24)
        ran_on, restarted = state_after(series), state_after(series[-125:])

        for base in series[-35:]:
            assert flow_usd([base, series[-1]], ran_on) == pytest.approx(flow_usd([base, series[-1]], restarted))
        since_then = [known for known in ran_on.jumps if known.at >= series[-125].as_of]
        assert [(known.at, known.verdict) for known in since_then] == [
            (known.at, known.verdict) for known in restarted.jumps
        ]

    @settings(max_examples=25, deadline=None)
    @given(steps=st.lists(AMOUNTS, min_size=1, max_size=8), hours=st.sampled_from([1.0, 24.0]))
    def test_never_make_more_of_a_change_than_it_is(self, steps: list[list[tuple[int, float]]], hours: float) -> None:
        """For every window and asset the counted flow lies between nothing and what the amounts say."""
        series = lived(steps, hours=hours)
        for count in range(2, len(series) + 1):
            known = state_after(series[:count])
            for base in series[: count - 1]:
                raw = {
                    asset: series[count - 1].by_asset()[asset].amount - base.by_asset()[asset].amount
                    for asset in ASSETS
                }
                flow = flow_usd([base, series[count - 1]], known)
                assert sum(min(0.0, usd) for usd in raw.values()) - 1e-9 <= flow
                assert flow <= sum(max(0.0, usd) for usd in raw.values()) + 1e-9

    def test_are_not_changed_by_what_the_last_move_saw(self) -> None:
        """A round looks at every exchange's move before its state: the state is the same with or without that."""
        series = readings(USDT=(100, 50, 50), BTC=(900, 900, 900))
        state = ExchangeState(EXAMPLE).with_reading(series[0])

        move = state.last_move(series[1])
        seen = state.with_reading(series[1], NO_OTHERS.after([move]))

        assert seen == state.with_reading(series[1])
        assert move == LastMove(series[1], move.diff, -0.05, True, False, move.state)  # noqa: FBT003 — as it is made
