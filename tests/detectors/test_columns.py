from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detectors.engine import Case, look, take_all
from bot.detectors.market import Market
from bot.domain.exchange import Exchange
from bot.domain.reading import Reading
from bot.domain.signal import Signal
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, reading
from tests.detectors.past import PRICES, WORTH, book

slots = st.sampled_from(sorted(WORTH))
parts = st.one_of(st.floats(0.97, 1.03), st.sampled_from((-1.0, 0.0, 0.3, 0.9, 2.0)))
moves = st.dictionaries(slots, parts, max_size=6)
prices = st.dictionaries(
    st.sampled_from(sorted(PRICES)), st.one_of(st.floats(0.9, 1.1), st.sampled_from((0.0, 0.1, 3.0))), max_size=2
)
steps = st.lists(st.tuples(st.sampled_from((HOUR, DAY)), moves, prices), min_size=2, max_size=12)


def live(exchange: Exchange, readings: list[Reading], other: list[Reading], *, fast: bool) -> list[Signal]:
    """Return every look at an exchange that is read beside another one, in columns or in detail."""
    sheets = (Case(exchange), Case(OKX)) if fast else (Case(exchange, sheet=None), Case(OKX, sheet=None))
    cases = {case.exchange.id: case for case in sheets}
    market, found = Market(), []
    for one, beside in zip(readings, other, strict=True):
        cases, market = take_all(cases, [one, beside], market)
        found.append(look(cases[exchange.id], one.as_of))
    return found


@settings(max_examples=150, deadline=None)
@given(steps)
def test_columns_and_detail_say_the_same(drawn: list[tuple[object, dict[str, float], dict[str, float]]]) -> None:
    at, readings, other = NOON, list[Reading](), list[Reading]()
    for length, moved, priced in drawn:
        at += HOUR if length == HOUR else DAY
        readings.append(book(at, moved, prices={asset: PRICES[asset] * part for asset, part in priced.items()}))
        other.append(book(at, exchange="okx"))

    for quick, slow in zip(
        live(BINANCE, readings, other, fast=True), live(BINANCE, readings, other, fast=False), strict=True
    ):
        assert [one.window for one in quick.flows] == [one.window for one in slow.flows]
        for one, whole in zip(quick.flows, slow.flows, strict=True):
            assert one.usd == pytest.approx(whole.usd, rel=1e-9, abs=1.0)
            assert one.share == pytest.approx(whole.share, rel=1e-9, abs=1e-9)
            assert one.reserves_usd == pytest.approx(whole.reserves_usd)
            assert (one.start, one.end, one.missing_chains) == (whole.start, whole.end, whole.missing_chains)
            assert (one.hold and one.hold.reason) == (whole.hold and whole.hold.reason)
        assert [(one.reason, one.subject, one.at) for one in quick.notes] == [
            (one.reason, one.subject, one.at) for one in slow.notes
        ]
        assert [replace(one, usd=0.0) for one in quick.trips] == [replace(one, usd=0.0) for one in slow.trips]


def test_a_quiet_week_is_worked_out_in_columns() -> None:
    """Else years of eighty exchanges would take minutes: no asset is added up where nothing happens."""
    case = Case(BINANCE)
    for day in range(9):
        case = case.take(book(NOON + day * DAY, dict.fromkeys(WORTH, 1 + day / 1000)))

    flows = look(case, NOON + 8 * DAY).flows
    assert len(flows) == 3
    assert all(one.assets == () for one in flows)
    assert all(one.assets for one in look(replace(case, sheet=None), NOON + 8 * DAY).flows)


def test_a_small_part_that_moves_alone_is_not_overlooked_in_columns() -> None:
    """Eight thousandths of reserves that fall by two fifths move less in all than is large."""
    case = Case(BINANCE)
    for hour, sol in enumerate((0.8e9, 0.48e9)):
        case = case.take(reading({"Tron/USDT": (99.2e9, 1.0), "Solana/SOL": (sol / 20, 20.0)}, at=NOON + hour * HOUR))

    assert case.ledger.suspect
    assert case.ledger.suspect.share == pytest.approx(-0.0032)
