"""The life of jumps over many readings: no window shows what is no flow, whichever reading it begins with.

All amounts are at a dollar a unit, of 1,000 at the start unless it is said.
"""

import itertools
import operator
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.exchange_state import ExchangeState
from bot.domain.jump import JumpReason, Verdict
from bot.domain.reading import Reading
from tests.builders import HOUR, NOON, majors
from tests.detection.guards.worked_series import EXAMPLE, flow_between, flow_usd, on_chains, readings, state_after

SHUT = majors("BTC", "ETH")


def flows_into(series: Sequence[Reading], count: int) -> list[float]:
    """Return the flows of the windows that end with the reading `count`, from every earlier one, oldest first."""
    state = state_after(series[:count])
    return [flow_usd(series[start:count], state) for start in range(count - 1)]


def all_flows(series: Sequence[Reading]) -> list[float]:
    """Return the flows of every window that ends at any of the readings, as was known at its end."""
    return [usd for count in range(2, len(series) + 1) for usd in flows_into(series, count)]


def verdicts(series: Sequence[Reading]) -> list[list[Verdict]]:
    """Return the verdicts of the jumps after each reading but the first."""
    return [[jump.verdict for jump in state_after(series[:count]).jumps] for count in range(2, len(series) + 1)]


def nothing(flows: Sequence[float]) -> bool:
    return all(abs(usd) < 1e-9 for usd in flows)


class TestOnePartThatMovesAlone:
    @pytest.mark.parametrize("usdt", [50, 170])
    def test_and_stays_is_in_no_window_in_either_direction(self, usdt: float) -> None:
        series = readings(USDT=(100, usdt, usdt, usdt), BTC=(900,) * 4)

        assert verdicts(series) == [[Verdict.WAITING], [Verdict.NOT_COUNTED], [Verdict.NOT_COUNTED]]
        assert nothing(all_flows(series))

    @pytest.mark.parametrize("usdt", [50, 170, 300])
    @pytest.mark.parametrize("away", [1, 2, 5])
    def test_and_comes_back_is_in_no_window_in_either_direction(self, usdt: float, away: int) -> None:
        """Also not in one that begins while it was away."""
        series = readings(USDT=(100, *[usdt] * away, 100, 100), BTC=(900,) * (away + 3))

        assert verdicts(series)[-2:] == [[Verdict.RETURNED]] * 2
        assert nothing(all_flows(series))

    @settings(max_examples=50, deadline=None)
    @given(
        part=st.one_of(st.floats(0.05, 0.65), st.floats(1.35, 3.0)),
        days=st.integers(1, 34),
        left=st.lists(st.floats(0.991, 1.0), max_size=4),
    )
    def test_and_stays_for_weeks_shows_what_else_flows_and_no_more(
        self, part: float, days: int, left: list[float]
    ) -> None:
        """The figures are those of an exchange that never had the difference, unless the rest leaves as well."""
        btc = [900.0, 900.0, *itertools.accumulate([900.0, *left], operator.mul)]
        hours = [0.0, 1.0, *(24.0 * days + number for number in range(len(btc) - 2))]
        series = readings(hours=hours, USDT=[100.0, *[100 * part] * (len(btc) - 1)], BTC=btc)
        state = state_after(series)

        if not any(jump.verdict is Verdict.COUNTED and jump.reason is JumpReason.ALONE for jump in state.jumps):
            assert flow_usd(series, state) == pytest.approx(btc[-1] - 900.0)

    def test_and_comes_back_in_parts_is_in_no_window(self) -> None:
        series = readings(USDT=(100, 50, 50, 60, 70, 90, 100), BTC=(900,) * 7)

        assert nothing(all_flows(series))
        assert verdicts(series)[2:] == [[Verdict.NOT_COUNTED]] * 2 + [[Verdict.RETURNED]] * 2

    def test_shows_what_else_flows(self) -> None:
        series = readings(USDT=(100, 50, 50, 50), BTC=(900, 900, 895, 895))

        assert [flows_into(series, count)[0] for count in (2, 3, 4)] == [0.0, -5.0, -5.0]

    def test_that_comes_back_larger_brings_the_difference(self) -> None:
        series = readings(USDT=(100, 50, 50, 112), BTC=(900,) * 4)

        assert flows_into(series, 4) == [12.0, 12.0, 12.0]


class TestEverythingByOneFactor:
    UNITS = {"USDT": 300.0, "BTC": 400.0, "ETH": 300.0}  # noqa: RUF012 — never changed

    def by(self, *factors: float) -> list[Reading]:
        return on_chains(
            *[{f"{asset}/{asset}": units * factor for asset, units in self.UNITS.items()} for factor in factors]
        )

    def test_that_stays_is_believed(self) -> None:
        series = self.by(1, 0.5, 0.5, 0.5)

        assert verdicts(series) == [[Verdict.WAITING], [Verdict.COUNTED], [Verdict.COUNTED]]
        assert [flows_into(series, count)[0] for count in (2, 3, 4)] == [0.0, -500.0, -500.0]

    def test_that_comes_back_is_in_no_window(self) -> None:
        series = self.by(1, 0.5, 1, 1)

        assert verdicts(series) == [[Verdict.WAITING], [Verdict.RETURNED], [Verdict.RETURNED]]
        assert nothing(all_flows(series))

    def test_twice_within_two_days_waits_longer(self) -> None:
        series = self.by(1, 0.5, 1, 1, *[0.5] * 13)

        assert [found[0] for found in verdicts(series)[3:]] == [*[Verdict.WAITING] * 12, Verdict.COUNTED]


class TestChunksOfOneAsset:
    """35 % of the USDT leave at once, alone; then 35 % of the rest, and once more."""

    AMOUNTS = (100.0, 65.0, 42.0, 27.0)

    def chunks(self, *days: float) -> list[Reading]:
        """Return readings an hour before, at, and an hour after the days of the chunks."""
        amounts, hours = [100.0], [-1.0]
        for number, day in enumerate(days, 1):
            amounts += [self.AMOUNTS[number]] * 2
            hours += [24 * day, 24 * day + 1]
        return readings(hours=hours, USDT=amounts, BTC=[900.0] * len(amounts))

    def test_three_within_thirty_days_count_together(self) -> None:
        series = self.chunks(0, 15, 29.9)

        assert verdicts(series)[-1] == [Verdict.COUNTED] * 3
        assert flows_into(series, 6)[0] == 0.0
        assert flows_into(series, 7)[0] == -73.0

    def test_two_do_not(self) -> None:
        series = self.chunks(0, 15)

        assert verdicts(series)[-1] == [Verdict.NOT_COUNTED] * 2
        assert nothing(all_flows(series))

    def test_three_within_thirty_one_days_do_not(self) -> None:
        series = self.chunks(0, 15, 31)

        assert verdicts(series)[-1] == [Verdict.NOT_COUNTED] * 3
        assert nothing(all_flows(series))

    def test_what_follows_is_flow_at_once(self) -> None:
        series = self.chunks(0, 1, 2)
        series += readings(hours=[50.5], USDT=(17.0,), BTC=(900.0,))

        assert flows_into(series, 8)[0] == -83.0


class TestADropThatIsNotCounted:
    @staticmethod
    def lived(*steps: tuple[float, float], shut_from: float | None = None) -> tuple[list[Reading], ExchangeState]:
        """Return a life of 1,000 with 100 USDT, of which 50 leave alone at 0; then BTC are as `steps` (hour, amount).

        Withdrawals of two majors are closed from an hour on.
        """
        hours = [-1.0, 0.0, 1.0, *(hour for hour, _ in steps)]
        series = readings(
            hours=hours,
            USDT=[100.0, *[50.0] * (len(hours) - 1)],
            BTC=[900.0, 900.0, 900.0, *(amount for _, amount in steps)],
        )
        state = ExchangeState(EXAMPLE)
        for hour, latest in zip(hours, series, strict=True):
            closed = SHUT if shut_from is not None and hour >= shut_from else None
            state = state.with_reading(latest, withdrawals=closed)
        return series, state

    @pytest.mark.parametrize(
        ("steps", "counts"),
        [
            ([(2, 886.5)], True),
            ([(2, 886.6)], False),
            ([(2, 893), (25, 886.5)], True),
            ([(2, 893), (26, 886.5)], False),
            ([(72, 886.5)], True),
            ([(72.1, 886.5)], False),
            ([(2, 905), (3, 886.5)], True),
            ([(2, 905), (3, 886.6)], False),
        ],
    )
    def test_counts_after_all_when_the_rest_leaves(self, steps: Sequence[tuple[float, float]], *, counts: bool) -> None:
        """1.5 % of the 900 beside it, within 24 h, until 72 h after it."""
        series, state = self.lived(*steps)

        assert state.guard_state.jumps[0].verdict is (Verdict.COUNTED if counts else Verdict.NOT_COUNTED)
        assert flow_usd(series, state.guard_state) == pytest.approx(steps[-1][1] - 900 - (50 if counts else 0))

    @pytest.mark.parametrize(("hour", "counts"), [(0.0, True), (2.0, True), (72.0, True), (73.0, False)])
    def test_counts_after_all_when_withdrawals_close(self, hour: float, *, counts: bool) -> None:
        later = [float(hour) for hour in range(2, 75)]
        series, state = self.lived(*((each, 900 + each / 1000) for each in later), shut_from=hour)

        flow = flow_usd(series, state.guard_state)
        assert flow == pytest.approx(-50 + 0.074 if counts else 0.074)

    def test_counts_with_the_next_one_of_another_asset_which_waits_no_more(self) -> None:
        """A run that empties one asset after another is held for one reading."""
        series = readings(USDT=(100, 60, 60), ETH=(100, 100, 60), BTC=(800, 800, 800))

        assert verdicts(series) == [[Verdict.WAITING], [Verdict.COUNTED, Verdict.COUNTED]]
        assert flows_into(series, 3)[0] == -80.0

    @pytest.mark.parametrize("usdt", [160, 400])
    def test_a_rise_never_counts(self, usdt: float) -> None:
        """New wallets of the exchange would hide what customers take out."""
        series = readings(USDT=(100, usdt, usdt, usdt), BTC=(900, 900, 900, 850))
        state = ExchangeState(EXAMPLE)
        for latest in series:
            state = state.with_reading(latest, withdrawals=SHUT)

        assert state.guard_state.jumps[0].verdict is Verdict.NOT_COUNTED
        assert flow_usd(series, state.guard_state) == -50.0


class TestALargeMove:
    """Of 400 BTC 40 leave at once, and nobody takes that for upkeep: it is flow."""

    @pytest.mark.parametrize("btc", [360.0, 440.0])
    @pytest.mark.parametrize("away", [1, 20, 47])
    def test_that_turns_round_within_two_days_was_none(self, btc: float, away: int) -> None:
        series = readings(BTC=(400, *[btc] * away, 400, 400), ETH=(600,) * (away + 3))

        assert flows_into(series, away + 1)[0] == btc - 400
        for count in (away + 2, away + 3):
            assert nothing(flows_into(series, count))
        assert verdicts(series)[-1] == [Verdict.RETURNED]

    @pytest.mark.parametrize(
        ("hours", "btc", "back", "flow"),
        [
            (48.0, 360.0, 385.0, 0.0),
            (48.1, 360.0, 385.0, 25.0),
            (48.0, 440.0, 415.0, 0.0),
            (48.1, 440.0, 415.0, -25.0),
            (48.1, 440.0, 400.0, -40.0),
        ],
    )
    def test_that_turns_round_later_is_flow(self, hours: float, btc: float, back: float, flow: float) -> None:
        series = readings(hours=(-1, 0, 1, hours), BTC=(400, btc, btc, back), ETH=(600,) * 4)

        assert flows_into(series, 4) == [back - 400, flow, flow]

    @pytest.mark.parametrize(
        ("days", "back", "flow"),
        [
            (30.0, 400.0, 0.0),
            (30.0, 396.0, 0.0),
            (30.0, 404.0, 4.0),
            (30.0, 395.9, 35.9),
            (30.0, 404.1, 44.1),
            (30.01, 400.0, 40.0),
        ],
    )
    def test_that_left_and_is_back_whole_in_one_step_within_thirty_days_was_none(
        self, days: float, back: float, flow: float
    ) -> None:
        """It lay at an address that nobody had listed: to a tenth of itself, for customers move a little meanwhile."""
        series = readings(hours=(-1, 0, 1, 24 * days), BTC=(400, 360, 360, back), ETH=(600,) * 4)

        assert flows_into(series, 4) == pytest.approx([back - 400, flow, flow])

    @pytest.mark.parametrize(("btc", "back"), [(370.0, 0.0), (371.0, 29.0)])
    def test_below_an_elevated_one_is_no_cold_wallet_a_week_later(self, btc: float, back: float) -> None:
        """As much comes and goes on ordinary days: left out, the deposit would leave an outflow of 1.6 %."""
        series = readings(hours=(-1, 0, 1, 24 * 7), BTC=(400, btc, btc, 400), ETH=(600, 600, 600, 584))

        assert flows_into(series, 4) == pytest.approx([-16.0, back - 16.0, back - 16.0])

    def test_of_which_more_than_half_comes_back_goes_on_to_count_for_the_rest(self) -> None:
        """40 leave, 30 come back: the ten are flow in every window that contains the first step, and in no other."""
        series = readings(BTC=(400, 360, 390, 390, 400), ETH=(600,) * 5)

        assert flows_into(series, 3) == [-10.0, 0.0]
        assert flows_into(series, 4) == [-10.0, 0.0, 0.0]
        # What comes back of the ten later is a deposit.
        assert flows_into(series, 5) == [0.0, 10.0, 10.0, 10.0]

    def test_that_comes_in_and_leaves_in_steps_within_two_days_was_none(self) -> None:
        """40 come, 15 leave at a time, then the rest: no window that begins in between counts what left last."""
        series = readings(hours=(0, 1, 20, 30, 48.9, 50), BTC=(400, 440, 425, 410, 400, 400), ETH=(600,) * 6)

        assert flows_into(series, 4) == [10.0, 0.0, 0.0]
        assert nothing(flows_into(series, 5))
        assert nothing(flows_into(series, 6))

    def test_that_comes_in_and_leaves_in_steps_counts_for_what_leaves_later(self) -> None:
        series = readings(hours=(0, 1, 20, 30, 49.1, 50), BTC=(400, 440, 425, 410, 400, 400), ETH=(600,) * 6)

        assert flows_into(series, 6) == [0.0, -10.0, -10.0, -10.0, 0.0]

    def test_of_which_less_than_half_comes_back_stays_flow(self) -> None:
        series = readings(BTC=(400, 360, 379), ETH=(600,) * 3)

        assert verdicts(series)[-1][0] is Verdict.COUNTED
        assert flows_into(series, 3)[0] == -21.0

    def test_that_comes_in_and_leaves_with_more_counts_what_is_more(self) -> None:
        series = readings(BTC=(400, 460, 460, 350), ETH=(600,) * 4)

        assert flows_into(series, 4) == [-50.0, -50.0, -50.0]

    def test_that_is_a_conversion_brings_nothing(self) -> None:
        """Else customers who leave with what their own coins were turned into would not be seen."""
        series = readings(USDT=(300, 250, 250, 250), USDC=(200, 250, 250, 210), BTC=(500,) * 4)

        assert flows_into(series, 4) == [-40.0, -40.0, -40.0]

    @pytest.mark.parametrize(("asset", "other"), [("USDT", "USDC"), ("BTC", "WBTC")])
    @pytest.mark.parametrize("was", [200.0, 9.0])
    def test_that_is_a_conversion_is_none_on_its_way_back(self, asset: str, other: str, was: float) -> None:
        """100 are turned into 99 others for some hours, and those back: each window counts the one, and no half."""
        rest = {"Ethereum/ETH": 500.0}
        before = {f"Tron/{asset}": 300.0, f"Base/{other}": was} | rest
        there = {f"Tron/{asset}": 200.0, f"Base/{other}": was + 99.0} | rest
        back = {f"Tron/{asset}": 299.0, f"Base/{other}": was} | rest
        series = on_chains(before, there, there, back, back)

        assert flows_into(series, 3) == [-1.0, 0.0]
        assert flows_into(series, 5) == [-1.0, 0.0, 0.0, 0.0]


class TestAfterAReturn:
    """40 of 400 BTC were away and are back; now BTC are away again."""

    @staticmethod
    def again(btc: float, *, hours: int, quiet: int = 2) -> list[list[Verdict]]:
        amounts = [400.0, 360.0, *[400.0] * quiet, *[btc] * hours]
        return verdicts(readings(BTC=amounts, ETH=[600.0] * len(amounts)))[quiet + 1 :]

    def test_the_same_amount_waits_for_twelve_hours(self) -> None:
        assert self.again(360, hours=14) == [*[[Verdict.WAITING]] * 12, [Verdict.COUNTED], [Verdict.COUNTED]]

    @pytest.mark.parametrize("btc", [370.0, 378.0])
    def test_another_amount_waits_for_an_hour(self, btc: float) -> None:
        assert self.again(btc, hours=2) == [[Verdict.WAITING], [Verdict.COUNTED]]

    def test_more_waits_for_an_hour_and_the_rest_is_flow(self) -> None:
        found = self.again(320, hours=2)

        assert found == [[Verdict.WAITING, Verdict.COUNTED], [Verdict.COUNTED, Verdict.COUNTED]]

    def test_half_of_it_or_less_is_a_step_of_its_own_that_waits_as_well(self) -> None:
        found = self.again(380, hours=2)

        assert found == [[Verdict.RETURNED, Verdict.WAITING], [Verdict.RETURNED, Verdict.COUNTED]]

    def test_meanwhile_it_is_held(self) -> None:
        series = readings(BTC=(400, 360, 400, 360), ETH=(600,) * 4)

        assert nothing(flows_into(series, 4))

    @pytest.mark.parametrize(("quiet", "is_new"), [(48, False), (49, True)])
    def test_after_two_days_a_drop_is_a_new_one(self, quiet: int, *, is_new: bool) -> None:
        (found,) = self.again(360, hours=1, quiet=quiet)

        assert found == ([Verdict.RETURNED, Verdict.COUNTED] if is_new else [Verdict.WAITING])


class TestAnArrivalThatWasNotCounted:
    """60 of a token appear, as a wrong label makes them; or an asset trebles alone."""

    LABEL = {"Tron/SCAM": 60.0}  # noqa: RUF012 — never changed
    TREBLED = {"Ripple/XRP": 90.0}  # noqa: RUF012 — never changed

    @staticmethod
    def lived(
        came: Mapping[str, float], left: Sequence[float], *, days: float = 0.0, gap: float = 1.0
    ) -> list[Reading]:
        """Return readings in which something comes, and from some days later on is as large as `left` says."""
        usual = {"Tron/USDT": 300.0, "Bitcoin/BTC": 400.0, "Ethereum/ETH": 270.0, "Ripple/XRP": 30.0}
        (slot,) = came
        after = [usual | ({slot: amount} if amount else {}) for amount in left]
        hours = [0.0, 1.0, 2.0, *(24 * days + 3 + gap * number for number in range(len(left)))]
        return on_chains(usual, {**usual, **came}, {**usual, **came}, *after, hours=hours)

    @pytest.mark.parametrize("days", [0, 3, 40, 89])
    @pytest.mark.parametrize(("came", "gone"), [(LABEL, 0.0), (TREBLED, 30.0)])
    def test_leaves_uncounted_in_one_step(self, came: Mapping[str, float], gone: float, days: int) -> None:
        series = self.lived(came, [gone] * 3, days=days)

        assert nothing(all_flows(series))

    @pytest.mark.parametrize("days", [0, 40])
    @pytest.mark.parametrize(("came", "gone"), [(LABEL, 0.0), (TREBLED, 30.0)])
    def test_leaves_uncounted_in_ten_steps(self, came: Mapping[str, float], gone: float, days: int) -> None:
        (top,) = came.values()
        steps = [top - (top - gone) * step / 10 for step in range(1, 11)]

        assert nothing(all_flows(self.lived(came, [*steps, gone, gone], days=days, gap=5)))

    @pytest.mark.parametrize(("days", "usd"), [(89.8, 0.0), (90.0, -15.0)])
    def test_leaves_as_flow_after_ninety_days(self, days: float, usd: float) -> None:
        """A label of 60, of which a quarter leaves."""
        usual = {"Bitcoin/BTC": 700.0, "Tron/USDT": 300.0}
        came = {**usual, "Tron/SCAM": 60.0}
        series = on_chains(usual, came, came, {**came, "Tron/SCAM": 45.0}, hours=(0, 1, 2, 24 * days + 1))

        assert flows_into(series, 4)[-1] == usd

    def test_is_flow_where_more_leaves_than_came(self) -> None:
        series = self.lived(self.TREBLED, [20.0] * 3)

        assert flows_into(series, 6) == pytest.approx([-10.0, -10.0, -10.0, 0.0, 0.0])

    def test_is_remembered_through_what_customers_do_meanwhile(self) -> None:
        """They deposit and withdraw a tenth of it, forty times; then all that had come leaves."""
        moving = [90.0 + 6 * (number % 2) for number in range(80)]
        series = self.lived(self.TREBLED, [*moving, 90.0, 30.0, 30.0], gap=8)

        flows = flows_into(series, len(series))
        assert flows[:3] == pytest.approx([0.0, 0.0, 0.0])
        # The last six that customers took were taken for a part of it, so that six of it are theirs now.
        assert flows[-3:] == pytest.approx([-6.0, -6.0, 0.0])

    def test_brings_nothing_where_it_makes_up_for_what_left(self) -> None:
        """35 USDT that leave Tron and appear on a new chain are a swap, and leave that chain as flow."""
        usual = {"Tron/USDT": 300.0, "Bitcoin/BTC": 700.0}
        moved = {"Tron/USDT": 265.0, "Base/USDT": 35.0, "Bitcoin/BTC": 700.0}
        series = on_chains(usual, moved, moved, moved | {"Base/USDT": 25.0})

        assert [flows_into(series, count)[0] for count in (2, 3, 4)] == [0.0, 0.0, -10.0]
        assert state_after(series[:3]).jumps == ()

    @pytest.mark.parametrize("slot", ["Binance/OWN", "Tron/OWN"])
    def test_of_the_own_token_is_none(self, slot: str) -> None:
        assert state_after(self.lived({slot: 500.0}, [0.0])).jumps == ()


class TestAJumpAndAMissingChain:
    """USDT lie on Tron alone; half of them leave alone, and in the next reading Tron is missing."""

    @staticmethod
    def after(*tron: float | None) -> list[list[Verdict]]:
        moving = [900.0 + number / 1000 for number in range(len(tron))]
        return verdicts(
            on_chains(
                *[
                    {"Bitcoin/BTC": btc, **({} if usdt is None else {"Tron/USDT": usdt})}
                    for usdt, btc in zip(tron, moving, strict=True)
                ]
            )
        )

    def test_waits_until_it_is_back(self) -> None:
        found = self.after(100, 50, None, None, 50)

        assert found == [[Verdict.WAITING]] * 3 + [[Verdict.NOT_COUNTED]]
        assert self.after(100, 50, None, None, 100)[-1] == [Verdict.RETURNED]

    def test_waits_for_two_days_and_no_longer(self) -> None:
        found = self.after(100, 50, *[None] * 50)

        assert found == [[Verdict.WAITING]] * 49 + [[Verdict.NOT_COUNTED]] * 2

    def test_does_not_wait_for_a_chain_that_has_less_than_half_of_it(self) -> None:
        before = {"Tron/USDT": 60.0, "Base/USDT": 40.0, "Bitcoin/BTC": 900.0}
        less = {"Tron/USDT": 30.0, "Base/USDT": 20.0, "Bitcoin/BTC": 900.0}
        without_base = {"Tron/USDT": 30.0, "Bitcoin/BTC": 900.0}
        without_tron = {"Base/USDT": 20.0, "Bitcoin/BTC": 900.0}

        assert verdicts(on_chains(before, less, without_base))[-1] == [Verdict.NOT_COUNTED]
        assert verdicts(on_chains(before, less, without_tron))[-1] == [Verdict.WAITING]


class TestTheExamplesOfTheDocuments:
    """docs/detection.md, "Conservation": readings of Sunday to Wednesday, at noon."""

    def test_what_counted_and_came_back(self) -> None:
        series = readings(hours=24, BTC=(100, 72, 70, 100), ETH=(900,) * 4)

        assert verdicts(series) == [[Verdict.COUNTED], [Verdict.COUNTED], [Verdict.RETURNED]]
        assert [flows_into(series, count)[0] for count in (2, 3, 4)] == [-28.0, -30.0, 0.0]
        assert flows_into(series, 4)[-1] == 2.0

    def test_what_was_not_counted_and_came_back(self) -> None:
        series = readings(hours=24, BTC=(100, 65, 63, 100), ETH=(900,) * 4)

        assert verdicts(series) == [[Verdict.WAITING], [Verdict.NOT_COUNTED], [Verdict.RETURNED]]
        assert [flows_into(series, count)[0] for count in (2, 3, 4)] == [0.0, -2.0, 0.0]
        assert flows_into(series, 4)[-1] == 2.0
        held = flow_between(series[0], series[1], state_after(series[:2]))
        assert (held.lowest_usd, held.highest_usd) == (-35.0, 0.0)

    def test_what_counts_because_the_rest_leaves(self) -> None:
        series = readings(hours=24, BTC=(100, 65, 63), ETH=(900, 900, 886))

        assert verdicts(series)[-1][0] is Verdict.COUNTED
        assert flows_into(series, 3)[0] == -51.0

    def test_what_arrived_and_leaves_with_more(self) -> None:
        leaving = [360.0 - 11 * step for step in range(1, 11)]
        hours = [0.0, 1.0, *(720.0 + step for step in range(10))]
        held = [
            {"Tron/USDT": min(usdt, 300.0), "Bitcoin/BTC": 700.0, "Base/USDT": max(usdt - 300.0, 0.0)}
            for usdt in (300.0, 360.0, *leaving)
        ]
        series = on_chains(*held, hours=hours)

        assert flows_into(series, len(series))[0] == pytest.approx(-50.0)
        assert flows_into(series, len(series))[1] == pytest.approx(-50.0)

    def test_what_is_certain_while_a_part_is_missing(self) -> None:
        """Under the heading "Bounds": 58 % leaves while a chain of 2.6 % is missing."""
        before = {"Bitcoin/BTC": 574.0, "Ethereum/ETH": 400.0, "Litecoin/LTC": 26.0}
        series = on_chains(before, {"Bitcoin/BTC": 234.0, "Ethereum/ETH": 160.0})
        flow = flow_between(series[0], series[1], state_after(series))

        assert [flow.share, flow.low, flow.high] == pytest.approx([-0.58, -0.606, -0.554])


def test_a_first_reading_and_an_empty_one_leave_nothing_to_remember() -> None:
    whole = {"Tron/USDT": 300.0, "Bitcoin/BTC": 700.0}

    assert state_after(on_chains(whole)).jumps == ()
    assert state_after(on_chains({"Tron/OWN": 5.0}, whole)).jumps == ()


def test_what_is_large_is_remembered_by_the_reading_it_was_seen_in() -> None:
    series = readings(BTC=(400, 360, 350), ETH=(600,) * 3)

    assert [(jump.at, jump.reason, jump.usd) for jump in state_after(series).jumps] == [
        (NOON + HOUR, JumpReason.LARGE, -40.0),
        (NOON + 2 * HOUR, JumpReason.LARGE, -10.0),
    ]
