from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.guards.market_moves import NO_OTHERS, LastMove, MarketMoves
from bot.detection.guards.odd_prices import odd_prices, with_believed_prices
from bot.domain.guard_state import OddPrice
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON, reading

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("since", "until", "price"),
    [
        (NOON, None, 20.0),
        (NOON - DAY, None, 20.0),
        (NOON + SECOND, None, 2.0),
        (NOON, NOON + SECOND, 20.0),
        (NOON - DAY, NOON, 2.0),
        (NOON - DAY, NOON - HOUR, 2.0),
        (NOON + HOUR, NOON + DAY, 2.0),
    ],
)
def test_an_odd_price_is_replaced_from_its_first_reading_until_before_its_last(
    since: datetime, until: datetime | None, price: float
) -> None:
    found = with_believed_prices(
        reading({"Solana/SOL": (3, 2.0), "Tron/USDT": (7, 1.0)}), [OddPrice("SOL", 20.0, since, until)]
    )

    assert found.holdings == {Slot("Solana", "SOL"): Holding(3, 3 * price), Slot("Tron", "USDT"): Holding(7, 7.0)}


def sol(price: float, *, amount: float = 4.0, other: float = 96.0, at: datetime = NOON, exchange: str = "a") -> Reading:
    """Return a reading of some SOL at a price, and of so many dollars."""
    return reading({"Solana/SOL": (amount, price), "Tron/USDT": (other, 1.0)}, at=at, exchange=exchange)


def judged(
    before: Reading, after: Reading, *, known: Sequence[OddPrice] = (), own: str = "", elsewhere: float | None = None
) -> tuple[OddPrice, ...]:
    """Return the odd prices after a step; `elsewhere` is the price at another exchange, if there is one."""
    other = [] if elsewhere is None else [LastMove(sol(elsewhere, exchange="b"))]
    return odd_prices(known, before, after, {own}, MarketMoves().after([LastMove(after), *other]))


DOUBTFUL = OddPrice("SOL", 20.0, NOON, doubtful=True)
ODD = replace(DOUBTFUL, doubtful=False)


@pytest.mark.parametrize(
    ("price", "elsewhere", "odd"),
    [
        (25.0, None, ()),
        (25.1, None, (DOUBTFUL,)),
        (15.0, None, ()),
        (14.9, None, (DOUBTFUL,)),
        (0.0, None, (DOUBTFUL,)),
        (14.9, 25.0, (ODD,)),
        (14.9, 25.1, ()),
        (14.9, 14.9, ()),
    ],
)
def test_a_price_is_odd_once_it_moves_more_than_a_quarter_here_and_not_elsewhere(
    price: float, elsewhere: float | None, odd: tuple[OddPrice, ...]
) -> None:
    assert judged(sol(20.0, at=NOON - HOUR), sol(price), elsewhere=elsewhere) == odd


@pytest.mark.parametrize(
    ("last", "price", "other", "is_odd"),
    [
        (5.0, 10.0, 9_990.0, True),
        (5.0, 10.0, 9_991.0, False),
        (10.0, 1.0, 9_999.0, True),
        (10.0, 1.0, 10_000.0, False),
        (0.25, 0.5, 99.0, True),
    ],
)
def test_what_is_worth_less_than_a_thousandth_at_either_price_is_not_judged(
    last: float,
    price: float,
    other: float,
    is_odd: bool,  # noqa: FBT001 — a table's column
) -> None:
    before, after = sol(last, amount=1.0, other=other, at=NOON - HOUR), sol(price, amount=1.0, other=other)

    assert bool(judged(before, after)) is is_odd
    own_token = {Slot("Binance", "BNB"): Holding(9, 9e9)}
    richer = [replace(bare, holdings={**bare.holdings, **own_token}) for bare in (before, after)]
    assert bool(judged(*richer, own="BNB")) is is_odd


def test_less_than_one_unit_has_a_price_too() -> None:
    before, after = sol(20.0, amount=0.5, at=NOON - HOUR), sol(200.0, amount=0.5)

    assert judged(before, after) == (DOUBTFUL,)
    assert judged(after, sol(20.0, amount=0.5, at=NOON + HOUR), known=[DOUBTFUL]) == (
        replace(DOUBTFUL, until=NOON + HOUR),
    )


def test_an_own_token_and_what_was_not_there_before_are_not_judged() -> None:
    before, after = sol(20.0, at=NOON - HOUR), sol(200.0)

    assert judged(before, after, own="SOL") == ()
    assert judged(sol(20.0, amount=0.0, at=NOON - HOUR), after) == ()
    assert judged(sol(0.0, at=NOON - HOUR), after) == ()
    assert judged(before, sol(200.0, amount=0.0)) == ()


@pytest.mark.parametrize(
    ("known", "price", "elsewhere", "later"),
    [
        (DOUBTFUL, 24.0, None, replace(DOUBTFUL, until=NOON + HOUR)),
        (DOUBTFUL, 26.0, None, None),
        (DOUBTFUL, 26.0, 20.0, None),
        (ODD, 26.0, None, ODD),
        (ODD, 24.0, None, replace(ODD, until=NOON + HOUR)),
        (ODD, 100.0, 100.0, replace(ODD, until=NOON + HOUR)),
        (ODD, 20.0, 100.0, ODD),
    ],
)
def test_the_next_reading_judges_it_again(
    known: OddPrice, price: float, elsewhere: float | None, later: OddPrice | None
) -> None:
    found = judged(sol(200.0), sol(price, at=NOON + HOUR), known=[known], elsewhere=elsewhere)

    assert found == ((later,) if later else ())


def test_it_waits_while_the_asset_is_not_there() -> None:
    without = reading({"Tron/USDT": (96.0, 1.0)}, at=NOON + HOUR, exchange="a")

    assert judged(sol(200.0), without, known=[ODD]) == (ODD,)
    assert judged(sol(200.0), sol(20.0, amount=0.0, at=NOON + HOUR), known=[ODD]) == (ODD,)


@pytest.mark.parametrize(("age", "is_kept"), [(35 * DAY - SECOND, True), (35 * DAY, False)])
def test_what_is_over_stays_as_it_was_and_is_forgotten_after_the_longest_window(
    age: timedelta,
    is_kept: bool,  # noqa: FBT001 — a table's column
) -> None:
    over = replace(ODD, since=NOON - 40 * DAY, until=NOON - age)

    assert judged(sol(20.0, at=NOON - HOUR), sol(21.0), known=[over]) == ((over,) if is_kept else ())


def test_no_price_is_judged_by_what_others_do_at_another_time() -> None:
    late = LastMove(sol(14.9, at=NOON + 2 * HOUR, exchange="b"))

    assert odd_prices((), sol(20.0, at=NOON - HOUR), sol(14.9), (), NO_OTHERS.after([late])) == (DOUBTFUL,)
