"""From which figure on a price is odd, and what a reading is worth meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.engine import states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.reading_diff import reading_diff
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.market_moves import NO_OTHERS, LastMove, MarketMoves
from bot.detection.guards.odd_prices import odd_prices, record_odd_prices, with_believed_prices
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, OddPrice
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.signal import NoteReason
from tests.builders import DAY, HOUR, NOON, reading
from tests.detection.quiet_past import WORTH, book, days_of, graded_signal, signals_after

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


@pytest.mark.parametrize("last", [Holding(150, 0.0), None])
def test_a_slot_without_a_price_had_that_of_its_asset(last: Holding | None) -> None:
    """Of SOL at $2, 150 on Base were told without a value, or were not there; now they are worth $2 each as well."""
    base = Slot("Base", "SOL")
    without_price = sol(2.0, amount=300.0, at=NOON - HOUR)
    before = replace(without_price, holdings={**without_price.holdings, **({base: last} if last else {})})
    after = sol(2.0, amount=300.0)

    assert judged(before, replace(after, holdings={**after.holdings, base: Holding(150, 300.0)})) == ()


def test_an_own_token_and_what_was_not_there_before_are_not_judged() -> None:
    before, after = sol(20.0, at=NOON - HOUR), sol(200.0)

    assert judged(before, after, own="SOL") == ()
    assert judged(sol(20.0, amount=0.0, at=NOON - HOUR), after) == ()
    assert judged(sol(0.0, at=NOON - HOUR), after) == ()
    assert judged(reading({"Tron/USDT": (96.0, 1.0)}, at=NOON - HOUR, exchange="a"), after) == ()
    assert judged(before, sol(200.0, amount=0.0)) == ()
    worth = replace(before, holdings={**before.holdings, Slot("Solana", "SOL"): Holding(0.0, 80.0)})
    assert judged(worth, after) == ()


@pytest.mark.parametrize(
    ("known", "price", "elsewhere", "later"),
    [
        (DOUBTFUL, 24.0, None, replace(DOUBTFUL, until=NOON + HOUR)),
        (DOUBTFUL, 26.0, None, None),
        (DOUBTFUL, 100.0, None, None),
        (DOUBTFUL, 100.1, None, DOUBTFUL),
        (DOUBTFUL, 4.0, None, None),
        (DOUBTFUL, 3.9, None, DOUBTFUL),
        (DOUBTFUL, 0.0, None, DOUBTFUL),
        (ODD, 0.0, None, ODD),
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


@pytest.mark.parametrize(
    ("price", "since", "is_odd"),
    [
        (67.5, NOON, None),  # four SOL at 20 and 10 USDT were 90 USD; three times as much is 270
        (67.6, NOON, True),
        (67.6, NOON - 2 * DAY + HOUR, True),
        (67.6, NOON - 2 * DAY, False),
        (9e9, NOON - 2 * DAY + HOUR, True),
        (9e9, NOON - 2 * DAY, False),
        (1.0, NOON - 2 * DAY + HOUR, True),
        (1.0, NOON - 2 * DAY, False),
    ],
)
def test_one_that_is_far_off_or_too_much_is_waited_out_and_believed_from_then_on(
    price: float, since: datetime, *, is_odd: bool | None
) -> None:
    """Another one that stays was right from its first reading on."""
    known = replace(DOUBTFUL, since=since)
    for part in (1, 2**-10):
        before, after = (
            sol(each, amount=4 * part, other=10 * part, at=at) for each, at in ((9e9, NOON), (price, NOON + HOUR))
        )
        found = judged(before, after, known=[known])

        assert found == {True: (known,), False: (replace(known, until=NOON + HOUR),), None: ()}[is_odd]


def test_where_there_was_nothing_no_price_is_too_much() -> None:
    nothing = sol(20.0, amount=0.0, other=0.0)

    assert judged(nothing, sol(21.0, at=NOON + HOUR), known=[DOUBTFUL]) == (replace(DOUBTFUL, until=NOON + HOUR),)


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


def test_a_price_may_be_odd_again() -> None:
    over = replace(ODD, since=NOON - DAY, until=NOON - HOUR)

    assert judged(sol(20.0, at=NOON - HOUR), sol(200.0), known=[over]) == (over, DOUBTFUL)


def test_no_price_is_judged_by_what_others_do_at_another_time() -> None:
    late = LastMove(sol(14.9, at=NOON + 2 * HOUR, exchange="b"))

    assert odd_prices((), sol(20.0, at=NOON - HOUR), sol(14.9), (), NO_OTHERS.after([late])) == (DOUBTFUL,)


def test_prices_are_looked_at_unless_none_is_said_to_have_moved() -> None:
    diff = reading_diff(sol(20.0, at=NOON - HOUR), sol(200.0), ())
    moved, steady = (GuardInput(diff, (), NO_OTHERS, prices_moved=prices_moved) for prices_moved in (True, False))
    odd = GuardState(odd_prices=(DOUBTFUL,))

    assert record_odd_prices(GuardState(), moved).odd_prices == (DOUBTFUL,)
    assert record_odd_prices(GuardState(), steady) == GuardState()
    # One that is odd is judged all the same.
    assert record_odd_prices(odd, replace(steady, diff=reading_diff(sol(200.0), sol(20.0, at=NOON + HOUR), ()))) == (
        GuardState(odd_prices=(replace(DOUBTFUL, until=NOON + HOUR),))
    )


def test_a_reading_without_an_odd_price_stays_the_same_object() -> None:
    latest = sol(2.0)

    assert with_believed_prices(latest, []) is latest
    assert with_believed_prices(latest, [OddPrice("SOL", 20.0, NOON - DAY, NOON)]) is latest


LESS_SOL = {"Solana/SOL": 0.85}
"""Fifteen per cent of the SOL, 1.25 % of all: a day like others, at its usual price."""


class TestWhereNobodyElseTradesIt:
    @pytest.mark.parametrize("price", [20_000.0, 30.0, 10.0, 0.0])
    def test_a_price_that_comes_back_was_never_believed(self, price: float) -> None:
        odd, _, later = signals_after(
            days_of(), book(NOON, prices={"SOL": price}), book(NOON + HOUR), book(NOON + DAY, LESS_SOL)
        )

        assert odd.severity is None
        day = later.flow(Window.DAY)
        assert day
        assert day.start == NOON
        assert day.share == pytest.approx(-0.0125, abs=0.001)
        assert day.reserves_usd == pytest.approx(60e9, rel=0.01)
        assert later.severity is None

    @pytest.mark.parametrize("price", [400.0, 1.0, 0.0])
    def test_a_price_that_is_far_off_makes_no_flow_of_what_leaves_meanwhile(self, price: float) -> None:
        prices = {"SOL": price}
        moved = [book(NOON + hour * HOUR, prices=prices) for hour in (0, 1)]
        *_, later, believed = signals_after(
            days_of(),
            *moved,
            book(NOON + DAY, LESS_SOL, prices=prices),
            book(NOON + 3 * DAY, LESS_SOL, prices=prices),
        )

        day = later.flow(Window.DAY)
        assert day
        assert day.share == pytest.approx(-0.0125, abs=0.001)
        assert later.severity is None
        assert [note.reason for note in later.notes] == [NoteReason.PRICE_ODD]
        assert NoteReason.PRICE_ODD not in [note.reason for note in believed.notes]

    @pytest.mark.parametrize("price", [30.0, 10.0])
    def test_a_price_that_stays_is_believed_from_its_first_reading_on(self, price: float) -> None:
        prices = {"SOL": price}
        *_, later = signals_after(
            days_of(),
            book(NOON, prices=prices),
            book(NOON + HOUR, prices=prices),
            book(NOON + DAY, LESS_SOL, prices=prices),
        )

        day = later.flow(Window.DAY)
        assert day
        assert day.usd == pytest.approx(-0.15 * 5e9 * price / 20, rel=0.01)


class TestAmongOthers:
    @staticmethod
    def odd(price: float, elsewhere: float) -> dict[str, ExchangeState]:
        """Return the states of three exchanges after two days on which the first has BTC at another price."""
        states = {name: days_of(Exchange(name, name.upper(), name), count=20) for name in "abc"}
        market = NO_OTHERS
        for day in range(2):
            latest = [
                book(
                    NOON + day * DAY,
                    dict.fromkeys(WORTH, 1 - day / 1000),
                    prices={"BTC": price if name == "a" else elsewhere},
                    exchange=name,
                )
                for name in states
            ]
            states, market = states_after_round(states, latest, market)
        return states

    @pytest.mark.parametrize("price", [0.0, 2_000.0, 200_000.0])
    def test_a_price_that_jumps_here_alone_is_not_believed(self, price: float) -> None:
        state = self.odd(price, 21_000.0)["a"]

        assert [note.reason for note in graded_signal(state).notes] == [NoteReason.PRICE_ODD]
        assert [day.reserves_usd for day in state.days[-2:]] == pytest.approx([66e9] * 2, rel=0.002)

    @pytest.mark.parametrize(("price", "elsewhere"), [(16_000.0, 20_000.0), (2_000.0, 2_100.0), (24_000.0, 20_000.0)])
    def test_a_price_that_moves_little_or_everywhere_is_believed(self, price: float, elsewhere: float) -> None:
        assert self.odd(price, elsewhere)["a"].guard_state.odd_prices == ()

    def test_a_flow_from_an_odd_price_is_valued_at_the_last_one(self) -> None:
        """From a base at a tenth of the price, an outflow of BTC would look a tenth of its size."""
        state = self.odd(2_000.0, 20_000.0)["a"]

        flow = graded_signal(state.with_reading(book(NOON + 2 * DAY, {"Bitcoin/BTC": 0.8}, exchange="a"))).flow(
            Window.DAY
        )

        assert flow
        assert flow.usd == pytest.approx(-4e9, rel=0.02)

    def test_it_is_over_once_the_price_is_as_elsewhere(self) -> None:
        states = self.odd(2_000.0, 20_000.0)

        states, _ = states_after_round(states, [book(NOON + 2 * DAY, exchange=name) for name in states], NO_OTHERS)

        assert graded_signal(states["a"]).notes == ()
        (odd,) = states["a"].guard_state.odd_prices
        assert (odd.since, odd.until) == (NOON, NOON + 2 * DAY)
