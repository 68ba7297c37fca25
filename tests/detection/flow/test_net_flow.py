from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.flow.net_flow import TOLERATED_MISSING, net_flow
from bot.domain.flow import AssetFlow, Flow, HoldReason, Window
from bot.domain.guard_state import Adjustment
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, NOON, reading

THEN = NOON - DAY
SECOND = timedelta(seconds=1)

chains = st.sampled_from(("Bitcoin", "Ethereum", "Tron", "Solana"))
assets = st.sampled_from(("BTC", "ETH", "USDT", "SOL", "BNB"))
amounts = st.floats(0.001, 1e9)
prices = st.fixed_dictionaries({asset: st.floats(0.01, 1e5) for asset in ("BTC", "ETH", "USDT", "SOL", "BNB")})
books = st.dictionaries(st.tuples(chains, assets), amounts, min_size=1)


@st.composite
def two_books(draw: st.DrawFn) -> tuple[dict[Slot, float], dict[Slot, float]]:
    """Draw the amounts of the same slots at two times: nothing appears, nothing vanishes."""
    start = {Slot(*slot): amount for slot, amount in draw(books).items()}
    return start, {slot: draw(amounts) for slot in start}


def priced(book: dict[Slot, float], price: dict[str, float], *, end: bool = False) -> Reading:
    at = NOON if end else THEN
    held = {slot: Holding(amount, amount * price[slot.asset]) for slot, amount in book.items()}
    return Reading("binance", "defillama", at, at, held)


def between(base: Reading, end: Reading, *own: str, previous: Reading | None = None) -> Flow:
    return net_flow(Window.DAY, base, end, frozenset(own), previous=previous)


def test_a_flow_is_what_left_at_the_prices_of_the_start() -> None:
    base = reading({"Tron/USDT": (1000, 1.0), "Bitcoin/BTC": (10, 100.0)}, at=THEN)
    end = reading({"Tron/USDT": (900, 1.0), "Bitcoin/BTC": (11, 50.0)})

    found = between(base, end)

    assert found == Flow(
        Window.DAY,
        THEN,
        NOON,
        usd=0.0,
        share=0.0,
        reserves_usd=2000.0,
        assets=(AssetFlow("USDT", -100.0, -100.0), AssetFlow("BTC", 1.0, 100.0)),
    )


@given(two_books(), prices, prices)
def test_no_path_of_prices_after_the_start_is_a_flow(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], later: dict[str, float]
) -> None:
    start, end = held

    assert between(priced(start, price), priced(end, later, end=True)) == between(
        priced(start, price), priced(end, price, end=True)
    )


@given(two_books(), prices, st.floats(0.001, 1000))
def test_a_factor_on_every_price_leaves_every_share(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], factor: float
) -> None:
    start, end = held
    dearer = {asset: usd * factor for asset, usd in price.items()}

    expected = between(priced(start, price), priced(end, price, end=True))
    actual = between(priced(start, dearer), priced(end, dearer, end=True))

    assert actual.share == pytest.approx(expected.share, rel=1e-6, abs=1e-9)


@given(two_books(), prices, st.randoms())
def test_the_order_of_holdings_does_not_matter(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], random: Random
) -> None:
    start, end = held
    shuffled = [list(book.items()) for book in held]
    for book in shuffled:
        random.shuffle(book)

    expected = between(priced(start, price), priced(end, price, end=True))
    actual = between(priced(dict(shuffled[0]), price), priced(dict(shuffled[1]), price, end=True))

    assert actual.usd == pytest.approx(expected.usd, rel=1e-9, abs=1e-3)
    assert {asset.asset for asset in actual.assets} == {asset.asset for asset in expected.assets}


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_splitting_a_token_over_chains_changes_nothing(
    before: float, after: float, split_before: float, split_after: float
) -> None:
    rest = {"Tron/TRX": (1e6, 1.0), "Ethereum/LINK": (1e6, 1.0)}
    whole = between(reading(rest | {"Tron/USDT": (before, 1.0)}, at=THEN), reading(rest | {"Tron/USDT": (after, 1.0)}))

    def spread(amount: float, part: float) -> dict[str, tuple[float, float]]:
        return rest | {"Tron/USDT": (amount * part, 1.0), "Ethereum/USDT": (amount * (1 - part), 1.0)}

    split = between(reading(spread(before, split_before), at=THEN), reading(spread(after, split_after)))

    assert split.share == pytest.approx(whole.share, rel=1e-6, abs=1e-9)


@given(two_books(), prices, st.floats(0, 1e9))
def test_own_tokens_never_count(
    held: tuple[dict[Slot, float], dict[Slot, float]], price: dict[str, float], own: float
) -> None:
    start, end = held
    slot = Slot(next(iter(start)).chain, "BNB")
    start.pop(slot, None)
    end.pop(slot, None)

    expected = between(priced(start, price), priced(end, price, end=True), "BNB")
    actual = between(priced(start | {slot: 5e6}, price), priced(end | {slot: own}, price, end=True), "BNB")

    if start:
        assert (actual.usd, actual.share, actual.assets) == (expected.usd, expected.share, expected.assets)


def test_an_asset_that_vanished_counts_as_drained() -> None:
    base = reading({"Tron/USDT": (900, 1.0), "Tron/TRX": (100, 1.0)}, at=THEN)

    assert between(base, reading({"Tron/TRX": (100, 1.0)})).share == pytest.approx(-0.9)


def test_an_asset_that_vanished_just_now_waits_for_one_more_reading() -> None:
    base = reading({"Tron/USDT": (900, 1.0), "Tron/TRX": (100, 1.0)}, at=THEN)
    without = reading({"Tron/TRX": (100, 1.0)})

    assert between(base, without, previous=base).share == 0.0
    assert between(base, without, previous=without).share == pytest.approx(-0.9)


def test_an_amount_of_nothing_is_the_sources_own_word_and_counts_at_once() -> None:
    base = reading({"Tron/USDT": (900, 1.0), "Tron/TRX": (100, 1.0)}, at=THEN)
    empty = reading({"Tron/USDT": (0, 1.0), "Tron/TRX": (100, 1.0)})

    assert between(base, empty, previous=base).share == pytest.approx(-0.9)


def test_an_asset_that_appears_is_a_listing_and_no_inflow() -> None:
    base = reading({"Tron/TRX": (100, 1.0)}, at=THEN)

    assert between(base, reading({"Tron/TRX": (100, 1.0), "Tron/SUN": (1e6, 1.0)})).usd == 0.0


def test_a_conversion_between_stablecoins_is_no_flow_but_shows_in_the_composition() -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/ETH": (1, 200.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (100, 1.0), "Ethereum/USDC": (700, 1.0), "Ethereum/ETH": (1, 200.0)})

    found = between(base, end)

    assert found.usd == 0.0
    assert found.assets == (AssetFlow("BUSD", -700.0, -700.0), AssetFlow("USDC", 700.0, 700.0))


def test_a_new_stablecoin_offsets_no_more_than_what_left_the_others() -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/ETH": (10, 20.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (700, 1.0), "Ethereum/USDC": (5000, 1.0), "Ethereum/ETH": (5, 20.0)})

    found = between(base, end)

    assert found.usd == pytest.approx(-100.0)
    (usdc,) = (asset for asset in found.assets if asset.asset == "USDC")
    assert (usdc.amount, usdc.usd) == pytest.approx((100.0, 100.0))


@pytest.mark.parametrize(
    ("busd", "usdc", "usd"),
    [
        (100, 300, -400.0),
        (100, 700, 0.0),
        (100, 900, 0.0),
        (799, 0.5, -0.5),
        (100, 0, -700.0),
        (800, 100, 0.0),
        (800.5, 100, 0.5),
        (900, 100, 100.0),
    ],
)
def test_a_new_stablecoin_offsets_what_left_up_to_its_own_amount(busd: float, usdc: float, usd: float) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/ETH": (1, 200.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (busd, 1.0), "Ethereum/USDC": (usdc, 1.0), "Ethereum/ETH": (1, 200.0)})

    assert between(base, end).usd == usd
    was_empty = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/USDC": (0, 1.0), "Ethereum/ETH": (1, 200.0)}, at=THEN)
    assert between(was_empty, end).usd == usd


@pytest.mark.parametrize(("was", "price", "usd"), [(0.5, 1.0, 99.5), (50.0, 0.0, 0.0), (100.0, 1.0, 0.0)])
def test_a_stablecoin_that_was_there_before_did_not_appear(was: float, price: float, usd: float) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0), "Ethereum/USDC": (was, price)}, at=THEN)
    end = reading({"Ethereum/BUSD": (700, 1.0), "Ethereum/USDC": (100, 1.0)})

    assert between(base, end).usd == usd - 100


@pytest.mark.parametrize(
    ("amount", "usd"), [(0.0, -300.0), (100.0, -400.0), (400.0, -700.0), (500.0, -700.0), (-100.0, -300.0)]
)
def test_what_appeared_without_being_a_flow_offsets_nothing(amount: float, usd: float) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0)}, at=THEN)
    end = reading({"Ethereum/BUSD": (100, 1.0), "Ethereum/USDC": (400, 1.0)})
    not_flow = [Adjustment(Slot("Ethereum", "USDC"), amount, NOON)]

    assert net_flow(Window.DAY, base, end, frozenset(), adjustments=not_flow).usd == usd


@pytest.mark.parametrize(("at", "usd"), [(THEN, -50.0), (THEN + SECOND, 0.0), (NOON, 0.0), (NOON + SECOND, -50.0)])
def test_what_was_adjusted_after_the_start_up_to_the_end_is_no_flow(at: datetime, usd: float) -> None:
    base, end = reading({"Tron/USDT": (800, 1.0)}, at=THEN), reading({"Tron/USDT": (750, 1.0)})
    tron = Slot("Tron", "USDT")
    twice = [Adjustment(tron, -20.0, at), Adjustment(tron, -30.0, at), Adjustment(Slot("Tron", "TRX"), -9.0, at)]

    assert net_flow(Window.DAY, base, end, frozenset(), adjustments=twice).usd == usd


@pytest.mark.parametrize(("slot", "own"), [("Plasma/USDC", ()), ("Ethereum/USDC", ("USDC",)), ("Ethereum/PEPE", ())])
def test_only_a_foreign_stablecoin_on_a_known_chain_offsets(slot: str, own: tuple[str, ...]) -> None:
    base = reading({"Ethereum/BUSD": (800, 1.0)}, at=THEN)

    assert between(base, reading({"Ethereum/BUSD": (700, 1.0), slot: (100, 1.0)}), *own).usd == -100.0


def test_a_missing_chain_is_left_out_and_named() -> None:
    base = reading({"Ethereum/ETH": (99, 1.0), "Fantom/FTM": (1, 1.0)}, at=THEN)

    found = between(base, reading({"Ethereum/ETH": (98, 1.0)}))

    assert found.usd == -1.0
    assert found.missing_chains == ("Fantom",)
    assert found.hold is None


@pytest.mark.parametrize(("kept", "holds"), [(2.0, False), (2.1, True)])
def test_missing_chains_hold_a_window_once_they_kept_more_than_two_percent(
    kept: float,
    holds: bool,  # noqa: FBT001 — a table's column
) -> None:
    base = reading({"Ethereum/ETH": (100 - kept, 1.0), "Base/ETH": (1.0, 1.0), "Fantom/FTM": (kept - 1, 1.0)}, at=THEN)

    assert (between(base, reading({"Ethereum/ETH": (98, 1.0)})).hold is not None) is holds


def test_a_missing_chain_holds_the_window_of_a_tiny_exchange_too() -> None:
    base = reading({"Ethereum/ETH": (0.5, 1.0), "Fantom/FTM": (0.5, 1.0)}, at=THEN)

    found = between(base, reading({"Ethereum/ETH": (0.25, 1.0)}))

    assert (found.share, found.hold is not None) == (-0.25, True)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_missing_chain_never_fires(kept: float, left: float) -> None:
    base = reading({"Ethereum/ETH": (1 - kept, 100.0), "Tron/USDT": (kept, 100.0)}, at=THEN)

    found = between(base, reading({"Ethereum/ETH": ((1 - kept) * left, 100.0)}))

    gone = base.holdings[Slot("Tron", "USDT")].usd / base.total_usd()
    assert found.usd == pytest.approx((1 - kept) * (left - 1) * 100.0)
    assert (found.hold is not None) is (gone > TOLERATED_MISSING)


def test_a_hold_says_which_chains_are_missing_and_what_they_kept() -> None:
    base = reading({"Ethereum/ETH": (86, 1.0), "Tron/USDT": (10, 1.0), "Solana/SOL": (4, 1.0)}, at=THEN)

    hold = between(base, reading({"Ethereum/ETH": (86, 1.0)})).hold

    assert hold
    assert (hold.reason, hold.detail) == (HoldReason.CHAIN_MISSING, "Solana, Tron, 14.0 % of reserves")


def test_a_missing_chain_of_own_tokens_holds_nothing() -> None:
    base = reading({"Ethereum/ETH": (1, 1.0), "Binance/BNB": (99, 1.0)}, at=THEN)

    assert between(base, reading({"Ethereum/ETH": (1, 1.0)}), "BNB").hold is None


def test_no_reserves_is_no_share() -> None:
    nothing = reading({"Binance/BNB": (5, 1.0), "Ethereum/ETH": (0, 1.0)}, at=THEN)

    found = between(nothing, reading({"Ethereum/ETH": (7, 1.0)}), "BNB")

    assert (found.usd, found.share, found.hold) == (0.0, 0.0, None)


def test_only_the_largest_assets_are_kept_of_a_long_list() -> None:
    base = reading({f"Ethereum/T{index}": (100 + index, 1.0) for index in range(30)}, at=THEN)
    end = reading({f"Ethereum/T{index}": (100, 1.0) for index in range(30)})

    found = between(base, end)

    assert [asset.asset for asset in found.assets] == [f"T{index}" for index in range(29, 17, -1)]
    assert found.usd == -sum(range(30))


def test_bybit_lost_a_fifth_of_a_percent() -> None:
    """The published figure of 2026-08: −27,319,332 USD of 13.07 bn."""
    base = reading({"Tron/USDT": (13.07e9, 1.0)}, at=THEN)

    found = between(base, reading({"Tron/USDT": (13.07e9 - 27_319_332, 1.0)}))

    assert found.share == pytest.approx(-0.00209, abs=5e-6)


def test_the_day_of_december_2022_was_one_and_three_quarters_of_a_percent() -> None:
    """Binance's own figure: −1.14 bn, on about 65 bn, whatever the prices did meanwhile."""
    base = reading({"Tron/USDT": (25e9, 1.0), "Bitcoin/BTC": (2e6, 20_000.0)}, at=THEN)
    end = reading({"Tron/USDT": (25e9 - 1.14e9, 1.0), "Bitcoin/BTC": (2e6, 17_000.0)})

    assert between(base, end).share == pytest.approx(-0.0175, abs=5e-5)
