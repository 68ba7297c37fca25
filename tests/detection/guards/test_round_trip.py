"""What left and came back within two days is no flow, whichever reading a window starts from."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.exchange_state import ExchangeState
from bot.domain.flow import Window
from bot.domain.reading import Holding, Slot
from bot.domain.severity import Severity
from tests.builders import DAY, HOUR, NOON
from tests.detection.quiet_past import WORTH, book, days_of, flow_share, signals_after


@pytest.fixture
def state() -> ExchangeState:
    return days_of()


class TestRoundTrips:
    def test_an_amount_that_left_and_came_back_within_two_days_is_one(self, state: ExchangeState) -> None:
        """Six days before its auditors came, 51,000 BTC left Binance and 76,000 returned."""
        gone = {"Bitcoin/BTC": 0.9}
        *_, back = signals_after(
            state, book(NOON, gone), book(NOON + DAY, gone), book(NOON + 2 * DAY, {"Bitcoin/BTC": 0.96})
        )

        (trip,) = back.round_trips
        assert (trip.asset, trip.left_at, trip.back_at) == ("BTC", NOON, NOON + 2 * DAY)
        assert trip.usd == pytest.approx(2e9, rel=0.02)

    def test_a_token_that_was_missing_and_is_there_again_is_one(self, state: ExchangeState) -> None:
        """It vanished from the source's answer, not from the exchange."""
        gone = {"Ethereum/USDC": -1.0}
        *_, back = signals_after(state, book(NOON, gone), book(NOON + HOUR, gone), book(NOON + 2 * HOUR))

        assert [(trip.asset, trip.back_at) for trip in back.round_trips] == [("USDC", NOON + 2 * HOUR)]

    def test_an_asset_on_a_chain_that_was_never_there_is_none(self, state: ExchangeState) -> None:
        gone = {"Bitcoin/BTC": 0.9, "Tron/USDT": 0.9}
        readings = [book(NOON, gone), book(NOON + HOUR, gone)]
        elsewhere = replace(book(NOON + 2 * HOUR, gone), holdings={
            **book(NOON, gone).holdings, Slot("Base", "BTC"): Holding(1e6, 2e10)
        })  # fmt: skip
        *_, last = signals_after(state, *readings, elsewhere)

        assert last.round_trips == ()

    def test_one_that_comes_back_later_is_none(self, state: ExchangeState) -> None:
        gone = {"Bitcoin/BTC": 0.9}
        readings = [book(NOON + day * DAY, gone) for day in range(3)]
        *_, back = signals_after(state, *readings, book(NOON + 3 * DAY, {"Bitcoin/BTC": 1.0}))

        assert back.round_trips == ()

    def test_another_asset_that_comes_in_is_none(self, state: ExchangeState) -> None:
        gone = {"Bitcoin/BTC": 0.9}
        *_, back = signals_after(state, book(NOON, gone), book(NOON + HOUR, {**gone, "Ethereum/ETH": 1.2}))

        assert back.round_trips == ()


class TestAWindowThatStartsBetweenThereAndBack:
    """A wallet counted twice for an hour comes back as the base of every window a day, three and seven later."""

    @pytest.mark.parametrize("part", [0.5, 1.5, 3.0])
    @pytest.mark.parametrize(("gap", "window"), [(DAY, Window.DAY), (7 * DAY, Window.WEEK)])
    def test_shows_no_flow(self, state: ExchangeState, part: float, gap: timedelta, window: Window) -> None:
        odd, back = book(NOON, {"Tron/USDT": part}), book(NOON + HOUR)

        *_, last = signals_after(state, odd, back, book(NOON + gap))

        assert last.severity is None
        assert flow_share(last, window) == pytest.approx(0.0, abs=0.002)

    @pytest.mark.parametrize("part", [0.5, 1.5])
    def test_shows_what_else_left(self, state: ExchangeState, part: float) -> None:
        *_, last = signals_after(state, book(NOON, {"Tron/USDT": part}), book(NOON + DAY, dict.fromkeys(WORTH, 0.95)))

        assert last.severity is Severity.ELEVATED
        assert flow_share(last) == pytest.approx(-0.042, abs=0.003)
