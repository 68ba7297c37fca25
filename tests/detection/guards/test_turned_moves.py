"""What of later moves belongs to jumps that are known, and for how long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.guards.turned_moves import (
    REMEMBERED,
    recently_wrong,
    tracked_assets,
    with_moves_taken,
    without_old_moves,
)
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from bot.domain.reading import Holding
from tests.builders import DAY, HOUR, NOON, jump

SECOND = timedelta(seconds=1)
CAME = jump("USDT", 60, reason=JumpReason.APPEARED, verdict=Verdict.NOT_COUNTED)
LEFT = jump("USDT", -60, verdict=Verdict.NOT_COUNTED)
NOTHING = jump("USDT", 0, verdict=Verdict.NOT_COUNTED)
LARGE = jump("USDT", -60, reason=JumpReason.LARGE, verdict=Verdict.COUNTED)
BACK = jump("USDT", -60, verdict=Verdict.RETURNED, turned=NOON + HOUR)


def taken(known: Jump, units: float, *, after: timedelta = HOUR) -> tuple[float, float]:
    """Return how many units a jump takes of a later move, and how many are left."""
    (changed,), left = with_moves_taken((known,), {"USDT": units}, NOON + after, {})
    moved = sum(move.amount for move in changed.parts[0].moves) - sum(move.amount for move in known.parts[0].moves)
    assert changed.parts[0].amount == known.parts[0].amount
    return moved, left["USDT"]


class TestAMoveOfTheSameAsset:
    @pytest.mark.parametrize(
        ("known", "units", "expected"),
        [
            (CAME, -25, (-25, 0)),
            (CAME, -60, (-60, 0)),
            (CAME, -110, (-60, -50)),
            (CAME, 10, (0, 10)),
            (LEFT, 25, (25, 0)),
            (LEFT, 110, (60, 50)),
            (LEFT, -10, (0, -10)),
            (LEFT, 0, (0, 0)),
            (NOTHING, 10, (0, 10)),
        ],
    )
    def test_belongs_to_a_jump_up_to_what_of_it_stands(
        self, known: Jump, units: float, expected: tuple[float, float]
    ) -> None:
        assert taken(known, units) == expected

    def test_may_take_it_in_any_number_of_steps(self) -> None:
        known, counted = CAME, 0.0
        for hour in range(1, 11):
            (known,), left = with_moves_taken((known,), {"USDT": -7}, NOON + hour * HOUR, {})
            counted += left["USDT"]

        assert (known.standing, counted) == (0.0, -10.0)
        assert known.parts[0].moves == (
            Move(NOON, 60),
            *(Move(NOON + hour * HOUR, -7) for hour in range(1, 9)),
            Move(NOON + 9 * HOUR, -4),
        )

    def test_may_bring_back_what_had_left_again(self) -> None:
        """Half of a label goes and comes once more: it was never flow."""
        (known,), _ = with_moves_taken((CAME,), {"USDT": -25}, NOON + HOUR, {})

        assert taken(known, 40, after=2 * HOUR) == (25, 15)

    def test_belongs_to_the_newest_jump_first(self) -> None:
        newer = replace(CAME, at=NOON + HOUR, parts=(JumpPart("USDT", 20, (Move(NOON + HOUR, 20),)),))

        (older, newer), left = with_moves_taken((CAME, newer), {"USDT": -50}, NOON + 2 * HOUR, {})

        assert (newer.standing, older.standing, left["USDT"]) == (0.0, 0.5, 0.0)

    @pytest.mark.parametrize("known", [CAME, LEFT])
    def test_of_another_asset_does_not(self, known: Jump) -> None:
        (found,), left = with_moves_taken((known,), {"BTC": -50}, NOON + HOUR, {})

        assert found is known
        assert left == {"BTC": -50.0}

    def test_is_taken_from_each_part_of_a_jump(self) -> None:
        both = replace(CAME, parts=(CAME.parts[0], JumpPart("TRX", 5, (Move(NOON, 5),))))

        (known,), left = with_moves_taken((both,), {"USDT": -15, "TRX": -7}, NOON + HOUR, {})

        assert [part.moves[-1].amount for part in known.parts] == [-15, -5]
        assert (left, known.standing) == ({"USDT": 0.0, "TRX": -2.0}, 0.75)


class TestAJumpTakesMoves:
    @pytest.mark.parametrize(
        ("known", "last"),
        [
            (LARGE, 2 * DAY),
            (replace(LEFT, verdict=Verdict.COUNTED), 2 * DAY),
            (replace(LARGE, verdict=Verdict.WAITING), 2 * DAY),
            (LEFT, REMEMBERED - SECOND),
            (CAME, REMEMBERED - SECOND),
            (replace(LEFT, verdict=Verdict.DOUBTED), REMEMBERED - SECOND),
            (replace(LEFT, verdict=Verdict.WAITING), REMEMBERED - SECOND),
        ],
    )
    def test_for_two_days_where_it_is_flow_and_else_for_ninety(self, known: Jump, last: timedelta) -> None:
        units = -0.5 * known.parts[0].amount

        assert taken(known, units, after=last) == (units, 0)
        assert taken(known, units, after=last + SECOND) == (0, units)
        assert tracked_assets([known], NOON + last) == {"USDT"}
        assert tracked_assets([known], NOON + last + SECOND) == (
            {"USDT"} if known.reason is JumpReason.LARGE else set()
        )

    @pytest.mark.parametrize(
        ("units", "after", "is_taken"),
        [
            (54.0, 30 * DAY, True),
            (53.9, 30 * DAY, False),
            (66.0, 30 * DAY, True),
            (66.1, 30 * DAY, False),
            (60.0, 30 * DAY + SECOND, False),
            (-60.0, 3 * DAY, False),
        ],
    )
    def test_that_bring_all_of_it_back_in_one_step_for_thirty_days(
        self, units: float, after: timedelta, *, is_taken: bool
    ) -> None:
        kept = min(units, 60.0)

        known = replace(LARGE, share=-0.03)

        assert taken(known, units, after=after) == ((kept, units - kept) if is_taken else (0, units))
        assert tracked_assets([known], NOON + after) == ({"USDT"} if after <= 30 * DAY else set())

    @pytest.mark.parametrize(
        "known",
        [
            replace(LARGE, turns=2, turned_at=NOON),
            replace(LEFT, verdict=Verdict.COUNTED),
            jump("USDT", 60, share=0.05, reason=JumpReason.LARGE, verdict=Verdict.COUNTED),
            replace(LARGE, share=-0.0299),
        ],
        ids=["turned before", "looked like upkeep", "came in", "no larger than what customers do"],
    )
    def test_that_bring_all_of_it_back_only_of_a_large_drop_that_never_turned(self, known: Jump) -> None:
        units = -known.parts[0].amount

        assert taken(known, units, after=3 * DAY) == (0, units)
        assert tracked_assets([known], NOON + 3 * DAY) == set()

    @pytest.mark.parametrize(("after", "is_taken"), [(2 * DAY, True), (2 * DAY + SECOND, False)])
    def test_for_two_days_from_when_a_large_one_turned_last(self, after: timedelta, *, is_taken: bool) -> None:
        known = replace(LARGE, turned_at=NOON + 30 * HOUR)

        assert (taken(known, 30, after=30 * HOUR + after) == (30, 0)) is is_taken


class TestWhatHasComeBackMayLeaveAgain:
    @pytest.mark.parametrize(
        ("units", "after", "is_taken"),
        [
            (-30.1, 2 * HOUR, True),
            (-30, 2 * HOUR, False),
            (-60, 49 * HOUR, True),
            (-60, 49 * HOUR + SECOND, False),
        ],
    )
    @pytest.mark.parametrize("scale", [1.0, 2.0**-10])
    def test_within_two_days_and_by_more_than_half_of_itself(
        self, units: float, after: timedelta, scale: float, *, is_taken: bool
    ) -> None:
        """Sixty coins or a hundredth of one, which may be worth as much."""
        known, units = jump("USDT", -60 * scale, verdict=Verdict.RETURNED, turned=NOON + HOUR), units * scale

        assert taken(known, units, after=after) == ((units, 0) if is_taken else (0, units))

    @pytest.mark.parametrize(("units", "is_taken"), [(-20.1, True), (-20, False)])
    def test_with_what_of_it_never_came_back(self, units: float, *, is_taken: bool) -> None:
        """Ten of sixty are still away: with twenty more it is half."""
        most = replace(BACK, parts=(JumpPart("USDT", -60, (Move(NOON, -60), Move(NOON + HOUR, 50))),))

        assert taken(most, units) == pytest.approx((units, 0) if is_taken else (0, units))

    def test_only_where_it_is_said_when_it_came_back(self) -> None:
        assert taken(replace(BACK, turned_at=None), -60) == (0, -60)

    def test_what_is_still_away_comes_back_whatever_its_size(self) -> None:
        most = replace(BACK, parts=(JumpPart("USDT", -60, (Move(NOON, -60), Move(NOON + HOUR, 50))),))

        assert taken(most, 3, after=60 * HOUR) == (3, 0)

    def test_what_customers_do_meanwhile_does_not_wear_it_out(self) -> None:
        """A tenth of it leaves and comes again, fifty times; then the label is gone."""
        known = CAME
        for hour in range(1, 101):
            (known,), left = with_moves_taken((known,), {"USDT": 6 * (-1) ** hour}, NOON + hour * HOUR, {})
            assert left == {"USDT": 0}

        assert taken(known, -60, after=101 * HOUR) == (-60, 0)


class TestTheSameFractionAgain:
    """Of 200 BTC 60 were away, and are back: three tenths."""

    BACK = replace(BACK, parts=(replace(BACK.parts[0], before=200.0),))

    @staticmethod
    def repeats(units: float, held: float, known: Jump) -> bool:
        (found,), _ = with_moves_taken((known,), {"USDT": units}, NOON + 3 * HOUR, {"USDT": Holding(held, 7 * held)})
        return found.repeats

    @pytest.mark.parametrize(
        ("units", "held", "is_same"),
        [
            (-60.0, 200.0, True),
            (-58.21, 200.0, True),
            (-58.19, 200.0, False),
            (-61.79, 200.0, True),
            (-61.81, 200.0, False),
            (-45.0, 150.0, True),
            (-60.0, 100.0, False),
            (-20.0, 200.0, False),
        ],
    )
    def test_is_within_three_percent_of_itself(self, units: float, held: float, *, is_same: bool) -> None:
        """Of what was there each time: customers may have taken out half of it meanwhile."""
        assert self.repeats(units, held, self.BACK) is is_same
        part = jump("USDT", -60 / 1024, turned=NOON + HOUR).parts[0]
        less = replace(self.BACK, parts=(replace(part, before=200 / 1024),))
        assert self.repeats(units / 1024, held / 1024, less) is is_same

    @pytest.mark.parametrize("verdict", [Verdict.WAITING, Verdict.NOT_COUNTED])
    @pytest.mark.parametrize("already", [True, False])
    def test_is_asked_when_it_goes_away_again(self, verdict: Verdict, *, already: bool) -> None:
        away = replace(self.BACK, parts=(replace(LEFT.parts[0], before=200.0),), repeats=already)

        assert self.repeats(30, 140, replace(away, verdict=verdict)) is already
        most = replace(away.parts[0], moves=(Move(NOON, -60), Move(NOON, 20)))
        assert self.repeats(-20, 160, replace(away, verdict=verdict, parts=(most,))) is already
        # What comes back of it says nothing either.
        assert self.repeats(30, 140, replace(away, parts=(most,))) is already

    @pytest.mark.parametrize("units", [-60, 0, 60])
    def test_is_not_asked_when_only_another_asset_of_it_moves(self, units: float) -> None:
        main = JumpPart("USDT", units, (Move(NOON, units), Move(NOON + HOUR, -units)), 200.0)
        side = JumpPart("TRX", -5, (Move(NOON, -5),))
        known = replace(self.BACK, parts=(main, side), repeats=True)

        (found,), _ = with_moves_taken((known,), {"TRX": 5}, NOON + 3 * HOUR, {"USDT": Holding(200, 200)})

        assert (found.parts[1].moves[-1].amount, found.repeats) == (5, True)

    def test_is_not_known_where_nothing_was_there_or_all_of_it_counts(self) -> None:
        nothing = replace(self.BACK.parts[0], amount=0.0, moves=(Move(NOON, 0.0),))
        other = replace(self.BACK.parts[0], asset="TRX")
        assert not self.repeats(0, 200.0, replace(self.BACK, parts=(nothing, other)))
        assert not self.repeats(-60, 0.0, self.BACK)
        assert not self.repeats(-60, 200.0, BACK)
        (found,), _ = with_moves_taken((self.BACK,), {"USDT": -60}, NOON + 3 * HOUR, {})
        assert not found.repeats


class TestAnAssetWasRecentlyWrong:
    @pytest.mark.parametrize(
        ("known", "after", "is_wrong"),
        [
            (BACK, 49 * HOUR, True),
            (BACK, 49 * HOUR + SECOND, False),
            (replace(BACK, usd=0.5), 2 * HOUR, False),
            (replace(BACK, verdict=Verdict.WAITING, turns=2), 2 * HOUR, False),
            (replace(BACK, turned_at=None), 2 * HOUR, False),
            (LEFT, HOUR, False),
        ],
        ids=["came back", "longer ago", "a rise", "away again", "never turned", "stays"],
    )
    def test_for_two_days_after_a_drop_of_it_came_back(self, known: Jump, after: timedelta, *, is_wrong: bool) -> None:
        assert recently_wrong([known], NOON + after) == ({"USDT"} if is_wrong else set())

    def test_with_every_asset_of_the_drop(self) -> None:
        side = JumpPart("TRX", -5, (Move(NOON, -5),))

        assert recently_wrong([LEFT, replace(BACK, parts=(*BACK.parts, side))], NOON + 2 * HOUR) == {"USDT", "TRX"}


class TestMovesBeforeAllWindows:
    MOVES = tuple(Move(NOON + hour * HOUR, amount) for hour, amount in enumerate((60, -6, 6, -20)))

    @pytest.mark.parametrize(
        ("after", "moves"),
        [
            (timedelta(), MOVES),
            (HOUR, MOVES),
            (HOUR + SECOND, (Move(NOON + HOUR, 54), *MOVES[2:])),
            (2 * HOUR + SECOND, (Move(NOON + 2 * HOUR, 60), MOVES[3])),
            (DAY, (Move(NOON + 3 * HOUR, 40),)),
        ],
    )
    def test_are_added_up(self, after: timedelta, moves: tuple[Move, ...]) -> None:
        known = replace(CAME, parts=(JumpPart("USDT", 60, self.MOVES),))

        compact = without_old_moves(known, NOON + 35 * DAY + after)

        assert compact.parts == (JumpPart("USDT", 60, moves),)
        assert compact.standing == known.standing
        assert (compact is known) is (moves == self.MOVES)
