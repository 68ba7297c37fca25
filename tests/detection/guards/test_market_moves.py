"""What is known of other exchanges at the time of a reading."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.guards.market_moves import NO_OTHERS, LastMove
from bot.domain.reading import Holding, Slot
from tests.builders import NOON, holding, reading


class TestThePriceElsewhere:
    @staticmethod
    def elsewhere(*holdings: tuple[float, float]) -> float | None:
        """Return the price of BTC at exchanges that hold (amount, price) of it, for one that has it at $1."""
        readings = [
            reading({"Bitcoin/BTC": held}, exchange=str(number)) for number, held in enumerate([(5, 1.0), *holdings])
        ]
        return NO_OTHERS.after(LastMove(latest) for latest in readings).price("BTC", readings[0])

    @pytest.mark.parametrize(
        ("holdings", "price"),
        [
            ([(1, 20_000.0), (9, 21_000.0), (2, 90_000.0)], 21_000.0),
            ([(0.5, 0.5)], 0.5),
            ([(1, 0.0), (1, 0.0), (1, 20_000.0)], 20_000.0),
            ([(0, 20_000.0)], None),
            ([(1, 0.0)], None),
            ([], None),
        ],
    )
    def test_is_the_middle_one_of_those_that_have_one(
        self, holdings: Sequence[tuple[float, float]], price: float | None
    ) -> None:
        assert self.elsewhere(*holdings) == price

    def test_is_not_that_of_a_value_without_an_amount(self) -> None:
        mine, other = holding(60, exchange="a"), holding(60, exchange="b")
        worth = replace(other, holdings={Slot("Bitcoin", "BTC"): Holding(0.0, 7.0)})

        assert NO_OTHERS.after([LastMove(mine), LastMove(worth)]).price("BTC", mine) is None

    def test_of_an_asset_that_nobody_else_has_is_unknown(self) -> None:
        mine = reading({"Tron/TRX": (1, 1.0)}, exchange="a")
        market = NO_OTHERS.after([LastMove(mine), LastMove(reading({"Bitcoin/BTC": (1, 20_000.0)}, exchange="b"))])

        assert market.price("TRX", mine) is None


class TestTheMarket:
    @pytest.mark.parametrize(("minutes", "is_same_time"), [(90, True), (-90, True), (91, False), (-91, False)])
    def test_at_one_time_is_what_was_read_within_an_hour_and_a_half(self, minutes: int, *, is_same_time: bool) -> None:
        mine, other = holding(60, exchange="a"), holding(60, exchange="b", at=NOON + timedelta(minutes=minutes))
        market = NO_OTHERS.after([LastMove(mine), LastMove(other)])

        assert [move.reading for move in market.at_time_of(mine)] == [mine, *([other] if is_same_time else [])]
        assert market.price("BTC", mine) == (20_000.0 if is_same_time else None)

    def test_has_the_last_move_of_each(self) -> None:
        first, second, other = (holding(60 + number, exchange=name) for number, name in enumerate("aab"))

        market = NO_OTHERS.after([LastMove(first), LastMove(other)]).after([LastMove(second)])

        assert {name: move.reading for name, move in market.last_moves.items()} == {"a": second, "b": other}
        assert NO_OTHERS.last_moves == {}
