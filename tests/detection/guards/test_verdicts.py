"""What becomes of a jump, and from which figure or hour on."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.guards.verdicts import Evidence, is_run_under_way, judged
from bot.domain.guard_state import LargeStep, LaterFlow
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from tests.builders import DAY, HOUR, NOON, jump

SECOND = timedelta(seconds=1)
DROP = jump("BTC", -100)
LARGE = jump("BTC", -100, reason=JumpReason.LARGE, verdict=Verdict.COUNTED)
EVENLY = jump("BTC", -100, reason=JumpReason.EVENLY)
TOGETHER = jump("BTC", -100, reason=JumpReason.TOGETHER)
LEFT_OUT = replace(DROP, verdict=Verdict.NOT_COUNTED, decided_at=NOON)
DOUBTED = replace(TOGETHER, verdict=Verdict.DOUBTED, decided_at=NOON)
RETURNED = jump("BTC", -100, verdict=Verdict.RETURNED, turned=NOON + HOUR)


def after(  # noqa: PLR0913 — what a reading may say
    *known: Jump,
    at: datetime = NOON + HOUR,
    share: float = 0.0,
    later: Sequence[LaterFlow] = (),
    has_closed: bool = False,
    is_sparse: bool = False,
    unseen: Collection[str] = (),
) -> tuple[Jump, ...]:
    """Return jumps with their verdicts after one more reading."""
    return judged(known, Evidence(at, share, later, has_closed, is_sparse, unseen))


def with_moves(known: Jump, *amounts: float) -> Jump:
    """Return a jump of which so much turned round, an hour after the other."""
    part = known.parts[0]
    moves = tuple(Move(NOON + hour * HOUR, amount) for hour, amount in enumerate((part.amount, *amounts)))
    return replace(known, parts=(replace(part, moves=moves),))


def verdict_of(found: tuple[Jump, ...]) -> Verdict:
    """Return the verdict of the only jump there is."""
    (only,) = found
    return only.verdict


class TestAJumpThatWaits:
    @pytest.mark.parametrize(
        ("known", "verdict"),
        [
            (DROP, Verdict.NOT_COUNTED),
            (replace(DROP, usd=100.0), Verdict.NOT_COUNTED),
            (EVENLY, Verdict.COUNTED),
            (TOGETHER, Verdict.DOUBTED),
            (replace(TOGETHER, usd=0.5), Verdict.NOT_COUNTED),
            (replace(LARGE, verdict=Verdict.WAITING), Verdict.COUNTED),
        ],
    )
    def test_is_decided_by_the_next_reading(self, known: Jump, verdict: Verdict) -> None:
        assert after(known) == (replace(known, verdict=verdict, decided_at=NOON + HOUR),)

    def test_does_not_wait_for_longer_where_readings_come_quickly(self) -> None:
        assert verdict_of(after(DROP, at=NOON + SECOND)) is Verdict.NOT_COUNTED

    @pytest.mark.parametrize(("waited", "verdict"), [(HOUR - SECOND, Verdict.WAITING), (HOUR, Verdict.COUNTED)])
    def test_waits_for_an_hour_where_it_is_large_and_its_asset_was_wrong_before(
        self, waited: timedelta, verdict: Verdict
    ) -> None:
        assert verdict_of(after(replace(LARGE, verdict=Verdict.WAITING), at=NOON + waited)) is verdict

    @pytest.mark.parametrize("known", [DROP, EVENLY, TOGETHER])
    @pytest.mark.parametrize(("back", "has_returned"), [(50.0, False), (50.1, True), (100.0, True)])
    def test_has_returned_once_more_than_half_is_back(self, known: Jump, back: float, *, has_returned: bool) -> None:
        (found,) = after(with_moves(known, back))

        assert (found.verdict is Verdict.RETURNED) is has_returned
        assert (found.turns, found.turned_at) == ((1, NOON + HOUR) if has_returned else (0, None))
        assert found.decided_at == NOON + HOUR

    @pytest.mark.parametrize(
        ("after_jump", "unseen", "waits"),
        [
            (HOUR, {"BTC"}, True),
            (HOUR, {"ETH", "BTC on Base"}, False),
            (2 * DAY, {"BTC"}, True),
            (2 * DAY + SECOND, {"BTC"}, False),
        ],
    )
    def test_waits_for_two_days_for_a_part_that_is_not_told(
        self, after_jump: timedelta, unseen: Collection[str], *, waits: bool
    ) -> None:
        verdict = verdict_of(after(DROP, at=NOON + after_jump, unseen=unseen))

        assert verdict is (Verdict.WAITING if waits else Verdict.NOT_COUNTED)


class TestSeveralExchangesAtOnce:
    @pytest.mark.parametrize(
        ("share", "usd", "is_sparse", "verdict"),
        [
            (-0.005, -100.0, False, Verdict.COUNTED),
            (-0.0049, -100.0, False, Verdict.DOUBTED),
            (0.005, -100.0, False, Verdict.DOUBTED),
            (0.0, -100.0, True, Verdict.COUNTED),
            (-0.005, 100.0, False, Verdict.NOT_COUNTED),
            (0.0, 100.0, True, Verdict.NOT_COUNTED),
        ],
    )
    def test_are_believed_where_it_goes_on_or_readings_are_sparse_and_doubted_else(
        self, share: float, usd: float, verdict: Verdict, *, is_sparse: bool
    ) -> None:
        assert verdict_of(after(replace(TOGETHER, usd=usd), share=share, is_sparse=is_sparse)) is verdict

    def test_one_alone_is_not_believed_however_it_goes_on(self) -> None:
        assert verdict_of(after(DROP, share=-0.01)) is verdict_of(after(DROP, is_sparse=True)) is Verdict.NOT_COUNTED


class TestTurns:
    @pytest.mark.parametrize("known", [LARGE, LEFT_OUT, DOUBTED, replace(EVENLY, verdict=Verdict.COUNTED)])
    def test_what_comes_back_was_no_flow_whatever_was_said_of_it(self, known: Jump) -> None:
        (found,) = after(with_moves(known, 80.0), at=NOON + 5 * HOUR)

        assert (found.verdict, found.turns) == (Verdict.RETURNED, 1)
        assert found.turned_at == found.decided_at == NOON + 5 * HOUR

    @pytest.mark.parametrize("known", [LARGE, DOUBTED, replace(EVENLY, verdict=Verdict.COUNTED)])
    def test_of_what_counted_the_part_that_did_not_come_back_goes_on_to_count(self, known: Jump) -> None:
        (found,) = after(with_moves(known, 60.0, 15.0), at=NOON + 5 * HOUR)

        moves = (Move(NOON, -75.0), Move(NOON + HOUR, 60.0), Move(NOON + 2 * HOUR, 15.0))
        assert found.parts == (JumpPart("BTC", -75.0, moves),)
        assert [found.usd, found.share] == pytest.approx([-75.0, -0.0375])
        assert found.standing == 0.0

    def test_of_several_assets_each_goes_on_to_count_for_its_own_part(self) -> None:
        side = JumpPart("ETH", -40.0, (Move(NOON, -40.0),))
        both = replace(LARGE, parts=(*with_moves(LARGE, 90.0).parts, side))

        (found,) = after(both)

        assert [part.amount for part in found.parts] == [-90.0, 0.0]
        assert found.parts[1].moves == (Move(NOON, 0.0),)

    def test_what_is_left_of_a_large_amount_that_came_is_remembered_by_itself(self) -> None:
        """Of 100 that came 75 left: they are returned, and 25 go on to count and may leave as well."""
        came = replace(LARGE, usd=100.0, share=0.05, parts=(JumpPart("BTC", 100.0, (Move(NOON, 100.0),), 400.0),))

        returned, rest = after(with_moves(came, -60.0, -15.0), at=NOON + 5 * HOUR)

        assert (returned.verdict, returned.standing, returned.usd) == (Verdict.RETURNED, 0.0, 75.0)
        assert rest == replace(came, usd=25.0, share=0.0125, parts=(JumpPart("BTC", 25.0, (Move(NOON, 25.0),), 400.0),))
        (left,) = after(with_moves(rest, -25.0), at=NOON + 9 * HOUR)
        assert (left.verdict, left.standing) == (Verdict.RETURNED, 0.0)

    @pytest.mark.parametrize(
        ("known", "share", "is_remembered"),
        [
            (LARGE, 0.0041, True), (LARGE, 0.0039, False), (LARGE, -0.05, False),
            (replace(EVENLY, verdict=Verdict.COUNTED), 0.05, False), (LEFT_OUT, 0.05, False),
        ],
    )  # fmt: skip
    def test_from_a_thousandth_of_reserves_on_where_it_counted_as_a_large_move(
        self, known: Jump, share: float, *, is_remembered: bool
    ) -> None:
        sign = 1.0 if share > 0 else -1.0
        came = replace(known, usd=sign * 100.0, share=share, parts=(JumpPart("BTC", 100.0, (Move(NOON, 100.0),)),))

        assert len(after(with_moves(came, -75.0))) == (2 if is_remembered else 1)

    def test_of_what_was_left_out_nothing_counts(self) -> None:
        known = with_moves(LEFT_OUT, 60.0)

        (found,) = after(known)

        assert (found.parts, found.usd, found.standing) == (known.parts, -100.0, 0.4)

    def test_what_stays_as_it_is_keeps_its_verdict_and_hour(self) -> None:
        known = (LARGE, LEFT_OUT, DOUBTED, RETURNED)

        assert after(*known) == known
        assert after(with_moves(LARGE, 40.0)) == (with_moves(LARGE, 40.0),)

    def test_away_again_waits(self) -> None:
        again = with_moves(replace(RETURNED, parts=DROP.parts), 100.0, -80.0)

        (found,) = after(again, at=NOON + 2 * HOUR)

        assert (found.verdict, found.turns, found.turned_at) == (Verdict.WAITING, 2, NOON + 2 * HOUR)
        assert found.decided_at == RETURNED.decided_at

    @pytest.mark.parametrize(
        ("repeats", "waited", "is_decided"),
        [
            (False, HOUR - SECOND, False),
            (False, HOUR, True),
            (True, HOUR, False),
            (True, 12 * HOUR - SECOND, False),
            (True, 12 * HOUR, True),
        ],
    )
    @pytest.mark.parametrize(
        ("reason", "verdict"), [(JumpReason.ALONE, Verdict.NOT_COUNTED), (JumpReason.LARGE, Verdict.COUNTED)]
    )
    def test_the_same_amount_waits_for_half_a_day_and_another_for_an_hour(
        self, waited: timedelta, reason: JumpReason, verdict: Verdict, *, repeats: bool, is_decided: bool
    ) -> None:
        again = replace(DROP, reason=reason, turns=2, turned_at=NOON + 2 * HOUR, repeats=repeats)

        found = verdict_of(after(again, at=NOON + 2 * HOUR + waited))

        assert found is (verdict if is_decided else Verdict.WAITING)

    @pytest.mark.parametrize(
        ("asset", "usd", "moved_at", "is_decided"),
        [
            ("ETH", -13.5, NOON + 2 * HOUR, True),
            ("ETH", -13.4, NOON + 2 * HOUR, False),
            ("ETH", -500.0, NOON + 2 * HOUR - SECOND, False),
            ("BTC", -500.0, NOON + 3 * HOUR, False),
        ],
    )
    def test_the_same_amount_waits_for_an_hour_where_the_rest_leaves_with_it(
        self, asset: str, usd: float, moved_at: datetime, *, is_decided: bool
    ) -> None:
        again = replace(LARGE, verdict=Verdict.WAITING, turns=2, turned_at=NOON + 2 * HOUR, repeats=True)
        later = [LaterFlow(moved_at, {asset: usd})]

        assert verdict_of(after(again, at=NOON + 3 * HOUR - SECOND, later=later)) is Verdict.WAITING
        found = verdict_of(after(again, at=NOON + 3 * HOUR, later=later))
        assert found is (Verdict.COUNTED if is_decided else Verdict.WAITING)

    def test_each_turn_is_counted(self) -> None:
        known, amounts = DROP, []
        for hour, amount in enumerate((100.0, -100.0, 100.0, -100.0), 1):
            amounts.append(amount)
            (known,) = after(replace(known, parts=with_moves(DROP, *amounts).parts), at=NOON + hour * HOUR)
            assert (known.turns, known.turned_at) == (hour, NOON + hour * HOUR)
            assert known.verdict is (Verdict.RETURNED if hour % 2 else Verdict.WAITING)


class TestADropThatWasNotCounted:
    @pytest.mark.parametrize(
        ("moved", "counts"),
        [
            ((-13.5,), True),
            ((-13.4,), False),
            ((-7.0, -6.5), True),
            ((-14.0, 1.0), False),
        ],
    )
    def test_counts_once_the_rest_has_lost_one_and_a_half_percent(
        self, moved: Sequence[float], *, counts: bool
    ) -> None:
        later = [LaterFlow(NOON + (hour + 1) * HOUR, {"ETH": usd}) for hour, usd in enumerate(moved)]

        (found,) = after(LEFT_OUT, at=NOON + 2 * HOUR, later=later)

        counted = replace(LEFT_OUT, verdict=Verdict.COUNTED, decided_at=NOON + 2 * HOUR)
        assert found == (counted if counts else LEFT_OUT)

    def test_is_not_its_own_rest(self) -> None:
        later = [LaterFlow(NOON + HOUR, {"BTC": -50.0, "ETH": -13.0})]

        assert verdict_of(after(LEFT_OUT, later=later)) is Verdict.NOT_COUNTED
        # Of a jump in everything the rest is what everything does afterwards.
        assert verdict_of(after(DOUBTED, later=later)) is Verdict.COUNTED

    @pytest.mark.parametrize(("at", "counts"), [(NOON, False), (NOON + SECOND, True)])
    def test_counts_by_what_left_after_it(self, at: datetime, *, counts: bool) -> None:
        found = verdict_of(after(LEFT_OUT, later=[LaterFlow(at, {"ETH": -20.0})]))

        assert (found is Verdict.COUNTED) is counts

    @pytest.mark.parametrize("known", [LEFT_OUT, DOUBTED])
    def test_counts_once_withdrawals_close(self, known: Jump) -> None:
        assert after(known, has_closed=True) == (replace(known, verdict=Verdict.COUNTED, decided_at=NOON + HOUR),)

    @pytest.mark.parametrize(("age", "counts"), [(72 * HOUR, True), (72 * HOUR + SECOND, False)])
    def test_for_three_days(self, age: timedelta, *, counts: bool) -> None:
        assert (verdict_of(after(LEFT_OUT, at=NOON + age, has_closed=True)) is Verdict.COUNTED) is counts

    def test_may_count_in_the_reading_that_leaves_it_out(self) -> None:
        assert verdict_of(after(DROP, has_closed=True)) is Verdict.COUNTED

    @pytest.mark.parametrize(
        "known", [replace(LEFT_OUT, usd=0.5), RETURNED, replace(DROP, turns=2, turned_at=NOON + HOUR)]
    )
    def test_alone_does_and_no_rise_nor_what_has_returned_or_waits(self, known: Jump) -> None:
        """New wallets of the exchange would hide what customers take out."""
        later = [LaterFlow(NOON + HOUR, {"ETH": -500.0})]

        assert verdict_of(after(known, later=later, has_closed=True)) is known.verdict


class TestThreeDropsOfOneAsset:
    @staticmethod
    def drops(*days: float, asset: str = "BTC") -> list[Jump]:
        return [replace(jump(asset, -10, at=NOON + day * DAY), verdict=Verdict.NOT_COUNTED) for day in days]

    def verdicts(self, *known: Jump, day: float) -> list[Verdict]:
        return [found.verdict for found in after(*known, at=NOON + day * DAY)]

    def test_within_thirty_days_count_together(self) -> None:
        assert self.verdicts(*self.drops(0, 10, 30), day=30) == [Verdict.COUNTED] * 3

    def test_are_two_that_do_not_count_where_the_first_is_older(self) -> None:
        assert self.verdicts(*self.drops(0, 10, 30), day=30 + 1e-6) == [Verdict.NOT_COUNTED] * 3
        assert self.verdicts(*self.drops(0, 10, 20, 31), day=31) == [Verdict.NOT_COUNTED, *[Verdict.COUNTED] * 3]

    def test_are_needed(self) -> None:
        assert self.verdicts(*self.drops(0, 10), day=10) == [Verdict.NOT_COUNTED] * 2

    @pytest.mark.parametrize(
        "third",
        [
            jump("ETH", -10, verdict=Verdict.NOT_COUNTED),
            jump("BTC", 0.5, verdict=Verdict.NOT_COUNTED),
            jump("BTC", -10, verdict=Verdict.RETURNED, turned=NOON),
            jump("BTC", -10, reason=JumpReason.LARGE, verdict=Verdict.COUNTED),
            jump("BTC", -10, reason=JumpReason.TOGETHER, verdict=Verdict.DOUBTED),
        ],
    )
    def test_are_of_the_same_asset_and_all_left_out(self, third: Jump) -> None:
        found = after(*self.drops(0, 1), third, at=NOON + 4 * DAY)

        assert [jump.verdict for jump in found] == [Verdict.NOT_COUNTED, Verdict.NOT_COUNTED, third.verdict]

    def test_say_nothing_of_another_asset(self) -> None:
        btc, eth = self.drops(0, 1, 2), self.drops(0, 1, asset="ETH")

        assert self.verdicts(*btc, *eth, day=9) == [*[Verdict.COUNTED] * 3, *[Verdict.NOT_COUNTED] * 2]

    def test_may_be_complete_with_the_reading_that_decides_the_third(self) -> None:
        waiting = jump("BTC", -10, at=NOON + 9 * DAY)

        found = after(*self.drops(0, 1), waiting, at=NOON + 9 * DAY + HOUR)

        assert {(jump.verdict, jump.decided_at) for jump in found} == {(Verdict.COUNTED, NOON + 9 * DAY + HOUR)}

    def test_are_those_of_the_asset_with_the_largest_part(self) -> None:
        side = JumpPart("TRX", -1, (Move(NOON, -1),))
        drops = [replace(drop, parts=(*drop.parts, side)) for drop in self.drops(0, 1, 2)]

        assert self.verdicts(*drops, day=9) == [Verdict.COUNTED] * 3


class TestARunIsUnderWay:
    COUNTED = replace(DROP, verdict=Verdict.COUNTED, decided_at=NOON)

    @pytest.mark.parametrize(
        ("known", "age", "is_on"),
        [
            (COUNTED, 72 * HOUR, True),
            (COUNTED, 72 * HOUR + SECOND, False),
            (replace(COUNTED, reason=JumpReason.EVENLY), HOUR, True),
            (replace(COUNTED, reason=JumpReason.LARGE), HOUR, False),
            (replace(COUNTED, usd=0.5), HOUR, False),
            (replace(COUNTED, decided_at=None), HOUR, False),
            (LEFT_OUT, HOUR, False),
            (DOUBTED, HOUR, False),
            (DROP, HOUR, False),
        ],
    )
    def test_for_three_days_from_when_a_drop_was_counted_that_looked_like_upkeep(
        self, known: Jump, age: timedelta, *, is_on: bool
    ) -> None:
        assert is_run_under_way([RETURNED, known], NOON + age) is is_on

    @pytest.mark.parametrize(
        ("shares", "steps", "age", "is_on"),
        [
            ((-0.08,), (-0.08,), DAY, True),
            ((-0.08,), (-0.08,), DAY + SECOND, False),
            ((-0.079,), (-0.2,), HOUR, False),
            ((-0.2,), (-0.079,), HOUR, False),
            ((-0.04, -0.04), (-0.04, -0.04), HOUR, True),
            ((-0.2,), (), HOUR, False),  # a conversion: nothing left the whole
            ((-0.2,), (0.04,), HOUR, False),
            ((-0.2, -0.01), (0.0, -0.09), HOUR, False),  # what was converted in one step left in no other
            ((-0.08,), (-0.08, 0.04), HOUR, True),
            ((-0.08, -0.02), (-0.08, 0.04), HOUR, True),  # a deposit makes up for nothing that left
        ],
    )
    def test_for_a_day_after_large_steps_that_made_a_severe_outflow(
        self, shares: Sequence[float], steps: Sequence[float], age: timedelta, *, is_on: bool
    ) -> None:
        jumps = [replace(LARGE, at=NOON + hours * HOUR, share=share) for hours, share in enumerate(shares)]
        large_steps = [LargeStep(NOON + hours * HOUR, share) for hours, share in enumerate(steps)]

        assert is_run_under_way(jumps, NOON + age, large_steps) is is_on

    @pytest.mark.parametrize(
        "known",
        [DROP, LEFT_OUT, DOUBTED, RETURNED, replace(LARGE, verdict=Verdict.WAITING), replace(LARGE, usd=0.5)],
    )
    def test_not_by_a_step_that_is_held_or_doubted_or_came(self, known: Jump) -> None:
        assert not is_run_under_way([replace(known, share=-0.2)], NOON + HOUR, [LargeStep(NOON, -0.2)])

    def test_not_where_nothing_is_known(self) -> None:
        assert not is_run_under_way([], NOON)
